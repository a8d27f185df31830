// SPDX-License-Identifier: MIT
// The threads that run errands; any thread, the alarm thread too, adds them.
#include "errands_p.h"

#include <QtCore/qglobal.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace QFerry::Detail {

using namespace std::chrono_literals;

namespace {

constexpr auto patience = 2ms; // with an errand, before another thread takes the next
constexpr auto idleTime = 1s;

/**
 * As a rule one thread runs errands, one after the other, and another one stands by: an errand may
 * wait, be it for the next, which the other one then takes.
 */
class ErrandThreads
{
public:
    static ErrandThreads &instance()
    {
        static auto *threads = new ErrandThreads; // never destroyed: errands may outlive main()
        return *threads;
    }

    bool add(std::function<void()> &&errand)
    {
        const std::lock_guard lock(m_mutex);
        m_errands.push_back(std::move(errand));
        m_added.notify_one();
        if (seeToOneIdle() || m_busy > 0)
            return true;
        m_errands.pop_back();
        return false;
    }

private:
    /// Under the mutex, as are all the others. False if the system refuses a thread.
    bool seeToOneIdle()
    {
        if (m_idle > 0)
            return true;
        try {
            std::thread([this] { serve(); }).detach();
        } catch (...) {
            return false;
        }
        ++m_idle; // from now on
        return true;
    }

    void serve()
    {
        std::unique_lock lock(m_mutex);
        while (waitForErrand(lock)) {
            --m_idle;
            while (!m_errands.empty())
                runNext(lock);
            ++m_idle;
        }
        --m_idle;
    }

    /// True with an errand that no other thread is likely to take soon.
    bool waitForErrand(std::unique_lock<std::mutex> &lock)
    {
        for (;;) {
            if (!m_added.wait_for(lock, idleTime, [this] { return !m_errands.empty(); }))
                return false;
            const quint64 taken = m_taken;
            if (m_busy == 0)
                return true;
            m_added.wait_for(lock, patience, [this] { return m_errands.empty() || m_busy == 0; });
            if (!m_errands.empty() && (m_busy == 0 || m_taken == taken))
                return true;
        }
    }

    void runNext(std::unique_lock<std::mutex> &lock)
    {
        std::function<void()> errand = std::move(m_errands.front());
        m_errands.pop_front();
        ++m_taken;
        ++m_busy;
        if (!m_errands.empty())
            seeToOneIdle();
        lock.unlock();
        errand();
        errand = nullptr;
        lock.lock();
        --m_busy;
    }

    std::mutex m_mutex;
    std::condition_variable m_added;
    std::deque<std::function<void()>> m_errands;
    quint64 m_taken = 0; // of all that there were
    int m_busy = 0;      // threads that run an errand
    int m_idle = 0;      // the others
};

} // namespace

bool addErrand(std::function<void()> &&errand)
{
    return ErrandThreads::instance().add(std::move(errand));
}

} // namespace QFerry::Detail
