// SPDX-License-Identifier: MIT
#include "metronome.h"

#include <algorithm>

namespace Bench {

Metronome::Metronome(std::chrono::milliseconds interval) : m_interval(interval)
{
    m_timer.setTimerType(Qt::PreciseTimer);
    m_timer.setSingleShot(true);
    QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { tick(); });
    restart();
}

Samples Metronome::lateness()
{
    if (Clock::now() > m_due)
        m_lateness.push_back(milliseconds(Clock::now() - m_due));
    return std::move(m_lateness);
}

void Metronome::tick()
{
    m_lateness.push_back(std::max(0.0, milliseconds(Clock::now() - m_due)));
    restart();
}

void Metronome::restart()
{
    m_due = Clock::now() + m_interval;
    m_timer.start(m_interval);
}

} // namespace Bench
