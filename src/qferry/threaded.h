// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/threadediterable.h>

namespace QFerry {

/// How threadedSeparate() runs its calls.
struct SeparateOptions
{
    /// Whether the application leaves without waiting for the thread, beyond what shutdown() does.
    /// If not, the thread is joined when the QCoreApplication is destroyed.
    bool detach = true;
    /// The thread's name; that of the function if empty.
    QString name = {};
};

/// A blocking function whose calls run in workers. See threaded().
template <typename F>
class Threaded
{
public:
    /// Runs the function in a worker: a PendingCall of its result; a Stream, if it is a generator.
    /// The arguments are copied or moved. May be called in any thread. Throws nothing: what is
    /// wrong with the call is the call's error.
    template <typename... Args>
    auto operator()(Args &&...args) const &
    {
        static_assert(std::is_copy_constructible_v<F>,
                      "QFerry: this function cannot be copied, so it can be called once: "
                      "std::move(wrapped)(args...)");
        return Detail::startWrapped<F>(m_options, m_function, std::forward<Args>(args)...);
    }
    template <typename... Args>
    auto operator()(Args &&...args) &&
    {
        return Detail::startWrapped<F>(m_options, std::move(m_function),
                                       std::forward<Args>(args)...);
    }
    /// The same.
    template <typename... Args>
    auto asyncCall(Args &&...args) const
    {
        return (*this)(std::forward<Args>(args)...);
    }
    /// Runs the function right here: its result, or its error thrown.
    template <typename... Args>
    decltype(auto) syncCall(Args &&...args) const
    {
        return Detail::callWrapped<F>(m_function, std::forward<Args>(args)...);
    }

    Threaded(F function, CallOptions options)
        : m_function(std::move(function)), m_options(std::move(options))
    {}

private:
    F m_function;
    CallOptions m_options;
};

/**
 * Wraps a blocking function (free, member, static, lambda) once, to be called like the original:
 * the call runs in a worker, as with toThread().
 *
 *     const auto fetch = QFerry::threaded(&fetchUrl);
 *     fetch(url).then(this, &Window::show);
 *
 * The object of a member function may be a pointer, a smart pointer, a QPointer (if it is null when
 * the call begins, the call fails with InvalidUseError) or a reference, which is not copied and
 * must live.
 *
 * A function that takes a Yield<T> & first, or returns a range that can be walked only once (a
 * generator), makes a Stream instead; see threadedIterable() for other ranges. Its call begins with
 * the first item that is asked for, and the options are those of that call: after a timeout, the
 * stream fails with TimeoutError. What the options point to must outlive the wrapper and the start
 * of its streams.
 */
template <typename F>
[[nodiscard]] auto threaded(F &&function, CallOptions options = {})
{
    return Threaded<std::decay_t<F>>(std::forward<F>(function), std::move(options));
}

/// The same, but each call has a thread of its own, outside of pool and limiter, which is started
/// before the call returns and named after the function.
template <typename F>
[[nodiscard]] auto threadedSeparate(F &&function, SeparateOptions options = {},
                                    const char *file = __builtin_FILE(),
                                    int line = __builtin_LINE())
{
    using Function = std::decay_t<F>;
    if (options.name.isEmpty())
        options.name = Detail::functionName<Function>(function, file, line);
    return Threaded<Function>(std::forward<F>(function),
                              CallOptions{ .name = std::move(options.name),
                                           .thread = Thread::Dedicated,
                                           .detach = options.detach });
}

} // namespace QFerry
