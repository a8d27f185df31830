// SPDX-License-Identifier: MIT
#include "scheduler_p.h"

#include <qferry/pool/limiterstate_p.h>
#include <qferry/thread/eagerlock_p.h>

namespace QFerry::Detail {

Scheduler &Scheduler::instance()
{
    static auto *scheduler = new Scheduler; // never destroyed: threads may run after main()
    return *scheduler;
}

std::unique_lock<std::mutex> Scheduler::lockOnly()
{
    return lockEagerly(m_mutex);
}

std::unique_lock<std::mutex> Scheduler::lock()
{
    auto lock = lockOnly();
    admit();
    return lock;
}

void Scheduler::open()
{
    if (!isOpen())
        m_door.store(openMark(), std::memory_order_relaxed);
}

void Scheduler::close()
{
    if (isOpen())
        letIn(m_door.exchange(nullptr, std::memory_order_acquire));
}

void Scheduler::admit()
{
    if (hasArrivals())
        letIn(m_door.exchange(openMark(), std::memory_order_acquire));
}

void Scheduler::letIn(LimiterWaiter *last)
{
    LimiterWaiter *first = nullptr;
    while (isWaiter(last)) {
        LimiterWaiter *next = last->m_next;
        last->m_next = first;
        first = std::exchange(last, next);
    }
    while (first) {
        LimiterWaiter *waiter = first;
        first = waiter->m_next;
        if (waiter->limiter()->enqueue(waiter))
            waiter->tokenGranted();
    }
}

} // namespace QFerry::Detail
