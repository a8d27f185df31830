// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/global.h>

#include <QtCore/qlist.h>
#include <QtCore/qstring.h>
#include <QtCore/qstringlist.h>

#include <chrono>

namespace QFerry {

/// A call that has not ended, or a task.
struct ActiveCall
{
    /// CallOptions::name or TaskOptions::name; if it has none, "unnamed call" or "unnamed task".
    QString name;
    /// Whether its function runs; else it waits for a token or a thread. Of a task: whether it has
    /// begun, whatever it may be waiting for.
    bool running = false;
};

/// All calls that wait or run, abandoned ones included, and all tasks, but for those that have not
/// awaited anything so far. Any thread.
[[nodiscard]] QFERRY_EXPORT QList<ActiveCall> activeCalls();

/**
 * Cancels all tasks of all threads, then all calls, but for those with
 * CallOptions::finishBeforeQuit, waits at most `timeout` for them all, and returns the names of
 * those that are still stuck (running on; nothing of QFerry waits for them any more, but for a
 * further shutdown()).
 *
 * Tasks are waited for first: what they do to clear up may make calls, and takes time from those.
 * If there are any in the calling thread, its event loop turns meanwhile, user input excepted.
 * Those that are on the stack of the caller are left alone, and others wait for them in vain.
 *
 * From then on toThread() fails with InvalidUseError, until a new QCoreApplication is made. Threads
 * that wait in fromThread() for the calling thread's loop get LoopFinishedError, so this may be
 * called in a loop thread. Any thread but a worker (there it throws InvalidUseError).
 */
QFERRY_EXPORT QStringList shutdown(std::chrono::milliseconds timeout);

/// How long the application waits for tasks and running calls when it quits
/// (QCoreApplication::aboutToQuit), as in shutdown(): by then all have been canceled, but for calls
/// with CallOptions::finishBeforeQuit. One warning names what had not begun and was dropped, what
/// should have been finished, and what still runs. 3 s at first; 0 does not wait;
/// milliseconds::max() waits for ever. Any thread. Throws InvalidUseError if negative.
///
/// A child of fork() that does not call exec() has none of the threads: if there were any, calls of
/// toThread() fail there with InvalidUseError, and nothing is waited for.
QFERRY_EXPORT void setQuitTimeout(std::chrono::milliseconds timeout);

} // namespace QFerry
