// SPDX-License-Identifier: MIT
// Producers wait here, in their threads or as calls; the consumer, and who closes the channel,
// gives them their turns.
#include "producerwait.h"

#include <qferry/call/standstill_p.h>
#include <qferry/channel/channelput.h>
#include <qferry/loop/loopinbox_p.h>
#include <qferry/thread/waiting_p.h>
#include <qferry/worker/cancelwatch_p.h>
#include <qferry/worker/workercall.h>

#include <utility>

namespace QFerry::Detail {

using namespace std::chrono_literals;

namespace {

constexpr auto spinTime = 20us;
constexpr int pausesPerLookAtRoom = 7; // the consumer writes to what that reads

} // namespace

/// A producer that sleeps until there is room: on its stack. What else may end that reaches it
/// here. It is linked until it is woken.
class SleepingProducer final : public LoopEndListener, public WaitingProducer
{
public:
    using ListLink<WaitingProducer>::isLinked; // and not woken; a loop's end has its own list

    explicit SleepingProducer(ProducerWait &wait)
        : m_wait(wait)
        , m_channel(wait.m_channel)
        , m_watch([this] { end(m_isCanceled); }, CancelWatch::Abandonable::Leaves)
    {
        {
            const std::lock_guard lock(m_channel.m_mutex);
            m_wait.append(*this);
        }
        m_channel.m_inbox->addEndListener(this);
        if (!m_channel.m_inbox->isTurning() && m_channel.m_inbox->removeEndListener(this))
            m_isLoopEnded = m_isReleased = true;
    }
    ~SleepingProducer()
    {
        const bool isTold = !m_channel.m_inbox->removeEndListener(this);
        std::unique_lock lock(m_channel.m_mutex);
        if (isTold) // the loop's end may be about to tell this
            m_wakeUp.wait(lock, [this] { return m_isReleased; });
        if (isLinked())
            m_wait.remove(*this);
    }
    Q_DISABLE_COPY_MOVE(SleepingProducer)

    void wait(ProducerWait::Clock::time_point deadline)
    {
        std::unique_lock lock(m_channel.m_mutex);
        const auto isOver = [this] {
            return m_isCanceled || m_isLoopEnded || !isLinked() || !m_channel.isFull()
                   || m_channel.isClosed();
        };
        const bool isInTime = waitAtStandstill(lock, m_wakeUp, isOver, deadline);
        if (m_channel.isClosed() || !m_channel.isFull())
            return;
        if (m_isCanceled)
            throwCanceled(lock);
        if (m_isLoopEnded)
            m_channel.throwLoopEnded();
        if (!isInTime)
            throw ChannelTimeoutError(
                    QStringLiteral("The channel stayed full until the time of put() was over. "
                                   "Take items faster, or allow for a longer time or more items"));
        // There was room, and another producer has been faster.
    }

    void loopHasEnded() override { end(m_isLoopEnded); }
    void keepListener() override {} // the destructor waits for releaseListener()
    void releaseListener() override { end(m_isReleased); }

private:
    Turn takeTurn() override
    {
        m_wakeUp.notify_one();
        return Turn::Begun;
    }
    void end(bool &reason)
    {
        const std::lock_guard lock(m_channel.m_mutex);
        reason = true;
        m_wakeUp.notify_one();
    }
    [[noreturn]] static void throwCanceled(std::unique_lock<std::mutex> &lock)
    {
        lock.unlock();
        throw CanceledError(CancelWatch::reason());
    }

    ProducerWait &m_wait;
    ChannelCore &m_channel;
    std::condition_variable m_wakeUp;
    bool m_isCanceled = false; // this and the next two: guarded by the channel's mutex
    bool m_isLoopEnded = false;
    bool m_isReleased = false; // by the loop that has told of its end
    // Last, as it calls end(), and takes memory, which who is in a list must not lack.
    const CancelWatch m_watch;
};

// --- Producers

void ProducerWait::waitForRoom(Clock::time_point deadline)
{
    if (m_channel.isCurrent())
        throw InvalidUseError(QStringLiteral(
                "put() found the channel full, and this is the thread that takes its items: it "
                "would wait for itself. Use tryPut() there, or a channel without bound"));
    if (spinForRoom())
        return;
    const NotedWait noted(WorkerWait::Room);
    SleepingProducer(*this).wait(deadline);
}

/// The loop often is about to make room: waits a little for it, if that paid lately and nobody else
/// does.
bool ProducerWait::spinForRoom()
{
    if (m_sleeping.load(std::memory_order_relaxed) > 0
        && m_isTurnOver.exchange(false, std::memory_order_relaxed))
        return false;
    if (m_isSpun.load(std::memory_order_relaxed)
        || m_isSpun.exchange(true, std::memory_order_relaxed))
        return false;
    const bool hasPaid = m_spinning.isWorthATry() && spin();
    m_isSpun.store(false, std::memory_order_relaxed);
    return hasPaid;
}

bool ProducerWait::spin()
{
    const auto isOver = [this] {
        for (int i = 0; i < pausesPerLookAtRoom; ++i)
            relaxProcessor();
        return isMuchRoom() || m_channel.isClosed();
    };
    const bool hasPaid = spinUntil(isOver, Clock::now() + spinTime, 1) || !m_channel.isFull();
    if (hasPaid)
        m_spinning.hasPaid();
    else
        m_spinning.hasNotPaid();
    return hasPaid;
}

/// Enough for the two sides not to tread on each other's heels.
bool ProducerWait::isMuchRoom() const
{
    const qsizetype maxSize = m_channel.maxSize();
    return m_channel.count() <= maxSize - qMax(maxSize / 4, qsizetype(1));
}

// --- The consumer

void ProducerWait::wakeNextIfHalf()
{
    const quint64 tail = m_channel.m_positions.tail();
    if (tail != std::exchange(m_seenTail, tail) && m_channel.hasItem())
        return; // somebody makes use of the room
    if (m_channel.count() > m_channel.maxSize() / 2)
        return;
    giveTurns(false);
}

void ProducerWait::wakeNext()
{
    if (!isRoomAwaited())
        return;
    m_isTurnOver.store(true, std::memory_order_relaxed);
    if (!m_channel.isFull())
        giveTurns(false);
}

void ProducerWait::wakeAll()
{
    if (isRoomAwaited() && !m_channel.isFull())
        giveTurnsToAll();
}

void ProducerWait::giveTurnsToAll()
{
    giveTurns(true);
}

// --- Turns

/// Under the mutex.
void ProducerWait::append(WaitingProducer &producer)
{
    m_sleeping.fetch_add(1, std::memory_order_acq_rel);
    m_waiting.append(&producer);
}

/// Under the mutex.
void ProducerWait::remove(WaitingProducer &producer)
{
    producer.unlink();
    m_sleeping.fetch_sub(1, std::memory_order_acq_rel);
}

/// To those in front: to calls, while there is room, and to one thread, or all.
void ProducerWait::giveTurns(bool toAll)
{
    ChannelPut *over = nullptr;
    ChannelPut **last = &over;
    {
        const std::lock_guard lock(m_channel.m_mutex); // not between a look and a sleep
        while (WaitingProducer *first = m_waiting.first()) {
            const auto turn = first->takeTurn();
            if (turn == WaitingProducer::Turn::NoRoom)
                break;
            remove(*first);
            if (turn == WaitingProducer::Turn::Over) {
                *last = static_cast<ChannelPut *>(first);
                last = &(*last)->m_next;
            } else if (!toAll) {
                break;
            }
        }
    }
    while (over) {
        const CallPtr call(over, QAdoptSharedDataTag()); // the list's reference
        std::exchange(over, over->m_next)->endTurn();
    }
}

bool ProducerWait::putAtOnce(ChannelPut &put)
{
    const std::lock_guard lock(m_channel.m_mutex);
    return m_waiting.isEmpty() && put.takeTurn() == WaitingProducer::Turn::Over;
}

void ProducerWait::putLater(ChannelPut &put)
{
    bool isFirst = false;
    {
        const std::lock_guard lock(m_channel.m_mutex);
        isFirst = m_waiting.isEmpty();
        put.ref.ref(); // until it leaves the list
        append(put);
    }
    if (isFirst) // there may be room by now, of which nobody was told
        giveTurns(false);
}

bool ProducerWait::withdraw(ChannelPut &put)
{
    const std::lock_guard lock(m_channel.m_mutex);
    if (!put.ListLink<WaitingProducer>::isLinked())
        return false;
    remove(put);
    put.ref.deref(); // not the last: who cancels it has one
    return true;
}

} // namespace QFerry::Detail
