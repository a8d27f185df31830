// SPDX-License-Identifier: MIT
// Begun in the loop's thread; rings in the alarm thread.
#include "looprescue_p.h"

#include <qferry/thread/errands_p.h>

namespace QFerry::Detail {

using namespace std::chrono_literals;

void LoopRescue::begin()
{
    m_seen.store(m_clock.now(), std::memory_order_relaxed);
    set(Clock::now() + LoopInbox::patience);
}

void LoopRescue::ring()
{
    if (!m_inbox.isBlockedInFuture())
        return;
    const auto now = m_clock.now();
    const bool hasComputed = now - m_seen.exchange(now, std::memory_order_relaxed) > 5ms;
    const LoopEnd::Ptr inbox = hasComputed ? LoopEnd::Ptr() : m_inbox.endWhileBlocked();
    if (hasComputed)
        set(Clock::now() + LoopInbox::patience / 4);
    if (!inbox)
        return;
    if (!runErrand([inbox] { inbox->failAwaited(); }))
        set(Clock::now() + LoopInbox::patience); // by then there may be a thread to have
}

} // namespace QFerry::Detail
