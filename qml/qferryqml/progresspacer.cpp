// SPDX-License-Identifier: MIT
#include "progresspacer_p.h"

#include <QtCore/qcoreevent.h>

namespace QFerry::Detail {

static constexpr int frameMilliseconds = 16;

void ProgressPacer::offer(const Progress &progress)
{
    m_waiting = progress;
    if (!m_frame.isActive())
        flush();
}

void ProgressPacer::offerLater(const Progress &progress)
{
    m_waiting = progress;
    if (!m_frame.isActive())
        m_frame.start(0, Qt::PreciseTimer, this);
}

void ProgressPacer::flush()
{
    if (!m_waiting)
        return;
    m_frame.start(frameMilliseconds, Qt::PreciseTimer, this);
    const Progress progress = *std::exchange(m_waiting, std::nullopt);
    const auto handler = m_handler; // which may destroy this
    handler(progress);
}

void ProgressPacer::timerEvent(QTimerEvent *event)
{
    if (event->timerId() != m_frame.timerId())
        return;
    if (m_waiting)
        flush();
    else
        m_frame.stop();
}

} // namespace QFerry::Detail
