// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/pool/limiterwaiter.h>

#include <atomic>
#include <mutex>

namespace QFerry::Detail {

/**
 * One mutex for all limiters and the worker pool: a call's token and its place in a queue change
 * together.
 *
 * And a door: while it is open, whoever opened it promises to lock soon, so that calls need not.
 * They are left there, on a stack, and come in together with the next one who locks.
 */
class Scheduler
{
public:
    static Scheduler &instance();

    /// Any thread. Everything that arrived before has its place when this returns.
    [[nodiscard]] std::unique_lock<std::mutex> lock();
    /// The same, but leaves at the door what is there: for who locks for every item.
    [[nodiscard]] std::unique_lock<std::mutex> lockOnly();

    /// Any thread. Leaves the waiter at the door; false if that is closed.
    [[nodiscard]] bool leave(LimiterWaiter *waiter)
    {
        LimiterWaiter *head = m_door.load(std::memory_order_relaxed);
        while (head) {
            waiter->m_next = head;
            if (m_door.compare_exchange_weak(head, waiter, std::memory_order_release,
                                             std::memory_order_relaxed))
                return true;
        }
        return false;
    }
    bool hasArrivals() const { return isWaiter(m_door.load(std::memory_order_relaxed)); }

    /// \name Under the mutex
    /// @{
    bool isOpen() const { return m_door.load(std::memory_order_relaxed); }
    void open();
    void close();
    /// Lets in what is at the door.
    void admit();
    /// @}

private:
    // What the door holds: null while it is closed, the Open mark, or the last to arrive.
    static LimiterWaiter *openMark() { return reinterpret_cast<LimiterWaiter *>(quintptr(1)); }
    static bool isWaiter(const LimiterWaiter *waiter) { return quintptr(waiter) > 1; }
    static void letIn(LimiterWaiter *last);

    // A cache line each.
    alignas(64) std::mutex m_mutex;
    alignas(64) std::atomic<LimiterWaiter *> m_door{ nullptr };
};

} // namespace QFerry::Detail
