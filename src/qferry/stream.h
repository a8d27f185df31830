// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/awaitable.h>
#include <qferry/pendingcall.h>
#include <qferry/stream/foreachcall.h>

#include <chrono>
#include <limits>
#include <optional>
#include <vector>

namespace QFerry {

namespace Detail {

/// What lets the compiler go on where somebody loops over a Stream.
template <typename T>
struct NoIterator
{
    bool operator!=(const NoIterator &) const;
    NoIterator &operator++();
    T &operator*() const;
};

} // namespace Detail

/**
 * The items that a blocking generator makes in a worker, for an event loop: see threadedIterable().
 *
 * Nothing starts before the first item is asked for, by next(), forEach() or forEachBatch(). From
 * then on the generator is at most maxSize items ahead, and waits. It ends with its consumer: when
 * the stream is closed or destroyed, when a loop over it is canceled, stops or fails, when the
 * context of that loop dies or the event loop ends, what the generator yields throws, and
 * checkCanceled() in it, so that it unwinds.
 *
 * A stream delivers to the thread where it was first used; its functions are to be called there.
 */
template <typename T>
class [[nodiscard]] Stream
{
    using Ring = Detail::ChannelRing<T, Detail::StreamCore>;

public:
    using ItemType = T;

    /// A stream without items.
    Stream() = default;
    Stream(Stream &&other) noexcept = default;
    /// Closes the stream that this was.
    Stream &operator=(Stream &&other) noexcept
    {
        Stream old(std::move(*this));
        d = std::move(other.d);
        return *this;
    }
    /// Closes the stream; does not wait for the generator.
    ~Stream()
    {
        if (d)
            d->abandon(QStringLiteral("its stream was destroyed"));
    }

    bool isValid() const { return bool(d); }

    /// The next item; an empty optional at the end. Fails once with the generator's error, after
    /// all items that came before it; then it is the end. Canceled, once, if the generator was.
    /// Fails with InvalidUseError in another thread and while forEach() is under way, and with
    /// NoEventLoopError. Canceling it loses no item, nor that error; nor does dropping it, or what
    /// was attached to it, before somebody has seen them.
    [[nodiscard]] PendingCall<std::optional<T>> next()
    {
        return take<std::optional<T>, Detail::TakeCall<std::optional<T>, Ring>>();
    }

    /// The same for several items, which can be copied: waits for the first, then all that are
    /// there by then, at most so many, but one at least. An empty vector at the end. Fails as
    /// next() does.
    [[nodiscard]] PendingCall<std::vector<T>> nextBatch(
            qsizetype most = std::numeric_limits<qsizetype>::max())
    {
        static_assert(Detail::isCopyable<T>,
                      "QFerry: nextBatch() is for items that can be copied. Use next()");
        return take<std::vector<T>, Detail::BatchTake<Ring>>(qMax(most, qsizetype(1)));
    }

    /// Runs f(item) for every item, in context's thread, in order and in slices of 1 ms. The
    /// returned call finishes once the generator has ended: with its error, if it failed. If f
    /// returns false, the call finishes early; if f throws, it fails with that error; if it is
    /// canceled, or context dies, it ends canceled. Then the stream is closed. Called on a
    /// temporary (std::move(stream).forEach()), the call owns the stream. Fails with
    /// InvalidUseError if somebody else takes the items, if context is null or in another thread
    /// than the stream is used in or moves to another one meanwhile, or if f is empty. f may
    /// be a member function of context, as of PendingCall's handlers. Its onProgress() hears what
    /// the generator reports.
    template <typename Context, typename F>
    PendingCall<void> forEach(const Context &context, F &&f) &
    {
        return loop<Detail::ForEachItem>(*this, context, std::forward<F>(f), false);
    }
    template <typename Context, typename F>
    PendingCall<void> forEach(const Context &context, F &&f) &&
    {
        return loop<Detail::ForEachItem>(Stream(std::move(*this)), context, std::forward<F>(f),
                                         true);
    }

    /// The same with a std::span<T> of items that are there. Its items may be moved from. (If f
    /// runs an event loop, the next batch comes in it.) From one batch to the next it is
    /// leastInterval at least, and a batch then is all that has come: for a view that each change
    /// makes work. 0 sets none: batches come as the loop turns, small enough not to keep it.
    template <typename Context, typename F>
    PendingCall<void> forEachBatch(const Context &context, F &&f,
                                   std::chrono::milliseconds leastInterval = {}) &
    {
        return loop<Detail::ForEachBatch>(*this, context, std::forward<F>(f), false, leastInterval);
    }
    template <typename Context, typename F>
    PendingCall<void> forEachBatch(const Context &context, F &&f,
                                   std::chrono::milliseconds leastInterval = {}) &&
    {
        return loop<Detail::ForEachBatch>(Stream(std::move(*this)), context, std::forward<F>(f),
                                          true, leastInterval);
    }

    /// \name Without a context: the compiler says that there must be one
    /// @{
    template <typename F>
    auto forEach(F &&)
    {
        return Detail::needsContext<F>(PendingCall<void>());
    }
    template <typename F>
    auto forEachBatch(F &&)
    {
        return Detail::needsContext<F>(PendingCall<void>());
    }
    /// @}

    /// \name A loop over a stream: the compiler says how it is done
    /// @{
    template <typename U = T>
    Detail::NoIterator<T> begin()
    {
        static_assert(Detail::never<U>,
                      "QFerry: a Stream's items come later: stream.forEach(this, f), or, in a "
                      "coroutine, while (auto item = co_await stream.next())");
        return {};
    }
    template <typename U = T>
    Detail::NoIterator<T> end()
    {
        return {};
    }
    /// @}

    /// Closes the stream: items that are left are dropped, and the generator ends. The returned
    /// call finishes once that is gone. Any number of times.
    PendingCall<void> close()
    {
        const auto ring = d ? d : typename Ring::Ptr(new NoItems);
        ring->abandon(QStringLiteral("its stream was closed"));
        return PendingCall<void>(ring->ending());
    }

    explicit Stream(typename Ring::Ptr ring) : d(std::move(ring)) {}

private:
    /// What stands for no stream.
    class NoItems final : public Ring
    {
    public:
        NoItems() : Ring(1) { this->abandon({}); }

    protected:
        Detail::CallPtr startGenerator() override { return Detail::canceledCall(); }
        void dropGenerator() noexcept override {}
        void discardItems() override {}
    };

    template <typename R, typename Take, typename... Args>
    PendingCall<R> take(Args... args)
    {
        const auto ring = d ? d : typename Ring::Ptr(new NoItems);
        const Detail::ChannelTake::Ptr take(new Take(ring.data(), args...));
        ring->next(take);
        return PendingCall<R>(Detail::CallPtr(take.data()));
    }

    template <template <typename, typename> class Loop, typename S, typename Context, typename F,
              typename... Pace>
    static PendingCall<void> loop(S &&stream, const Context &context, F &&f, bool owning,
                                  Pace... pace)
    {
        using Function = Detail::HandlerFunctionType<Context, F>;
        constexpr bool isForEachItem =
                std::is_same_v<Loop<T, Function>, Detail::ForEachItem<T, Function>>;
        decltype(auto) function =
                Detail::handlerFunction<std::conditional_t<isForEachItem, T &&, std::span<T>>>(
                        context, std::forward<F>(f));
        if constexpr (isForEachItem)
            static_assert(Detail::isItemHandler<Function, T &&>(),
                          "QFerry: forEach() takes a function of the stream's item that returns "
                          "nothing, or false to stop. "
                          "To wait for something between two items, use co_await stream.next()");
        else
            static_assert(Detail::isItemHandler<Function, std::span<T>>(),
                          "QFerry: forEachBatch() takes a function of a std::span of the stream's "
                          "items that returns "
                          "nothing, or false to stop");
        const auto ring = stream.d ? stream.d : typename Ring::Ptr(new NoItems);
        auto *call = new Loop<T, Function>(ring.data(), std::forward<decltype(function)>(function),
                                           pace...);
        PendingCall<void> result{ Detail::CallPtr(call) };
        if (owning)
            stream.d.reset();
        call->start(context, owning);
        return result;
    }

    typename Ring::Ptr d;
};

} // namespace QFerry
