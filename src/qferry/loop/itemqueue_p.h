// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/loop/inboxitem.h>

#include <utility>

namespace QFerry::Detail {

/// What an inbox has taken in and not served yet, the oldest first. For one thread at a time.
class ItemQueue
{
public:
    ItemQueue() = default;
    Q_DISABLE_COPY_MOVE(ItemQueue)

    bool isEmpty() const { return !m_first; }
    /// There is one.
    InboxItem *takeFirst()
    {
        InboxItem *item = std::exchange(m_first, m_first->m_next);
        if (!m_first)
            m_end = &m_first;
        return item;
    }
    /// A chain of items, null at its end.
    void append(InboxItem *first, InboxItem *last)
    {
        *m_end = first;
        m_end = &last->m_next;
    }
    void append(InboxItem *item)
    {
        item->m_next = nullptr;
        append(item, item);
    }
    /// Moves those that threads wait for, or all, to an empty queue.
    void moveTo(ItemQueue &other, bool all)
    {
        InboxItem **link = &m_first;
        while (InboxItem *item = *link) {
            if (!all && !item->isAwaited()) {
                link = &item->m_next;
                continue;
            }
            *link = item->m_next;
            other.append(item);
        }
        m_end = link;
    }

private:
    InboxItem *m_first = nullptr;
    InboxItem **m_end = &m_first;
};

} // namespace QFerry::Detail
