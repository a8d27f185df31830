// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/pool/limiterstate_p.h>
#include <qferry/pool/workitem.h>
#include <qferry/thread/threadwork_p.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>

namespace QFerry::Detail {

class WorkerPool;

/**
 * Takes items of the pool and runs them, in one of its threads, until none is left. That thread
 * alone enters; the watcher and the pool look at it under the admission's mutex. So the pool has it
 * on the heap: others look into it, which a stack is not for.
 */
class alignas(64) PoolRunner
{
public:
    using Clock = std::chrono::steady_clock;

    explicit PoolRunner(WorkerPool &pool) : m_pool(pool) {}

    /// \name Its thread, with the mutex
    /// @{
    /// Comes to it; goes.
    void enterThread();
    void leaveThread() { t_current = nullptr; }
    /// Runs what is ready, until nothing is, or others are enough for it. Unlocks meanwhile.
    void runItems(std::unique_lock<std::mutex> &lock);
    /// @}

    /// \name The watcher, with the mutex
    /// @{
    /// From now on it is looked at.
    void beginWatch(Clock::time_point now, bool isNew);
    /// How many items it has completed since the last look.
    int countItems(Clock::time_point now);
    /// Whether it sits on one item for so long, or longer, and was not found blocked before.
    bool hasSatFor(Clock::duration time, Clock::time_point now) const
    {
        return !m_isBlocked && m_since != now && now - m_since >= time;
    }
    /// Whether it sits on the item that it was last seen at.
    bool isStillThere() const
    {
        return !m_isBlocked && m_steps.load(std::memory_order_relaxed) == m_seenSteps;
    }
    /// Whether it computes there, as far as its clock tells.
    bool hasComputed(Clock::time_point now) const;
    /// It does: after a while it is to be judged by what it does from now on.
    void foundComputing(Clock::time_point now);
    /// @}

private:
    friend class PoolWatcher;
    friend class WorkerPool;

    void execute(WorkItem *item);
    void finishItem(WorkItem *item);
    void runForeign(WorkItem *last, std::unique_lock<std::mutex> &lock);
    void timeItems(bool counts);
    bool waitForWork(std::unique_lock<std::mutex> &lock);
    bool isSurplus() const;
    void step();
    void watchFrom(Clock::time_point now);

    static constinit thread_local PoolRunner *t_current;

    // written by the runner alone
    std::atomic<quint32> m_steps{ 0 }; // odd while it executes an item
    std::atomic<bool> m_isPublishing{ false };
    // guarded by the mutex
    WorkItem *m_item = nullptr;
    bool m_isBlocked = false;
    bool m_isGivenUp = false; // and blocked
    quint32 m_seenSteps = 0;
    Clock::time_point m_since; // the watcher has seen it at this item
    std::chrono::nanoseconds m_cpuSince{};
    std::optional<ThreadClock> m_cpu;   // made in
    std::optional<ThreadState> m_state; // its thread
    quint64 m_thread = 0;               // the number of that
    int m_question = -1; // the number of the watcher's question on it; -1 if there is none
    // its own
    bool m_hasShortItems = false; // in a row
    Clock::time_point m_timedSince;
    int m_longStretches = 0;         // one after the other
    int m_quickItems = 0;            // in a row
    LimiterState::Granted m_granted; // by limiters, to others than items
    WorkerPool &m_pool;
};

} // namespace QFerry::Detail
