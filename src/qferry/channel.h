// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/channelproducer.h>
#include <qferry/pendingcall.h>

#include <QtCore/qobject.h>

#include <limits>
#include <optional>
#include <vector>

namespace QFerry {

/// What all channels have, whatever their items are.
class QFERRY_EXPORT FromThreadChannelBase : public QObject
{
    Q_OBJECT
    Q_PROPERTY(qsizetype count READ count)
    Q_PROPERTY(qsizetype maxSize READ maxSize CONSTANT)
    Q_PROPERTY(bool isClosed READ isClosed NOTIFY closed)

public:
    ~FromThreadChannelBase() override;

    /// How many items wait, at about this time. Any thread.
    virtual qsizetype count() const = 0;
    /// 0 if there is no bound. Any thread.
    virtual qsizetype maxSize() const = 0;
    /// Whether put() would throw because the channel is closed, or its thread has ended. Any
    /// thread.
    virtual bool isClosed() const = 0;
    /// Ends put() and tryPut() for all producers; what is in the channel can still be taken. Any
    /// thread, any number of times.
    virtual void close() = 0;

Q_SIGNALS:
    /// There are items. Emitted once for as many as come before the loop turns, and again only
    /// after some have been taken.
    void readyRead();
    /// The channel was closed, and what was being put just then has arrived: no items come besides
    /// those that are in it.
    void closed();

protected:
    explicit FromThreadChannelBase(QObject *parent) : QObject(parent) {}
};

/**
 * Brings items from any threads into the thread that the channel was made in, in order.
 *
 * At most maxSize items wait in it: then put() blocks its thread. Room for them, but for no more
 * than 16,384, is allocated at once. The loop is woken once per burst.
 *
 * The channel lives in a thread with an event loop, which takes the items, and stays there: moving
 * it to another thread is no use. Threads that may outlive it, or be in put() when it goes, use a
 * producer().
 */
template <typename T>
class FromThreadChannel final : public FromThreadChannelBase
{
public:
    /// maxSize 0 sets no bound. timeout is that of put() and get() where they name none; 0 waits
    /// for ever. Throws NoEventLoopError, InvalidUseError if an argument is negative, and
    /// std::bad_alloc.
    explicit FromThreadChannel(qsizetype maxSize = 0,
                               std::chrono::nanoseconds timeout = std::chrono::nanoseconds(0),
                               QObject *parent = nullptr)
        : FromThreadChannelBase(parent), d(new Ring(maxSize, timeout))
    {
        d->enter(this);
    }
    ~FromThreadChannel() override
    {
        d->leave();
        d->dropItems();
    }

    /// \name Any thread
    /// @{
    /// A producer's end, which may outlive the channel.
    [[nodiscard]] ChannelProducer<T> producer() const { return ChannelProducer<T>(d); }

    /// Waits for room. Throws ChannelClosedError if the channel is or gets closed,
    /// ChannelTimeoutError, LoopFinishedError if the channel's loop ends, CanceledError if the
    /// worker's call, or the caller's scope, is canceled while it waits, InvalidUseError if it
    /// would wait in the channel's own thread. If it throws, the item has not been moved from.
    void put(T &&item) { d->put(std::move(item), d->defaultTimeout()); }
    void put(const T &item) { put(T(item)); }
    /// The same with a timeout of its own; 0 waits for ever.
    void put(T &&item, std::chrono::nanoseconds timeout) { d->put(std::move(item), timeout); }
    void put(const T &item, std::chrono::nanoseconds timeout) { put(T(item), timeout); }
    /// False, and the item has not been moved from, if there is no room. Throws ChannelClosedError,
    /// LoopFinishedError.
    [[nodiscard]] bool tryPut(T &&item) { return d->tryPut(std::move(item)); }
    [[nodiscard]] bool tryPut(const T &item) { return tryPut(T(item)); }

    /// Puts the item once there is room, without blocking, also in the channel's own thread: ends
    /// when the item is in the channel. It waits behind those who wait already. Fails with
    /// ChannelClosedError if the channel is or gets closed, LoopFinishedError if its loop ends.
    /// Ends canceled if it is, or the current scope while it waits, or the running thread's event
    /// loop ends: the item then never arrives. It has no timeout (\sa failAfter()).
    [[nodiscard]] PendingCall<void> putSoon(T &&item)
    {
        return Detail::putSoon(d, std::move(item));
    }
    [[nodiscard]] PendingCall<void> putSoon(const T &item) { return putSoon(T(item)); }

    void close() override { d->close(); }
    /// Closes the channel when the returned object goes, however the producer's function is left.
    [[nodiscard]] ChannelCloser closeOnExit() { return ChannelCloser(d); }

    qsizetype count() const override { return d->count(); }
    qsizetype maxSize() const override { return d->maxSize(); }
    bool isClosed() const override { return d->isClosed(); }
    /// @}

    /// \name The channel's thread
    /// @{
    /// The next item; waits for one. Fails with ChannelClosedError if the channel is closed and
    /// empty, with ChannelTimeoutError, and InvalidUseError in another thread; ends canceled if the
    /// loop does. Canceling it loses no item; nor does dropping it, or what was attached to it,
    /// before somebody has seen the item.
    [[nodiscard]] PendingCall<T> get() { return get(d->defaultTimeout()); }
    /// The same with a timeout of its own; 0 waits for ever.
    [[nodiscard]] PendingCall<T> get(std::chrono::nanoseconds timeout)
    {
        const Detail::ChannelTake::Ptr take(new Detail::TakeCall<T, Ring>(d.data()));
        d->get(take, timeout);
        return PendingCall<T>(Detail::CallPtr(take.data()));
    }
    /// The next item, if there is one. Throws InvalidUseError in another thread.
    [[nodiscard]] std::optional<T> tryGet()
    {
        d->beginTaking("tryGet()", 1);
        if (!d->hasItem())
            return std::nullopt;
        std::optional<T> item(d->takeItem());
        d->endTaking();
        return item;
    }
    /// What is there, in order: at most so many items. Throws InvalidUseError in another thread,
    /// and if `most` is negative.
    [[nodiscard]] std::vector<T> takeAvailable(
            qsizetype most = std::numeric_limits<qsizetype>::max())
    {
        std::vector<T> items;
        takeAvailableInto(items, most);
        return items;
    }
    /// The same in place of what was in `items`, whose memory is used again.
    void takeAvailableInto(std::vector<T> &items,
                           qsizetype most = std::numeric_limits<qsizetype>::max())
    {
        d->beginTaking("takeAvailable()", most);
        d->takeItems(items, most);
        d->endTaking();
    }
    /// @}

private:
    using Ring = Detail::ChannelRing<T, Detail::ChannelState>;

    const typename Ring::Ptr d;
};

} // namespace QFerry
