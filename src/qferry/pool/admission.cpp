// SPDX-License-Identifier: MIT
// Lets in what has arrived at the door, oldest first. Any thread locks; the rest is for who has the
// mutex.
#include "admission_p.h"

#include <qferry/pool/limiterstate_p.h>
#include <qferry/thread/waiting_p.h>

namespace QFerry::Detail {

Admission &Admission::instance()
{
    static auto *admission = new Admission; // never destroyed: threads may run after main()
    return *admission;
}

std::unique_lock<std::mutex> Admission::lockOnly()
{
    return lockEagerly(m_mutex);
}

std::unique_lock<std::mutex> Admission::lock()
{
    auto lock = lockOnly();
    admit();
    return lock;
}

void Admission::open()
{
    if (!isOpen())
        m_door.setBottom(m_door.mark(), std::memory_order_relaxed);
}

void Admission::close()
{
    if (isOpen())
        letIn(m_door.takeAll(nullptr, std::memory_order_acquire));
}

void Admission::admit()
{
    if (hasArrivals())
        letIn(m_door.takeAll(m_door.mark(), std::memory_order_acquire));
}

void Admission::letIn(WorkItem *last)
{
    WorkItem *next = MarkedStack<WorkItem>::oldestFirst(last);
    while (WorkItem *item = next) {
        next = MarkedStack<WorkItem>::next(item);
        if (item->limiter()->enqueue(item))
            addReady(item);
    }
}

} // namespace QFerry::Detail
