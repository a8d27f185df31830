// SPDX-License-Identifier: MIT
#include "sighting.h"

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

} // namespace QFerry::Detail
