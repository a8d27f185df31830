// SPDX-License-Identifier: MIT
#include "sighting.h"

#include <memory>
#include <new>

namespace QFerry::Detail {

std::atomic<int> Watchers::s_count{ 0 };

quint64 SightNumber::get() noexcept
{
    static std::atomic<quint64> s_last{ 0 };
    quint64 number = m_number.load(std::memory_order_relaxed);
    if (number)
        return number;
    const quint64 fresh = s_last.fetch_add(1, std::memory_order_relaxed) + 1;
    return m_number.compare_exchange_strong(number, fresh, std::memory_order_relaxed) ? fresh
                                                                                      : number;
}

Sighting &LazySighting::made()
{
    if (Sighting *made = ifMade())
        return *made;
    auto fresh = std::make_unique<Sighting>();
    Sighting *expected = nullptr;
    if (m_made.compare_exchange_strong(expected, fresh.get(), std::memory_order_acq_rel))
        return *fresh.release();
    return *expected;
}

void LazySighting::note(SightTime Sighting::*moment) noexcept
try {
    (made().*moment).note();
} catch (const std::bad_alloc &) {
}

} // namespace QFerry::Detail
