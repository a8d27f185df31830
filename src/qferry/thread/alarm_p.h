// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>

namespace QFerry::Detail {

/// The time that is so far from now; as far as a clock can tell, if it is very long.
inline std::chrono::steady_clock::time_point timeAfter(std::chrono::nanoseconds time)
{
    using Clock = std::chrono::steady_clock;
    const auto now = Clock::now();
    return time < Clock::time_point::max() - now ? now + time : Clock::time_point::max();
}

/**
 * Something to be done at a point in time, whatever the loops and workers are doing. One thread
 * serves all alarms; it exists only while one is set. It runs no foreign code, which might keep the
 * other alarms from ringing: \sa runErrand().
 */
class Alarm
{
public:
    using Clock = std::chrono::steady_clock;

    virtual ~Alarm(); // the derived class calls clear() first

    /// Calls ring() at `when`, in the alarm thread, instead of at an earlier setting; never if that
    /// is the last time there is. Thread safe.
    void set(Clock::time_point when);
    /// Forgets the setting. When it returns, ring() is not running, unless it is ring() that calls
    /// it.
    void clear();

    /// The system has refused the alarm thread: alarms are late until retryThread() gets one.
    static bool isThreadRefused() { return s_isThreadRefused.load(std::memory_order_relaxed); }
    /// False if it is refused still. To be called now and then by threads that are there.
    static bool retryThread();

protected:
    Alarm() = default;
    Alarm(const Alarm &) = delete;
    Alarm &operator=(const Alarm &) = delete;

    /// Must be quick, run no foreign code, and not throw. May set() the alarm again.
    virtual void ring() = 0;

private:
    friend class AlarmThread;
    static inline std::atomic<bool> s_isThreadRefused{ false };
    bool m_isSet = false; // guarded by the alarm thread's mutex, as is m_when
    Clock::time_point m_when;
};

} // namespace QFerry::Detail
