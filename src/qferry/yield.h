// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/streamcore.h>

namespace QFerry {

/**
 * What a generator function hands its items to: void lines(Yield<QString> &yield, ...).
 *
 * The call operator waits while the stream is full. If the consumer has gone it throws CanceledError: let
 * that leave the function, so that its destructors run. It may be called in any thread while the generator
 * function runs.
 */
template<typename T>
class Yield
{
public:
    using ItemType = T;
    Q_DISABLE_COPY_MOVE(Yield)

    void operator()(T &&item) { m_ring.put(std::move(item), std::chrono::nanoseconds(0)); }
    void operator()(const T &item) { (*this)(T(item)); }

    explicit Yield(Detail::ChannelRing<T, Detail::StreamCore> &ring) : m_ring(ring) { }

private:
    Detail::ChannelRing<T, Detail::StreamCore> &m_ring;
};

} // namespace QFerry
