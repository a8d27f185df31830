// SPDX-License-Identifier: MIT
#include "workerpool_p.h"

#include <qferry/pool/tidyup_p.h>
#include <qferry/thread/waiting_p.h>

#include <QtCore/qthread.h>

#include <algorithm>

namespace QFerry::Detail {

using namespace std::chrono_literals;

namespace {

constexpr auto shortestTick = 100us;
constexpr auto longestTick = 1000us;
constexpr auto blockedAfter = 1ms; // on one item, while others complete
constexpr auto workingFor = 4ms;   // then a runner that computes is looked at anew
constexpr int leastShare = 4;      // of a core, its inverse: who uses less sleeps, mostly
constexpr auto spinTime = 20us;
constexpr auto standbyTime = 5s;
// At the door and the clock: to look too often keeps callers from the door.
constexpr int pausesPerLook = 64;
constexpr int quickItemsToRetire = 16;
constexpr int itemsToTime = 16;
constexpr auto shortItem = 4us;     // less than it takes to wake a thread
constexpr int longStretchesMax = 2; // the processor may just have run something else

} // namespace

thread_local WorkerPool::Runner *WorkerPool::t_runner = nullptr;

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
    const auto publishes = [](const Runner &runner) {
        return runner.publishing.load(std::memory_order_acquire);
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
        m_absent.emplace_front();
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
    if (Runner *runner = t_runner)
        runner->publishing.store(true, std::memory_order_release);
}

void WorkerPool::endPublishing()
{
    Runner *runner = t_runner;
    if (!runner || !runner->publishing.load(std::memory_order_relaxed))
        return;
    WorkerPool &pool = instance();
    auto lock = pool.m_admission.lock();
    runner->publishing.store(false, std::memory_order_relaxed);
    pool.startWanted(); // what came meanwhile counted on this worker
}

void WorkerPool::work(std::unique_lock<std::mutex> &lock)
{
    const auto self = m_absent.begin();
    self->cpu.emplace();
    self->state.emplace();
    t_runner = &*self;
    do {
        join(self);
        runItems(*self, lock);
        leave(self, lock);
    } while (standBy(lock));
    t_runner = nullptr;
    m_absent.erase(self);
    m_idle.notify_all();
}

void WorkerPool::join(std::list<Runner>::iterator self)
{
    m_runners.splice(m_runners.end(), m_absent, self);
    --m_arriving;
    if (m_watching) // else the watcher looks at all of them when it comes
        watchFrom(*self, Clock::now());
    self->seenSteps = self->steps.load(std::memory_order_relaxed) + 1; // the first item
}

/// Runs what is ready, until nothing is, or others are enough for it.
void WorkerPool::runItems(Runner &runner, std::unique_lock<std::mutex> &lock)
{
    int quickItems = 0;
    LimiterState::Granted granted; // by limiters, to others than items
    for (;;) {
        WorkItem *item = isSurplus(quickItems) ? nullptr : take(runner);
        if (item)
            startWanted();
        lock.unlock();
        if (!item) {
            if (std::exchange(runner.hasShortItems, false))
                runDeferredDeletes();
            lock = m_admission.lockOnly();
            if (isSurplus(quickItems) || !waitForWork(lock))
                return;
            continue;
        }

        execute(runner, quickItems);
        lock = m_admission.lockOnly();
        quickItems = runner.blocked ? 0 : quickItems + 1;
        if (quickItems % itemsToTime == 0)
            timeItems(runner, quickItems > 0);
        finishItem(runner, granted);
        WorkItem *last = item->dropQuickly() ? nullptr : item;
        if (Q_UNLIKELY(last || !granted.isEmpty()))
            runForeign(runner, last, granted, lock);
    }
}

/// Short items in a row leave it to every 16th of them, and to the last, to look for deferred
/// deletes.
void WorkerPool::execute(Runner &runner, int quickItems)
{
    const bool tidiesUp =
            !runner.hasShortItems || quickItems % itemsToTime == 0 || !m_admission.hasReady();
    runner.steps.store(runner.steps.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    runner.item->execute(tidiesUp);
    runner.steps.store(runner.steps.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

/// Between two items: destructors, and those whom a limiter gave a token. They may wait for what is
/// ready, so this runner has taken nothing, nobody counts on it, and the watcher sees it at work.
void WorkerPool::runForeign(Runner &runner, WorkItem *last, LimiterState::Granted &granted,
                            std::unique_lock<std::mutex> &lock)
{
    startWanted();
    lock.unlock();
    runner.steps.store(runner.steps.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    if (last)
        last->drop();
    LimiterState::notify(std::exchange(granted, {}));
    lock = m_admission.lockOnly();
    runner.steps.store(runner.steps.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    if (std::exchange(runner.blocked, false))
        --m_blocked;
}

void WorkerPool::leave(std::list<Runner>::iterator self, std::unique_lock<std::mutex> &lock)
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

WorkItem *WorkerPool::take(Runner &runner)
{
    if (!m_admission.hasReady())
        m_admission.admit();
    WorkItem *item = m_admission.takeReady();
    if (item) {
        ++m_taken;
        runner.item = item;
    }
    return item;
}

/// Notes whether items are so short that one runner does them sooner than a second one would wake.
void WorkerPool::timeItems(Runner &runner, bool counts)
{
    const auto now = Clock::now();
    const bool areShort = counts && now - runner.timedSince < itemsToTime * shortItem;
    runner.timedSince = now;
    runner.longStretches = areShort ? 0 : runner.longStretches + 1;
    runner.hasShortItems = areShort;
    if (areShort || !counts || runner.longStretches > longStretchesMax)
        setShortItems(areShort);
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

void WorkerPool::finishItem(Runner &runner, LimiterState::Granted &granted)
{
    WorkItem *item = std::exchange(runner.item, nullptr);
    runner.publishing.store(false, std::memory_order_relaxed);
    if (std::exchange(runner.blocked, false)) {
        --m_blocked;
        m_givenUp -= std::exchange(runner.givenUp, false);
    }
    item->limiter()->release(item, granted);
}

/// Whether more runners are at work than there are cores, and this one's items are short.
bool WorkerPool::isSurplus(int quickItems) const
{
    return quickItems >= quickItemsToRetire && m_running - m_blocked > m_cores;
}

/// Spins for a moment, if no other runner does: but not while the loop that has got a result waits
/// for this core. True if there is work.
bool WorkerPool::waitForWork(std::unique_lock<std::mutex> &lock)
{
    if (m_admission.hasReady())
        return true;
    if (m_spinning)
        return false; // and the one that spins keeps the promise of an open door
    m_spinning = true;
    lock.unlock();
    giveWayToWoken();
    const auto end = Clock::now() + spinTime;
    do {
        pauseUntil([this] { return m_admission.hasReady(); }, pausesPerLook);
    } while (!m_admission.hasReady() && !m_admission.hasArrivals() && Clock::now() < end);
    lock = m_admission.lockOnly();
    m_spinning = false;
    m_admission.admit();
    if (!m_admission.hasReady())
        m_admission.close();
    return m_admission.hasReady();
}

void WorkerPool::watch(std::unique_lock<std::mutex> &lock)
{
    setTimerSlack(1ns); // the usual 50 µs would be half of a tick
    for (Runner &runner : m_runners) {
        runner.seenSteps = runner.steps.load(std::memory_order_relaxed);
        watchFrom(runner, Clock::now());
    }
    std::chrono::microseconds tick = shortestTick;
    int emptyTicks = 0;
    PoolGrowth growth(Clock::now());
    while (emptyTicks < 3) {
        m_tick.wait_for(lock, tick);
        m_admission.admit();
        const PoolView seen = look(Clock::now());
        const int more = growth.next(seen);
        const bool progress = seen.completed > 0;
        if (seen.waiting == 0) {
            // While items come and go the door may stay open, as long as there is somebody to look.
            emptyTicks = progress ? 0 : emptyTicks + 1;
            tick = progress ? qMin(tick * 2, longestTick) : shortestTick;
            continue;
        }
        emptyTicks = 0;
        const bool isQuiet = more == 0 && (progress || seen.computing >= m_cores);
        tick = isQuiet ? qMin(tick * 2, longestTick) : shortestTick;
        if (more == 0)
            continue;
        setShortItems(false);
        if (!startRunners(more))
            tick = refusalTime;
    }
    m_watching = false;
    m_admission.close();
    startWanted(); // for what has just come in
    m_idle.notify_all();
    setTimerSlack(0ns);
}

/// Marks the runners that sit on one item as blocked.
PoolView WorkerPool::look(Clock::time_point now)
{
    PoolView seen;
    for (Runner &runner : m_runners) {
        const quint32 steps = runner.steps.load(std::memory_order_relaxed);
        seen.completed += int(steps / 2 - runner.seenSteps / 2);
        if (steps != runner.seenSteps || steps % 2 == 0)
            watchFrom(runner, now);
        runner.seenSteps = steps;
    }
    for (Runner &runner : m_runners) {
        if (runner.blocked || runner.since == now)
            continue;
        if (seen.completed > 0 && now - runner.since < blockedAfter)
            continue;
        if (!isWorking(runner, now)) {
            runner.blocked = true;
            ++m_blocked;
            ++seen.newlyBlocked;
            continue;
        }
        ++seen.computing;
        if (now - runner.since >= workingFor)
            watchFrom(runner, now);
    }
    seen.now = now;
    seen.cores = m_cores;
    seen.running = m_running;
    seen.arriving = m_arriving;
    seen.blocked = m_blocked;
    seen.taken = m_taken;
    seen.waiting = m_admission.readyCount();
    seen.shortItems = m_shortItems;
    return seen;
}

void WorkerPool::watchFrom(Runner &runner, Clock::time_point now)
{
    runner.since = now;
    runner.cpuSince = runner.cpu->now();
}

/// One that computes is not blocked, even if it has to share the processor, or waits for its turn:
/// more runners would not help it, and keep the loop from its core. Where that cannot be known,
/// each counts as one that computes.
bool WorkerPool::isWorking(const Runner &runner, Clock::time_point now)
{
    if (!ThreadClock::isKnown())
        return true;
    const auto cpu = runner.cpu->now() - runner.cpuSince;
    return cpu * leastShare > now - runner.since || runner.state->isRunnable();
}

void WorkerPool::forEachItem(const std::function<void(WorkItem *, bool)> &visit)
{
    for (const Runner &runner : m_runners) {
        if (runner.item)
            visit(runner.item, true);
    }
    for (LimiterWaiter *waiter : m_admission.ready())
        visit(static_cast<WorkItem *>(waiter), false);
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
    for (Runner &runner : m_runners) {
        if (!runner.item)
            continue;
        m_givenUp += !std::exchange(runner.givenUp, true);
        m_blocked += !std::exchange(runner.blocked, true);
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
