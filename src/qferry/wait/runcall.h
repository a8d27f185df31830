// SPDX-License-Identifier: MIT
// What run() does. The thread enters that waits.
#pragma once

#include <qferry/base/emptyfunction.h>
#include <qferry/call/keptfunction.h>
#include <qferry/pendingcall.h>
#include <qferry/wait/asyncrequest.h>
#include <qferry/wait/fromthreadcaller.h>

#include <QtCore/qpointer.h>

#include <functional>
#include <optional>

namespace QFerry::Detail {

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
    requireFunction(fn, "fromThread()");
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
        const CallPtr core = orCanceled(call.core());
        return { core, context ? call.then(context->data(), [] {}).core() : core };
    };
    return takeResult<R>(runUntilFinished(start, context.has_value()));
}

} // namespace QFerry::Detail
