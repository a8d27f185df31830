// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/pool/poolgrowth_p.h>
#include <qferry/thread/threadwork_p.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

namespace QFerry::Detail {

class PoolRunner;
class WorkerPool;

/**
 * Looks at the pool's runners while items wait, tells those that compute from those that are
 * blocked, and starts what PoolGrowth says. In a thread of the pool, under the admission's mutex,
 * but for the waits in between, and for what the system is asked, which takes its time.
 */
class PoolWatcher
{
public:
    using Clock = PoolView::Clock;

    explicit PoolWatcher(WorkerPool &pool);
    /// Returns when nothing has waited for a while.
    void watch(std::unique_lock<std::mutex> &lock);

private:
    /// To the system: whether a thread runs, or would if it had a core.
    struct Question
    {
        ThreadState thread;
        bool isRunnable = false;
    };

    PoolView look(std::unique_lock<std::mutex> &lock);
    void judge(PoolRunner &runner, PoolView &seen);
    void ask(PoolRunner &runner) noexcept;
    void awaitAnswers(std::unique_lock<std::mutex> &lock);
    void hear(PoolRunner &runner, PoolView &seen) const;
    void act(const PoolView &seen);
    std::chrono::microseconds slowerTick() const;

    WorkerPool &m_pool;
    PoolGrowth m_growth;
    std::vector<Question> m_questions;
    std::chrono::microseconds m_tick;
    int m_emptyTicks = 0; // in a row, in which nothing waited
    std::condition_variable m_neverNotified;
};

} // namespace QFerry::Detail
