// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/pool/admission_p.h>

#include <array>
#include <chrono>
#include <condition_variable>

namespace QFerry::Detail {

/**
 * The worker pool's threads. They do what a QThreadPool's do: a thread that has nothing to do is
 * kept for the next task, and goes after a while. They are not a QThreadPool's, as that does not
 * tell when the system refuses a thread, so that what was to run there would wait for ever; has one
 * thread too many while another one is about to be idle; and lets its threads go only with a wait
 * that would hold our mutex.
 *
 * Each is a QThread to the code that runs there (QThread::currentThread(), timers, event loops).
 * That object is made in the thread itself: one made elsewhere refers to memory of its maker, which
 * may end first.
 */
class PoolThreads
{
protected:
    using Clock = std::chrono::steady_clock;
    enum class Task { Watcher, Runner }; // the more urgent one first

    /// After the system has refused a thread, it is asked for none for so long.
    static constexpr std::chrono::milliseconds refusalTime{ 20 };

    PoolThreads();
    ~PoolThreads() = default;

    /// \name Under the admission's mutex
    /// @{
    /// Has a thread run the task. False if the system refuses the thread, or did so lately and
    /// there are others.
    [[nodiscard]] bool start(Task task);
    /// The next start() asks the system, whatever it said before.
    void forgetRefusal() { m_refusedUntil = Clock::time_point::min(); }
    /// Lets the idle threads go. Returns when they are going, or at the deadline.
    void letGo(std::unique_lock<std::mutex> &lock, Clock::time_point deadline);
    /// @}

    /// In one of the threads, with the lock, which it may release for a while.
    virtual void run(Task task, std::unique_lock<std::mutex> &lock) = 0;

private:
    bool startThread(Task task);
    void serve(Task task);
    bool waitForTask(Task &task, std::unique_lock<std::mutex> &lock);
    bool takeOffer(Task &task);
    int offers() const { return m_offers[0] + m_offers[1]; }

    Admission &m_admission;        // its mutex guards all below
    int m_live = 0;                // threads
    int m_idle = 0;                // of those, the ones that wait for a task
    std::array<int, 2> m_offers{}; // tasks, by kind, for the idle ones to take; not more than those
    int m_lettingGo = 0;
    Clock::time_point m_refusedUntil = Clock::time_point::min();
    std::condition_variable m_offered;
    std::condition_variable m_gone;
};

} // namespace QFerry::Detail
