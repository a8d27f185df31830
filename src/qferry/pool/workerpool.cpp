// SPDX-License-Identifier: MIT
// When a runner comes, stands by and goes. Who submits enters without the admission's mutex;
// runners and the watcher enter with it.
#include "workerpool_p.h"

#include <qferry/pool/poolwatcher_p.h>
#include <qferry/thread/waiting_p.h>

#include <QtCore/qthread.h>

#include <algorithm>

namespace QFerry::Detail {

using namespace std::chrono_literals;

constexpr auto standbyTime = 5s; // of the one thread that is kept at hand

WorkerPool &WorkerPool::instance()
{
    // Never destroyed: a worker that is stuck may outlive main().
    static auto *pool = new WorkerPool;
    return *pool;
}

WorkerPool::WorkerPool()
    : m_admission(Admission::instance()), m_cores(qMax(2, QThread::idealThreadCount()))
{}

WorkerPool::Submitted WorkerPool::submit(WorkItem *item)
{
    if (m_admission.deposit(item))
        return Submitted::Waiting;
    auto lock = m_admission.lock();
    if (Q_UNLIKELY(!m_isOpen))
        return Submitted::Closed;
    if (!item->limiter()->enqueue(item))
        return Submitted::Waiting;
    m_admission.addReady(item);
    m_callsLater = true; // it would wake only to wait for the mutex
    startWanted();
    m_callsLater = false;
    if (Q_UNLIKELY(m_running == 0))
        refuseReady(lock);
    const bool called = m_standby == Standby::Called;
    lock.unlock();
    if (called)
        m_called.notify_one();
    return Submitted::Ready;
}

void WorkerPool::runReady(std::unique_lock<std::mutex> &lock)
{
    startWanted();
    if (Q_UNLIKELY(m_running == 0 && m_admission.hasReady()))
        refuseReady(lock);
}

/// No thread runs, and none can be started: nobody would ever take what is ready.
void WorkerPool::refuseReady(std::unique_lock<std::mutex> &lock)
{
    forgetRefusal();
    startWanted();
    LimiterState::Granted granted;
    while (m_running == 0 && m_admission.hasReady()) {
        WorkItem *item = m_admission.takeReady();
        item->limiter()->release(item, granted);
        lock.unlock();
        LimiterState::notify(std::exchange(granted, {}));
        item->refused();
        lock.lock();
    }
    m_idle.notify_all();
}

void WorkerPool::run(Task task, std::unique_lock<std::mutex> &lock)
{
    if (task == Task::Watcher)
        watch(lock);
    else
        work(lock);
}

/// How many runners will look for work at once, and need not be woken.
int WorkerPool::comingRunners() const
{
    const auto publishes = [](const PoolRunner &runner) {
        return runner.m_isPublishing.load(std::memory_order_acquire);
    };
    return int(m_spinning) + int(std::count_if(m_runners.cbegin(), m_runners.cend(), publishes));
}

/// Starts what the items that wait want, now that one came or went.
void WorkerPool::startWanted()
{
    if (m_arriving > 0 || m_admission.readyCount() <= comingRunners())
        return;
    if (m_running - m_blocked < (m_shortItems ? 1 : m_cores) && startRunners(1))
        return;
    if (m_watching)
        return;
    m_watching = start(Task::Watcher);
    if (Q_UNLIKELY(!m_watching))
        tryAgainLater();
}

/// True if at least one comes.
bool WorkerPool::startRunners(int count)
{
    const int arriving = m_arriving;
    if (count > 0 && m_standby == Standby::Waiting) {
        m_standby = Standby::Called;
        ++m_running;
        ++m_arriving;
        --count;
        if (!m_callsLater)
            m_called.notify_one();
    }
    for (; count > 0 && startRunner(); --count) {
        ++m_running;
        ++m_arriving;
    }
    return m_arriving > arriving;
}

/// With what it needs to join, as a thread that comes cannot fail.
bool WorkerPool::startRunner()
{
    try {
        m_absent.emplace_front(*this);
    } catch (const std::bad_alloc &) {
        return false;
    }
    if (start(Task::Runner))
        return true;
    m_absent.pop_front();
    return false;
}

/// Nobody watches, as there is no thread for it: those who run might all wait for what waits.
void WorkerPool::tryAgainLater()
{
    if (m_running == 0)
        return;
    const auto now = Clock::now();
    if (m_retryAt <= now)
        m_retryAt = now + refusalTime;
    try {
        m_retry.set(m_retryAt);        // anew, as the alarm's thread may have been refused, too
    } catch (const std::bad_alloc &) { // the next item that comes or goes tries again, too
    }
}

void WorkerPool::tryAgain()
{
    const auto lock = m_admission.lock();
    startWanted();
}

void WorkerPool::beginPublishing()
{
    if (PoolRunner *runner = PoolRunner::t_current)
        runner->m_isPublishing.store(true, std::memory_order_release);
}

void WorkerPool::endPublishing()
{
    PoolRunner *runner = PoolRunner::t_current;
    if (!runner || !runner->m_isPublishing.load(std::memory_order_relaxed))
        return;
    WorkerPool &pool = instance();
    auto lock = pool.m_admission.lock();
    runner->m_isPublishing.store(false, std::memory_order_relaxed);
    pool.startWanted(); // what came meanwhile counted on this worker
}

void WorkerPool::work(std::unique_lock<std::mutex> &lock)
{
    const auto self = m_absent.begin();
    self->enterThread();
    do {
        join(self);
        self->runItems(lock);
        leave(self, lock);
    } while (standBy(lock));
    self->leaveThread();
    m_absent.erase(self);
    m_idle.notify_all();
}

void WorkerPool::join(std::list<PoolRunner>::iterator self)
{
    m_runners.splice(m_runners.end(), m_absent, self);
    --m_arriving;
    if (m_watching) // else the watcher looks at all of them when it comes
        self->beginWatch(Clock::now(), true);
}

void WorkerPool::leave(std::list<PoolRunner>::iterator self, std::unique_lock<std::mutex> &lock)
{
    m_absent.splice(m_absent.end(), m_runners, self);
    if (--m_running == m_blocked)
        m_admission.close();
    startWanted(); // a surplus runner may leave items behind
    if (m_running == 0)
        refuseReady(lock);
    m_idle.notify_all();
}

/// Keeps the thread at hand for the next item, if no other one is: to wake it takes less than a
/// pool task. True if it was called; false if it is to go.
bool WorkerPool::standBy(std::unique_lock<std::mutex> &lock)
{
    if (m_standby != Standby::None || m_isTrimming)
        return false;
    m_standby = Standby::Waiting;
    m_called.wait_for(lock, standbyTime,
                      [this] { return m_standby == Standby::Called || m_isTrimming; });
    return std::exchange(m_standby, Standby::None) == Standby::Called;
}

WorkItem *WorkerPool::take(PoolRunner &runner)
{
    if (!m_admission.hasReady())
        m_admission.admit();
    WorkItem *item = m_admission.takeReady();
    if (item) {
        ++m_taken;
        runner.m_item = item;
    }
    return item;
}

/// While items are short and the watcher looks in, calls need not lock: the runner comes soon
/// enough.
void WorkerPool::setShortItems(bool areShort)
{
    m_shortItems = areShort;
    if (areShort && m_watching && m_isOpen)
        m_admission.open();
    else
        m_admission.close();
}

void WorkerPool::watch(std::unique_lock<std::mutex> &lock)
{
    PoolWatcher(*this).watch(lock);
    m_watching = false;
    m_admission.close();
    startWanted(); // for what has just come in
    m_idle.notify_all();
}

/// What PoolWatcher does not count itself.
void WorkerPool::addCounts(PoolView &seen) const
{
    seen.cores = m_cores;
    seen.running = m_running;
    seen.arriving = m_arriving;
    seen.blocked = m_blocked;
    seen.taken = m_taken;
    seen.waiting = m_admission.readyCount();
    seen.shortItems = m_shortItems;
}

void WorkerPool::forEachItem(const std::function<void(WorkItem *, quint64)> &visit)
{
    for (const PoolRunner &runner : m_runners) {
        if (runner.m_item)
            visit(runner.m_item, runner.m_thread);
    }
    for (LimiterWaiter *waiter : m_admission.ready())
        visit(static_cast<WorkItem *>(waiter), 0);
}

void WorkerPool::setOpen(bool open)
{
    const auto lock = m_admission.lock();
    m_isOpen = open;
    if (open)
        return;
    m_admission.close();
    startWanted();
}

bool WorkerPool::waitForIdle(Clock::time_point deadline)
{
    auto lock = m_admission.lock();
    return waitUntil(lock, m_idle, deadline,
                     [this] { return m_running == 0 && !m_admission.hasReady(); });
}

bool WorkerPool::waitForOthers(Clock::time_point deadline)
{
    auto lock = m_admission.lock();
    return waitUntil(lock, m_idle, deadline,
                     [this] { return m_running == m_givenUp && !m_admission.hasReady(); });
}

void WorkerPool::giveUp()
{
    const auto lock = m_admission.lock();
    for (PoolRunner &runner : m_runners) {
        if (!runner.m_item)
            continue;
        m_givenUp += !std::exchange(runner.m_isGivenUp, true);
        m_blocked += !std::exchange(runner.m_isBlocked, true);
    }
}

void WorkerPool::trim(Clock::time_point deadline)
{
    auto lock = m_admission.lock();
    m_isTrimming = true;
    m_called.notify_one();
    const auto isIdle = [this] {
        return m_running == 0 && !m_watching && m_standby == Standby::None;
    };
    const bool idle = waitUntil(lock, m_idle, deadline, isIdle);
    m_isTrimming = false;
    if (idle)
        letGo(lock, deadline);
}

} // namespace QFerry::Detail
