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
#if defined(Q_OS_LINUX)
    ThreadClock()
    {
        pthread_getcpuclockid(pthread_self(), &m_clock);
    }
    std::chrono::nanoseconds now() const
    {
        timespec time = {};
        clock_gettime(m_clock, &time);
        return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    }

private:
    clockid_t m_clock = {};
#else
    std::chrono::nanoseconds now() const
    {
        return {};
    } // as if it always slept
#endif
};

} // namespace QFerry::Detail
