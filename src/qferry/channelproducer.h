// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/channel/channelput.h>
#include <qferry/channel/channelstate.h>
#include <qferry/pendingcall.h>

#include <utility>

namespace QFerry {

/// Closes a channel at the end of its life.
class QFERRY_EXPORT ChannelCloser
{
public:
    ChannelCloser(ChannelCloser &&other) noexcept = default;
    ChannelCloser &operator=(ChannelCloser &&other) = delete;
    ~ChannelCloser()
    {
        if (d)
            d->close();
    }

    explicit ChannelCloser(Detail::ChannelCore::Ptr channel) : d(std::move(channel)) {}

private:
    Detail::ChannelCore::Ptr d;
};

/**
 * A producer's end of a FromThreadChannel. It may outlive the channel: put() then throws.
 *
 * Copies are cheap. All functions may be called in any thread; they throw InvalidUseError if the
 * producer is of no channel.
 */
template <typename T>
class ChannelProducer
{
public:
    /// Of no channel.
    ChannelProducer() = default;

    /// As FromThreadChannel::put().
    void put(T &&item) const { ring().put(std::move(item), ring().defaultTimeout()); }
    void put(const T &item) const { put(T(item)); }
    void put(T &&item, std::chrono::nanoseconds timeout) const
    {
        ring().put(std::move(item), timeout);
    }
    void put(const T &item, std::chrono::nanoseconds timeout) const { put(T(item), timeout); }
    /// As FromThreadChannel::tryPut().
    [[nodiscard]] bool tryPut(T &&item) const { return ring().tryPut(std::move(item)); }
    [[nodiscard]] bool tryPut(const T &item) const { return tryPut(T(item)); }
    /// As FromThreadChannel::putSoon().
    [[nodiscard]] PendingCall<void> putSoon(T &&item) const
    {
        return Detail::putSoon(typename Ring::Ptr(&ring()), std::move(item));
    }
    [[nodiscard]] PendingCall<void> putSoon(const T &item) const { return putSoon(T(item)); }
    /// As FromThreadChannel::close().
    void close() const { ring().close(); }
    [[nodiscard]] ChannelCloser closeOnExit() const
    {
        return ChannelCloser(Detail::ChannelCore::Ptr(&ring()));
    }

    /// Whether put() would throw because the channel is closed or gone, or its thread has ended.
    bool isClosed() const { return ring().isClosed(); }
    qsizetype count() const { return ring().count(); }
    qsizetype maxSize() const { return ring().maxSize(); }

    explicit ChannelProducer(typename Detail::ChannelRing<T, Detail::ChannelState>::Ptr ring)
        : d(std::move(ring))
    {}

private:
    using Ring = Detail::ChannelRing<T, Detail::ChannelState>;

    Ring &ring() const
    {
        if (Q_UNLIKELY(!d))
            throw InvalidUseError(QStringLiteral("This ChannelProducer is of no channel. Get one "
                                                 "with FromThreadChannel::producer()"));
        return *d;
    }

    typename Ring::Ptr d;
};

} // namespace QFerry
