// SPDX-License-Identifier: MIT
// What is kept of a call for those who look at what runs: a number, and since when. Any thread.
#pragma once

#include <QtCore/qglobal.h>

#include <atomic>
#include <chrono>

namespace QFerry::Detail {

/// Those who look at calls again and again. While there are any, calls look at the clock.
class Watchers
{
public:
    static bool areThere() { return Q_UNLIKELY(s_count.load(std::memory_order_relaxed) > 0); }
    static void come() { s_count.fetch_add(1, std::memory_order_relaxed); }
    static void go() { s_count.fetch_sub(1, std::memory_order_relaxed); }

private:
    static std::atomic<int> s_count;
};

/// A number of its own, given to who is asked for it, in the order of the first asking: so those
/// that nobody looks at need none.
class SightNumber
{
public:
    quint64 get() noexcept;
    /// 0 if nobody has asked so far.
    quint64 given() const noexcept { return m_number.load(std::memory_order_relaxed); }

private:
    std::atomic<quint64> m_number{ 0 };
};

/// When something began. If nobody watched then, when it was first seen.
class SightTime
{
public:
    using Clock = std::chrono::steady_clock;

    /// It begins now.
    void note() noexcept { m_time.store(now(), std::memory_order_relaxed); }
    /// It has begun, now or before.
    void seen() noexcept
    {
        Clock::rep expected = 0;
        m_time.compare_exchange_strong(expected, -now(), std::memory_order_relaxed);
    }
    /// The clock's zero if that is not known.
    Clock::time_point time() const noexcept
    {
        const Clock::rep time = m_time.load(std::memory_order_relaxed);
        return Clock::time_point(Clock::duration(time < 0 ? -time : time));
    }
    /// Whether it may have begun earlier.
    bool isLatest() const noexcept { return m_time.load(std::memory_order_relaxed) < 0; }

private:
    static Clock::rep now() { return Clock::now().time_since_epoch().count(); }

    std::atomic<Clock::rep> m_time{ 0 }; // negative: it may have begun earlier
};

/// All of it of one call.
struct Sighting
{
    SightNumber number;
    SightTime queued;
    SightTime running;
};

/// One that is made when it is needed: of what may be many.
class LazySighting
{
public:
    LazySighting() = default;
    ~LazySighting() { delete ifMade(); }
    Q_DISABLE_COPY_MOVE(LazySighting)

    Sighting &made();
    /// Null if it is not.
    Sighting *ifMade() const { return m_made.load(std::memory_order_acquire); }
    /// For those who watch, which is no reason to fail without memory.
    void note(SightTime Sighting::*moment) noexcept;

private:
    std::atomic<Sighting *> m_made{ nullptr };
};

} // namespace QFerry::Detail
