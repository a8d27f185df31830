// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/stream/streamring.h>

#include <functional>

namespace QFerry {

/**
 * What a generator function hands its items to: void lines(Yield<QString> &yield, ...).
 *
 * The call operator waits while the stream is full. If the consumer has gone it throws
 * CanceledError: let that leave the function, so that its destructors run. It may be called in any
 * thread while the generator function runs.
 */
template <typename T>
class Yield
{
public:
    using ItemType = T;
    Q_DISABLE_COPY_MOVE(Yield)

    void operator()(T &&item)
    {
        if (Q_LIKELY(m_ring))
            m_ring->put(std::move(item), std::chrono::nanoseconds(0));
        else
            m_sink(std::move(item));
    }
    void operator()(const T &item) { (*this)(T(item)); }

    /// Hands the items to a function instead of a stream, for instance to those of another type, or
    /// in a test of the generator. What the function throws leaves through the generator.
    explicit Yield(std::function<void(T &&)> sink) : m_sink(std::move(sink)) {}

    explicit Yield(Detail::StreamRing<T> &ring) : m_ring(&ring) {}

private:
    Detail::StreamRing<T> *const m_ring = nullptr;
    const std::function<void(T &&)> m_sink;
};

} // namespace QFerry
