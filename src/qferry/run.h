// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/fromthread.h>
#include <qferry/wait/runcall.h>

namespace QFerry {

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
 * thrown; of a Task, once that has ended, or after setQuitTimeout(): if it has a result all the
 * same, that is returned. But not at once in a slot, or wherever else an event loop runs below this
 * one, as nothing may be thrown through that: the operation goes on, for setQuitTimeout() at most,
 * and run() ends as it does. Better give a slot's object as the context (see there), or take the
 * result with then().
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
