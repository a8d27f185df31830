// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/loop/loopinbox_p.h>

#include <QtCore/qbasictimer.h>
#include <QtCore/qobject.h>

#include <chrono>
#include <vector>

namespace QFerry::Detail {

class LoopTimer;

/// Counts those items of a loop's timer that are over, and has it drop them when they are many. Any
/// thread, but for what it does for the timer.
class TimerSweep final : public QSharedData, public InboxItem
{
public:
    explicit TimerSweep(LoopInbox &inbox) : m_inbox(&inbox) {}

    /// One more is over.
    void itemIsOver();

    void deliver() override;
    void loopFinished() override;

private:
    friend class LoopTimer;
    bool isDue() const;
    void setItems(std::size_t count);

    const LoopInbox::Ptr m_inbox;
    std::atomic<std::size_t> m_over{ 0 };
    std::atomic<std::size_t> m_mostOver{ 0 };
    std::atomic<bool> m_isPosted{ false };
};

/// What a loop delivers when its time has come; told instead if the loop ends before that, or once
/// it is over.
class TimedItem : public InboxItem
{
public:
    /// Whether nobody waits for its time any more. Any thread may bring that about, and tells the
    /// timer's sweep.
    virtual bool isOver() const = 0;

protected:
    ~TimedItem() = default;
};

/**
 * The one timer of a loop, for all that waits for a time there: a heap, and a Qt timer set to the
 * first time in it. To be used in the loop's thread.
 *
 * What has become due is posted to the loop's inbox, so no foreign code runs here. What is over
 * stays in the heap until its time has come, or half of the heap is: so to end an item costs next
 * to nothing here.
 */
class LoopTimer final : public QObject, public QSharedData, private LoopEndListener
{
public:
    using Clock = std::chrono::steady_clock;

    /// That of the running thread's loop, which has this inbox.
    static LoopTimer &of(LoopInbox &inbox);
    ~LoopTimer() override;

    /// The item comes at `when`, not earlier, and behind those that came to be added before it.
    /// Throws std::bad_alloc, and has not added it then.
    void add(TimedItem *item, Clock::time_point when);
    const QExplicitlySharedDataPointer<TimerSweep> &sweep() const { return m_sweep; }

protected:
    void timerEvent(QTimerEvent *event) override;

private:
    struct Entry
    {
        Clock::time_point when;
        quint64 number;
        TimedItem *item;
    };
    static bool isLater(const Entry &a, const Entry &b);

    friend class TimerSweep;
    explicit LoopTimer(LoopInbox &inbox);
    TimedItem *takeFirst();
    void dropOver();
    void setTimer(Clock::time_point when);

    void loopHasEnded() override;
    bool isAwaitedByThread() const override { return false; }
    void keepListener() override { ref.ref(); }
    void releaseListener() override;

    const LoopInbox::Ptr m_inbox;
    const QExplicitlySharedDataPointer<TimerSweep> m_sweep;
    std::vector<Entry> m_heap; // its first is the first in time
    quint64 m_lastNumber = 0;
    QBasicTimer m_timer;
    Clock::time_point m_setFor = Clock::time_point::max();
};

} // namespace QFerry::Detail
