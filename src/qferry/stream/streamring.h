// SPDX-License-Identifier: MIT
// What a Stream refers to, with or without items.
#pragma once

#include <qferry/channel/channeltake.h>
#include <qferry/pendingcall.h>
#include <qferry/stream/streamcore.h>

namespace QFerry::Detail {

template <typename T>
using StreamRing = ChannelRing<T, StreamCore>;

/// Stands for no stream: it has ended before it began.
template <typename T>
class NoItems final : public StreamRing<T>
{
public:
    NoItems() : StreamRing<T>(1) { this->abandon({}); }

protected:
    CallPtr startGenerator() override { return canceledCall(); }
    void dropGenerator() noexcept override {}
    void discardItems() override {}
};

/// A call of what a stream has next, whose result R a Take makes.
template <typename R, typename Take, typename Ring, typename... Args>
PendingCall<R> takeNext(Ring *ring, Args... args)
{
    const ChannelTake::Ptr take(new Take(ring, args...));
    ring->next(take);
    return PendingCall<R>(CallPtr(take.data()));
}

/// What lets the compiler go on where somebody loops over a Stream.
template <typename T>
struct NoIterator
{
    bool operator!=(const NoIterator &) const;
    NoIterator &operator++();
    T &operator*() const;
};

} // namespace QFerry::Detail
