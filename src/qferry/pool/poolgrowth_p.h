// SPDX-License-Identifier: MIT
// How many runners the items that wait deserve: a judgement on what was seen, without a thread or a
// lock of its own.
#pragma once

#include <QtCore/qglobal.h>

#include <chrono>
#include <utility>

namespace QFerry::Detail {

/// The worker pool, as its watcher sees it in one look. Runners that are on their way count as
/// running.
struct PoolView
{
    using Clock = std::chrono::steady_clock;

    Clock::time_point now;
    int cores = 2;
    int running = 0;      // runners
    int arriving = 0;     // of those, the ones that are on their way
    int blocked = 0;      // of those, the ones that sit on one item and do not use the processor
    int newlyBlocked = 0; // of those, the ones that were found so in this look
    int computing = 0;    // runners that sit on one item and are not blocked
    int completed = 0;    // items, since the last look
    quint32 taken = 0;    // items, ever
    int waiting = 0;      // items that nobody has taken
    bool shortItems = false;
};

/**
 * The rules by which the pool grows beyond what a submit starts:
 *  - as many runners as there are cores may be at work;
 *  - while no item completes, and the cores are not taken by some that compute, two come for each
 *    one that has been found blocked: if they block, too, soon there are enough;
 *  - when nothing was taken for a while although items wait, one more comes, whatever the others
 *    do: so each token is worth a thread in the end, also beside calls that compute for ever.
 */
class PoolGrowth
{
public:
    using Clock = PoolView::Clock;

    /// "A call gets a thread when none was taken for 10 ms", in the benchmarks' README. Below it,
    /// calls that compute for some milliseconds would get more threads than cores, at the cost of
    /// the loop (timer-lateness); above it, a call waits long beside those that compute.
    static constexpr std::chrono::milliseconds patience{ 10 };
    /// Of short items. "One runner for short items".
    static constexpr std::chrono::milliseconds worthARunner{ 2 };
    /// "Two runners for each blocked one".
    static constexpr int perBlocked = 2;

    explicit PoolGrowth(Clock::time_point now) : m_lastLook(now), m_lastTake(now) {}

    /// How many runners are to be started. To be asked at each look.
    int next(const PoolView &view)
    {
        const auto elapsed = view.now - std::exchange(m_lastLook, view.now);
        if (view.taken != std::exchange(m_taken, view.taken) || view.waiting == 0)
            m_lastTake = view.now;
        const int wanted = keepsUp(view, elapsed) ? 1 : view.cores;
        int more = qMax(0, wanted - (view.running - view.blocked));
        if (view.completed == 0 && view.computing < view.cores)
            more = qMax(more, perBlocked * view.newlyBlocked);
        if (view.now - m_lastTake >= patience)
            more = qMax(more, 1);
        more = qMin(more, qMax(0, view.waiting - view.arriving)); // who is on its way takes one
        if (more > 0)
            m_lastTake = view.now;
        return more;
    }

private:
    /// Whether those who run will soon be through with the short items that wait: a further runner
    /// would do little but take the processor from the loop that makes the calls.
    static bool keepsUp(const PoolView &view, Clock::duration elapsed)
    {
        return view.shortItems
               && qint64(view.waiting) * elapsed <= view.completed * Clock::duration(worthARunner);
    }

    Clock::time_point m_lastLook;
    Clock::time_point m_lastTake;
    quint32 m_taken = 0;
};

} // namespace QFerry::Detail
