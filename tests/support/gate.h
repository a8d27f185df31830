// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

namespace Testing {

// Qt defines __has_feature, as false, for compilers that have it not: ask them first.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#    define TESTING_SANITIZED
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#        define TESTING_SANITIZED
#    endif
#endif

/// No wait of a test takes longer. (Sanitizers make all of it slower, by a factor of ten or so.)
#ifdef TESTING_SANITIZED
constexpr std::chrono::seconds watchdog(30);
#else
constexpr std::chrono::seconds watchdog(5);
#endif

/// A semaphore that gives up: what waits too long throws. (Not QSemaphore: ThreadSanitizer cannot
/// see into that.)
class Gate
{
public:
    explicit Gate(int permits = 0) : m_permits(permits) {}

    void open(int permits = 1)
    {
        const std::lock_guard lock(m_mutex);
        m_permits += permits;
        m_changed.notify_all();
    }

    [[nodiscard]] bool tryPass(int permits = 1, std::chrono::milliseconds timeout = watchdog)
    {
        std::unique_lock lock(m_mutex);
        if (!m_changed.wait_for(lock, timeout, [&] { return m_permits >= permits; }))
            return false;
        m_permits -= permits;
        return true;
    }

    void pass(int permits = 1)
    {
        if (!tryPass(permits))
            throw std::runtime_error("the watchdog ended a wait at a gate");
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    int m_permits;
};

} // namespace Testing
