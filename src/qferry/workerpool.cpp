// SPDX-License-Identifier: MIT
#include "workerpool_p.h"

#include <QtCore/qthread.h>

#include <algorithm>
#include <system_error>
#include <thread>

#if defined(Q_OS_LINUX)
#  include <sys/prctl.h>
#endif

namespace QFerry::Detail {

using namespace std::chrono_literals;

namespace {

constexpr auto shortestTick = 100us;
constexpr auto longestTick = 1000us;
constexpr auto blockedAfter = 1ms; // on one item, while others complete
constexpr auto spinTime = 20us;
constexpr auto threadExpiry = 10s;
constexpr int quickItemsToRetire = 16;

void setTimerSlack(unsigned long ns)
{
#if defined(Q_OS_LINUX)
    prctl(PR_SET_TIMERSLACK, ns); // the default of 50 µs would be half of a tick
#else
    Q_UNUSED(ns);
#endif
}

void relax()
{
#if defined(Q_PROCESSOR_X86)
    __builtin_ia32_pause();
#endif
}

/// A critical section here is shorter than a trip into the kernel: tries for a moment before it sleeps.
std::unique_lock<std::mutex> lockEagerly(std::mutex &mutex)
{
    for (int i = 0; i < 40; ++i) {
        if (mutex.try_lock())
            return {mutex, std::adopt_lock};
        relax();
    }
    return std::unique_lock(mutex);
}

} // namespace

thread_local WorkerPool::Runner *WorkerPool::t_runner = nullptr;

WorkerPool &WorkerPool::instance()
{
    // Never destroyed: ~QThreadPool would wait, without limit, for a worker that is stuck.
    static auto *pool = new WorkerPool;
    return *pool;
}

WorkerPool::WorkerPool()
    : m_cores(qMax(2, QThread::idealThreadCount()))
{
    m_pool.setObjectName(QStringLiteral("QFerry"));
    m_pool.setExpiryTimeout(std::chrono::milliseconds(threadExpiry).count());
}

bool WorkerPool::submit(WorkItem *item)
{
    if (t_runner && t_runner->collecting) {
        t_runner->granted.push_back(item);
        return true;
    }
    auto lock = lockEagerly(m_mutex);
    if (m_running == 0 && !canStart())
        return false;
    m_ready.push_back(item);
    m_hasReady.store(true, std::memory_order_relaxed);
    const int coming = int(m_spinning) + m_publishing.load(std::memory_order_seq_cst);
    const Start what = int(m_ready.size()) > coming ? wanted() : Start::Nothing;
    lock.unlock();
    start(what);
    return true;
}

/// QThreadPool does not tell when the system refuses a thread, so ask before the first one is needed.
bool WorkerPool::canStart()
{
    if (Clock::now() - m_lastIdle < threadExpiry / 2)
        return true; // one is still there
    try {
        std::thread([] {}).join();
        return true;
    } catch (const std::system_error &) {
        return false;
    }
}

/// What to start for the items that wait, now that one came or went. Under m_mutex.
WorkerPool::Start WorkerPool::wanted()
{
    if (m_ready.empty() || m_arriving > 0)
        return Start::Nothing;
    if (m_running - m_blocked < m_cores) {
        expectRunners(1);
        return Start::Runner;
    }
    if (!m_watching) {
        m_watching = true;
        expectRunners(0);
        return Start::Watcher;
    }
    return Start::Nothing;
}

/// Makes room for them. Room for no more than are needed: a thread that is about to be idle is not doubled.
void WorkerPool::expectRunners(int count)
{
    m_running += count;
    m_arriving += count;
    m_lastStart = count ? Clock::now() : m_lastStart;
    if (const int threads = m_running + int(m_watching); threads > m_maxThreads) {
        m_maxThreads = threads;
        m_pool.setMaxThreadCount(threads);
    }
}

void WorkerPool::start(Start what)
{
    if (what == Start::Runner)
        m_pool.start([this] { run(); });
    else if (what == Start::Watcher)
        m_pool.start([this] { watch(); }, 1);
}

void WorkerPool::beginPublishing()
{
    if (Runner *runner = t_runner) {
        runner->publishing = true;
        instance().m_publishing.fetch_add(1, std::memory_order_seq_cst);
    }
}

void WorkerPool::endPublishing()
{
    Runner *runner = t_runner;
    if (!runner || !std::exchange(runner->publishing, false))
        return;
    WorkerPool &pool = instance();
    auto lock = lockEagerly(pool.m_mutex);
    pool.m_publishing.fetch_sub(1, std::memory_order_relaxed);
    const Start what = pool.wanted(); // what came meanwhile counted on this worker
    lock.unlock();
    pool.start(what);
}

void WorkerPool::run()
{
    Runner runner;
    t_runner = &runner;
    auto lock = lockEagerly(m_mutex);
    if (m_arriving > 0)
        --m_arriving;
    else
        ++m_running; // came so late that it was given up
    m_runners.push_back(&runner);

    WorkItem *previous = nullptr;
    int quickItems = 0;
    for (;;) {
        WorkItem *item = isSurplus(quickItems) ? nullptr : take(runner);
        const Start what = item ? wanted() : Start::Nothing;
        lock.unlock();
        if (previous)
            std::exchange(previous, nullptr)->drop();
        start(what);
        if (!item) {
            lock = lockEagerly(m_mutex);
            if (isSurplus(quickItems) || !waitForWork(lock))
                break;
            continue;
        }

        runner.steps.store(runner.steps.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        item->execute();
        runner.steps.store(runner.steps.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        runner.collecting = true;
        item->releaseToken();
        runner.collecting = false;

        lock = lockEagerly(m_mutex);
        quickItems = runner.blocked ? 0 : quickItems + 1;
        finishItem(runner);
        previous = item;
    }

    std::erase(m_runners, &runner);
    --m_running;
    t_runner = nullptr;
    if (m_running == 0)
        m_lastIdle = Clock::now();
    const Start what = wanted(); // a surplus runner may leave items behind
    m_idle.notify_all();
    lock.unlock();
    start(what);
}

WorkItem *WorkerPool::take(Runner &runner)
{
    if (m_ready.empty())
        return nullptr;
    WorkItem *item = m_ready.front();
    m_ready.pop_front();
    m_hasReady.store(!m_ready.empty(), std::memory_order_relaxed);
    runner.item = item;
    return item;
}

void WorkerPool::finishItem(Runner &runner)
{
    runner.item = nullptr;
    if (std::exchange(runner.publishing, false))
        m_publishing.fetch_sub(1, std::memory_order_relaxed);
    if (std::exchange(runner.blocked, false))
        --m_blocked;
    if (!runner.granted.empty()) {
        m_ready.insert(m_ready.end(), runner.granted.cbegin(), runner.granted.cend());
        runner.granted.clear();
    }
}

/// Whether more runners are at work than there are cores, and this one's items are short.
bool WorkerPool::isSurplus(int quickItems) const
{
    return quickItems >= quickItemsToRetire && m_running - m_blocked > m_cores;
}

/// Spins for a moment, if no other runner does. True if there is work.
bool WorkerPool::waitForWork(std::unique_lock<std::mutex> &lock)
{
    if (!m_ready.empty())
        return true;
    if (m_spinning)
        return false;
    m_spinning = true;
    lock.unlock();
    const auto end = Clock::now() + spinTime;
    do {
        for (int i = 0; i < 20 && !m_hasReady.load(std::memory_order_relaxed); ++i)
            relax();
    } while (!m_hasReady.load(std::memory_order_relaxed) && Clock::now() < end);
    lock = lockEagerly(m_mutex);
    m_spinning = false;
    return !m_ready.empty();
}

void WorkerPool::watch()
{
    setTimerSlack(1);
    std::unique_lock lock(m_mutex);
    for (Runner *runner : m_runners) {
        runner->seenSteps = runner->steps.load(std::memory_order_relaxed);
        runner->since = Clock::now();
    }
    std::chrono::microseconds tick = shortestTick;
    int burst = m_cores;
    int emptyTicks = 0;
    while (emptyTicks < 3) {
        m_tick.wait_for(lock, tick);
        const auto now = Clock::now();
        const bool progress = look(now);
        if (m_ready.empty()) {
            ++emptyTicks;
            continue;
        }
        emptyTicks = 0;
        if (m_arriving > 0 && now - m_lastStart > 1s)
            m_running -= std::exchange(m_arriving, 0); // the system refused those threads

        const int more = growth(progress, burst);
        const bool allBlocked = !progress && more > 0;
        burst = allBlocked ? burst * 2 : m_cores;
        tick = progress && !more ? qMin(tick * 2, longestTick) : shortestTick;
        if (more == 0)
            continue;
        expectRunners(more);
        lock.unlock();
        for (int i = 0; i < more; ++i)
            start(Start::Runner);
        lock.lock();
    }
    m_watching = false;
    lock.unlock();
    setTimerSlack(0);
}

/// Marks the runners that sit on one item as blocked; says whether any item completed since the last look.
bool WorkerPool::look(Clock::time_point now)
{
    bool progress = false;
    for (Runner *runner : m_runners) {
        const quint32 steps = runner->steps.load(std::memory_order_relaxed);
        progress |= steps / 2 != runner->seenSteps / 2; // completions: starts are no progress
        if (steps != runner->seenSteps || steps % 2 == 0)
            runner->since = now;
        runner->seenSteps = steps;
    }
    for (Runner *runner : m_runners) {
        if (runner->blocked || runner->since == now)
            continue;
        if (!progress || now - runner->since >= blockedAfter) {
            runner->blocked = true;
            ++m_blocked;
        }
    }
    return progress;
}

/// How many more runners the waiting items deserve.
int WorkerPool::growth(bool progress, int burst) const
{
    int more = qMax(0, m_cores - (m_running - m_blocked));
    const auto executes = [](const Runner *runner) { return runner->seenSteps % 2 == 1; };
    if (!progress && std::count_if(m_runners.cbegin(), m_runners.cend(), executes) >= m_running)
        more = qMax(more, burst);
    return int(qMin<size_t>(size_t(more), m_ready.size()));
}

void WorkerPool::forEachItem(const std::function<void(WorkItem *, bool)> &visit)
{
    std::lock_guard lock(m_mutex);
    for (const Runner *runner : m_runners) {
        if (runner->item)
            visit(runner->item, true);
    }
    for (WorkItem *item : m_ready)
        visit(item, false);
}

bool WorkerPool::waitForIdle(Clock::time_point deadline)
{
    std::unique_lock lock(m_mutex);
    return m_idle.wait_until(lock, deadline, [this] { return m_running == 0 && m_ready.empty(); });
}

void WorkerPool::trim(Clock::time_point deadline)
{
    using std::chrono::milliseconds;
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
    m_pool.waitForDone(int(qMax(milliseconds(1), left).count()));
    std::lock_guard lock(m_mutex);
    m_lastIdle = {};
}

} // namespace QFerry::Detail
