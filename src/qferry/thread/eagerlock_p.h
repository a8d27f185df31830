// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qglobal.h>

#include <atomic>
#include <mutex>
#include <thread>

#if defined(Q_PROCESSOR_X86) && defined(_MSC_VER)
#    include <intrin.h>
#endif

namespace QFerry::Detail {

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

/// Locks a mutex whose critical sections are shorter than a trip into the kernel: tries for a
/// moment before it sleeps.
inline std::unique_lock<std::mutex> lockEagerly(std::mutex &mutex)
{
    for (int i = 0; i < 100; ++i) {
        if (mutex.try_lock())
            return { mutex, std::adopt_lock };
        relaxProcessor();
    }
    return std::unique_lock(mutex);
}

/// A lock for a dozen instructions, hardly ever contended: taking it costs one atomic exchange,
/// giving it back none.
class BriefLock
{
public:
    void lock() noexcept
    {
        while (m_taken.exchange(true, std::memory_order_acquire)) {
            for (int i = 0; i < 100 && m_taken.load(std::memory_order_relaxed); ++i)
                relaxProcessor();
            if (m_taken.load(std::memory_order_relaxed))
                std::this_thread::yield(); // its holder does not run
        }
    }
    void unlock() noexcept { m_taken.store(false, std::memory_order_release); }

private:
    std::atomic<bool> m_taken{ false };
};

} // namespace QFerry::Detail
