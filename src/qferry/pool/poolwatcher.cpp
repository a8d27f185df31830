// SPDX-License-Identifier: MIT
// Who is blocked, who computes, and how long to wait for the next look. In the watcher's thread,
// under the admission's mutex but for the questions to the system.
#include "poolwatcher_p.h"

#include <qferry/pool/workerpool_p.h>
#include <qferry/thread/waiting_p.h>

namespace QFerry::Detail {

using namespace std::chrono_literals;

// "Growth by a watcher", in the benchmarks' README.
constexpr auto shortestTick = 100us;
constexpr auto longestTick = 1000us;
constexpr auto blockedAfter = 1ms; // on one item, while others complete
constexpr int emptyTicksToEnd = 3;

PoolWatcher::PoolWatcher(WorkerPool &pool)
    : m_pool(pool), m_growth(Clock::now()), m_tick(shortestTick)
{}

void PoolWatcher::watch(std::unique_lock<std::mutex> &lock)
{
    setTimerSlack(1ns); // the usual 50 µs would be half of a tick
    for (PoolRunner &runner : m_pool.m_runners)
        runner.beginWatch(Clock::now(), false);
    while (m_emptyTicks < emptyTicksToEnd) {
        m_neverNotified.wait_for(lock, m_tick);
        m_pool.m_admission.admit();
        act(look(lock));
    }
    setTimerSlack(0ns);
}

void PoolWatcher::act(const PoolView &seen)
{
    const int more = m_growth.next(seen);
    const bool progress = seen.completed > 0;
    if (seen.waiting == 0) {
        // While items come and go the door may stay open, as long as there is somebody to look.
        m_emptyTicks = progress ? 0 : m_emptyTicks + 1;
        m_tick = progress ? slowerTick() : shortestTick;
        return;
    }
    m_emptyTicks = 0;
    const bool isQuiet = more == 0 && (progress || seen.computing >= seen.cores);
    m_tick = isQuiet ? slowerTick() : shortestTick;
    if (more == 0)
        return;
    m_pool.setShortItems(false);
    if (!m_pool.startRunners(more))
        m_tick = WorkerPool::refusalTime;
}

std::chrono::microseconds PoolWatcher::slowerTick() const
{
    return qMin(m_tick * 2, longestTick);
}

PoolView PoolWatcher::look(std::unique_lock<std::mutex> &lock)
{
    PoolView seen;
    seen.now = Clock::now();
    for (PoolRunner &runner : m_pool.m_runners)
        seen.completed += runner.countItems(seen.now);
    for (PoolRunner &runner : m_pool.m_runners)
        judge(runner, seen);
    if (!m_questions.empty()) {
        awaitAnswers(lock);
        for (PoolRunner &runner : m_pool.m_runners)
            hear(runner, seen);
        m_questions.clear();
    }
    m_pool.addCounts(seen);
    return seen;
}

/// One that computes is not blocked, even if it has to share the processor, or waits for its turn:
/// more runners would not help it, and keep the loop from its core.
void PoolWatcher::judge(PoolRunner &runner, PoolView &seen)
{
    if (!runner.hasSatFor(seen.completed > 0 ? blockedAfter : 0ms, seen.now))
        return;
    if (!runner.hasComputed(seen.now)) {
        ask(runner);
        return;
    }
    ++seen.computing;
    runner.foundComputing(seen.now);
}

/// Whether it waits for its turn. Without memory, the next look asks.
void PoolWatcher::ask(PoolRunner &runner) noexcept
try {
    m_questions.push_back({ *runner.m_state });
    runner.m_question = int(m_questions.size()) - 1;
} catch (const std::bad_alloc &) {
}

/// Meanwhile runners may come and go, and complete their items.
void PoolWatcher::awaitAnswers(std::unique_lock<std::mutex> &lock)
{
    lock.unlock();
    for (Question &question : m_questions)
        question.isRunnable = question.thread.isRunnable();
    lock = m_pool.m_admission.lockOnly();
}

void PoolWatcher::hear(PoolRunner &runner, PoolView &seen) const
{
    const int question = std::exchange(runner.m_question, -1);
    if (question < 0 || !runner.isStillThere())
        return;
    if (m_questions[size_t(question)].isRunnable) {
        ++seen.computing;
        runner.foundComputing(seen.now);
        return;
    }
    runner.m_isBlocked = true;
    ++m_pool.m_blocked;
    ++seen.newlyBlocked;
}

} // namespace QFerry::Detail
