// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/lists.h>
#include <qferry/pool/workitem.h>

#include <atomic>
#include <mutex>

namespace QFerry::Detail {

/**
 * One mutex for all limiters and the worker pool: a call's token and its place in a queue change
 * together. What has its token is ready, and waits here for a worker.
 *
 * And a door: while it is open, whoever opened it promises to lock soon, so that calls need not.
 * They are left there, on a stack, and come in together with the next one who locks.
 */
class Admission
{
public:
    static Admission &instance();

    /// Any thread. Everything that arrived before has its place when this returns.
    [[nodiscard]] std::unique_lock<std::mutex> lock();
    /// The same, but leaves at the door what is there: for who locks for every item.
    [[nodiscard]] std::unique_lock<std::mutex> lockOnly();

    /// Any thread. Leaves the item at the door; false if that is closed.
    [[nodiscard]] bool deposit(WorkItem *item)
    {
        return m_door.push(item, nullptr, std::memory_order_release, std::memory_order_relaxed);
    }
    bool hasArrivals() const { return m_door.isElement(m_door.top(std::memory_order_relaxed)); }
    bool hasReady() const { return m_hasReady.load(std::memory_order_relaxed); }

    /// \name Under the mutex
    /// @{
    bool isOpen() const { return m_door.top(std::memory_order_relaxed); }
    void open();
    void close();
    /// Lets in what is at the door.
    void admit();

    /// \name What is ready, oldest first
    /// To get there takes no memory: an item must not be stuck halfway between its limiter and the
    /// pool because there is none.
    void addReady(WorkItem *item)
    {
        m_ready.append(item);
        ++m_readyCount;
        m_hasReady.store(true, std::memory_order_relaxed);
    }
    /// Null if there is none.
    WorkItem *takeReady()
    {
        auto *item = static_cast<WorkItem *>(m_ready.takeFirst());
        if (item)
            m_hasReady.store(--m_readyCount > 0, std::memory_order_relaxed);
        return item;
    }
    int readyCount() const { return m_readyCount; }
    const LinkedList<LimiterWaiter> &ready() const { return m_ready; } // all of them WorkItems
    /// @}

private:
    void letIn(WorkItem *last);

    // A cache line each.
    alignas(64) std::mutex m_mutex;
    alignas(64) MarkedStack<WorkItem> m_door; // its bottom is null while it is closed
    alignas(64) LinkedList<LimiterWaiter> m_ready;
    int m_readyCount = 0;
    alignas(64) std::atomic<bool> m_hasReady{ false }; // what the one who waits for work looks at
};

} // namespace QFerry::Detail
