// SPDX-License-Identifier: MIT
// How a thread waits for another one: it pauses on its core, gives that core away, or sleeps. Any
// thread may use all of it.
#pragma once

#include <QtCore/qglobal.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#if defined(Q_PROCESSOR_X86) && defined(_MSC_VER)
#    include <intrin.h>
#endif

namespace QFerry::Detail {

/// \name Pauses, while another thread is about to do something on another core
/// @{

/// Tells the processor that this is a spinning loop.
inline void relaxProcessor()
{
#if defined(Q_PROCESSOR_X86) && defined(_MSC_VER)
    _mm_pause();
#elif defined(Q_PROCESSOR_X86)
    __builtin_ia32_pause();
#elif defined(Q_PROCESSOR_ARM) && !defined(_MSC_VER)
    asm volatile("yield");
#endif
}

/// Looks before each of so many pauses whether it is done. False if it was not.
template <typename Predicate>
bool pauseUntil(Predicate isDone, int pauses)
{
    for (int i = 0; i < pauses; ++i) {
        if (isDone())
            return true;
        relaxProcessor();
    }
    return false;
}

/// The same until a point in time, but looks at the clock only after each `pauses`. A predicate
/// that the others notice, as they write to what it reads, may pause a few times itself.
template <typename Predicate>
bool spinUntil(Predicate isDone, std::chrono::steady_clock::time_point end, int pauses)
{
    do {
        if (pauseUntil(isDone, pauses))
            return true;
    } while (std::chrono::steady_clock::now() < end);
    return false;
}

/// @}

/// Locks a mutex whose critical sections are shorter than a trip into the kernel: tries for a
/// moment before it sleeps.
inline std::unique_lock<std::mutex> lockEagerly(std::mutex &mutex)
{
    constexpr int pauses = 100;
    if (pauseUntil([&mutex] { return mutex.try_lock(); }, pauses))
        return { mutex, std::adopt_lock };
    return std::unique_lock(mutex);
}

/// A lock for a dozen instructions, hardly ever contended: taking it costs one atomic exchange,
/// giving it back none.
class BriefLock
{
public:
    void lock() noexcept
    {
        const auto isFree = [this] { return !m_taken.load(std::memory_order_relaxed); };
        while (m_taken.exchange(true, std::memory_order_acquire)) {
            constexpr int pauses = 100;
            if (!pauseUntil(isFree, pauses))
                std::this_thread::yield(); // its holder does not run
        }
    }
    void unlock() noexcept { m_taken.store(false, std::memory_order_release); }

private:
    std::atomic<bool> m_taken{ false };
};

/// As std::condition_variable's wait_until(), for the last time that there is, too: some systems
/// reckon with it and come out in the past.
template <typename Predicate>
bool waitUntil(std::unique_lock<std::mutex> &lock, std::condition_variable &changed,
               std::chrono::steady_clock::time_point deadline, Predicate isDone)
{
    if (deadline != std::chrono::steady_clock::time_point::max())
        return changed.wait_until(lock, deadline, isDone);
    changed.wait(lock, isDone);
    return true;
}

/// \name Cores
/// @{

/// The core that this thread runs on, which may change at any time; -1 where that is not known.
int currentCore();
/// Whether that is known to be the core that this thread runs on.
bool isCurrentCore(int core);

/**
 * Lets other threads run on this core for some microseconds. False if it did not, because that
 * takes milliseconds at present: the thread that waits had better sleep.
 *
 * A thread that yields on a machine whose cores all compute comes back when the others have used up
 * their slices, while one that was asleep runs soon after it is woken. So the first one that comes
 * back late ends it for all threads, and from time to time one of them tries again.
 *
 * served: counts what the loop does that this thread waits for, if it waits for one. As long as
 * that does much meanwhile, it is the one that has this core, and nobody is late.
 */
bool giveWay(const std::atomic<quint32> *served = nullptr);

/// This thread has woken one that ran on that core (see currentCore()) when it was last seen.
void hasWoken(int core);
/// For a thread that has nothing to do at present: gives way if it has woken one that ran on this
/// core, where that would wait until this thread sleeps. How long it was away, if it did.
std::optional<std::chrono::nanoseconds> giveWayToWoken();

/// @}

/// How much later than asked for the system may wake this thread; zero is the system's usual.
void setTimerSlack(std::chrono::nanoseconds slack);

} // namespace QFerry::Detail
