// SPDX-License-Identifier: MIT
// All in the loop's thread, but for TimerSweep::itemIsOver().
#include "looptimer_p.h"

#include <algorithm>

namespace QFerry::Detail {

using namespace std::chrono_literals;

static constexpr std::size_t fewItems = 64; // so many that are over may stay
static constexpr std::size_t mostSpare = 4; // times as much room as needed may stay, too
// Without an application the system's timer comes to nothing; this long after, it comes again.
static constexpr auto longestSetting = 1h;

// Kept by itself until the loop ends, which also clears this.
static thread_local LoopTimer *t_timer = nullptr;

LoopTimer &LoopTimer::of(LoopInbox &inbox)
{
    if (!t_timer) {
        auto *timer = new LoopTimer(inbox);
        timer->ref.ref(); // until loopHasEnded()
        inbox.addEndListener(timer);
        t_timer = timer;
    }
    return *t_timer;
}

LoopTimer::LoopTimer(LoopInbox &inbox) : m_inbox(&inbox), m_sweep(new TimerSweep(inbox)) {}

LoopTimer::~LoopTimer() = default;

void LoopTimer::releaseListener()
{
    if (!ref.deref())
        delete this;
}

/// For a heap whose first element is the one that no other comes before.
bool LoopTimer::isLater(const Entry &a, const Entry &b)
{
    return a.when != b.when ? a.when > b.when : a.number > b.number;
}

void LoopTimer::add(TimedItem *item, Clock::time_point when)
{
    if (m_sweep->isDue())
        dropOver();
    if (when < m_setFor)
        setTimer(when);
    m_heap.push_back({ when, ++m_lastNumber, item });
    std::push_heap(m_heap.begin(), m_heap.end(), isLater);
    m_sweep->setItems(m_heap.size());
}

TimedItem *LoopTimer::takeFirst()
{
    std::pop_heap(m_heap.begin(), m_heap.end(), isLater);
    TimedItem *const item = m_heap.back().item;
    m_heap.pop_back();
    return item;
}

void LoopTimer::dropOver()
{
    m_sweep->m_over.store(0, std::memory_order_relaxed); // first: others may be over in a moment
    const auto over = std::partition(m_heap.begin(), m_heap.end(),
                                     [](const Entry &entry) { return !entry.item->isOver(); });
    std::for_each(over, m_heap.end(), [](const Entry &entry) { entry.item->loopFinished(); });
    m_heap.erase(over, m_heap.end());
    std::make_heap(m_heap.begin(), m_heap.end(), isLater);
    if (m_heap.capacity() > mostSpare * std::max(fewItems, m_heap.size()))
        m_heap.shrink_to_fit();
    m_sweep->setItems(m_heap.size());
}

// --- What is over

bool TimerSweep::isDue() const
{
    return m_over.load(std::memory_order_relaxed) > m_mostOver.load(std::memory_order_relaxed);
}

void TimerSweep::setItems(std::size_t count)
{
    m_mostOver.store(std::max(fewItems, count / 2), std::memory_order_relaxed);
}

void TimerSweep::itemIsOver()
{
    m_over.fetch_add(1, std::memory_order_relaxed);
    if (!isDue() || m_isPosted.exchange(true, std::memory_order_acq_rel))
        return;
    ref.ref(); // until deliver() or loopFinished()
    m_inbox->post(this);
}

void TimerSweep::deliver()
{
    m_isPosted.store(false, std::memory_order_release);
    if (t_timer && isDue())
        t_timer->dropOver();
    loopFinished();
}

void TimerSweep::loopFinished()
{
    if (!ref.deref())
        delete this;
}

// --- Times

/// Rounded up. Where that fails, the earlier setting stays, and comes again and again.
void LoopTimer::setTimer(Clock::time_point when)
{
    const auto wait = std::clamp<Clock::duration>(when - Clock::now(), 1ms, longestSetting);
    QBasicTimer timer;
    timer.start(int(std::chrono::ceil<std::chrono::milliseconds>(wait).count()), Qt::PreciseTimer,
                this);
    m_timer.swap(timer);
    m_setFor = when;
}

void LoopTimer::timerEvent(QTimerEvent *)
{
    m_setFor = Clock::time_point::max();
    const auto now = Clock::now();
    while (!m_heap.empty() && m_heap.front().when <= now)
        m_inbox->post(takeFirst());
    if (m_heap.empty()) {
        m_timer.stop();
        return;
    }
    try {
        setTimer(m_heap.front().when);
    } catch (const std::bad_alloc &) { // tried again when the timer comes again
    }
}

void LoopTimer::loopHasEnded()
{
    t_timer = nullptr;
    m_timer.stop();
    for (const Entry &entry : std::exchange(m_heap, {}))
        entry.item->loopFinished();
    releaseListener();
}

} // namespace QFerry::Detail
