// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/channel/channelcore.h>
#include <qferry/channel/channeltake.h>
#include <qferry/channel/returneditems.h>

#include <limits>
#include <new>
#include <optional>
#include <utility>
#include <vector>

namespace QFerry::Detail {

/**
 * The items of a channel: those in the ring, and those that have no place there. Those are what
 * came back from a take that nobody looked at, and what found the ring full, in a list: the
 * consumer takes the whole list, to hand that out without the mutex (the front).
 *
 * Of these the front comes before the ring, and the list behind it.
 */
template <typename T, typename Base>
class ChannelRing : public Base
{
    static constexpr bool isObject =
            std::is_object_v<T> && !std::is_array_v<T> && !std::is_const_v<T>;
    static_assert(
            isObject && std::is_nothrow_move_constructible_v<T>,
            "QFerry: the items of a channel or stream must be objects whose move throws nothing. "
            "Hold others in a std::unique_ptr");

    using Base::hasItemElsewhere;
    using Base::hasOtherItems;
    using Base::isFull;
    using Base::m_countElsewhere;
    using Base::m_hasFront;
    using Base::m_hasReturned;
    using Base::m_mutex;
    using Base::m_overflowing;
    using Base::m_positions;

public:
    using Item = T;
    using Ptr = QExplicitlySharedDataPointer<ChannelRing>;
    using Base::hasItem;
    using Base::isClosed;

    template <typename... Args>
    explicit ChannelRing(qsizetype maxSize, Args &&...args)
        : Base(maxSize, std::forward<Args>(args)...)
        , m_places(new Place[size_t(m_positions.length())])
    {}
    ~ChannelRing() override
    {
        for (; m_positions.isHeadPublished(); m_positions.free(1))
            itemAt(m_positions.head())->~T();
    }

    /// \name Any thread
    /// @{
    /// Waits for room. If it throws, the item has not been moved from.
    void put(T &&item, std::chrono::nanoseconds timeout)
    {
        quint64 position = 0;
        if (Q_LIKELY(this->tryClaim(&position) == RingPositions::Claim::Claimed))
            fill(position, std::move(item));
        else
            putLater(std::move(item), timeout);
    }
    /// False, and the item has not been moved from, if there is no room.
    bool tryPut(T &&item)
    {
        for (;;) {
            quint64 position = 0;
            const auto claim = this->tryClaim(&position);
            if (claim == RingPositions::Claim::Claimed) {
                fill(position, std::move(item));
                return true;
            }
            if (claim == RingPositions::Claim::Closed)
                this->throwClosed();
            if (!this->hasList())
                return false;
            const ListPut put = putIntoList(std::move(item));
            if (put != ListPut::RingsTurn)
                return put == ListPut::Done;
        }
    }
    /// The same as tryPut() under the mutex; what is put is to be told to the loop. False also if
    /// the channel is closed.
    bool tryPutLocked(T &&item)
    {
        for (;;) {
            quint64 position = 0;
            const auto claim = this->tryClaim(&position);
            if (claim == RingPositions::Claim::Claimed) {
                ::new (placeAt(position)) T(std::move(item));
                m_positions.publish(position);
                return true;
            }
            if (claim == RingPositions::Claim::Closed || !this->hasList())
                return false;
            const ListPut put = putIntoListLocked(std::move(item));
            if (put != ListPut::RingsTurn)
                return put == ListPut::Done;
        }
    }
    /// What a take got and nobody has seen goes back to where it was.
    void giveBack(quint64 ticket, T &&item) noexcept
    {
        {
            const std::lock_guard lock(m_mutex);
            if (!m_returned.add(ticket, std::move(item)))
                return this->itemLost();
            m_countElsewhere.fetch_add(1, std::memory_order_relaxed);
            m_hasReturned.store(true, std::memory_order_seq_cst);
        }
        this->urge();
    }
    /// @}

    /// \name The consumer's thread
    /// @{
    /// So many numbers in a row, for giveBack(): the first of them.
    quint64 takeTickets(quint64 count) { return std::exchange(m_tickets, m_tickets + count); }

    /// Only if there is an item.
    T takeItem()
    {
        if (Q_UNLIKELY(hasOtherItems() || !m_positions.isHeadPublished()))
            return takeFromElsewhere();
        return takeFromRing();
    }
    /// Replaces what is in `items` by what is there by now, at most `most` items.
    void takeItems(std::vector<T> &items, qsizetype most)
    {
        items.clear();
        constexpr quint64 stride = 64; // producers need not wait for the last item
        for (quint64 left = quint64(qMin(most, this->mostItems())); left > 0;) {
            const quint64 wanted = qMin(left, stride);
            const quint64 run = hasOtherItems() ? 0 : m_positions.published(wanted);
            if (run == 0 && !hasItem())
                return;
            makeRoom(items, qMax(run, quint64(1)));
            if (run > 0)
                takeRun(items, run);
            else
                items.push_back(takeItem());
            left -= qMax(run, quint64(1));
            this->wakeProducerAtHalf();
            if (run > 0 && run < wanted && !hasItemElsewhere())
                return; // what has come since then is for the next time
        }
    }
    void dropItems()
    {
        while (hasItem())
            (void)takeItem();
    }
    /// @}

private:
    struct Place
    {
        alignas(T) std::byte bytes[sizeof(T)];
    };

    void *placeAt(quint64 position) { return m_places[m_positions.placeOf(position)].bytes; }
    T *itemAt(quint64 position) { return std::launder(static_cast<T *>(placeAt(position))); }

    void fill(quint64 position, T &&item)
    {
        ::new (placeAt(position)) T(std::move(item));
        this->publish(position);
    }

    Q_NEVER_INLINE void putLater(T &&item, std::chrono::nanoseconds timeout)
    {
        const Ptr keepAlive(this); // the consumer may go while this waits
        const auto deadline = Base::deadlineAfter(timeout);
        while (!tryPut(std::move(item)))
            this->m_producers.waitForRoom(deadline);
    }

    enum class ListPut { Done, Full, RingsTurn };
    ListPut putIntoList(T &&item)
    {
        std::unique_lock lock(m_mutex);
        const ListPut put = putIntoListLocked(std::move(item));
        lock.unlock();
        if (put == ListPut::Done)
            this->notifyLoop();
        return put;
    }
    ListPut putIntoListLocked(T &&item)
    {
        if (isClosed())
            return ListPut::RingsTurn; // which says so
        const bool isFirst = !m_overflowing.load(std::memory_order_relaxed);
        if (isFirst && !m_positions.isFull())
            return ListPut::RingsTurn;
        if (isFull())
            return ListPut::Full;
        m_list.push_back(std::move(item));
        this->m_listed.fetch_add(1, std::memory_order_relaxed);
        m_countElsewhere.fetch_add(1, std::memory_order_relaxed);
        if (isFirst)
            m_overflowing.store(true, std::memory_order_seq_cst);
        return ListPut::Done;
    }

    T takeFromRing()
    {
        T *place = itemAt(m_positions.head());
        T item(std::move(*place));
        place->~T();
        m_positions.free(1);
        return item;
    }
    void takeRun(std::vector<T> &items, quint64 count)
    {
        const quint64 head = m_positions.head();
        for (quint64 position = head; position != head + count; ++position) {
            T *place = itemAt(position);
            items.push_back(std::move(*place));
            place->~T();
        }
        m_positions.free(count);
    }
    static void makeRoom(std::vector<T> &items, size_t count)
    {
        if (items.capacity() - items.size() < count)
            items.reserve(qMax(items.size() + count, 2 * items.capacity()));
    }

    Q_NEVER_INLINE T takeFromElsewhere()
    {
        m_countElsewhere.fetch_sub(1, std::memory_order_relaxed);
        if (m_hasReturned.load(std::memory_order_acquire))
            return takeReturned();
        if (!m_hasFront) {
            const std::lock_guard lock(m_mutex);
            if (!m_positions.isEmpty())
                return takeFromList();
            takeList();
        }
        T item = takeFirst(m_front);
        if (m_front.empty() && this->maxSize() > 0)
            takeListIfItIsNext();
        m_hasFront = !m_front.empty();
        return item;
    }
    T takeReturned()
    {
        const std::lock_guard lock(m_mutex);
        T item = m_returned.takeFirst();
        m_hasReturned.store(!m_returned.isEmpty(), std::memory_order_release);
        return item;
    }
    /// Under the mutex: a producer has just got a place in the ring. What it put into the list
    /// since comes after that.
    T takeFromList()
    {
        T item = takeFirst(m_list);
        m_overflowing.store(!m_list.empty(), std::memory_order_seq_cst);
        return item;
    }
    /// Under the mutex. If there is a bound, nothing gets into the ring until all of this has been
    /// taken: what comes is counted with it.
    void takeList()
    {
        m_front.swap(m_list);
        if (this->maxSize() == 0)
            m_overflowing.store(false, std::memory_order_seq_cst);
    }
    void takeListIfItIsNext()
    {
        const std::lock_guard lock(m_mutex);
        if (m_list.empty())
            m_overflowing.store(false, std::memory_order_seq_cst);
        else if (m_positions.isEmpty())
            takeList();
    }

    static T takeFirst(std::deque<T> &items)
    {
        T item(std::move(items.front()));
        items.pop_front();
        return item;
    }

    const std::unique_ptr<Place[]> m_places;
    std::deque<T> m_list;        // if there is one: guarded by the mutex, as is the next
    ReturnedItems<T> m_returned; // what came back
    std::deque<T> m_front; // what was in the list: the consumer's, as is the next
    quint64 m_tickets = 0;
};

} // namespace QFerry::Detail
