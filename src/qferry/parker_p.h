// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/global.h>

#include <atomic>

namespace QFerry::Detail {

/**
 * Where a thread sleeps until another one wakes it: one thread, one wake, again and again.
 *
 * std::atomic's wait() does the same, but yields a few times before it sleeps, which costs what it
 * wants to save: here the spinning is over when the thread comes to sleep.
 */
class Parker
{
public:
    /// Comes before whatever leads to wake().
    void prepare();
    bool isWoken() const { return m_state.load(std::memory_order_acquire) == Woken; }
    /// Returns when wake() was called; the next time is a new one.
    void sleep();
    /// Any other thread, once. From then on the sleeping thread may be gone.
    void wake();

private:
    enum State : int { Awake, Asleep, Woken };
    std::atomic<int> m_state{ Awake };
    std::atomic<int> m_core{ -1 }; // where the thread ran when it prepared
};

} // namespace QFerry::Detail
