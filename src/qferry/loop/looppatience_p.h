// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/lists.h>
#include <qferry/loop/inboxitem.h>
#include <qferry/thread/payscore.h>

#include <chrono>

namespace QFerry::Detail {

/// All tuning of a loop that has served what there was: whether it waits a moment for more before
/// it sleeps. Belongs to the loop's thread.
class LoopPatience
{
public:
    using Clock = std::chrono::steady_clock;
    using Arrivals = MarkedStack<InboxItem>; // the mark is there while the loop looks at it

    void drainBegins() { m_expectsMore = false; }
    /// An item's like often come in numbers: the loop may wait for the next, in this drain.
    void expectMore() { m_expectsMore = true; }
    /// True if something has arrived.
    bool linger(const Arrivals &arrivals, Clock::time_point end)
    {
        return m_expectsMore && waitForMore(arrivals, end);
    }

private:
    bool waitForMore(const Arrivals &arrivals, Clock::time_point end);
    bool makeWay();

    bool m_expectsMore = false;
    PayScore<ScoreCurve::Steep> m_lingering;
    int m_waysToSkip = 0;  // of the occasions to make way
    int m_waysSkipped = 0; // before the last one that was taken
};

} // namespace QFerry::Detail
