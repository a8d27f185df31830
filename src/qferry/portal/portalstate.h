// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/lists.h>
#include <qferry/looptoken.h>
#include <qferry/pendingcall.h>
#include <qferry/taskname.h>
#include <qferry/base/sighting.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

QT_BEGIN_NAMESPACE
class QAbstractEventDispatcher;
QT_END_NAMESPACE

namespace QFerry::Detail {

class PlainTask;
class PortalTask;
class StopWait;

/**
 * What a portal is made of, shared with everything that is under way in it. Any thread, unless
 * said.
 *
 * m_guests counts calls and tasks in its upper bits; its lowest bit is set by stop(). So entering
 * and stopping cannot miss each other: who comes after stop() is turned away, who came before is
 * waited for.
 */
class QFERRY_EXPORT PortalState final : public QSharedData
{
public:
    using Ptr = QExplicitlySharedDataPointer<PortalState>;

    /// Of the running thread's loop. Throws NoEventLoopError.
    PortalState();
    ~PortalState();
    Q_DISABLE_COPY_MOVE(PortalState)

    const LoopToken &loop() const { return m_loop; }
    /// Whether this is the thread of the loop, while that has not ended.
    bool isLoopThread() const;

    /// Throws InvalidUseError in the portal's own thread, PortalNotRunningError if it does not run.
    /// Else the portal stays open until leave().
    void enter();
    void leave();
    bool isRunning() const;

    void stop(bool cancelRemaining);
    /// Whether what is left is to be canceled.
    bool isCanceling() const { return m_canceling.load(std::memory_order_acquire); }
    /// Stops, and comes back when nobody is left inside; in the loop's thread, that turns
    /// meanwhile.
    void close(bool cancelRemaining);
    /// A call that stop() finishes.
    CallPtr sleepUntilStopped();
    /// How many calls and tasks are in it.
    int guestCount() const { return int(guests()); }
    /// Those of its tasks whose operations are under way, held.
    std::vector<QExplicitlySharedDataPointer<PortalTask>> tasks();
    /// All that there are.
    static std::vector<Ptr> all();
    SightNumber &number() { return m_number; }

    /// \name The loop's thread
    /// @{
    /// What stop(true) is to cancel. False if it is to be canceled at once.
    bool add(PortalTask *task);
    /// A function of a guest runs, above which on the stack close() may be called.
    void functionBegins() { ++m_running; }
    void functionEnds() { --m_running; }
    /// @}
    void remove(PortalTask *task);

private:
    friend class StopWait;
    static constexpr quint64 stoppedBit = 1;
    static constexpr quint64 oneGuest = 2;

    quint64 guests() const { return m_guests.load(std::memory_order_acquire) / oneGuest; }
    void wakeClosers();
    void cancelTasks();
    bool isDoomed(const PortalTask &task) const;
    bool hasStopped() const { return m_guests.load(std::memory_order_acquire) & stoppedBit; }

    const LoopToken m_loop;
    SightNumber m_number;
    std::atomic<quint64> m_guests{ 0 };
    std::atomic<bool> m_canceling{ false };
    int m_running = 0;

    std::mutex m_mutex;
    std::condition_variable m_left;
    int m_closers = 0;
    QAbstractEventDispatcher *m_dispatcher = nullptr; // of the loop, while that turns in close()
    LinkedList<PortalTask> m_tasks;
    LinkedList<StopWait> m_stopWaits;
};

/// Why a function did not run.
std::exception_ptr portalLoopFinishedError();
[[noreturn]] QFERRY_EXPORT void throwPortalNotRunning();
/// The name among the options of a task. Throws InvalidUseError if there is a scope, too.
QFERRY_EXPORT QString nameInPortal(const TaskOptions &options);

/// A guest of a portal, on the stack of its thread.
class QFERRY_EXPORT PortalVisit
{
public:
    /// Throws as PortalState::enter(); PortalNotRunningError if there is none.
    explicit PortalVisit(const PortalState::Ptr &portal);
    ~PortalVisit()
    {
        if (!m_isHandedOn)
            m_portal->leave();
    }
    Q_DISABLE_COPY_MOVE(PortalVisit)

    PortalState &portal() const { return *m_portal; }
    /// Starts a task, which is the guest from then on.
    void send(PortalTask &task, const QString &name);
    void send(std::unique_ptr<PlainTask> task, const QString &name);
    /// The same, and waits for it; throws how else than with a value it ended.
    void sendAndWait(PortalTask &task);

private:
    const PortalState::Ptr m_portal; // the BlockingPortal may go meanwhile
    bool m_isHandedOn = false;
};

/// While it lives, a guest's function runs in the loop.
class PortalFunction
{
public:
    explicit PortalFunction(PortalState &portal) : m_portal(portal) { m_portal.functionBegins(); }
    ~PortalFunction() { m_portal.functionEnds(); }
    Q_DISABLE_COPY_MOVE(PortalFunction)

private:
    PortalState &m_portal;
};

} // namespace QFerry::Detail
