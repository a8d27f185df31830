// SPDX-License-Identifier: MIT
// The systems' ways to tell how long a thread has computed.
#include "threadclock_p.h"

#if defined(Q_OS_WIN)
#    include <QtCore/qt_windows.h>
#elif defined(Q_OS_DARWIN)
#    include <mach/mach.h>
#endif

namespace QFerry::Detail {

#if defined(Q_OS_LINUX)

ThreadClock::ThreadClock()
{
    pthread_getcpuclockid(pthread_self(), &m_clock);
}

ThreadClock::~ThreadClock() = default;

bool ThreadClock::isKnown()
{
    return true;
}

std::chrono::nanoseconds ThreadClock::now() const
{
    timespec time = {};
    clock_gettime(m_clock, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

#elif defined(Q_OS_WIN)

ThreadClock::ThreadClock()
{
    HANDLE thread = nullptr;
    if (DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &thread, 0,
                        FALSE, DUPLICATE_SAME_ACCESS))
        m_thread = thread;
}

ThreadClock::~ThreadClock()
{
    if (m_thread)
        CloseHandle(m_thread);
}

bool ThreadClock::isKnown()
{
    return true;
}

/// Of cycles, as GetThreadTimes() is up to 16 ms behind. At two to four of them a nanosecond this
/// is up to twice the time, which does for telling who computes from who sleeps.
std::chrono::nanoseconds ThreadClock::now() const
{
    ULONG64 cycles = 0;
    if (m_thread)
        QueryThreadCycleTime(m_thread, &cycles);
    return std::chrono::nanoseconds(qint64(cycles / 2));
}

#elif defined(Q_OS_DARWIN)

ThreadClock::ThreadClock() : m_thread(mach_thread_self()) {}

ThreadClock::~ThreadClock()
{
    mach_port_deallocate(mach_task_self(), m_thread);
}

bool ThreadClock::isKnown()
{
    return true;
}

std::chrono::nanoseconds ThreadClock::now() const
{
    thread_basic_info info = {};
    mach_msg_type_number_t count = THREAD_BASIC_INFO_COUNT;
    if (thread_info(m_thread, THREAD_BASIC_INFO, reinterpret_cast<thread_info_t>(&info), &count)
        != KERN_SUCCESS)
        return {};
    const auto time = [](const time_value_t &value) {
        return std::chrono::seconds(value.seconds) + std::chrono::microseconds(value.microseconds);
    };
    return time(info.user_time) + time(info.system_time);
}

#else

ThreadClock::ThreadClock() = default;
ThreadClock::~ThreadClock() = default;

bool ThreadClock::isKnown()
{
    return false;
}

std::chrono::nanoseconds ThreadClock::now() const
{
    return {};
}

#endif

} // namespace QFerry::Detail
