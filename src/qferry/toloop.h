// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/emptyfunction.h>
#include <qferry/looptoken.h>
#include <qferry/pendingcall.h>
#include <qferry/wait/fromthreadcaller.h>
#include <qferry/wait/looptask.h>

namespace QFerry {

/**
 * Runs fn(args...), copied, in the thread of the given loop, and returns the call of it without
 * waiting: the twin of fromThread(token, fn, args...) for threads that must not block.
 *
 *     const int rows = co_await toLoop(databaseLoop, &countRows, u"users"_s);
 *
 * fn is quick, or asynchronous (returns a QFuture, a PendingCall or an awaitable): then the call
 * ends as that does. It runs through the loop, in this thread's, too, never inline, with the
 * caller's context variables; fn and what it captured live until the end.
 *
 * Canceling the call, or the caller's scope, keeps fn from running. If it has run, that cancels
 * what it returned and the calls that it made, and the call ends when what it returned has ended.
 *
 * Any thread. Throws NoEventLoopError if the token names no loop. The call fails with
 * LoopFinishedError if the loop ends, or has ended, before fn runs, and ends canceled if it ends
 * later.
 */
template <typename F, typename... Args>
requires(!Detail::ContextPointer<F>)
        [[nodiscard]] auto toLoop(const LoopToken &loop, F &&fn, Args &&...args)
{
    static_assert(std::invocable<std::decay_t<F>, std::decay_t<Args>...>,
                  "QFerry: toLoop(token, fn, args...) cannot call fn with these arguments, which "
                  "are copied: use std::ref to share");
    using R = Detail::SettledType<Detail::ReturnType<F, Args...>>;
    Detail::requireFunction(fn, "toLoop()");
    auto bound = Detail::bindCall(std::forward<F>(fn), std::forward<Args>(args)...);
    const QExplicitlySharedDataPointer task(
            new Detail::LoopFunctionTask<R, decltype(bound)>(std::move(bound)));
    task->start(loop);
    return PendingCall<R>(Detail::CallPtr(task.data()));
}

/// The same for a QObject that lives in the loop's thread: fn, which may be a member function of
/// it, does not run once that has gone, and the call ends canceled. As for fromThread(), the object
/// must live when a pointer is given; the call fails with InvalidUseError if it lives elsewhere.
template <Detail::ContextPointer C, typename F, typename... Args>
[[nodiscard]] auto toLoop(const LoopToken &loop, C &&context, F &&fn, Args &&...args)
{
    Detail::requireFunction(fn, "toLoop()");
    return toLoop(loop, Detail::FunctionFor(context, std::forward<F>(fn)),
                  std::forward<Args>(args)...);
}

} // namespace QFerry
