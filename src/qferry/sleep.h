// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/deadline.h>
#include <qferry/pendingcall.h>

#include <QtCore/qdeadlinetimer.h>

#include <chrono>

namespace QFerry {

/**
 * A call that ends once the time has passed, through the calling thread's event loop, which turns
 * meanwhile: co_await sleep(100ms), or sleep(2s).then(this, &Window::hideMessage). If the time is
 * not positive, it ends behind what the loop has to deliver already.
 *
 * Times are kept to the millisecond: never shorter, and as much longer as the loop is busy. Sleeps
 * end in the order of their times. They are cheap: all those of a loop share a timer, and each
 * takes less than 200 bytes.
 *
 * It ends canceled, at once, by cancel() in any thread, by its scope, and by the end of its loop.
 * Between two exec() of one thread it goes on, and ends in the second. Throws NoEventLoopError if
 * the thread has no event loop. A worker may wait for one of its loop, which a cancel ends:
 * fromThread([] { return sleep(1s); }).
 */
[[nodiscard]] QFERRY_EXPORT PendingCall<void> sleep(std::chrono::nanoseconds time);

/// As sleep(), to a point in time; it may have passed. That of a clock which is set meanwhile, as
/// the system's may be, comes when it would have come by the old setting.
template <TimePoint Time>
[[nodiscard]] PendingCall<void> sleepUntil(const Time &time)
{
    return sleep(QDeadlineTimer(time).remainingTimeAsDuration());
}

} // namespace QFerry
