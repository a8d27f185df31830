// SPDX-License-Identifier: MIT
#pragma once

#include "looptoken.h"

#include <QtCore/qobject.h>

#include <atomic>
#include <chrono>
#include <mutex>

QT_BEGIN_NAMESPACE
class QThread;
QT_END_NAMESPACE

namespace QFerry::Detail {

class LoopInbox;
class Parker;

/// The inbox's foothold in its thread: receives the one posted wake-up and the signals of the loop.
class InboxReceiver : public QObject
{
    Q_OBJECT
public:
    explicit InboxReceiver(LoopInbox *inbox) : m_inbox(inbox) {}

    Q_INVOKABLE void drain();
    void loopTurned();
    void threadFinished();

private:
    LoopInbox *m_inbox;
};

/**
 * How anything reaches a loop: one queue per loop thread, which any thread may append to. The queue
 * posts into the event loop once per burst, and is drained in slices of 1 ms, so that timers, input
 * and painting keep their turn.
 *
 * The algorithm: m_head is a stack of what has arrived. Null means empty and asleep; the Awake mark
 * means empty with a wake-up under way. Whoever pushes onto null posts the wake-up. The loop takes
 * the whole stack, reverses it into m_pending, and serves that one item at a time, so that an event
 * loop started by an item (a modal dialog) finds the rest there.
 */
class LoopInbox final : public QSharedData
{
public:
    using Ptr = QExplicitlySharedDataPointer<LoopInbox>;

    /// The inbox of the running thread's event loop, made on first use; null if the thread has
    /// none.
    static LoopInbox *current();
    /// The inbox of any thread; made on first use.
    static Ptr of(QThread *thread);

    ~LoopInbox();

    /// Any thread. The item is delivered, or told that the loop finished, perhaps before this
    /// returns. True if the loop was asleep.
    bool post(InboxItem *item);

    bool isCurrent() const;
    bool isClosed() const { return m_state.load(std::memory_order_acquire) == State::Closed; }
    /// Whether an event loop runs, or is expected to; no longer after loopEnded() and close().
    bool isTurning() const { return m_state.load(std::memory_order_seq_cst) == State::Turning; }
    /// The thread; only to compare with, it may be gone.
    const QThread *thread() const { return m_thread; }

    /// Loop thread, in an item that has used up its slice: the loop's other events come next.
    void lookAtClock() { m_looksAtClock = true; }
    /// Loop thread: no event loop will run for now (exec() or run() returned). Fails what threads
    /// wait for.
    void loopEnded();
    /// The thread, or the application, is about to end: fails everything, for ever.
    void close();

    /// Something that the loop works on, to be told when the loop ends.
    using Pending = LoopPending;
    void addPending(Pending *pending);
    /// False if pendingLoopFinished() has been or is being called.
    bool removePending(Pending *pending);

    /// Loop thread, in an item: its like often come in numbers, so the drain may wait a moment for
    /// the next.
    void expectMore() { m_expectsMore = true; }

    /// Loop thread: how many items were served; tells a stuck loop from a running one. (Not in the
    /// line of what threads that wait write to.)
    alignas(64) std::atomic<quint32> turns{ 0 };
    /// Where the loop thread ran when it began to drain; -1 if that is not known.
    std::atomic<int> core{ -1 };
    /// The loop thread sits in QFuture::waitForFinished(), and will not drain before that returns.
    std::atomic<bool> blockedInFuture{ false };

    // What posting touches has a cache line to itself.
    /// How many threads wait in fromThread() for this loop.
    alignas(64) std::atomic<int> waiting{ 0 };

private:
    friend class InboxReceiver;
    enum class State { Turning, Ended, Closed };
    using Clock = std::chrono::steady_clock;

    explicit LoopInbox(QThread *thread);
    void settle();
    bool push(InboxItem *item);
    void wakeUp();
    void wakeUpLater();
    void drain();
    void serve(InboxItem *item);
    bool hasArrived() const;
    bool takeArrived();
    bool linger(Clock::time_point until);
    bool makeWay();
    void wakeServed();
    void loopTurned();
    void resume();
    void fail(bool everything);
    void failPending(bool everything);
    InboxItem *takeFailing(bool everything);
    Pending *takePending(bool everything);
    void unlink(Pending *pending);
    static InboxItem *awakeMark();

    std::atomic<State> m_state{ State::Turning };
    std::atomic<InboxItem *> m_head{ nullptr };
    std::atomic<bool> m_isWakeUpDue{ false }; // there was no memory for it
    InboxReceiver *m_receiver = nullptr;
    std::mutex m_mutex;

    // Touched by the loop thread; by others only under m_mutex while m_state is not Turning.
    alignas(64) InboxItem *m_pending = nullptr;
    InboxItem **m_pendingEnd = &m_pending;
    bool m_serving = false; // inside an item, where a nested event loop may start
    bool m_settled = false;
    bool m_isMain = false;
    bool m_expectsMore = false;  // in this drain
    bool m_looksAtClock = false; // after this item
    int m_lingerScore = 0;
    int m_waysToSkip = 0;  // of the occasions to make way
    int m_waysSkipped = 0; // before the last one that was taken

    Pending *m_waits = nullptr;
    QThread *const m_thread;
};

/// Wakes threads blocked in fromThread() once the batch they were served in is done.
class DeferredWakes
{
public:
    static void add(Parker *parker);
    /// False if there was none.
    static bool flush();
};

} // namespace QFerry::Detail
