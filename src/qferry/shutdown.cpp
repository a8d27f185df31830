// SPDX-License-Identifier: MIT
#include "shutdown.h"
#include "dedicatedthreads_p.h"
#include "limiterstate_p.h"
#include "loopinbox_p.h"
#include "scheduler_p.h"
#include "shutdown_p.h"
#include "worker.h"
#include "workercall.h"
#include "workerpool_p.h"

#include <QtCore/qcoreapplication.h>

namespace QFerry {

using namespace Detail;
using Clock = std::chrono::steady_clock;

namespace {

std::atomic<bool> s_accepting{ true };
std::atomic<std::chrono::milliseconds::rep> s_quitTimeout{ 3000 };

/// All calls that wait or run, held.
std::vector<std::pair<CallPtr, bool>> collectCalls()
{
    std::vector<std::pair<CallPtr, bool>> calls;
    const auto add = [&calls](auto *waiter, bool running) {
        if (auto *call = dynamic_cast<WorkerCall *>(waiter);
            call && (running || !call->isFinished()))
            calls.emplace_back(CallPtr(call), running);
    };
    LimiterState::forEachWaiting([&](LimiterWaiter *waiter) { add(waiter, false); });
    {
        const auto lock = Scheduler::instance().lock();
        WorkerPool::instance().forEachItem(
                [&](WorkItem *item, bool running) { add(item, running); });
    }
    DedicatedThreads::instance().forEachItem([&](WorkItem *item) { add(item, true); });
    return calls;
}

QString nameOf(const CallCore &call)
{
    const QString name = call.name();
    return name.isEmpty() ? QStringLiteral("unnamed call") : name;
}

QStringList cancelAndWait(std::chrono::milliseconds timeout)
{
    const auto deadline = Clock::now() + timeout;
    for (const auto &[call, running] : collectCalls())
        call->cancel(QStringLiteral("the application is shutting down"));
    // Who waits for this thread's loop would wait until it turns again, and it may not.
    if (LoopInbox *inbox = LoopInbox::current())
        inbox->loopEnded();
    const bool idle = WorkerPool::instance().waitForIdle(deadline);
    if (idle && DedicatedThreads::instance().waitForIdle(deadline)) {
        WorkerPool::instance().trim(deadline);
        return {};
    }
    QStringList stuck;
    for (const auto &[call, running] : collectCalls())
        stuck.append(nameOf(*call));
    return stuck;
}

void leaveApplication()
{
    const bool accepting = s_accepting.exchange(false, std::memory_order_seq_cst);
    cancelAndWait(quitTimeout());
    s_accepting.store(accepting, std::memory_order_seq_cst); // there may be another exec()
}

/// The application is being destroyed: some threads asked to be waited for.
void joinThreads()
{
    DedicatedThreads::instance().joinAttached();
}

void watchApplication()
{
    qAddPostRoutine(joinThreads);
    s_accepting.store(true, std::memory_order_seq_cst);
    QObject::connect(QCoreApplication::instance(), &QCoreApplication::aboutToQuit,
                     QCoreApplication::instance(), &leaveApplication, Qt::DirectConnection);
}

} // namespace

Q_COREAPP_STARTUP_FUNCTION(watchApplication)

bool Detail::acceptsCalls()
{
    return s_accepting.load(std::memory_order_seq_cst);
}

std::chrono::milliseconds Detail::quitTimeout()
{
    return std::chrono::milliseconds(s_quitTimeout.load(std::memory_order_relaxed));
}

QList<ActiveCall> activeCalls()
{
    QList<ActiveCall> result;
    for (const auto &[call, running] : collectCalls())
        result.append({ nameOf(*call), running });
    return result;
}

QStringList shutdown(std::chrono::milliseconds timeout)
{
    if (isWorkerThread())
        throw InvalidUseError(
                QStringLiteral("shutdown() was called in a worker, for which it would wait. "
                               "Call it in the main thread"));
    s_accepting.store(false, std::memory_order_seq_cst);
    return cancelAndWait(timeout);
}

void setQuitTimeout(std::chrono::milliseconds timeout)
{
    if (timeout < std::chrono::milliseconds::zero())
        throw InvalidUseError(
                QStringLiteral("setQuitTimeout(): the time must not be negative. 0 does not wait"));
    s_quitTimeout.store(timeout.count(), std::memory_order_relaxed);
}

} // namespace QFerry
