// SPDX-License-Identifier: MIT
#include "shutdown_p.h"

#include <qferry/base/logging_p.h>
#include <qferry/base/names_p.h>
#include <qferry/errors.h>
#include <qferry/loop/loopinbox_p.h>
#include <qferry/pool/admission_p.h>
#include <qferry/pool/dedicatedthreads_p.h>
#include <qferry/pool/limiterstate_p.h>
#include <qferry/pool/workerpool_p.h>
#include <qferry/shutdown.h>
#include <qferry/thread/alarm_p.h>
#include <qferry/thread/waiting_p.h>
#include <qferry/work/workercall.h>
#include <qferry/worker.h>

#include <QtCore/qcoreapplication.h>

#include <algorithm>

#if defined(Q_OS_UNIX)
#    include <pthread.h>
#endif

namespace QFerry {

using namespace Detail;
using Clock = std::chrono::steady_clock;

namespace {

std::atomic<bool> s_accepting{ true };
std::atomic<bool> s_isForked{ false };
std::atomic<std::chrono::milliseconds::rep> s_quitTimeout{ 3000 };

/// A call that waits or runs, held.
struct HeldCall
{
    CallPtr core;
    WorkerCall *call;
    bool isRunning;
};

/// All of them, the running ones last.
std::vector<HeldCall> collectCalls()
{
    std::vector<HeldCall> calls;
    const auto add = [&calls](auto *waiter, bool running) {
        if (auto *call = dynamic_cast<WorkerCall *>(waiter);
            call && (running || !call->isFinished()))
            calls.push_back({ CallPtr(call), call, running });
    };
    LimiterState::forEachWaiting([&](LimiterWaiter *waiter) { add(waiter, false); });
    {
        const auto lock = Admission::instance().lock();
        WorkerPool::instance().forEachItem(
                [&](WorkItem *item, bool running) { add(item, running); });
    }
    DedicatedThreads::instance().forEachItem([&](WorkItem *item) { add(item, true); });
    return calls;
}

/// How many calls of a list have not finished.
struct Countdown
{
    std::mutex mutex;
    std::condition_variable changed;
    int left = 0;
};

struct CountedEnd final : Continuation
{
    explicit CountedEnd(const std::shared_ptr<Countdown> &countdown) : count(countdown)
    {
        const std::lock_guard lock(count->mutex);
        ++count->left;
    }
    void callFinished() override
    {
        {
            const std::lock_guard lock(count->mutex);
            --count->left;
            count->changed.notify_all();
        }
        delete this;
    }
    void deliver() override {}
    void loopFinished() override {}

    const std::shared_ptr<Countdown> count;
};

/// False if some have not finished at the deadline.
bool waitForCalls(const std::vector<HeldCall> &calls, Clock::time_point deadline)
{
    const auto countdown = std::make_shared<Countdown>();
    for (const HeldCall &held : calls)
        held.core->attach(new CountedEnd(countdown)); // deletes itself
    std::unique_lock lock(countdown->mutex);
    return waitUntil(lock, countdown->changed, deadline, [&] { return countdown->left == 0; });
}

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

void setAccepting(bool accepting)
{
    accepting = accepting && !s_isForked.load(std::memory_order_relaxed);
    s_accepting.store(accepting, std::memory_order_seq_cst);
    WorkerPool::instance().setOpen(accepting);
    DedicatedThreads::instance().setOpen(accepting);
}

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

void leaveApplication()
{
    if (s_isForked.load(std::memory_order_relaxed))
        return; // there are no threads, and the mutexes may be locked for ever
    const bool accepting = s_accepting.load(std::memory_order_seq_cst);
    setAccepting(false);
    warn(cancelAndWait(quitTimeout(), Patience::WithNewOnes));
    setAccepting(accepting); // there may be another exec()
}

/// The application is being destroyed: some threads asked to be waited for.
void joinThreads()
{
    if (!s_isForked.load(std::memory_order_relaxed))
        DedicatedThreads::instance().joinAttached();
}

void watchApplication()
{
    if (s_isForked.load(std::memory_order_relaxed))
        return;
    qAddPostRoutine(joinThreads);
    setAccepting(true);
    QObject::connect(QCoreApplication::instance(), &QCoreApplication::aboutToQuit,
                     QCoreApplication::instance(), &leaveApplication, Qt::DirectConnection);
}

#if defined(Q_OS_UNIX)
/// A child of fork() has none of its parent's threads. Without any there was nothing to lose.
void afterFork()
{
    if (!hadThreads())
        return;
    s_isForked.store(true, std::memory_order_relaxed);
    s_accepting.store(false, std::memory_order_relaxed);
}
[[maybe_unused]] const int s_forkWatch = pthread_atfork(nullptr, nullptr, &afterFork);
#endif

} // namespace

Q_COREAPP_STARTUP_FUNCTION(watchApplication)

bool Detail::acceptsCalls()
{
    return s_accepting.load(std::memory_order_seq_cst);
}

std::exception_ptr Detail::refusalOfCalls()
{
    const QString text =
            s_isForked.load(std::memory_order_relaxed)
                    ? QStringLiteral(
                            "toThread() was called in a child of fork(), where none of the "
                            "threads runs that its parent had started. Call exec() there, "
                            "or fork before the first call")
                    : QStringLiteral("toThread() was called during or after QFerry::shutdown(). "
                                     "Shut down last");
    return std::make_exception_ptr(InvalidUseError(text));
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
    return result;
}

QStringList shutdown(std::chrono::milliseconds timeout)
{
    if (isWorkerThread())
        throw InvalidUseError(
                QStringLiteral("shutdown() was called in a worker, for which it would wait. "
                               "Call it in the main thread"));
    if (s_isForked.load(std::memory_order_relaxed))
        return {};
    setAccepting(false);
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
