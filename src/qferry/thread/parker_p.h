// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/global.h>

#include <array>
#include <atomic>
#include <chrono>
#include <utility>

namespace QFerry::Detail {

/**
 * Where a thread sleeps until another one wakes it: one thread, one wake, again and again.
 *
 * std::atomic's wait() does the same, but yields a few times before it sleeps, which costs what it
 * wants to save: here the spinning is over when the thread comes to sleep.
 *
 * Waking has two steps, so that the second, which costs most, can be put off. A thread that sleeps
 * looks for the first one by itself, now and then: who put it off may be kept from the second.
 */
class Parker
{
public:
    /// Comes before whatever leads to wake().
    void prepare();
    bool isWoken() const { return m_state.load(std::memory_order_acquire) == Woken; }
    /// Returns when wake() was called; the next time is a new one.
    void sleep();
    /// The same; or false when the time is over: sleep() is still to come.
    [[nodiscard]] bool sleepFor(std::chrono::nanoseconds time);

    /// \name Any other thread, once
    /// @{
    void wake()
    {
        if (release())
            nudge();
    }
    /// The first step: from then on the sleeping thread may go on, and be gone. True if it sleeps.
    [[nodiscard]] bool release();
    /// The second step, soon after the first.
    void nudge();
    /// @}

private:
    enum State : int { Awake, Asleep, Woken };
    bool fallAsleep();
    void doze(std::chrono::nanoseconds time);

    std::atomic<int> m_state{ Awake };
    std::atomic<int> m_core{ -1 }; // where the thread ran when it prepared
};

/// Threads whose wake-up has been put off after the first step, to be woken together. Belongs to
/// the thread that wakes them.
class DeferredWakes
{
public:
    /// Takes the first step.
    void add(Parker *parker)
    {
        if (!parker->release())
            return;
        m_parkers[m_count++] = parker;
        if (m_count == m_parkers.size())
            wakeAll();
    }
    bool isEmpty() const { return m_count == 0; }
    void wakeAll()
    {
        const size_t count = std::exchange(m_count, 0);
        for (size_t i = 0; i < count; ++i)
            m_parkers[i]->nudge();
    }

private:
    std::array<Parker *, 64> m_parkers;
    size_t m_count = 0;
};

} // namespace QFerry::Detail
