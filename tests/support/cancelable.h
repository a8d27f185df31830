// SPDX-License-Identifier: MIT
#pragma once

#include "testing.h"

#include <QtCore/qpromise.h>

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

template <typename T>
[[nodiscard]] bool isCanceledInTime(const QFerry::PendingCall<T> &call)
{
    return waitFor(call) && call.isCanceled();
}

/// A future that nobody finishes while this lives.
class EndlessFuture
{
public:
    EndlessFuture() { m_promise.start(); }
    ~EndlessFuture() { m_promise.finish(); }
    QFuture<int> future() { return m_promise.future(); }

private:
    QPromise<int> m_promise;
};

} // namespace Testing
