// SPDX-License-Identifier: MIT
#include "portalstate.h"
#include "fromthread.h"
#include "loopwait_p.h"
#include "otherloop_p.h"
#include "ownloop_p.h"
#include "plaintask.h"
#include "portaltask.h"

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qeventloop.h>

#include <vector>

namespace QFerry::Detail {

static LoopToken loopOfPortal()
{
    LoopInbox *inbox = ownLoop();
    if (!inbox)
        throw NoEventLoopError(QStringLiteral(
                "A BlockingPortal is made in a thread with an event loop, and this one "
                "has none. Use startBlockingPortal(), which starts one"));
    return LoopToken(LoopInbox::Ptr(inbox));
}

PortalState::PortalState() : m_loop(loopOfPortal()), m_stopped(new SettableCall<void>) {}

PortalState::~PortalState() = default;

bool PortalState::isLoopThread() const
{
    // Once the loop has ended, another thread may look like its.
    return m_loop.inbox()->isCurrent() && !m_loop.isFinished();
}

void PortalState::enter()
{
    if (Q_UNLIKELY(isLoopThread()))
        throw InvalidUseError(QStringLiteral(
                "A portal was used in its own thread, where it would wait for itself. "
                "Call the function directly"));
    const quint64 before = m_guests.fetch_add(oneGuest, std::memory_order_acq_rel);
    if (Q_LIKELY(!(before & stoppedBit) && !m_loop.isFinished()))
        return;
    leave();
    throwPortalNotRunning();
}

void PortalState::leave()
{
    if (Q_UNLIKELY(m_guests.fetch_sub(oneGuest, std::memory_order_acq_rel) & stoppedBit))
        wakeClosers();
}

void PortalState::wakeClosers()
{
    const std::lock_guard lock(m_mutex);
    m_left.notify_all();
    if (m_dispatcher)
        m_dispatcher->wakeUp();
}

bool PortalState::isRunning() const
{
    return !(m_guests.load(std::memory_order_acquire) & stoppedBit) && !m_loop.isFinished();
}

void PortalState::stop(bool cancelRemaining)
{
    const bool isFirst = !(m_guests.fetch_or(stoppedBit, std::memory_order_acq_rel) & stoppedBit);
    if (cancelRemaining) {
        m_canceling.store(true, std::memory_order_release);
        cancelTasks();
    }
    if (isFirst)
        static_cast<SettableCall<void> *>(m_stopped.data())->settle([] {});
}

void PortalState::close(bool cancelRemaining)
{
    const Ptr keepAlive(this);
    stop(cancelRemaining);
    const bool turns = isLoopThread();
    const auto isEmpty = [this] {
        return guests() <= (m_loop.inbox()->isCurrent() ? quint64(m_running) : 0);
    };
    {
        const std::lock_guard lock(m_mutex);
        ++m_closers;
        if (turns)
            m_dispatcher = QAbstractEventDispatcher::instance();
    }
    cancelTasks();
    if (turns) {
        // Not exec(): that does nothing in a thread, or an application, that has been told to quit.
        QEventLoop loop;
        while (!isEmpty())
            loop.processEvents(QEventLoop::WaitForMoreEvents);
    } else {
        std::unique_lock lock(m_mutex);
        waitForOtherLoop(lock, m_left, isEmpty);
    }
    const std::lock_guard lock(m_mutex);
    if (--m_closers == 0)
        m_dispatcher = nullptr;
}

/// Whether a task is not to be waited for. Called with the mutex locked.
bool PortalState::isDoomed(const PortalTask &task) const
{
    return isCanceling() || (m_closers > 0 && task.endsWithPortal());
}

bool PortalState::add(PortalTask *task)
{
    const std::lock_guard lock(m_mutex);
    if (isDoomed(*task))
        return false;
    task->m_isInPortal = true;
    task->m_previousTask = nullptr;
    task->m_nextTask = m_tasks;
    if (m_tasks)
        m_tasks->m_previousTask = task;
    m_tasks = task;
    return true;
}

void PortalState::remove(PortalTask *task)
{
    const std::lock_guard lock(m_mutex);
    if (!std::exchange(task->m_isInPortal, false))
        return;
    (task->m_previousTask ? task->m_previousTask->m_nextTask : m_tasks) = task->m_nextTask;
    if (task->m_nextTask)
        task->m_nextTask->m_previousTask = task->m_previousTask;
}

void PortalState::cancelTasks()
{
    std::vector<CallPtr> doomed;
    {
        const std::lock_guard lock(m_mutex);
        for (PortalTask *task = m_tasks; task; task = task->m_nextTask) {
            if (isDoomed(*task))
                doomed.emplace_back(task);
        }
    }
    for (const CallPtr &task : doomed)
        task->cancel(QStringLiteral("its portal was stopped"));
}

PortalVisit::PortalVisit(const PortalState::Ptr &portal) : m_portal(portal)
{
    if (Q_UNLIKELY(!m_portal)) // the BlockingPortal was moved from
        throwPortalNotRunning();
    m_portal->enter();
}

void PortalVisit::send(PortalTask &task, const QString &name)
{
    task.start(m_portal, name);
    m_isHandedOn = true;
}

void PortalVisit::send(std::unique_ptr<PlainTask> task, const QString &name)
{
    task->start(m_portal, name);
    task.release(); // NOLINT(bugprone-unused-return-value): its own from now on, if it still is
    m_isHandedOn = true;
}

void PortalVisit::sendAndWait(PortalTask &task)
{
    checkCaller();
    const LoopWait loopWait(*m_portal->loop().inbox());
    task.startForWaiter(m_portal);
    m_isHandedOn = true;
    task.wait();
}

void throwPortalNotRunning()
{
    throw PortalNotRunningError(
            QStringLiteral("The portal does not run: it was stopped, or its event loop has ended. "
                           "Start another one"));
}

} // namespace QFerry::Detail
