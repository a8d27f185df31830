// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/channel/channelring.h>

namespace QFerry {

class FromThreadChannelBase;

namespace Detail {

/// What a channel and its producers share.
class QFERRY_EXPORT ChannelState : public ChannelCore
{
public:
    ~ChannelState() override;

    std::chrono::nanoseconds defaultTimeout() const { return m_timeout; }

    /// \name The channel's thread
    /// @{
    /// Once, when the object is complete: from now on the channel is told of its items. Throws
    /// NoEventLoopError.
    void enter(FromThreadChannelBase *channel);
    /// The channel is being destroyed.
    void leave();
    /// What is wrong with the call becomes the take's error.
    void get(const ChannelTake::Ptr &take, std::chrono::nanoseconds timeout);
    /// Throws InvalidUseError in another thread, and if at most a negative number of items is to be
    /// taken.
    void beginTaking(const char *function, qsizetype most) const;
    /// To be called when items have been taken directly.
    void endTaking();
    /// @}

protected:
    /// Throws InvalidUseError.
    ChannelState(qsizetype maxSize, std::chrono::nanoseconds timeout);

    bool isWanted() const override;
    bool hasNews() const override;
    void serve(TimeSlice &slice) override;
    void abandonConsumers() override;
    void tellEnd(ChannelTake &take) override;
    [[noreturn]] void throwClosed() const override;
    [[noreturn]] void throwLoopEnded() const override;

private:
    void announce(void (FromThreadChannelBase::*signal)());

    FromThreadChannelBase *m_channel = nullptr; // between enter() and leave()
    const std::chrono::nanoseconds m_timeout;
    bool m_isAnnounced = false; // there are items, and readyRead() has said so
    bool m_isCloseAnnounced = false;
};

} // namespace Detail
} // namespace QFerry
