// SPDX-License-Identifier: MIT
// How producers wait for room in a channel.
#include <qferry/call/standstill_p.h>
#include <qferry/channel/channelcore.h>
#include <qferry/loop/loopinbox_p.h>
#include <qferry/thread/alarm_p.h>
#include <qferry/thread/waiting_p.h>
#include <qferry/work/cancelwatch_p.h>

#include <utility>

namespace QFerry::Detail {

using namespace std::chrono_literals;

static constexpr auto spinTime = 20us;

/// A producer that sleeps until there is room: on its stack. What else may end that reaches it
/// here.
class ParkedProducer final : public LoopPending
{
public:
    explicit ParkedProducer(ChannelCore &channel)
        : m_channel(channel)
        , m_watch([this] { end(m_isCanceled); }, CancelWatch::Abandonable::Leaves)
    {
        {
            const std::lock_guard lock(m_channel.m_mutex);
            m_channel.m_parked.fetch_add(1, std::memory_order_acq_rel);
            link();
        }
        m_channel.m_inbox->addPending(this);
        if (!m_channel.m_inbox->isTurning() && m_channel.m_inbox->removePending(this))
            m_isLoopEnded = m_isReleased = true;
    }
    ~ParkedProducer()
    {
        const bool isTold = !m_channel.m_inbox->removePending(this);
        std::unique_lock lock(m_channel.m_mutex);
        if (isTold) // the loop's end may be about to tell this
            m_wakeUp.wait(lock, [this] { return m_isReleased; });
        if (m_isLinked)
            unlink();
    }
    Q_DISABLE_COPY_MOVE(ParkedProducer)

    void wait(ChannelCore::Clock::time_point deadline)
    {
        std::unique_lock lock(m_channel.m_mutex);
        const auto isOver = [this] {
            return m_isCanceled || m_isLoopEnded || !m_isLinked || !m_channel.isFull()
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

    void pendingLoopFinished() override { end(m_isLoopEnded); }
    void keepPending() override {} // the destructor waits for releasePending()
    void releasePending() override { end(m_isReleased); }

    /// Under the mutex, while it is the first.
    void wake()
    {
        unlink();
        m_wakeUp.notify_one();
    }

private:
    void link()
    {
        m_previous = std::exchange(m_channel.m_lastParked, this);
        (m_previous ? m_previous->m_next : m_channel.m_firstParked) = this;
        m_isLinked = true;
    }
    void unlink()
    {
        (m_previous ? m_previous->m_next : m_channel.m_firstParked) = m_next;
        (m_next ? m_next->m_previous : m_channel.m_lastParked) = m_previous;
        m_isLinked = false;
        m_channel.m_parked.fetch_sub(1, std::memory_order_acq_rel);
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

    ChannelCore &m_channel;
    std::condition_variable m_wakeUp;
    ParkedProducer *m_previous = nullptr; // this and the next five: guarded by the channel's mutex
    ParkedProducer *m_next = nullptr;
    bool m_isLinked = false; // and not woken
    bool m_isCanceled = false;
    bool m_isLoopEnded = false;
    bool m_isReleased = false; // by the loop that has told of its end
    // Last, as it calls end(), and takes memory, which who is in a list must not lack.
    const CancelWatch m_watch;
};

ChannelCore::Clock::time_point ChannelCore::deadlineAfter(std::chrono::nanoseconds timeout)
{
    if (timeout < 0ns)
        throw InvalidUseError(
                QStringLiteral("The timeout of a channel must not be negative. 0 sets none"));
    return timeout == 0ns ? Clock::time_point::max() : timeAfter(timeout);
}

void ChannelCore::waitForRoom(Clock::time_point deadline)
{
    if (m_inbox->isCurrent())
        throw InvalidUseError(QStringLiteral(
                "put() found the channel full, and this is the thread that takes its items: it "
                "would wait for itself. Use tryPut() there, or a channel without bound"));
    if (!spinForRoom())
        ParkedProducer(*this).wait(deadline);
}

/// The loop often is about to make room: waits a little for it, if that paid lately and nobody else
/// does. (More of them would take the processor from the loop.)
bool ChannelCore::spinForRoom()
{
    if (m_parked.load(std::memory_order_relaxed) > 0
        && m_isTurnOver.exchange(false, std::memory_order_relaxed))
        return false;
    if (m_isSpun.load(std::memory_order_relaxed)
        || m_isSpun.exchange(true, std::memory_order_relaxed))
        return false;
    const int score = m_spinScore.load(std::memory_order_relaxed);
    if (score < 0) {
        m_spinScore.store(score + 1, std::memory_order_relaxed);
        m_isSpun.store(false, std::memory_order_relaxed);
        return false;
    }
    const auto until = Clock::now() + spinTime;
    bool isOver = false;
    do {
        for (int i = 0; i < 8; ++i)
            relaxProcessor();
        isOver = isMuchRoom() || isClosed();
    } while (!isOver && Clock::now() < until);
    m_isSpun.store(false, std::memory_order_relaxed);
    if (isOver || !isFull()) {
        m_spinScore.store(qMin(score + 1, 4), std::memory_order_relaxed);
        return true;
    }
    m_spinScore.store(qMax(score - 3, -30), std::memory_order_relaxed);
    return false;
}

/// Enough for the two sides not to tread on each other's heels.
bool ChannelCore::isMuchRoom() const
{
    return count() <= m_maxSize - qMax(m_maxSize / 4, qsizetype(1));
}

bool ChannelCore::isFull() const
{
    return hasList() ? m_maxSize > 0 && count() >= m_maxSize : m_positions.isFull();
}

// A producer first counts itself and then looks for room; the consumer first makes room and then
// looks for producers. As both touch m_parked with read-modify-writes, one of them sees the other.

void ChannelCore::itemsTaken()
{
    wakeProducerAtHalf();
    if (m_attention.load(std::memory_order_relaxed) != Attention::Queued && isRoomAwaited())
        urge(); // when the loop turns, any room is worth it
}

void ChannelCore::wakeProducerAtHalf()
{
    if (!isRoomAwaited() || m_isSpun.load(std::memory_order_relaxed))
        return;
    const quint64 tail = m_positions.tail();
    if (tail != std::exchange(m_seenTail, tail) && hasItem())
        return; // somebody makes use of the room
    if (count() > m_maxSize / 2)
        return;
    const std::lock_guard lock(m_mutex);
    wakeFirstParked();
}

void ChannelCore::wakeProducers()
{
    if (!isRoomAwaited() || isFull())
        return;
    const std::lock_guard lock(m_mutex); // not between a producer's look and its sleep
    wakeAllParked();
}

/// However well one producer keeps the consumer busy, the others get their turn.
void ChannelCore::wakeNextProducer()
{
    if (!isRoomAwaited())
        return;
    m_isTurnOver.store(true, std::memory_order_relaxed);
    if (isFull())
        return;
    const std::lock_guard lock(m_mutex);
    wakeFirstParked();
}

void ChannelCore::wakeFirstParked()
{
    if (m_firstParked)
        m_firstParked->wake();
}

void ChannelCore::wakeAllParked()
{
    while (m_firstParked)
        m_firstParked->wake();
}

} // namespace QFerry::Detail
