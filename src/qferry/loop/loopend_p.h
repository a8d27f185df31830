// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/loop/inboxitem.h>
#include <qferry/loop/itemqueue_p.h>
#include <qferry/thread/parker_p.h>

#include <QtCore/qshareddata.h>

#include <atomic>
#include <mutex>

namespace QFerry::Detail {

class InboxReceiver;

/**
 * What waits for a loop, and how it learns that the loop has ended: for now, until another
 * application begins, or for ever.
 *
 * While its thread waits for something else, the loop does not turn. If that takes long the state
 * is Ended meanwhile, so that nobody waits for this loop who might be what its thread waits for.
 *
 * Entered by the loop's thread, but for what says that any thread may. What is told is called
 * without the mutex.
 */
class LoopEnd : public QSharedData
{
public:
    using Ptr = QExplicitlySharedDataPointer<LoopEnd>;

    virtual ~LoopEnd();

    /// \name Any thread
    /// @{
    bool isClosed() const { return m_state.load(std::memory_order_acquire) == State::Closed; }
    /// Whether an event loop runs, or is expected to; no longer after loopEnded() and close().
    bool isTurning() const { return m_state.load(std::memory_order_seq_cst) == State::Turning; }
    bool isBlockedInFuture() const { return m_blockedInFuture.load(std::memory_order_seq_cst); }

    /// Something that the loop works on, to be told when the loop ends.
    void addEndListener(LoopEndListener *listener);
    /// False if loopHasEnded() has been or is being called.
    bool removeEndListener(LoopEndListener *listener);
    /// Calls fn(listener) of each that no thread awaits, under the mutex.
    template <typename F>
    void forEachEndListener(const F &fn)
    {
        const std::lock_guard lock(m_mutex);
        for (LoopEndListener *listener : m_otherListeners)
            fn(listener);
    }
    /// @}

    /// No event loop will run for now (exec() or run() returned). Fails what threads wait for.
    /// False if that was so before.
    bool loopEnded();
    /// An event loop runs, or will, after all.
    void loopGoesOn();
    /// A sign of life.
    void hasNotBlocked()
    {
        if (Q_UNLIKELY(m_blockedInFuture.load(std::memory_order_relaxed)))
            loopGoesOn();
    }

    // What posting touches has a cache line to itself.
    /// How many threads wait in fromThread() for this loop.
    alignas(64) std::atomic<int> waiting{ 0 };

protected:
    enum class State { Turning, Ended, Closed };
    using Arrivals = MarkedStack<InboxItem>;

    LoopEnd() = default;
    Q_DISABLE_COPY_MOVE(LoopEnd)

    bool hasArrived() const;
    bool takeArrived();
    void endWithApplication();
    void applicationBegins();
    void fail(bool everything);
    void tellEnd(bool awaited);

    /// The QCoreApplication is being destroyed, or has gone, and no other has come: event loops may
    /// turn, but deliver nothing.
    static inline std::atomic<bool> s_isApplicationOver{ false };

    std::atomic<State> m_state{ State::Turning };
    std::atomic<bool> m_blockedInFuture{ false }; // written by the loop thread, under m_mutex
    Arrivals m_arrivals;
    std::atomic<bool> m_isWakeUpDue{ false }; // there was no memory for it
    InboxReceiver *m_receiver = nullptr;
    std::mutex m_mutex;

    // Touched by the loop thread; by others only under m_mutex while m_state is not Turning.
    alignas(64) ItemQueue m_queue;
    DeferredWakes m_served; // threads, to be woken once the batch that they were served in is done

private:
    friend class InboxRegistry;
    friend class LoopRescue;
    bool endTurning();
    Ptr endWhileBlocked();
    void failAwaited();
    bool takeFailing(ItemQueue &failing, bool everything);
    LoopEndListener *takeEndListener(bool awaited);
    LinkedList<LoopEndListener> &endListeners(bool awaited)
    {
        return awaited ? m_awaitedListeners : m_otherListeners;
    }

    // Guarded by m_mutex.
    bool m_awaitsApplication = false; // and has ended only until there is another one
    LinkedList<LoopEndListener> m_awaitedListeners;
    LinkedList<LoopEndListener> m_otherListeners;
};

} // namespace QFerry::Detail
