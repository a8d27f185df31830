// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/functionname.h>
#include <qferry/stream.h>
#include <qferry/stream/threadedcall.h>

namespace QFerry {

/// A generator whose calls make streams. See threadedIterable().
template <typename F>
class ThreadedIterable
{
public:
    /// Makes a Stream of the items of generator(args...), which starts when the first item is asked
    /// for. The arguments are copied or moved. Any thread; throws nothing of its own.
    template <typename... Args>
    [[nodiscard]] auto operator()(Args &&...args) const &
    {
        static_assert(std::is_copy_constructible_v<F>,
                      "QFerry: this generator cannot be copied, so it can be called once: "
                      "std::move(wrapped)(args...)");
        return Detail::startIterable<F>(m_maxSize, m_options, m_generator,
                                        std::forward<Args>(args)...);
    }
    template <typename... Args>
    [[nodiscard]] auto operator()(Args &&...args) &&
    {
        return Detail::startIterable<F>(m_maxSize, m_options, std::move(m_generator),
                                        std::forward<Args>(args)...);
    }
    /// The same.
    template <typename... Args>
    [[nodiscard]] auto asyncCall(Args &&...args) const
    {
        return (*this)(std::forward<Args>(args)...);
    }

    ThreadedIterable(F generator, const StreamOptions &options, Thread thread)
        : m_generator(std::move(generator))
        , m_maxSize(options.maxSize)
        , m_options{ .limiter = options.limiter,
                     .scope = options.scope,
                     .name = options.name,
                     .thread = thread }
    {
        Detail::checkMaxSize(m_maxSize);
    }

private:
    F m_generator;
    std::optional<qsizetype> m_maxSize;
    CallOptions m_options;
};

/**
 * Wraps a blocking generator: a function (free, member, static, lambda) that returns anything a
 * range-for takes, or takes a Yield<T> & first and hands its items to that. Calling the wrapper
 * gives a Stream of the items, which the generator makes in a worker.
 *
 * Throws InvalidUseError if options.maxSize is negative.
 */
template <typename F>
[[nodiscard]] auto threadedIterable(F &&generator, const StreamOptions &options = {})
{
    return ThreadedIterable<std::decay_t<F>>(std::forward<F>(generator), options, Thread::Pooled);
}

/// The same, but each stream has a thread of its own, outside of pool and limiter, named after the
/// function unless options.name says otherwise.
template <typename F>
[[nodiscard]] auto threadedIterableSeparate(F &&generator, StreamOptions options = {},
                                            const char *file = __builtin_FILE(),
                                            int line = __builtin_LINE())
{
    using Generator = std::decay_t<F>;
    if (options.name.isEmpty())
        options.name = Detail::functionName<Generator>(generator, file, line);
    return ThreadedIterable<Generator>(std::forward<F>(generator), options, Thread::Dedicated);
}

} // namespace QFerry
