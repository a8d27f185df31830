// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/global.h>

#include <chrono>

namespace QFerry::Detail {

/// The time that a loop gives its inbox, or one channel, before its timers, input and painting get
/// their turn: 1 ms. (Benchmarks: "Slices".)
class TimeSlice
{
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds length{ 1 };

    TimeSlice() : m_lastLook(Clock::now()), m_end(m_lastLook + length) {}

    /// To be called after each item: looks at the clock now and then, the more often the slower
    /// they are.
    bool isOverAfterItem() { return isLookDue() && isOver(); }
    bool isLookDue() { return --m_countdown <= 0; }
    /// Looks at the clock.
    QFERRY_EXPORT bool isOver();
    Clock::time_point end() const { return m_end; }

private:
    int m_stride = 1; // items between looks at the clock
    int m_countdown = 1;
    Clock::time_point m_lastLook;
    const Clock::time_point m_end;
};

} // namespace QFerry::Detail
