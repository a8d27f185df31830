// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/channel/channelcore.h>
#include <qferry/channel/channeltake.h>
#include <qferry/task/signalslot.h>

#include <map>

namespace QFerry {

/// What is to be done with an emission for which there is no room.
enum class Overflow {
    DropOldest, ///< what has waited longest goes in its place
    DropNewest, ///< it is ignored
};

/// How emissions() collects.
struct EmissionsOptions
{
    /// How many may wait to be taken: at least 1.
    qsizetype maxSize = 64;
    Overflow overflow = Overflow::DropOldest;
};

namespace Detail {

/**
 * The emissions of a signal on their way into one loop: a channel whose producers never wait, all
 * of it but the items. As what is to go, if there is no room, may be the oldest, which the
 * consumer has no hand in, the items are not in the ring, but in a list under the mutex: to
 * ChannelCore they are items that have come back.
 */
class QFERRY_EXPORT EmissionsCore : public ChannelCore
{
public:
    ~EmissionsCore() override;

    /// \name Any thread
    /// @{
    qsizetype dropped() const { return m_dropped.load(std::memory_order_relaxed); }
    /// The slot is gone: the sender has died, if nobody has closed this.
    void connectionEnded();
    void endUnseen() final { m_isErrorTold.store(false, std::memory_order_seq_cst); }
    /// @}
    /// \name The consumer's thread
    /// @{
    /// What is wrong with that becomes the take's error.
    void next(const ChannelTake::Ptr &take);
    /// No emission counts any more.
    void stop();
    /// There is no consumer any more.
    void leave();
    /// @}

protected:
    /// Throws NoEventLoopError, and InvalidUseError if there is no sender or no room.
    EmissionsCore(const QObject *sender, const EmissionsOptions &options);

    /// Once. Throws InvalidUseError if there is no connection.
    void begin(QMetaObject::Connection connection);
    /// Ends it with an error, after the items that are there.
    void fail(std::exception_ptr error);

    bool hasNews() const final { return false; }
    void serve(TimeSlice &slice) final { serveTakes(slice); }
    void abandonConsumers() final;
    void tellEnd(ChannelTake &take) final;
    [[noreturn]] void throwClosed() const final;
    [[noreturn]] void throwLoopEnded() const final;

    const EmissionsOptions m_options;
    std::atomic<qsizetype> m_dropped{ 0 }; // written under the mutex

private:
    QExplicitlySharedDataPointer<LoopInbox> m_home;
    QMetaObject::Connection m_connection; // the consumer's
    std::exception_ptr m_error;           // written once, before it is closed
    std::atomic<bool> m_isErrorTold{ false };
};

/// The same with the items; a std::monostate each, if the signal sends nothing.
template <typename Values>
class EmissionQueue;
template <typename... Values>
class EmissionQueue<TypeList<Values...>> final : public EmissionsCore
{
public:
    using Sent = typename OneOf<TypeList<Values...>>::Type;
    using Item = std::conditional_t<sizeof...(Values) == 0, std::monostate, Sent>;
    using Ptr = QExplicitlySharedDataPointer<EmissionQueue>;

    template <typename Sender>
    EmissionQueue(const Sender *sender, const EmissionsOptions &options)
        : EmissionsCore(sender, options)
    {}

    template <typename Sender, typename Signal>
    void start(const Sender *sender, Signal signal)
    {
        using Slot = SignalSlot<EmissionQueue, Values...>;
        begin(QObject::connect(sender, signal, sender, Slot(this), Qt::DirectConnection));
    }

    /// \name Any thread
    /// @{
    void emitted(const Values &...values)
    {
        try {
            add(Item(values...));
        } catch (...) {
            fail(std::current_exception());
        }
    }
    /// What a take got and nobody has seen goes back to where it was.
    void giveBack(quint64 number, Item &&item) noexcept
    {
        try {
            const std::lock_guard lock(m_mutex);
            m_items.try_emplace(number, std::move(item));
            countItems();
        } catch (...) {
            itemLost();
        }
        urge();
    }
    /// @}

    /// \name The consumer's thread
    /// @{
    /// Takes an item out, for takeItem(): its number.
    quint64 takeTickets(quint64)
    {
        const std::lock_guard lock(m_mutex);
        m_taken = m_items.extract(m_items.begin());
        countItems();
        return m_taken.key();
    }
    Item takeItem()
    {
        const auto taken = std::move(m_taken);
        return std::move(taken.mapped());
    }
    /// @}

private:
    using Items = std::map<quint64, Item>;

    void add(Item &&item)
    {
        typename Items::node_type dropped; // goes without the mutex
        {
            const std::lock_guard lock(m_mutex);
            if (isClosed())
                return;
            if (qsizetype(m_items.size()) >= m_options.maxSize) {
                m_dropped.fetch_add(1, std::memory_order_relaxed);
                if (m_options.overflow == Overflow::DropNewest)
                    return;
                dropped = m_items.extract(m_items.begin());
            }
            m_items.emplace_hint(m_items.end(), m_count++, std::move(item));
            countItems();
        }
        notifyLoop();
    }
    /// Under the mutex.
    void countItems()
    {
        m_countElsewhere.store(qsizetype(m_items.size()), std::memory_order_relaxed);
        m_hasReturned.store(!m_items.empty(), std::memory_order_seq_cst);
    }

    Items m_items;       // this and the next: guarded by the mutex
    quint64 m_count = 0; // of emissions
    typename Items::node_type m_taken;
};

} // namespace Detail
} // namespace QFerry
