// SPDX-License-Identifier: MIT
// What a FromThreadChannel adds to ChannelCore: its signals, and what its errors say. All but the
// two that throw to producers run in the channel's thread.
#include "channelstate.h"

#include <qferry/base/logging_p.h>
#include <qferry/channel.h>
#include <qferry/loop/ownloop_p.h>

namespace QFerry::Detail {

ChannelState::ChannelState(qsizetype maxSize, std::chrono::nanoseconds timeout)
    : ChannelCore(maxSize), m_timeout(timeout)
{
    (void)deadlineAfter(timeout); // throws if negative
}

ChannelState::~ChannelState() = default;

void ChannelState::enter(FromThreadChannelBase *channel)
{
    const LoopInbox::Ptr inbox(ownLoop());
    if (!inbox)
        throw NoEventLoopError(QStringLiteral(
                "A FromThreadChannel has to be made in the thread that takes its items, which "
                "needs an event loop. Hand it, or its producer(), to the threads that put"));
    m_channel = channel;
    bind(inbox);
    attend();
}

void ChannelState::leave()
{
    m_channel = nullptr;
    close();
    unbind();
    endTakes();
}

void ChannelState::get(const ChannelTake::Ptr &take, std::chrono::nanoseconds timeout)
{
    try {
        (void)deadlineAfter(timeout); // throws if negative
        requireCurrent("get()");
    } catch (const InvalidUseError &) {
        take->fail(std::current_exception());
        return;
    }
    startTake(take, timeout);
    if (take->isFinished())
        endTaking();
}

void ChannelState::beginTaking(const char *function, qsizetype most) const
{
    if (Q_UNLIKELY(!isCurrent()))
        requireCurrent(function);
    if (Q_UNLIKELY(most < 0))
        throw InvalidUseError(QStringLiteral("%1 cannot take a negative number of items")
                                      .arg(QLatin1String(function)));
}

void ChannelState::endTaking()
{
    itemsTaken();
    if (m_isAnnounced) {
        m_isAnnounced = false;
        attend();
    }
}

bool ChannelState::isWanted() const
{
    return hasTakes() || (m_channel && !m_isAnnounced);
}

bool ChannelState::hasNews() const
{
    return m_channel && isClosed() && !m_isCloseAnnounced && m_positions.isSettled();
}

void ChannelState::serve(TimeSlice &slice)
{
    if (hasTakes()) {
        serveTakes(slice);
        m_isAnnounced = false;
    }
    if (m_channel && !m_isAnnounced && hasItem()) {
        m_isAnnounced = true;
        announce(&FromThreadChannelBase::readyRead);
    }
    if (hasNews()) {
        m_isCloseAnnounced = true;
        announce(&FromThreadChannelBase::closed);
    }
}

/// What a slot throws must not end the loop.
void ChannelState::announce(void (FromThreadChannelBase::*signal)())
{
    try {
        (m_channel->*signal)();
    } catch (...) {
        if (const LogPermit permit; permit)
            qCWarning(lcQFerry).noquote()
                    << "A slot of a channel failed:" << describe(std::current_exception());
    }
}

void ChannelState::abandonConsumers()
{
    endTakes();
}

void ChannelState::tellEnd(ChannelTake &take)
{
    if (isLoopFinished())
        take.endCanceled();
    else
        take.fail(std::make_exception_ptr(ChannelClosedError(
                QStringLiteral("The channel is closed, and everything in it has been taken"))));
}

void ChannelState::throwClosed() const
{
    if (isLoopFinished())
        throwLoopEnded();
    throw ChannelClosedError(
            QStringLiteral("The channel is closed: it takes no more items. Let the producer end"));
}

void ChannelState::throwLoopEnded() const
{
    throw LoopFinishedError(QStringLiteral(
            "The event loop that takes the items of this channel has ended. Stop its producers "
            "before it ends"));
}

} // namespace QFerry::Detail
