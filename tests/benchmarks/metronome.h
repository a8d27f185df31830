// SPDX-License-Identifier: MIT
#pragma once

#include "measure.h"

#include <QtCore/qtimer.h>

namespace Bench {

/// A timer that notes how many milliseconds late each of its ticks is.
class Metronome
{
public:
    explicit Metronome(std::chrono::milliseconds interval = 5ms);

    /// With the tick that is due and did not come, if there is one.
    Samples lateness();

private:
    void tick();
    void restart();

    const std::chrono::milliseconds m_interval;
    QTimer m_timer;
    Clock::time_point m_due;
    Samples m_lateness;
};

} // namespace Bench
