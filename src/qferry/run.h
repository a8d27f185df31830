// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/keptfunction.h>
#include <qferry/fromthread.h>

#include <QtCore/qpointer.h>

#include <functional>
#include <memory>
#include <optional>

namespace QFerry {

namespace Detail {

/// What run() waits for.
struct RunCall
{
    CallPtr call; // the function's
    CallPtr end;  // ends with that, or before it, with the context
};

/// Spins an event loop until the call has ended; returns it, finished with a value, or throws how
/// else it ended. Who is ready to leave does so as soon as the application quits.
QFERRY_EXPORT CallPtr runUntilFinished(const std::function<RunCall()> &start, bool isReadyToLeave);
/// Throws InvalidUseError.
QFERRY_EXPORT void requireContextOfRun(const QObject *context);
/// Throws CanceledError: it was destroyed before the function's turn, or by the function.
[[noreturn]] QFERRY_EXPORT void throwContextOfRunGone();

/// What fn(args...) returns.
template <typename F, typename... Args>
struct RunReturned
{
    static_assert(!Asynchronous<F> || std::invocable<F, Args...>,
                  "QFerry: run() takes the function, not what it returned: run(coroutine, args...) "
                  "instead of run(coroutine(args...))");
    static_assert(Asynchronous<F> || std::invocable<F, Args...>,
                  "QFerry: run(fn, args...) cannot call fn with these arguments");
    using Type = QFuture<void>; // so that this is all that the compiler says
};
template <typename F, typename... Args>
requires std::invocable<F, Args...>
struct RunReturned<F, Args...>
{
    using Type = std::invoke_result_t<F, Args...>;
};

/// run(), with a context or without.
template <typename F, typename... Args>
auto runFor(const std::optional<QPointer<QObject>> &context, F &&fn, Args &&...args)
{
    using Raw = typename RunReturned<F, Args...>::Type;
    static_assert(Asynchronous<Raw>,
                  "QFerry: run() takes an asynchronous function: one that returns a QFuture, "
                  "PendingCall or awaitable");
    using R = SettledType<Raw>;
    if (context)
        requireContextOfRun(context->data());
    if (isNullCallable(fn))
        throwEmptyFunction();
    const auto isGone = [&context] { return context && !*context; };
    const auto start = [&]() -> RunCall {
        if (isGone())
            throwContextOfRunGone();
        const PendingCall<R> call =
                startOperation(std::forward<F>(fn), std::forward<Args>(args)...);
        if (isGone()) {
            call.cancel();
            throwContextOfRunGone();
        }
        const CallPtr core = call.isValid() ? call.core() : canceledCall();
        return { core, context ? call.then(context->data(), [] {}).core() : core };
    };
    return takeResult<R>(runUntilFinished(start, context.has_value()));
}

} // namespace Detail

/**
 * Calls the asynchronous fn(args...) and runs an event loop in this thread until its result is
 * there; returns that, or throws its error. Threads that still wait in fromThread() for this loop
 * then get LoopFinishedError, unless another event loop of the thread goes on.
 *
 * May be called in any thread whose event loop has not ended for good; in the main one there must
 * be a QCoreApplication (NoEventLoopError). There QCoreApplication::quit() is heard, also if no
 * exec() runs.
 *
 * If the application, or the thread, quits first, fn's operation is canceled and LoopFinishedError
 * thrown. But not at once in a slot, or wherever else an event loop runs below this one, as nothing
 * may be thrown through that: the operation goes on, for setQuitTimeout() at most, and run() ends
 * as it does. Better give a slot's object as the context (see there), or take the result with
 * then().
 */
template <typename F, typename... Args>
requires(!std::is_convertible_v<F, QObject *>) auto run(F &&fn, Args &&...args)
{
    return Detail::runFor({}, std::forward<F>(fn), std::forward<Args>(args)...);
}

/**
 * The same in a slot, or another function, of context, an object of this thread. If that is
 * destroyed first, the operation is canceled and CanceledError thrown; if the application quits
 * first, LoopFinishedError, at once. The slot catches both, and touches nothing any more:
 *
 *     try {
 *         show(QFerry::run(this, &fetch, url));
 *     } catch (const QFerry::CanceledError &) { // the window has gone
 *     } catch (const QFerry::LoopFinishedError &) { // the application quits
 *     } catch (const std::exception &error) {
 *         complain(error.what());
 *     }
 *
 * Throws InvalidUseError if context is null or lives in another thread.
 */
template <typename F, typename... Args>
auto run(QObject *context, F &&fn, Args &&...args)
{
    return Detail::runFor(QPointer<QObject>(context), std::forward<F>(fn),
                          std::forward<Args>(args)...);
}

} // namespace QFerry
