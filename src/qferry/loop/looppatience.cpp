// SPDX-License-Identifier: MIT
// What a loop does before it sleeps. Shown by benchmarks: from-thread, whose rows of
// tests/benchmarks/README.md stand beside the figures.
#include "looppatience_p.h"

#include <qferry/thread/waiting_p.h>

namespace QFerry::Detail {

using namespace std::chrono_literals;

namespace {

// "Linger and spin in fromThread()"
constexpr auto lingerTime = 20us;
constexpr int pausesPerYield = 16;
// "The woken go first", "The loop does so only as long as ..."
constexpr auto longestWay = 200us; // who takes longer computes, while events may wait for the loop
constexpr int fewestSkipped = 10;
constexpr int mostSkipped = 10'000;

} // namespace

/// A thread that was just served often comes back at once: waits a little for it, if that paid
/// lately.
bool LoopPatience::waitForMore(const Arrivals &arrivals, Clock::time_point end)
{
    if (makeWay() && Arrivals::isElement(arrivals.top(std::memory_order_seq_cst)))
        return true;
    if (!m_lingering.isWorthATry())
        return false;
    const auto now = Clock::now();
    end = qMin(end, now + lingerTime);
    if (now >= end)
        return false;
    const auto hasChanged = [&arrivals] {
        return arrivals.top(std::memory_order_relaxed) != Arrivals::mark();
    };
    do {
        if (pauseUntil(hasChanged, pausesPerYield)) {
            m_lingering.hasPaid();
            return arrivals.top(std::memory_order_relaxed);
        }
    } while (giveWay() && Clock::now() < end); // the worker may be on this core
    m_lingering.hasNotPaid();
    return false;
}

/// A thread that was served on this core would have to wait until this one sleeps: lets it run now,
/// as long as such threads soon sleep or call again. True if it did, and that one may have called.
bool LoopPatience::makeWay()
{
    if (m_waysToSkip > 0) {
        --m_waysToSkip;
        return false;
    }
    const auto away = giveWayToWoken();
    if (!away)
        return false;
    if (*away > longestWay) {
        m_waysToSkip = m_waysSkipped = qBound(fewestSkipped, m_waysSkipped * 2, mostSkipped);
        return false;
    }
    m_waysSkipped = 0;
    return true;
}

} // namespace QFerry::Detail
