// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qglobal.h>

#include <atomic>
#include <bit>
#include <memory>

namespace QFerry::Detail {

/**
 * Which places of a ring are whose: the lock-free way of positions from any number of producers to
 * one consumer, without the items.
 *
 * The algorithm: m_tail is the next position to claim, with a bit that closes it for ever: whatever
 * was claimed before close() arrives. m_head is the first position that may not have been freed: a
 * producer may claim less than the capacity from there, so the ring's length is a power of two and
 * its capacity is not. Each place has a sequence number, one more than the position that was last
 * published there: the consumer may take what has its number. It writes none, so that places go
 * over to it and back with one exchange between the cores.
 */
class RingPositions
{
public:
    enum class Claim { Claimed, Full, Closed };

    explicit RingPositions(quint64 capacity)
        : m_capacity(capacity)
        , m_mask(std::bit_ceil(capacity) - 1)
        , m_sequences(new std::atomic<quint64>[size_t(m_mask + 1)])
    {}

    /// \name Any thread
    /// @{
    quint64 capacity() const { return m_capacity; }
    /// How many places there are.
    quint64 length() const { return m_mask + 1; }
    size_t placeOf(quint64 position) const { return size_t(position & m_mask); }
    /// How many positions are claimed and not freed, at about this time.
    quint64 count() const
    {
        const quint64 head = m_head.load(std::memory_order_acquire);
        const quint64 tail = m_tail.load(std::memory_order_acquire) & ~ClosedBit;
        return qMin(tail - head, m_capacity);
    }
    bool isFull() const
    {
        const quint64 tail = m_tail.load(std::memory_order_acquire) & ~ClosedBit;
        return isFullAt(tail, m_head.load(std::memory_order_acquire));
    }
    bool isClosed() const { return m_tail.load(std::memory_order_acquire) & ClosedBit; }
    /// Nothing can be claimed any more. False if that was so before.
    bool close() { return !(m_tail.fetch_or(ClosedBit, std::memory_order_seq_cst) & ClosedBit); }
    /// @}

    /// \name Producers
    /// @{
    /// A claimed position's place is the caller's, who publishes it.
    Claim tryClaim(quint64 *position)
    {
        quint64 tail = m_tail.load(std::memory_order_relaxed);
        for (;;) {
            if (tail & ClosedBit)
                return Claim::Closed;
            if (Q_UNLIKELY(isFullAt(tail, m_knownHead.load(std::memory_order_acquire)))) {
                const quint64 head = m_head.load(std::memory_order_acquire);
                m_knownHead.store(head, std::memory_order_release); // an older one does no harm
                if (isFullAt(tail, head)) {
                    const quint64 latest = m_tail.load(std::memory_order_relaxed);
                    if (latest == tail)
                        return Claim::Full;
                    tail = latest;
                    continue;
                }
            }
            if (m_tail.compare_exchange_weak(tail, tail + 1, std::memory_order_relaxed)) {
                *position = tail;
                return Claim::Claimed;
            }
        }
    }
    void publish(quint64 position)
    {
        m_sequences[position & m_mask].store(position + 1, std::memory_order_seq_cst);
    }
    /// @}

    /// \name The consumer
    /// @{
    /// The position that comes next.
    quint64 head() const { return m_head.load(std::memory_order_relaxed); }
    bool isPublished(quint64 position) const
    {
        return m_sequences[position & m_mask].load(std::memory_order_seq_cst) == position + 1;
    }
    bool isHeadPublished() const { return isPublished(head()); }
    /// How many in a row are published from the head on, at most so many.
    quint64 published(quint64 most) const
    {
        quint64 run = 0;
        while (run < most && isPublished(head() + run))
            ++run;
        return run;
    }
    /// So many places from the head on are the producers' again.
    void free(quint64 count) { m_head.store(head() + count, std::memory_order_release); }
    /// Whether all that was claimed has been freed.
    bool isEmpty() const { return tail(std::memory_order_seq_cst) == head(); }
    /// Whether all that was claimed has been published, or freed.
    bool isSettled() const
    {
        const quint64 tail = this->tail(std::memory_order_seq_cst);
        for (quint64 position = head(); position != tail; ++position) {
            if (!isPublished(position))
                return false;
        }
        return true;
    }
    /// Closed, and empty for ever.
    bool isDrained() const
    {
        return m_tail.load(std::memory_order_seq_cst) & ClosedBit && isEmpty();
    }
    /// The position that will be claimed next, at about this time.
    quint64 tail() const { return tail(std::memory_order_relaxed); }
    /// @}

private:
    static constexpr quint64 ClosedBit = quint64(1) << 63;

    quint64 tail(std::memory_order order) const { return m_tail.load(order) & ~ClosedBit; }
    bool isFullAt(quint64 tail, quint64 head) const
    {
        return qint64(tail - head) >= qint64(m_capacity);
    }

    // Producers alone write this line.
    alignas(64) std::atomic<quint64> m_tail{ 0 };
    std::atomic<quint64> m_knownHead{ 0 }; // m_head of a while ago: spares them the look at that
    // The consumer alone writes this one, and producers read it while the ring is full.
    alignas(64) std::atomic<quint64> m_head{ 0 };
    // What all read and nobody writes: last, as whose member this is may have more of that.
    alignas(64) const quint64 m_capacity;
    const quint64 m_mask;
    const std::unique_ptr<std::atomic<quint64>[]> m_sequences;
};

} // namespace QFerry::Detail
