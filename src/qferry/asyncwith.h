// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/task/cleanup.h>

namespace QFerry {

/**
 * try and finally: a Task that runs body(), which returns a Task (or what else co_await takes), in
 * the task that awaits it, then cleanup() in a shield, however body has ended, also if the task is
 * canceled:
 *
 *     co_await QFerry::asyncFinally([&] { return work(session); },
 *                                   [&] { return session.logOut(); });
 *
 * What the body returned, or threw, goes on; what the cleanup throws takes its place. The functions
 * live as long as the task. If the task's owner, its object or its loop ends, the cleanup runs to
 * its first co_await at most.
 */
template <typename F, typename C>
auto asyncFinally(F &&body, C &&cleanup)
{
    static_assert(Detail::isAsyncFunction<std::decay_t<F> &>()
                          && Detail::isAsyncFunction<std::decay_t<C> &>(),
                  "QFerry: asyncFinally() takes two functions without parameters that return a "
                  "Task, or something else to co_await");
    using R = Detail::SettledType<std::invoke_result_t<std::decay_t<F> &>>;
    return Detail::runFinally<R, std::decay_t<F>, std::decay_t<C>>(std::forward<F>(body),
                                                                   std::forward<C>(cleanup));
}

/**
 * Runs body(value), or body(), between a manager's asyncEnter(), which gives the value, and its
 * asyncExit(): a Task, all of it in the task that awaits it. The body returns a Task (or what else
 * co_await takes).
 *
 *     const std::optional<int> count = co_await QFerry::asyncWith(session, [&](Connection &c) {
 *         return query(c);
 *     });
 *
 * asyncExit(error) is called once, if asyncEnter() has succeeded: with what the body threw, or
 * null, in a shield. If it returns true, the error is suppressed, and the result empty (for a void
 * body: a bool, false); else the error goes on. What asyncExit() throws takes its place. A manager
 * given as an lvalue must live until then. If the task's owner, its object or its loop ends,
 * asyncExit() runs to its first co_await at most.
 */
template <typename M, typename F>
auto asyncWith(M &&manager, F &&body)
{
    using Manager = std::remove_reference_t<M>;
    static_assert(AsyncContextManager<Manager>,
                  "QFerry: asyncWith() takes an object with asyncEnter() and "
                  "asyncExit(std::exception_ptr), which return a Task, or something else to "
                  "co_await, of bool the latter");
    using V = Detail::SettledType<decltype(std::declval<Manager &>().asyncEnter())>;
    using Raw = typename Detail::BodyReturned<V, std::decay_t<F> &>::Type;
    static_assert(Detail::Asynchronous<Raw>,
                  "QFerry: the body given to asyncWith() returns a Task, or something else to "
                  "co_await");
    return Detail::runWith<V, Detail::SettledType<Raw>, M, std::decay_t<F>>(
            std::forward<M>(manager), std::forward<F>(body));
}

} // namespace QFerry
