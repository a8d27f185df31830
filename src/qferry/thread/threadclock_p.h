// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qglobal.h>

#include <chrono>

#if defined(Q_OS_LINUX)
#    include <pthread.h>

#    include <ctime>
#endif

namespace QFerry::Detail {

/// The processor time of the thread that made it; other threads may read it while that one runs.
class ThreadClock
{
public:
    ThreadClock();
    ~ThreadClock();
    Q_DISABLE_COPY_MOVE(ThreadClock)

    /// Whether this system tells the time of other threads; else now() is always zero.
    static bool isKnown();
    std::chrono::nanoseconds now() const;

private:
#if defined(Q_OS_LINUX)
    clockid_t m_clock = {};
#elif defined(Q_OS_WIN)
    void *m_thread = nullptr; // a handle of its own
#elif defined(Q_OS_DARWIN)
    unsigned int m_thread = 0; // a port of its own
#endif
};

} // namespace QFerry::Detail
