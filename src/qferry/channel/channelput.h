// SPDX-License-Identifier: MIT
// putSoon(): it begins in any thread, and ends in the one that makes room, or closes the channel.
#pragma once

#include <qferry/call/waitingcall.h>
#include <qferry/channel/channelcore.h>
#include <qferry/pendingcall.h>

#include <optional>

namespace QFerry::Detail {

/// A call that puts an item into a channel once there is room. In the list of those who wait, that
/// refers to it.
class QFERRY_EXPORT ChannelPut : public WaitingCall, public WaitingProducer
{
public:
    ~ChannelPut() override;
    void begin();

protected:
    explicit ChannelPut(ChannelCore *channel);

    /// Under the channel's mutex. False if there is no room.
    virtual bool tryPut() = 0;
    virtual void dropItem() = 0;
    bool hasRoom() const { return !m_channel->isFull(); }

private:
    friend class ProducerWait;
    Turn takeTurn() final;
    void endTurn();
    std::exception_ptr closedError() const;
    bool withdraw(const QString &reason) final;

    const ChannelCore::Ptr m_channel;
    std::exception_ptr m_error; // this and the next: guarded by the channel's mutex, until its turn
    bool m_isRefused = false;   // the channel is closed
    ChannelPut *m_next = nullptr; // of those whose turn has come at the same time
};

template <typename Ring>
class PutCall final : public ChannelPut
{
    using Item = typename Ring::Item;

public:
    PutCall(Ring *ring, Item &&item) : ChannelPut(ring), m_ring(ring), m_item(std::move(item)) {}

private:
    bool tryPut() override { return m_ring->tryPutLocked(std::move(*m_item)); }
    void dropItem() override { m_item.reset(); }

    Ring *const m_ring; // which the base keeps
    std::optional<Item> m_item;
};

/// Waits for its turn as they do, and puts nothing: for the only producer of a channel.
class RoomCall final : public ChannelPut
{
public:
    explicit RoomCall(ChannelCore *channel) : ChannelPut(channel) {}

private:
    bool tryPut() override { return hasRoom(); }
    void dropItem() override {}
};

template <typename RingPtr, typename T>
PendingCall<void> putSoon(const RingPtr &ring, T &&item)
{
    using Call = PutCall<typename RingPtr::Type>;
    const QExplicitlySharedDataPointer<Call> call(new Call(ring.data(), std::move(item)));
    call->begin();
    return PendingCall<void>(CallPtr(call.data()));
}

} // namespace QFerry::Detail
