// SPDX-License-Identifier: MIT
// What is ready to run and waits for a worker. Under the scheduler's mutex.
#pragma once

#include <qferry/pool/limiterstate_p.h>
#include <qferry/pool/workitem.h>

namespace QFerry::Detail {

/// A queue of items that have their tokens. To get into it takes no memory: an item must not be
/// stuck halfway between its limiter and the pool because there is none.
class WorkQueue
{
public:
    class Iterator
    {
    public:
        explicit Iterator(LimiterWaiter *waiter) : m_waiter(waiter) {}
        WorkItem *operator*() const { return static_cast<WorkItem *>(m_waiter); }
        Iterator &operator++()
        {
            m_waiter = WaiterList::next(m_waiter);
            return *this;
        }
        bool operator==(const Iterator &other) const = default;

    private:
        LimiterWaiter *m_waiter;
    };

    bool empty() const { return m_size == 0; }
    size_t size() const { return m_size; }
    WorkItem *front() const { return *begin(); }
    void push_back(WorkItem *item)
    {
        m_items.append(item);
        ++m_size;
    }
    void pop_front()
    {
        m_items.remove(m_items.first());
        --m_size;
    }
    Iterator begin() const { return Iterator(m_items.first()); }
    Iterator end() const { return Iterator(nullptr); }

private:
    WaiterList m_items;
    size_t m_size = 0;
};

} // namespace QFerry::Detail
