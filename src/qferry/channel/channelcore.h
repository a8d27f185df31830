// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/callcore.h>
#include <qferry/channel/producerwait.h>
#include <qferry/channel/ringpositions.h>
#include <qferry/loop/inboxitem.h>
#include <qferry/loop/timeslice.h>
#include <qferry/looptoken.h>
#include <qferry/thread/payscore.h>
#include <qferry/base/sighting.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <mutex>

namespace QFerry::Detail {

class ChannelTake;

/**
 * The way of items from any threads into one loop: all of it but the items, which ChannelRing adds.
 *
 * The algorithm: a ring of places, which go to producers and come back as RingPositions says;
 * ProducerWait says how they wait for room. The exchange of a place is dear where the two sides
 * meet in the same one again and again, so neither goes on the other's heels: who has caught up
 * waits a moment until the other is well ahead (gather(), and producers that spin).
 *
 * The loop looks at the ring when this is delivered by the loop's inbox. m_attention says who has
 * to see to that: nobody (Queued: it is in the inbox, or being served), whoever publishes an item
 * (Idle), or the consumer alone (Dormant: it wants no item at present).
 *
 * A channel without bound, or with one that no ring should have room for in advance, is a ring,
 * too; what finds that full goes into a list under the mutex, as does all that comes until the loop
 * has emptied the ring and taken the list. (Of a bound so high, items may be beyond it that were on
 * their way into the ring while the list was being filled: one for each producer at most.)
 */
class QFERRY_EXPORT ChannelCore : public QSharedData, public InboxItem, public LoopEndListener
{
public:
    using Ptr = QExplicitlySharedDataPointer<ChannelCore>;
    using Clock = std::chrono::steady_clock;

    virtual ~ChannelCore();

    /// \name Any thread
    /// @{
    /// 0 if unbounded.
    qsizetype maxSize() const { return m_maxSize; }
    /// How many items wait, at about this time.
    qsizetype count() const;
    /// How many were ever put, at about this time.
    quint64 putCount() const
    {
        return m_positions.tail() + m_listed.load(std::memory_order_relaxed);
    }
    /// How many producers wait for room, at about this time.
    int waitingProducers() const { return m_producers.waitingCount(); }
    /// Whether the consumer waits for an item.
    bool isItemAwaited() const
    {
        return m_attention.load(std::memory_order_relaxed) == Attention::Idle;
    }
    /// The call that puts the items; null if there is none, or it is not known.
    virtual CallPtr producer() const { return {}; }
    SightNumber &number() { return m_number; }
    bool isClosed() const { return m_positions.isClosed(); }
    /// No item gets in any more; what is there can still be taken.
    void close();
    /// Whether the consumer's thread has ended.
    bool isLoopFinished() const { return m_loopFinished.load(std::memory_order_acquire); }
    /// Has the loop look at the channel soon.
    void urge();
    /// What a take was told by ChannelTake::failOnce() has been seen by nobody.
    virtual void endUnseen() {}
    /// An item could not be given back.
    static void itemLost() noexcept;
    /// @}

    /// \name The consumer's thread
    /// @{
    bool isCurrent() const;
    /// Throws InvalidUseError in another thread.
    void requireCurrent(const char *function) const;
    bool hasItem() const { return m_positions.isHeadPublished() || hasItemElsewhere(); }
    /// Gives the take an item, now or once there is one. timeout: none if 0.
    void startTake(const QExplicitlySharedDataPointer<ChannelTake> &take,
                   std::chrono::nanoseconds timeout);
    /// @}

    void deliver() final;
    void loopFinished() final;
    void loopHasEnded() final;
    bool isAwaitedByThread() const final { return false; }
    void keepListener() final { ref.ref(); }
    void releaseListener() final { const Ptr kept(this, QAdoptSharedDataTag()); }

protected:
    using Claim = RingPositions::Claim;

    /// Throws InvalidUseError if maxSize is negative.
    explicit ChannelCore(qsizetype maxSize);

    /// Once, before there are producers: where the consumer is. Keeps this alive until unbind(), or
    /// the end of that thread.
    void bind(QExplicitlySharedDataPointer<LoopInbox> inbox);
    /// Any thread.
    void unbind();
    bool isBound() const { return bool(m_inbox); }
    /// Between bind() and unbind().
    bool isLinked() const { return m_isLinked.load(std::memory_order_acquire); }
    const LoopInbox *inbox() const { return m_inbox.data(); }

    /// \name What derived classes say; in the consumer's thread
    /// @{
    /// Whether it would take an item if there were one.
    virtual bool isWanted() const { return !m_takes.empty(); }
    /// Whether there is something else to tell the consumer.
    virtual bool hasNews() const = 0;
    /// Hands out what there is, for as long as the slice lasts.
    virtual void serve(TimeSlice &slice) = 0;
    /// The consumer's thread has ended.
    virtual void abandonConsumers() = 0;
    /// Whether no item will come any more.
    virtual bool isAtEnd() const { return isDrained(); }
    /// Says that to one who waits for an item.
    virtual void tellEnd(ChannelTake &take) = 0;
    /// @}
    /// \name What derived classes say; to a producer
    /// @{
    [[noreturn]] virtual void throwClosed() const = 0;
    [[noreturn]] virtual void throwLoopEnded() const = 0;
    /// @}

    /// \name Producers
    /// @{
    Claim tryClaim(quint64 *position)
    {
        if (m_overflowing.load(std::memory_order_acquire)) // one with a list
            return isClosed() ? Claim::Closed : Claim::Full;
        return m_positions.tryClaim(position);
    }
    void publish(quint64 position)
    {
        m_positions.publish(position);
        notifyLoop();
    }
    /// Something was published.
    void notifyLoop()
    {
        if (m_attention.load(std::memory_order_seq_cst) == Attention::Idle)
            wakeLoop();
    }
    /// Whether there is a list for what finds the ring full.
    bool hasList() const { return m_maxSize == 0 || quint64(m_maxSize) > m_positions.capacity(); }
    static Clock::time_point deadlineAfter(std::chrono::nanoseconds timeout);
    /// No item has room, wherever.
    bool isFull() const;
    /// @}
    /// \name The consumer
    /// @{
    /// As many as there can be, if no more come.
    qsizetype mostItems() const
    {
        return qsizetype(m_positions.capacity()) + m_countElsewhere.load(std::memory_order_relaxed);
    }
    bool hasItemElsewhere() const;
    /// Items that come before those in the ring.
    bool hasOtherItems() const
    {
        return m_hasFront || m_hasReturned.load(std::memory_order_relaxed);
    }
    /// Items have been taken outside of serve(): lets producers know if they wait for it.
    void itemsTaken();
    /// The same inside of serve(), to be called every so many items: half of the room is worth a
    /// wake-up, if nobody makes use of it.
    void wakeProducerAtHalf() { m_producers.wakeNextAtHalf(); }
    /// Closed, and everything has been taken.
    bool isDrained() const;
    /// Gives items to who waits for one, in the order in which they came.
    void serveTakes(TimeSlice &slice);
    /// No take waits any more: each is told the end.
    void endTakes();
    bool hasTakes() const { return !m_takes.empty(); }
    /// The consumer has begun to want items.
    void attend();
    /// @}

    mutable std::mutex m_mutex;
    std::atomic<bool> m_hasReturned{ false };
    std::atomic<qsizetype> m_countElsewhere{ 0 }; // of items that are not in the ring
    std::atomic<quint64> m_listed{ 0 };           // items that ever came into the list
    bool m_hasFront = false;                      // the consumer's
    ProducerWait m_producers{ *this };
    [[no_unique_address]] RingPositions m_positions;
    // From here on, in the line where that has what all read, the rest that producers read for
    // every item, and that is hardly ever written.
    std::atomic<bool> m_overflowing{ false }; // written under the mutex

private:
    friend class ChannelPut;
    friend class ProducerWait;
    friend class SleepingProducer;
    enum class Attention : quint8 { Idle, Queued, Dormant };

    bool isWorkLeft() const;
    bool mayServeAtOnce();
    void serveAtOnce(ChannelTake &take);
    bool rest();
    void post();
    void wakeLoop();
    bool linger(const TimeSlice &slice);
    void gather(quint64 taken);

    const qsizetype m_maxSize;
    QExplicitlySharedDataPointer<LoopInbox> m_inbox;
    std::atomic<bool> m_isLinked{ false };
    std::atomic<bool> m_loopFinished{ false };
    std::atomic<Attention> m_attention{ Attention::Dormant };
    SightNumber m_number;

    // The consumer's.
    alignas(64) std::deque<QExplicitlySharedDataPointer<ChannelTake>> m_takes;
    PayScore<ScoreCurve::Gentle> m_lingering;
    quint64 m_gathered = 1; // how many items are worth waiting for, once there is one
    int m_servedAtOnce = 0; // since the loop turned
    Clock::time_point m_servesAtOnceSince;
};

} // namespace QFerry::Detail
