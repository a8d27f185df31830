// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/loop/loopend_p.h>
#include <qferry/loop/looppatience_p.h>
#include <qferry/loop/objectdeath_p.h>
#include <qferry/looptoken.h>
#include <qferry/thread/threadwork_p.h>

#include <QtCore/qobject.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>

QT_BEGIN_NAMESPACE
class QThread;
QT_END_NAMESPACE

namespace QFerry::Detail {

class InboxReceiver;
class LoopRescue;
class TimeSlice;

/**
 * How anything reaches a loop: one queue per loop thread, which any thread may append to. The queue
 * posts into the event loop once per burst, and is drained in slices of 1 ms, so that timers, input
 * and painting keep their turn.
 *
 * The algorithm: what has arrived lies on a stack. Null at its bottom means that the loop is
 * asleep, the mark that a wake-up is under way. Whoever pushes onto null posts the wake-up. The
 * loop takes the whole stack, queues it the oldest first, and serves the queue one item at a time,
 * so that an event loop started by an item (a modal dialog) finds the rest there. A few such loops
 * one inside the other serve items as soon as they turn; those inside of them once they have turned
 * for a while, so that items that only let the loop turn (a progress bar) do not pile up on the
 * stack.
 */
class LoopInbox final : public LoopEnd
{
public:
    using Ptr = QExplicitlySharedDataPointer<LoopInbox>;

    /// The inbox of the running thread's event loop, made on first use; null if the thread has
    /// none.
    static LoopInbox *current();
    /// The inbox that the running thread's loop has by now; null if nobody can wait for that loop.
    static LoopInbox *existing();
    /// The inbox of any thread; made on first use.
    static Ptr of(QThread *thread);
    /// The running thread is about to wait, or to run foreign code: wakes the threads that its loop
    /// has served.
    static void wakeServedHere();

    ~LoopInbox() override;

    /// Any thread. The item is delivered, or told that the loop finished, perhaps before this
    /// returns. True if the loop was asleep.
    bool post(InboxItem *item);

    bool isCurrent() const;
    /// The thread; only to compare with, it may be gone.
    const QThread *thread() const { return m_thread; }

    /// Loop thread, in an item that has used up its slice: the loop's other events come next.
    void lookAtClock() { m_looksAtClock = true; }
    /// So long a loop may stand still before those who wait for it are told that it has ended.
    static constexpr std::chrono::milliseconds patience{ 100 };
    /// Loop thread, which is about to block in QFuture::waitForFinished(): if that takes long, the
    /// same as loopEnded() until the thread shows a sign of life.
    void blocksInFuture();
    /// The thread, or the application, is about to end: fails everything, for ever.
    void close();
    /// To be told of each inbox that closes, before what is in it fails. The same one each time.
    static void setCloseListener(void (*listener)(const LoopInbox &));

    /// \name Any thread, of a loop that has made this itself
    /// @{
    /// The processor time of the loop's thread.
    std::chrono::nanoseconds processorTime() const { return m_own->clock.now(); }
    /// \sa ThreadState
    bool isWaitingForThread() const { return m_own->state.isWaitingForThread(); }
    /// @}
    /// Any thread. The system's number of the loop's thread; 0 before that has been here.
    quint64 threadId() const { return m_threadId.load(std::memory_order_relaxed); }
    /// Any thread. Whether it is that of the application, and has been here.
    bool isMain() const { return m_isMain.load(std::memory_order_relaxed); }

    /// Loop thread, in an item: its like often come in numbers, so the drain may wait a moment for
    /// the next.
    void expectMore() { m_patience.expectMore(); }
    /// Loop thread, in a blocking request that has been served: its thread is to be woken with
    /// others.
    void wakeLater(Parker *parker);

    /// Loop thread: how many items were served; tells a stuck loop from a running one. (Not in the
    /// line of what threads that wait write to.)
    alignas(64) std::atomic<quint32> turns{ 0 };
    /// Where the loop thread ran when it began to drain; -1 if that is not known.
    std::atomic<int> core{ -1 };

private:
    friend class InboxReceiver;
    friend class InboxRegistry;
    friend class LoopWait;
    using Clock = LoopPatience::Clock;

    explicit LoopInbox(QThread *thread);
    void watchThread(QThread *thread);
    void forgetThread();
    void settle();
    bool push(InboxItem *item);
    void wakeUp();
    void wakeUpLater();
    void drain();
    void drainSlice();
    bool serveQueue(TimeSlice &slice);
    void serve(InboxItem *item);
    bool fallAsleep();
    bool mayNest();
    void loopTurned();
    void resume();

    /// What is known of the loop's thread, once that has been here.
    struct Own
    {
        const ThreadClock clock;
        const ThreadState state;
    };

    // Touched by the loop thread alone.
    alignas(64) bool m_serving = false; // inside an item, where a nested event loop may start
    int m_depth = 0;                    // drains on the stack
    Clock::time_point m_loopBegan; // of the loop inside the item, if it had to wait for its turn
    bool m_settled = false;
    std::unique_ptr<const Own> m_own;
    bool m_looksAtClock = false; // after this item
    LoopPatience m_patience;

    std::atomic<quint64> m_threadId{ 0 };
    std::atomic<bool> m_isMain{ false }; // written by the loop thread

    // Guarded by m_mutex.
    QMetaObject::Connection m_threadFinished;
    ObjectDeath m_threadDeath;
    std::unique_ptr<LoopRescue> m_rescue; // made on first use
    QThread *const m_thread;
    LoopInbox *m_waitsFor = nullptr; // \sa LoopWait
};

} // namespace QFerry::Detail
