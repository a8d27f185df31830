// SPDX-License-Identifier: MIT
#pragma once

#include "testing.h"

namespace Testing {

/// For workers: comes back only by CanceledError, or, if nobody cancels, by the watchdog.
inline void runUntilCanceled()
{
    const QDeadlineTimer deadline(watchdog);
    while (!deadline.hasExpired()) {
        QFerry::checkCanceled();
        QThread::yieldCurrentThread();
    }
    throw std::runtime_error("nobody canceled this call in time");
}

/// A worker's function that says when it runs.
inline auto openAndRunUntilCanceled(Gate &running)
{
    return [&running] {
        running.open();
        runUntilCanceled();
    };
}

} // namespace Testing
