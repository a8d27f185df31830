// SPDX-License-Identifier: MIT
// What a thread is doing, as far as the system tells: any other thread may ask while that one runs.
#pragma once

#include <QtCore/qstring.h>

#include <chrono>

#if defined(Q_OS_LINUX)
#    include <pthread.h>

#    include <ctime>
#endif

namespace QFerry::Detail {

/// The number by which the system and its debuggers know the running thread; not 0.
quint64 currentThreadId();
/// What the system calls that thread; empty where that is not known. Takes some microseconds.
QString systemThreadName(quint64 id);

/// The processor time of the thread that made it.
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

/// What the system says of the thread that made it.
class ThreadState
{
public:
    ThreadState();

    /// Whether it runs, or would if it had a core. False where that is not known. Takes some
    /// microseconds.
    bool isRunnable() const;
    /// Whether it waits for another thread, for instance at a condition, and neither for input nor
    /// for a time to pass. True where that is not known. Takes some microseconds.
    bool isWaitingForThread() const;

private:
#if defined(Q_OS_LINUX)
    const int m_id;
#endif
};

} // namespace QFerry::Detail
