// SPDX-License-Identifier: MIT
// When a loop looks at the clock: in its thread.
#include "timeslice.h"

namespace QFerry::Detail {

using namespace std::chrono_literals;

static constexpr auto slowItems = 50us; // from one look at the clock to the next
static constexpr int longestStride = 16;

bool TimeSlice::isOver()
{
    const auto now = Clock::now();
    m_stride = now - m_lastLook > slowItems ? 1 : qMin(m_stride * 2, longestStride);
    m_countdown = m_stride;
    m_lastLook = now;
    return now >= m_end;
}

} // namespace QFerry::Detail
