// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/lists.h>
#include <qferry/global.h>
#include <qferry/thread/payscore.h>

#include <atomic>
#include <chrono>

namespace QFerry::Detail {

class ChannelCore;
class ChannelPut;

/// Who waits for room in a channel, in its list until it has its turn: a thread that sleeps, or a
/// call.
class WaitingProducer : public ListLink<WaitingProducer>
{
protected:
    friend class ProducerWait;
    /// Over: it needs no room any more. Begun: it is about to use what there is. NoRoom: its turn
    /// is still to come.
    enum class Turn { Over, Begun, NoRoom };
    /// Under the channel's mutex.
    virtual Turn takeTurn() = 0;

    WaitingProducer() = default;
    ~WaitingProducer() = default;
};

/**
 * How the producers of a channel wait for room, and whose turn it is.
 *
 * Of those that find the channel full only one spins, if that paid lately: more of them would take
 * the processor from the loop. The others sleep until it is their turn, which comes with each slice
 * of the loop's time, or until nobody makes use of the room. Calls, which put their item as soon as
 * there is room, wait in the same list.
 *
 * A producer first counts itself and then looks for room; the consumer first makes room and then
 * looks for producers. As both touch m_sleeping with read-modify-writes, one of them sees the
 * other.
 */
class QFERRY_EXPORT ProducerWait
{
public:
    using Clock = std::chrono::steady_clock;

    explicit ProducerWait(ChannelCore &channel) : m_channel(channel) {}

    /// A producer: returns when there may be room, or the channel is closed. Throws what else ends
    /// the wait.
    void waitForRoom(Clock::time_point deadline);

    /// \name Calls; any thread
    /// @{
    /// Whether nobody waits, and its turn is over. It is no member of the list then.
    bool putAtOnce(ChannelPut &put);
    /// Ends it after its turn, which may come now.
    void putLater(ChannelPut &put);
    /// False if its turn has come.
    bool withdraw(ChannelPut &put);
    /// @}

    /// \name The consumer, which has made room before
    /// @{
    bool isRoomAwaited() { return m_sleeping.fetch_add(0, std::memory_order_acq_rel) > 0; }
    /// However well one producer keeps the consumer busy, the others get their turn.
    void wakeNext();
    /// Half of the room is worth a wake-up, if nobody makes use of it.
    void wakeNextAtHalf()
    {
        if (isRoomAwaited() && !m_isSpun.load(std::memory_order_relaxed))
            wakeNextIfHalf();
    }
    void wakeAll();
    /// @}

    /// Any thread, at about this time: how many wait.
    int waitingCount() const { return m_sleeping.load(std::memory_order_relaxed); }
    /// Any thread: the channel is closed, or there is room.
    void giveTurnsToAll();

private:
    friend class SleepingProducer;
    bool spinForRoom();
    bool spin();
    bool isMuchRoom() const;
    void wakeNextIfHalf();
    void giveTurns(bool toAll);
    void append(WaitingProducer &producer);
    void remove(WaitingProducer &producer);

    alignas(64) std::atomic<int> m_sleeping{ 0 }; // producers that have not had their turn
    std::atomic<bool> m_isSpun{ false };          // a producer spins, and no other one may
    std::atomic<bool> m_isTurnOver{ false }; // of one that does not sleep, at the next full ring
    PayScore<ScoreCurve::Gentle> m_spinning;
    LinkedList<WaitingProducer> m_waiting; // guarded by the channel's mutex
    quint64 m_seenTail = 0; // when the consumer last looked whether to wake a producer
    ChannelCore &m_channel;
};

} // namespace QFerry::Detail
