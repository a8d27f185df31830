// SPDX-License-Identifier: MIT
// The systems' ways to tell what a thread does, and for how long it has computed.
#include "threadwork_p.h"

#if defined(Q_OS_LINUX)
#    include <fcntl.h>
#    include <sys/syscall.h>
#    include <unistd.h>

#    include <cstdio>
#    include <string_view>
#elif defined(Q_OS_WIN)
#    include <QtCore/qt_windows.h>
#elif defined(Q_OS_DARWIN)
#    include <mach/mach.h>
#    include <pthread.h>
#else
#    include <functional>
#    include <thread>
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

#if defined(Q_OS_LINUX)

namespace {

using Text = char[128];

/// What the system's file of that name says of a thread: its beginning.
std::string_view read(const char *name, int thread, Text &text)
{
    std::snprintf(text, sizeof(text), "/proc/self/task/%d/%s", thread, name);
    const int file = open(text, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return {};
    const ssize_t length = ::read(file, text, sizeof(text));
    close(file);
    return length > 0 ? std::string_view(text, size_t(length)) : std::string_view();
}

} // namespace

quint64 currentThreadId()
{
    return quint64(gettid());
}

QString systemThreadName(quint64 id)
{
    Text text;
    const std::string_view name = read("comm", int(id), text); // and a line break
    return QString::fromUtf8(name.data(), qMax(qsizetype(name.size()) - 1, qsizetype(0)));
}

ThreadState::ThreadState() : m_id(int(gettid())) {}

bool ThreadState::isRunnable() const
{
    Text text;
    const std::string_view stat = read("stat", m_id, text); // "id (name) state ..."
    const size_t end = stat.rfind(") ");
    return end != stat.npos && end + 2 < stat.size() && stat[end + 2] == 'R';
}

bool ThreadState::isWaitingForThread() const
{
    Text text;
    const std::string_view call = read("syscall", m_id, text); // "number ...", or "running"
    char futex[16];
    std::snprintf(futex, sizeof(futex), "%ld ", long(SYS_futex));
    return call.empty() || call.starts_with(futex);
}

#else

quint64 currentThreadId()
{
#    if defined(Q_OS_WIN)
    return GetCurrentThreadId();
#    elif defined(Q_OS_DARWIN)
    quint64 id = 0;
    pthread_threadid_np(nullptr, &id);
    return id;
#    else
    return quint64(std::hash<std::thread::id>()(std::this_thread::get_id())) | 1;
#    endif
}

QString systemThreadName(quint64)
{
    return {};
}

ThreadState::ThreadState() = default;

bool ThreadState::isRunnable() const
{
    return false;
}

bool ThreadState::isWaitingForThread() const
{
    return true;
}

#endif

} // namespace QFerry::Detail
