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

namespace Detail {

template <typename F, typename... Args>
constexpr bool isLazy()
{
    if constexpr (TakesYield<F>)
        return true;
    else
        return isSinglePass<ReturnType<F, Args...>>();
}

} // namespace Detail

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
        return start(m_function, std::forward<Args>(args)...);
    }
    template <typename... Args>
    auto operator()(Args &&...args) &&
    {
        return start(std::move(m_function), std::forward<Args>(args)...);
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
        using Call = Detail::CallableType<F>;
        constexpr bool fits = std::is_invocable_v<Call, Args...>;
        check<fits, Args...>();
        if (Detail::isNullCallable(m_function))
            Detail::throwNothingToCall();
        if constexpr (fits)
            return std::invoke(Detail::CallableType<decltype(m_function)>(m_function), std::forward<Args>(args)...);
    }

    Threaded(F function, CallOptions options)
        : m_function(std::move(function)), m_options(std::move(options))
    {}

private:
    template <bool fits, typename... Args>
    static constexpr void check()
    {
        static_assert(Detail::Takes<typename Detail::SignatureOf<F>::Type, fits, Args...>::value,
                      "QFerry: the arguments do not fit the signature of the wrapped function "
                      "(they are copied or moved into "
                      "the worker: use std::ref to share)");
    }

    template <typename G, typename... Args>
    auto start(G &&function, Args &&...args) const
    {
        const auto make = [&](auto &&...bound) {
            using Call = Detail::CallableType<F>;
            using Returned = typename Detail::GeneratorReturn<Call, decltype(bound)...>::Type;
            static_assert(!Detail::Asynchronous<Returned>,
                          "QFerry: threaded() wraps blocking functions, and this one is "
                          "asynchronous (it returns a QFuture, "
                          "PendingCall or awaitable). Call it in the loop instead");
            if constexpr (Detail::isLazy<Call, decltype(bound)...>()) {
                using Traits = Detail::GeneratorTraits<Call, decltype(bound)...>;
                check<Traits::isGenerator, Args...>();
                if constexpr (Traits::isGenerator)
                    return Detail::makeStream(defaultStreamMaxSize(), m_options,
                                              Detail::CallableType<G>(std::forward<G>(function)),
                                              std::forward<decltype(bound)>(bound)...);
            } else {
                constexpr bool isCallable = std::invocable<Call, std::decay_t<decltype(bound)>...>;
                constexpr bool fits = isCallable || Detail::TakesPromise<Call>;
                check<fits, Args...>();
                if constexpr (fits)
                    return toThread(m_options, Detail::CallableType<G>(std::forward<G>(function)),
                                    std::forward<decltype(bound)>(bound)...);
            }
        };
        return Detail::withBoundArguments<F>(make, std::forward<Args>(args)...);
    }

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
