// SPDX-License-Identifier: MIT
#include "timeslice.h"

namespace QFerry::Detail {

using namespace std::chrono_literals;

bool TimeSlice::isOver()
{
    const auto now = Clock::now();
    m_stride = now - m_lastLook > 50us ? 1 : qMin(m_stride * 2, 16);
    m_countdown = m_stride;
    m_lastLook = now;
    return now >= m_end;
}

} // namespace QFerry::Detail
