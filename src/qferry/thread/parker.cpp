// SPDX-License-Identifier: MIT
// The systems' ways to put a thread to sleep and to wake it. sleep() is entered by the one that
// sleeps, all else by the one that wakes it.
#include "parker_p.h"

#include <qferry/thread/waiting_p.h>

#include <algorithm>

#if defined(Q_OS_LINUX)
#    include <linux/futex.h>
#    include <sys/syscall.h>
#    include <unistd.h>

#    include <ctime>
#else
#    include <thread>
#endif

namespace QFerry::Detail {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::nanoseconds firstDoze = 20ms;
constexpr std::chrono::nanoseconds longestDoze = 10min;

void Parker::prepare()
{
    m_core.store(currentCore(), std::memory_order_relaxed);
}

/// False if it has been woken.
bool Parker::fallAsleep()
{
    int state = Awake;
    return m_state.compare_exchange_strong(state, Asleep, std::memory_order_acquire);
}

/// Sleeps until it is nudged, or, on most systems, the time is over.
void Parker::doze(std::chrono::nanoseconds time)
{
#if defined(Q_OS_LINUX)
    static_assert(sizeof(m_state) == sizeof(int));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    timespec timeout{};
    timeout.tv_sec = time_t(seconds.count());
    timeout.tv_nsec = long((time - seconds).count());
    syscall(SYS_futex, &m_state, FUTEX_WAIT_PRIVATE, int(Asleep), &timeout, nullptr, 0);
#else
    Q_UNUSED(time); // nothing is put off there: see release()
    m_state.wait(Asleep, std::memory_order_relaxed);
#endif
}

void Parker::sleep()
{
    if (fallAsleep()) {
        auto time = firstDoze;
        do {
            doze(time);
            time = std::min(time * 2, longestDoze);
        } while (m_state.load(std::memory_order_acquire) == Asleep);
    }
    m_state.store(Awake, std::memory_order_relaxed);
}

bool Parker::sleepFor(std::chrono::nanoseconds time)
{
    const auto end = Clock::now() + time;
    bool isWoken = !fallAsleep();
    for (auto now = Clock::now(); !isWoken && now < end; now = Clock::now()) {
#if defined(Q_OS_LINUX)
        doze(end - now);
#else
        std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(end - now, 1ms));
#endif
        isWoken = m_state.load(std::memory_order_acquire) == Woken;
    }
    int state = Asleep;
    if (!isWoken && m_state.compare_exchange_strong(state, Awake, std::memory_order_acquire))
        return false;
    m_state.store(Awake, std::memory_order_relaxed);
    return true;
}

bool Parker::release()
{
    hasWoken(m_core.load(std::memory_order_relaxed));
    const bool isAsleep = m_state.exchange(Woken, std::memory_order_release) == Asleep;
#if defined(Q_OS_LINUX)
    return isAsleep;
#else
    if (isAsleep)
        nudge(); // as it cannot look by itself
    return false;
#endif
}

void Parker::nudge()
{
#if defined(Q_OS_LINUX)
    syscall(SYS_futex, &m_state, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr,
            0); // at worst nobody is there
#else
    m_state.notify_one();
#endif
}

} // namespace QFerry::Detail
