// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/pendingcall.h>
#include <qferry/task/emissionscore.h>

#include <optional>

namespace QFerry {

/**
 * The emissions of a signal from when emissions() was called, in order.
 *
 * It belongs to the thread that made it: all functions, and the destructor, are for that thread,
 * where none is said. Destroying it ends it, as close() does.
 */
template <typename Queue>
class [[nodiscard]] Emissions
{
public:
    using ItemType = typename Queue::Item;

    explicit Emissions(QExplicitlySharedDataPointer<Queue> queue) : d(std::move(queue)) {}
    Emissions(Emissions &&other) noexcept = default;
    Emissions &operator=(Emissions &&other) noexcept
    {
        Emissions old(std::move(*this));
        d = std::move(other.d);
        return *this;
    }
    ~Emissions()
    {
        if (d)
            d->leave();
    }

    /// What the next emission sent: a value, a std::tuple of several, a std::monostate for nothing;
    /// waits for one. An empty optional after close(). Fails once with SenderDestroyedError, after
    /// all that came before, if the sender is destroyed or disconnected from all, and with
    /// InvalidUseError in another thread. Canceling it loses no emission; nor does dropping it
    /// before somebody has seen that.
    [[nodiscard]] PendingCall<std::optional<ItemType>> next()
    {
        using Take = Detail::TakeCall<std::optional<ItemType>, Queue>;
        const Detail::ChannelTake::Ptr take(new Take(d.data()));
        d->next(take);
        return PendingCall<std::optional<ItemType>>(Detail::CallPtr(take.data()));
    }
    /// Disconnects; what waits can still be taken.
    void close() { d->stop(); }

    /// How many wait, at about this time. Any thread.
    qsizetype count() const { return d->count(); }
    /// How many found no room, or made some, so far. Any thread.
    qsizetype dropped() const { return d->dropped(); }

private:
    QExplicitlySharedDataPointer<Queue> d;
};

/**
 * Collects the emissions of a signal, so that none is missed between two waits:
 *
 *     auto values = emissions(slider, &QSlider::valueChanged, { .maxSize = 16 });
 *     while (const auto value = co_await values.next())
 *         co_await send(*value);
 *
 * The sender may live in any thread; emitting never waits. Of what comes faster than it is taken
 * maxSize emissions are kept, the newest, unless the options say otherwise.
 *
 * Throws NoEventLoopError in a thread without event loop; InvalidUseError if there is no sender, if
 * that is not a signal, and if maxSize is less than 1.
 */
template <typename Sender, typename Signal>
auto emissions(Sender *sender, Signal signal, const EmissionsOptions &options = {})
{
    if constexpr (Detail::checkSignal<Sender, Signal>()) {
        using Queue = Detail::EmissionQueue<typename Detail::SignalTraits<Signal>::Values>;
        const QExplicitlySharedDataPointer queue(new Queue(sender, options));
        queue->start(sender, signal);
        return Emissions<Queue>(queue);
    }
}

} // namespace QFerry
