// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/fromthread.h>

namespace QFerry {

namespace Detail {

/// Spins an event loop until the call has finished with a value; throws how else it ended.
QFERRY_EXPORT void runLoopUntilFinished(const std::function<CallPtr()> &start, CallPtr &call);

} // namespace Detail

/**
 * Calls the asynchronous fn(args...) and runs an event loop in this thread until its result is
 * there; returns that, or throws its error. Threads that still wait in fromThread() for this loop
 * then get LoopFinishedError, unless another event loop of the thread goes on.
 *
 * May be called in any thread; in the main one there must be a QCoreApplication (NoEventLoopError).
 * If the application quits first, fn's operation is canceled and LoopFinishedError thrown.
 */
template <typename F, typename... Args>
auto run(F &&fn, Args &&...args)
{
    static_assert(std::invocable<F, Args...>,
                  "QFerry: run(fn, args...) cannot call fn with these arguments");
    using Raw = std::invoke_result_t<F, Args...>;
    static_assert(Detail::Asynchronous<Raw>,
                  "QFerry: run() takes an asynchronous function: one that returns a QFuture, "
                  "PendingCall or awaitable");
    using R = Detail::SettledType<Raw>;
    if (Detail::isNullCallable(fn))
        Detail::throwEmptyFunction();
    Detail::CallPtr call;
    Detail::runLoopUntilFinished(
            [&] {
                return Detail::toPendingCall(
                               std::invoke(std::forward<F>(fn), std::forward<Args>(args)...))
                        .core();
            },
            call);
    return Detail::takeResult<R>(call);
}

} // namespace QFerry
