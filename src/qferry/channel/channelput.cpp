// SPDX-License-Identifier: MIT
// How a call waits for room, gets its turn and ends. Any thread; the channel's mutex decides.
#include "channelput.h"

namespace QFerry::Detail {

ChannelPut::ChannelPut(ChannelCore *channel) : m_channel(channel) {}
ChannelPut::~ChannelPut() = default;

void ChannelPut::begin()
{
    if (m_channel->m_producers.putAtOnce(*this)) {
        endTurn();
        return;
    }
    if (!listen()) {
        dropItem();
        return;
    }
    m_channel->m_producers.putLater(*this);
    placeTaken();
}

ChannelPut::Turn ChannelPut::takeTurn()
{
    m_isRefused = m_channel->isClosed();
    try {
        return m_isRefused || tryPut() ? Turn::Over : Turn::NoRoom;
    } catch (const std::bad_alloc &) { // for a list
        m_error = std::current_exception();
        return Turn::Over;
    }
}

/// Under no lock.
void ChannelPut::endTurn()
{
    if (m_isRefused)
        m_error = closedError();
    else
        m_channel->notifyLoop();
    dropItem();
    end(m_error ? Outcome::Error : Outcome::Value, m_error);
}

std::exception_ptr ChannelPut::closedError() const
{
    std::exception_ptr error;
    try {
        m_channel->throwClosed();
    } catch (...) {
        error = std::current_exception();
    }
    return error;
}

bool ChannelPut::withdraw(const QString &)
{
    if (!m_channel->m_producers.withdraw(*this))
        return false;
    dropItem();
    return true;
}

} // namespace QFerry::Detail
