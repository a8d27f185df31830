// SPDX-License-Identifier: MIT
// What a runner does in its thread, from one item to the next, and what the watcher asks it.
#include "poolrunner_p.h"

#include <qferry/pool/tidyup_p.h>
#include <qferry/pool/workerpool_p.h>
#include <qferry/thread/waiting_p.h>

namespace QFerry::Detail {

using namespace std::chrono_literals;

namespace {

// "Chunks of calls and a short spin", in the benchmarks' README.
constexpr auto spinTime = 20us;
// At the door and the clock: to look too often keeps callers from the door.
constexpr int pausesPerLook = 64;

// "One runner for short items".
constexpr int itemsToTime = 16;
constexpr auto shortItem = 4us;     // less than it takes to wake a thread
constexpr int longStretchesMax = 2; // the processor may just have run something else

// "Few runners awake".
constexpr int quickItemsToRetire = 16;

// "A runner that waits for a core is not blocked".
constexpr auto workingFor = 4ms; // then a runner that computes is looked at anew
constexpr int leastShare = 4;    // of a core, its inverse: who uses less sleeps, mostly

} // namespace

constinit thread_local PoolRunner *PoolRunner::t_current = nullptr;

void PoolRunner::enterThread()
{
    m_cpu.emplace();
    m_state.emplace();
    m_thread = currentThreadId();
    t_current = this;
}

void PoolRunner::runItems(std::unique_lock<std::mutex> &lock)
{
    m_quickItems = 0;
    for (;;) {
        WorkItem *item = isSurplus() ? nullptr : m_pool.take(*this);
        if (item)
            m_pool.startWanted();
        lock.unlock();
        if (!item) {
            if (std::exchange(m_hasShortItems, false))
                runDeferredDeletes();
            lock = m_pool.m_admission.lockOnly();
            if (isSurplus() || !waitForWork(lock))
                return;
            continue;
        }

        execute(item);
        lock = m_pool.m_admission.lockOnly();
        finishItem(item);
        WorkItem *last = item->dropQuickly() ? nullptr : item;
        if (Q_UNLIKELY(last || !m_granted.isEmpty()))
            runForeign(last, lock);
    }
}

void PoolRunner::step()
{
    m_steps.store(m_steps.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

/// Short items in a row leave it to every 16th of them, and to the last, to look for deferred
/// deletes.
void PoolRunner::execute(WorkItem *item)
{
    const bool tidiesUp =
            !m_hasShortItems || m_quickItems % itemsToTime == 0 || !m_pool.m_admission.hasReady();
    step();
    item->execute(tidiesUp);
    step();
}

void PoolRunner::finishItem(WorkItem *item)
{
    m_quickItems = m_isBlocked ? 0 : m_quickItems + 1;
    if (m_quickItems % itemsToTime == 0)
        timeItems(m_quickItems > 0);
    m_item = nullptr;
    m_isPublishing.store(false, std::memory_order_relaxed);
    if (std::exchange(m_isBlocked, false)) {
        --m_pool.m_blocked;
        m_pool.m_givenUp -= std::exchange(m_isGivenUp, false);
    }
    item->limiter()->release(item, m_granted);
}

/// Between two items: destructors, and those whom a limiter gave a token. They may wait for what is
/// ready, so this runner has taken nothing, nobody counts on it, and the watcher sees it at work.
void PoolRunner::runForeign(WorkItem *last, std::unique_lock<std::mutex> &lock)
{
    m_pool.startWanted();
    lock.unlock();
    step();
    if (last)
        last->drop();
    LimiterState::notify(std::exchange(m_granted, {}));
    lock = m_pool.m_admission.lockOnly();
    step();
    if (std::exchange(m_isBlocked, false))
        --m_pool.m_blocked;
}

/// Notes whether items are so short that one runner does them sooner than a second one would wake.
void PoolRunner::timeItems(bool counts)
{
    const auto now = Clock::now();
    const bool areShort = counts && now - m_timedSince < itemsToTime * shortItem;
    m_timedSince = now;
    m_longStretches = areShort ? 0 : m_longStretches + 1;
    m_hasShortItems = areShort;
    if (areShort || !counts || m_longStretches > longStretchesMax)
        m_pool.setShortItems(areShort);
}

/// Whether more runners are at work than there are cores, and this one's items are short.
bool PoolRunner::isSurplus() const
{
    return m_quickItems >= quickItemsToRetire
           && m_pool.m_running - m_pool.m_blocked > m_pool.m_cores;
}

/// Spins for a moment, if no other runner does: but not while the loop that has got a result waits
/// for this core. True if there is work.
bool PoolRunner::waitForWork(std::unique_lock<std::mutex> &lock)
{
    Admission &admission = m_pool.m_admission;
    if (admission.hasReady())
        return true;
    if (m_pool.m_spinning)
        return false; // and the one that spins keeps the promise of an open door
    m_pool.m_spinning = true;
    lock.unlock();
    giveWayToWoken();
    const auto end = Clock::now() + spinTime;
    do {
        pauseUntil([&admission] { return admission.hasReady(); }, pausesPerLook);
    } while (!admission.hasReady() && !admission.hasArrivals() && Clock::now() < end);
    lock = admission.lockOnly();
    m_pool.m_spinning = false;
    admission.admit();
    if (!admission.hasReady())
        admission.close();
    return admission.hasReady();
}

void PoolRunner::beginWatch(Clock::time_point now, bool isNew)
{
    m_question = -1;
    m_seenSteps = m_steps.load(std::memory_order_relaxed) + isNew; // which is at its first item
    watchFrom(now);
}

void PoolRunner::watchFrom(Clock::time_point now)
{
    m_since = now;
    m_cpuSince = m_cpu->now();
}

int PoolRunner::countItems(Clock::time_point now)
{
    const quint32 steps = m_steps.load(std::memory_order_relaxed);
    const int completed = int(steps / 2 - m_seenSteps / 2);
    if (steps != m_seenSteps || steps % 2 == 0)
        watchFrom(now);
    m_seenSteps = steps;
    return completed;
}

/// Where that cannot be known, each counts as one that computes.
bool PoolRunner::hasComputed(Clock::time_point now) const
{
    return !ThreadClock::isKnown() || (m_cpu->now() - m_cpuSince) * leastShare > now - m_since;
}

void PoolRunner::foundComputing(Clock::time_point now)
{
    if (now - m_since >= workingFor)
        watchFrom(now);
}

} // namespace QFerry::Detail
