// SPDX-License-Identifier: MIT
// The end of all tasks and calls: canceled, or waited for, and reported. The thread enters that
// calls shutdown(), or in which the application quits.
#include "shutdown_p.h"

#include <qferry/base/logging_p.h>
#include <qferry/base/names_p.h>
#include <qferry/errors.h>
#include <qferry/loop/loopinbox_p.h>
#include <qferry/pool/dedicatedthreads_p.h>
#include <qferry/pool/workerpool_p.h>
#include <qferry/shutdown.h>
#include <qferry/thread/alarm_p.h>
#include <qferry/worker.h>
#include <qferry/worker/acceptance_p.h>
#include <qferry/worker/heldcalls_p.h>
#include <qferry/worker/heldtasks_p.h>

#include <algorithm>

namespace QFerry {

using namespace Detail;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds usualQuitTimeout{ 3000 };
std::atomic<std::chrono::milliseconds::rep> s_quitTimeout{ usualQuitTimeout.count() };

/// As timeAfter(), also for times that are too long for nanoseconds.
Clock::time_point deadlineAfter(std::chrono::milliseconds timeout)
{
    using namespace std::chrono;
    return timeAfter(std::min(timeout, duration_cast<milliseconds>(nanoseconds::max())));
}

/// What was not done when all came to its end.
struct Leftovers
{
    QStringList dropped = {};    // were not begun, and never will be
    QStringList unfinished = {}; // should have been finished first
    QStringList stuck = {};      // run on
};

void cancel(const std::vector<HeldCall> &calls)
{
    for (const HeldCall &held : calls)
        held.core->cancel(QStringLiteral("the application is shutting down"));
}

/// Those that are to be finished first may end; cancels the others at once. Says which were not
/// done.
void endCalls(Clock::time_point deadline, Leftovers &left)
{
    std::vector<HeldCall> others = collectCalls();
    const auto isOther = [](const HeldCall &held) { return !held.call->finishesBeforeQuit(); };
    const auto middle = std::stable_partition(others.begin(), others.end(), isOther);
    std::vector<HeldCall> first(middle, others.end());
    others.erase(middle, others.end());
    for (const HeldCall &held : others) {
        if (!held.isRunning)
            left.dropped.append(shownName(held.call->name()));
    }
    cancel(others);
    others.clear();
    // Who waits for this thread's loop would wait until it turns again, and it may not.
    if (LoopInbox *inbox = LoopInbox::current())
        inbox->loopEnded();
    if (first.empty() || waitForCalls(first, deadline))
        return;
    for (const HeldCall &held : first) {
        if (!held.core->isFinished())
            left.unfinished.append(shownName(held.call->name()));
    }
    cancel(first);
}

/// Whoever quits need not wait again for what was given up before.
enum class Patience { WithAll, WithNewOnes };

Leftovers cancelAndWait(std::chrono::milliseconds timeout, Patience patience)
{
    Leftovers left;
    const auto deadline = deadlineAfter(timeout);
    auto &pool = WorkerPool::instance();
    auto &dedicated = DedicatedThreads::instance();
    left.stuck = endTasks(deadline, patience == Patience::WithAll); // what clears up may make calls
    setAccepting(false);
    endCalls(deadline, left);
    if (pool.waitForOthers(deadline) && dedicated.waitForOthers(deadline)
        && (patience == Patience::WithNewOnes
            || (pool.waitForIdle(deadline) && dedicated.waitForIdle(deadline)))) {
        if (pool.waitForIdle(Clock::now()))
            pool.trim(deadline);
    }
    for (const HeldCall &held : collectCalls())
        left.stuck.append(shownName(held.call->name()));
    pool.giveUp();
    dedicated.giveUp();
    return left;
}

void warn(const Leftovers &left)
{
    QString text = QStringLiteral("The application leaves.");
    const auto add = [&text](const QStringList &names, const char *what) {
        if (!names.isEmpty())
            text += QLatin1String(what).arg(namesText(names));
    };
    add(left.unfinished, " To be finished before, but not done in time: %1.");
    add(left.dropped, " Dropped, as they had not begun: %1.");
    add(left.stuck, " Still running: %1.");
    if (!left.dropped.isEmpty())
        text += QStringLiteral(" Set CallOptions::finishBeforeQuit for calls that must be done.");
    if (left.unfinished.isEmpty() && left.dropped.isEmpty() && left.stuck.isEmpty())
        return;
    if (const LogPermit permit; permit)
        qCWarning(lcQFerry).noquote() << text;
}

} // namespace

void Detail::leaveApplication()
{
    if (isForked())
        return;
    const bool accepting = acceptsCalls();
    warn(cancelAndWait(quitTimeout(), Patience::WithNewOnes));
    setAccepting(accepting); // there may be another exec()
}

std::chrono::milliseconds Detail::quitTimeout()
{
    return std::chrono::milliseconds(s_quitTimeout.load(std::memory_order_relaxed));
}

QList<ActiveCall> activeCalls()
{
    QList<ActiveCall> result;
    for (const HeldCall &held : collectCalls())
        result.append({ shownName(held.call->name()), held.isRunning });
    for (const HeldTask &held : collectTasks())
        result.append({ shownName(held.task->name(), "unnamed task"), held.task->hasBegun() });
    return result;
}

QStringList shutdown(std::chrono::milliseconds timeout)
{
    if (isWorkerThread())
        throw InvalidUseError(
                QStringLiteral("shutdown() was called in a worker, for which it would wait. "
                               "Call it in the main thread"));
    if (isForked())
        return {};
    Leftovers left = cancelAndWait(timeout, Patience::WithAll);
    if (!left.unfinished.isEmpty())
        warn({ .unfinished = left.unfinished });
    return left.stuck;
}

void setQuitTimeout(std::chrono::milliseconds timeout)
{
    if (timeout < std::chrono::milliseconds::zero())
        throw InvalidUseError(
                QStringLiteral("setQuitTimeout(): the time must not be negative. 0 does not wait"));
    s_quitTimeout.store(timeout.count(), std::memory_order_relaxed);
}

} // namespace QFerry
