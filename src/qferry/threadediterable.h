// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/functionname.h>
#include <qferry/base/methodcall.h>
#include <qferry/stream.h>
#include <qferry/stream/generator.h>

namespace QFerry {

namespace Detail {

template <typename F, typename... Args>
auto makeStream(qsizetype maxSize, const CallOptions &options, F &&generator, Args &&...args)
{
    using Item = typename GeneratorTraits<F, Args...>::Item;
    auto bound = [
        generator = std::decay_t<F>(std::forward<F>(generator)),
        ... args = std::decay_t<Args>(std::forward<Args>(args))
    ](auto &...yield) mutable -> decltype(auto) requires std::invocable < std::decay_t<F>,
    decltype(yield)..., std::decay_t<Args>... >
    {
        if (isNullCallable(generator))
            throwNothingToCall();
        return std::invoke(std::move(generator), yield..., std::move(args)...);
    };
    return Stream<Item>(typename ChannelRing<Item, StreamCore>::Ptr(
            new GeneratorStream<Item, decltype(bound)>(maxSize, options, std::move(bound))));
}

} // namespace Detail

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
        return start(m_generator, std::forward<Args>(args)...);
    }
    template <typename... Args>
    [[nodiscard]] auto operator()(Args &&...args) &&
    {
        return start(std::move(m_generator), std::forward<Args>(args)...);
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
    template <typename G, typename... Args>
    auto start(G &&generator, Args &&...args) const
    {
        using Traits = Detail::GeneratorTraits<Detail::CallableType<F>, Args...>;
        const auto make = [&](auto &&...bound) {
            using Bound = Detail::GeneratorTraits<Detail::CallableType<F>, decltype(bound)...>;
            using Returned = typename Detail::GeneratorReturn<Detail::CallableType<F>,
                                                              decltype(bound)...>::Type;
            static_assert(!Detail::Asynchronous<Returned>,
                          "QFerry: threadedIterable() wraps blocking generators, and this function "
                          "is asynchronous (it returns a QFuture, "
                          "PendingCall or awaitable). Call it in the loop instead");
            static_assert(Detail::Takes<typename Detail::SignatureOf<F>::Type, Bound::isGenerator,
                                        Args...>::value,
                          "QFerry: threadedIterable() wraps a function that returns a range or "
                          "takes a Yield<T> & first, and the "
                          "arguments must fit its signature (they are copied or moved)");
            if constexpr (Bound::isGenerator)
                return Detail::makeStream(m_maxSize ? *m_maxSize : defaultStreamMaxSize(),
                                          m_options, Detail::CallableType<G>(std::forward<G>(generator)),
                                          std::forward<decltype(bound)>(bound)...);
            else
                return Stream<typename Traits::Item>();
        };
        return Detail::withBoundArguments<F>(make, std::forward<Args>(args)...);
    }

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
