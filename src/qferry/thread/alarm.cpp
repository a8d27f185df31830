// SPDX-License-Identifier: MIT
// The thread of all alarms, which rings them; set() and clear() are entered by any thread.
#include "alarm_p.h"

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qcoreapplication.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace QFerry::Detail {

using namespace std::chrono_literals;

class AlarmThread
{
public:
    static AlarmThread &instance()
    {
        static auto *thread = new AlarmThread; // never destroyed: alarms may be cleared at any time
        return *thread;
    }

    void set(Alarm *alarm, Alarm::Clock::time_point when)
    {
        const std::lock_guard lock(m_mutex);
        remove(alarm);
        if (when == Alarm::Clock::time_point::max())
            return;
        const auto it = insert(alarm, when);
        alarm->m_isSet = true;
        alarm->m_when = when;
        if (!m_running) {
            start();
        } else if (it == m_due.begin()) {
            m_changed.notify_one();
        }
    }

    bool retry()
    {
        const std::lock_guard lock(m_mutex);
        if (!m_running)
            start();
        return m_running;
    }

    void clear(Alarm *alarm)
    {
        std::unique_lock lock(m_mutex);
        remove(alarm);
        if (m_ringing == alarm && m_ringer != std::this_thread::get_id())
            m_rung.wait(lock, [&] { return m_ringing != alarm; });
    }

private:
    using Due = std::multimap<Alarm::Clock::time_point, Alarm *>;

    Due::iterator insert(Alarm *alarm, Alarm::Clock::time_point when)
    {
        if (m_ringing != alarm || !m_spare)
            return m_due.emplace(when, alarm);
        m_spare.key() = when;
        m_spare.mapped() = alarm;
        return m_due.insert(std::move(m_spare));
    }

    void remove(Alarm *alarm)
    {
        if (!std::exchange(alarm->m_isSet, false))
            return;
        for (auto [it, end] = m_due.equal_range(alarm->m_when); it != end; ++it) {
            if (it->second == alarm) {
                m_due.erase(it);
                return;
            }
        }
    }

    /// Under the mutex.
    void start()
    {
        try {
            std::thread([this] { serve(); }).detach();
            m_running = true;
            Alarm::s_isThreadRefused.store(false, std::memory_order_relaxed);
        } catch (const std::system_error &) {
            if (!Alarm::s_isThreadRefused.exchange(true, std::memory_order_relaxed))
                wakeMainLoop();
        }
    }

    /// That one will retry.
    static void wakeMainLoop()
    {
        const QCoreApplication *application = QCoreApplication::instance();
        if (auto *dispatcher = application
                                       ? QAbstractEventDispatcher::instance(application->thread())
                                       : nullptr)
            dispatcher->wakeUp();
    }

    void serve()
    {
        std::unique_lock lock(m_mutex);
        m_ringer = std::this_thread::get_id();
        for (;;) {
            if (m_due.empty() && !m_changed.wait_for(lock, 1s, [&] { return !m_due.empty(); })) {
                m_running = false;
                return;
            }
            const auto [when, alarm] = *m_due.begin();
            if (Alarm::Clock::now() < when) {
                m_changed.wait_until(lock, when);
                continue;
            }
            m_spare = m_due.extract(m_due.begin());
            alarm->m_isSet = false;
            m_ringing = alarm;
            lock.unlock();
            alarm->ring();
            lock.lock();
            m_ringing = nullptr;
            m_rung.notify_all();
        }
    }

    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::condition_variable m_rung;
    Due m_due;
    Due::node_type m_spare; // of the alarm that rings, which may set itself without memory
    Alarm *m_ringing = nullptr;
    std::thread::id m_ringer;
    bool m_running = false;
};

Alarm::~Alarm() = default;

void Alarm::set(Clock::time_point when)
{
    AlarmThread::instance().set(this, when);
}

bool Alarm::retryThread()
{
    return AlarmThread::instance().retry();
}

void Alarm::clear()
{
    AlarmThread::instance().clear(this);
}

} // namespace QFerry::Detail
