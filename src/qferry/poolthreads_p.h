// SPDX-License-Identifier: MIT
#pragma once

#include "scheduler_p.h"

#include <QtCore/qthreadpool.h>

#include <chrono>
#include <condition_variable>
#include <deque>

namespace QFerry::Detail {

/**
 * The worker pool's threads: a QThreadPool, with what that does not do by itself.
 *
 * It tells when the system refuses a thread. It has no more threads than were busy at once: one
 * that is about to be idle is not doubled. And it makes them in the main thread or in one of its
 * own, the maker: a QThread's objectName refers to memory of the thread that made it, which must
 * not end first.
 */
class PoolThreads
{
protected:
    enum class Task { Runner, Watcher };

    PoolThreads();
    ~PoolThreads() = default;

    /// \name Under the scheduler's mutex
    /// @{
    /// Has a thread run the task. False if the system refuses the thread; refused() may tell so
    /// later.
    [[nodiscard]] bool start(Task task);
    /// The running task is about to end.
    void ended();
    /// No task runs: lets the idle threads go. Returns when they are gone, or after that time.
    void letGo(std::chrono::milliseconds timeout);
    /// @}

    virtual void run(Task task) = 0;
    /// After all, the system refuses the thread. With the scheduler's lock, which it may release
    /// for a while.
    virtual void refused(Task task, std::unique_lock<std::mutex> &lock) = 0;

private:
    using Clock = std::chrono::steady_clock;

    void startHere(Task task);
    bool leaveToMaker(Task task);
    void make();

    Scheduler &m_scheduler; // its mutex guards all below
    QThreadPool m_pool;
    int m_busy = 0; // tasks that run or will
    int m_live = 0; // threads, those to be made included; there may be more of them, idle
    int m_maxThreads = 0;
    Clock::time_point m_lastEnd;
    Clock::time_point m_lastMade;
    bool m_hasMaker = false;
    std::deque<Task> m_toMake; // tasks that the maker will start, in a new thread each
    std::condition_variable m_asked;
};

} // namespace QFerry::Detail
