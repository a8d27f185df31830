// SPDX-License-Identifier: MIT
// Who is in a portal, and its stop. The threads enter that use it, and its loop's.
#include "portalstate.h"

#include <qferry/fromthread.h>
#include <qferry/loop/loopwait_p.h>
#include <qferry/loop/ownloop_p.h>
#include <qferry/portal/plaintask.h>
#include <qferry/portal/portaltask.h>
#include <qferry/thread/errands_p.h>
#include <qferry/wait/otherloop_p.h>

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qeventloop.h>

#include <unordered_set>
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

/// A wait for the stop of a portal, which keeps it until then, or until it is canceled. The link is
/// guarded by the portal's mutex.
class StopWait final : public CallCore, public ListLink<StopWait>
{
public:
    explicit StopWait(PortalState *portal) : m_portal(portal), m_end(this) {}

    void begin()
    {
        if (!joinCurrentScope(m_end))
            cancel({});
        else if (!enterList())
            end(Outcome::Value);
        else if (isCancelRequested()) // by its scope, before it was in the list
            leave();
    }
    /// Ends all that wait.
    static void endAll(PortalState &portal)
    {
        for (;;) {
            QExplicitlySharedDataPointer<StopWait> wait;
            {
                const std::lock_guard lock(portal.m_mutex);
                wait.reset(portal.m_stopWaits.first());
                if (!wait)
                    return;
                wait->leaveList();
            }
            wait->end(Outcome::Value);
        }
    }

protected:
    CallPtr cancelRequested(const QString &) override
    {
        leave();
        end(Outcome::Canceled);
        return {};
    }

private:
    /// False if the portal has been stopped.
    bool enterList()
    {
        const std::lock_guard lock(m_portal->m_mutex);
        if (m_portal->hasStopped())
            return false;
        ref.ref(); // until leaveList()
        m_portal->m_stopWaits.prepend(this);
        return true;
    }
    void leave()
    {
        const std::lock_guard lock(m_portal->m_mutex);
        if (isLinked())
            leaveList();
    }
    /// Who calls it has a reference, too.
    void leaveList()
    {
        unlink();
        ref.deref();
    }
    void end(Outcome outcome)
    {
        if (m_end.claim())
            finish(outcome);
    }

    const PortalState::Ptr m_portal;
    ScopedEnd m_end;
};

namespace {
struct AllPortals
{
    std::mutex mutex;
    std::unordered_set<PortalState *> portals;

    static AllPortals &instance()
    {
        static auto *all = new AllPortals; // never destroyed: portals may be static objects
        return *all;
    }
};
} // namespace

PortalState::PortalState() : m_loop(loopOfPortal())
{
    const std::lock_guard lock(AllPortals::instance().mutex);
    AllPortals::instance().portals.insert(this);
}

PortalState::~PortalState()
{
    const std::lock_guard lock(AllPortals::instance().mutex);
    AllPortals::instance().portals.erase(this);
}

std::vector<PortalState::Ptr> PortalState::all()
{
    std::vector<Ptr> result;
    const std::lock_guard lock(AllPortals::instance().mutex);
    result.reserve(AllPortals::instance().portals.size());
    for (PortalState *portal : AllPortals::instance().portals) {
        if (Ptr held = unlessGoing(portal))
            result.push_back(std::move(held));
    }
    return result;
}

std::vector<QExplicitlySharedDataPointer<PortalTask>> PortalState::tasks()
{
    std::vector<QExplicitlySharedDataPointer<PortalTask>> result;
    const std::lock_guard lock(m_mutex);
    for (PortalTask *task : m_tasks)
        result.emplace_back(task);
    return result;
}

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
    return !hasStopped() && !m_loop.isFinished();
}

void PortalState::stop(bool cancelRemaining)
{
    const bool isFirst = !(m_guests.fetch_or(stoppedBit, std::memory_order_acq_rel) & stoppedBit);
    if (cancelRemaining) {
        m_canceling.store(true, std::memory_order_release);
        cancelTasks();
    }
    if (isFirst)
        StopWait::endAll(*this);
}

CallPtr PortalState::sleepUntilStopped()
{
    const QExplicitlySharedDataPointer wait(new StopWait(this));
    wait->begin();
    return CallPtr(wait.data());
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
    m_tasks.prepend(task);
    return true;
}

void PortalState::remove(PortalTask *task)
{
    const std::lock_guard lock(m_mutex);
    if (ListLink<PortalTask> &link = *task; link.isLinked())
        link.unlink();
}

void PortalState::cancelTasks()
{
    std::vector<CallPtr> doomed;
    {
        const std::lock_guard lock(m_mutex);
        for (PortalTask *task : m_tasks) {
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

QString nameInPortal(const TaskOptions &options)
{
    if (options.scope)
        throw InvalidUseError(QStringLiteral(
                "TaskOptions::scope is not for a portal's tasks. Cancel the QFuture of the task"));
    return options.name;
}

void throwPortalNotRunning()
{
    throw PortalNotRunningError(
            QStringLiteral("The portal does not run: it was stopped, or its event loop has ended. "
                           "Start another one"));
}

std::exception_ptr portalLoopFinishedError()
{
    return std::make_exception_ptr(LoopFinishedError(
            QStringLiteral("The portal's event loop ended before it could run the "
                           "function. Stop calling it before it ends")));
}

} // namespace QFerry::Detail
