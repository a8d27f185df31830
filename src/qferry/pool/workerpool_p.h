// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/pool/limiterstate_p.h>
#include <qferry/pool/poolgrowth_p.h>
#include <qferry/pool/poolrunner_p.h>
#include <qferry/pool/poolthreads_p.h>
#include <qferry/thread/alarm_p.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>

namespace QFerry::Detail {

/**
 * Runs items, each in a pool thread, oldest first. An item has a limiter's token before it comes
 * here, so the pool sets no limit of its own; it decides only how many threads are awake.
 *
 * A PoolRunner is a task of a pool thread that takes items until none is left. Waking too many of
 * them costs more than short items do, and too few starve items that block; so:
 *  - a submit wakes at most one runner, and only while fewer than the cores are at work;
 *  - a runner that takes an item while others wait wakes the next one, within the same bound;
 *  - beyond the cores, a PoolWatcher (in a thread of the pool, too, alive only while items wait)
 *    looks every 100 µs to 1 ms for runners that are blocked: sit on one item, for 1 ms if others
 *    complete, and hardly use the processor meanwhile, nor wait for it. It replaces them; while no
 *    item completes, it starts two for each. And it starts one when nothing was taken for 10 ms,
 *    whatever the others do;
 *  - one runner at a time, out of work, spins 20 µs before it sleeps;
 *  - one of those that sleep stands by: it keeps its pool thread and is woken first.
 */
class WorkerPool final : private PoolThreads
{
public:
    static WorkerPool &instance();

    /// Ready: it has a token and will run, or be refused if no thread can be started and none runs.
    /// Waiting: for its token. Closed: it was not taken.
    enum class Submitted { Ready, Waiting, Closed };
    /// Any thread. Asks the item's limiter for a token; runs the item once it has one.
    Submitted submit(WorkItem *item);
    /// Whoever grants tokens calls it afterwards, once: starts what the items want that are ready
    /// now, or refuses them. Under the admission's mutex, which is released meanwhile if it does.
    void runReady(std::unique_lock<std::mutex> &lock);

    /// Worker: from now on it only publishes its outcome and will take the next item at once.
    static void beginPublishing();
    /// Worker: it is going to run somebody else's code instead, which may take its time.
    static void endPublishing();

    /// Visits those that run, and the items that wait for a thread, whose number is 0. Under the
    /// admission's mutex.
    void forEachItem(const std::function<void(WorkItem *, quint64 thread)> &visit);
    /// When it returns, submit() takes nothing any more, in no thread; or does so again.
    void setOpen(bool open);
    /// Waits until nothing waits or runs; false if something still does at the deadline.
    bool waitForIdle(std::chrono::steady_clock::time_point deadline);
    /// The same, but for the items that were given up.
    bool waitForOthers(std::chrono::steady_clock::time_point deadline);
    /// Those that run now need not be waited for.
    void giveUp();
    /// Lets the idle threads go; returns when they are gone, or at the deadline.
    void trim(std::chrono::steady_clock::time_point deadline);

private:
    friend class PoolRunner;
    friend class PoolWatcher;

    /// For when a thread was refused: asks again.
    struct Retry final : Alarm
    {
        ~Retry() override { clear(); }
        void ring() override { instance().tryAgain(); }
    };

    WorkerPool();
    void run(Task task, std::unique_lock<std::mutex> &lock) override;
    void refuseReady(std::unique_lock<std::mutex> &lock);
    int comingRunners() const;
    void startWanted();
    bool startRunners(int count);
    bool startRunner();
    void tryAgainLater();
    void tryAgain();
    void work(std::unique_lock<std::mutex> &lock);
    void join(std::list<PoolRunner>::iterator self);
    void leave(std::list<PoolRunner>::iterator self, std::unique_lock<std::mutex> &lock);
    bool standBy(std::unique_lock<std::mutex> &lock);
    WorkItem *take(PoolRunner &runner);
    void setShortItems(bool areShort);
    void watch(std::unique_lock<std::mutex> &lock);
    void addCounts(PoolView &seen) const;

    // Every call reads these two: they are not in a line that runners write to.
    alignas(64) Admission &m_admission; // its mutex guards all below
    const int m_cores;
    alignas(64) std::list<PoolRunner> m_runners;
    std::list<PoolRunner> m_absent; // those to come, first, and the one that stands by
    int m_running = 0;              // runners started and not yet done
    int m_arriving = 0;             // of those, the ones that are on their way
    int m_blocked = 0;              // of those, the ones that sit on one item
    int m_givenUp = 0;              // of those, the ones that nobody waits for
    quint32 m_taken = 0;            // items, ever
    enum class Standby { None, Waiting, Called } m_standby = Standby::None;
    bool m_callsLater = false; // whoever calls the one that stands by wakes it after unlocking
    bool m_isTrimming = false;
    bool m_isOpen = true;
    bool m_watching = false;
    bool m_spinning = false;
    bool m_shortItems = false;
    std::condition_variable m_called;
    std::condition_variable m_idle;
    Clock::time_point m_retryAt;
    Retry m_retry;
};

} // namespace QFerry::Detail
