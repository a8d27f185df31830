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

class CancelScope;
class CapacityLimiter;

/// How many items the generator of a stream may be ahead if its options do not say: what was set,
/// else QFERRY_STREAM_MAX_SIZE of the environment at the first time that this is asked for, which
/// is at the first such stream; else 1024. Any thread.
[[nodiscard]] QFERRY_EXPORT qsizetype defaultStreamMaxSize();
/// Sets it for streams that are made from then on; 0 sets no bound. Any thread. Throws
/// InvalidUseError if it is negative.
QFERRY_EXPORT void setDefaultStreamMaxSize(qsizetype maxSize);

/// How a stream is made: threadedIterable(gen, {.maxSize = 64}). What is left out is usual.
struct StreamOptions
{
    /// How many items the generator may be ahead of its consumer; 0 sets no bound. Without one it
    /// is defaultStreamMaxSize(). Must not be negative.
    std::optional<qsizetype> maxSize = std::nullopt;
    /// Whose token the generator borrows while it runs; null for defaultThreadLimiter(). Must live
    /// until the stream has started.
    CapacityLimiter *limiter = nullptr;
    /// What the generator is canceled with, besides its stream; null for the scope that the stream
    /// is made in. Must live until the stream has started.
    CancelScope *scope = nullptr;
    /// The generator's name, as in CallOptions.
    QString name = {};
};

namespace Detail {

/// Throws InvalidUseError if a size is given and negative.
QFERRY_EXPORT void checkMaxSize(std::optional<qsizetype> maxSize);

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
    using Ring = Detail::StreamRing<T>;

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
        using Item = std::optional<T>;
        return Detail::takeNext<Item, Detail::TakeCall<Item, Ring>>(ring().data());
    }

    /// The same for several items, which can be copied: waits for the first, then all that are
    /// there by then, at most so many, but one at least. An empty vector at the end. Fails as
    /// next() does.
    [[nodiscard]] PendingCall<std::vector<T>> nextBatch(
            qsizetype most = std::numeric_limits<qsizetype>::max())
    {
        static_assert(Detail::isCopyable<T>,
                      "QFerry: nextBatch() is for items that can be copied. Use next()");
        return Detail::takeNext<std::vector<T>, Detail::BatchTake<Ring>>(ring().data(),
                                                                         qMax(most, qsizetype(1)));
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
        return Detail::startForEach<Detail::ForEachItem, T>(ring(), nullptr, context,
                                                            std::forward<F>(f));
    }
    template <typename Context, typename F>
    PendingCall<void> forEach(const Context &context, F &&f) &&
    {
        Stream owned(std::move(*this));
        return Detail::startForEach<Detail::ForEachItem, T>(owned.ring(), &owned.d, context,
                                                            std::forward<F>(f));
    }

    /// The same with a std::span<T> of items that are there. Its items may be moved from. (If f
    /// runs an event loop, the next batch comes in it.) From one batch to the next it is
    /// leastInterval at least, and a batch then is all that has come: for a view that each change
    /// makes work. 0 sets none: batches come as the loop turns, small enough not to keep it.
    template <typename Context, typename F>
    PendingCall<void> forEachBatch(const Context &context, F &&f,
                                   std::chrono::milliseconds leastInterval = {}) &
    {
        return Detail::startForEach<Detail::ForEachBatch, T>(ring(), nullptr, context,
                                                             std::forward<F>(f), leastInterval);
    }
    template <typename Context, typename F>
    PendingCall<void> forEachBatch(const Context &context, F &&f,
                                   std::chrono::milliseconds leastInterval = {}) &&
    {
        Stream owned(std::move(*this));
        return Detail::startForEach<Detail::ForEachBatch, T>(owned.ring(), &owned.d, context,
                                                             std::forward<F>(f), leastInterval);
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
        const auto closed = ring();
        closed->abandon(QStringLiteral("its stream was closed"));
        return PendingCall<void>(closed->ending());
    }

    explicit Stream(typename Ring::Ptr items) : d(std::move(items)) {}
    /// For a consumer of another kind, which the items are then for.
    typename Ring::Ptr release()
    {
        typename Ring::Ptr items = ring();
        d.reset();
        return items;
    }

private:
    typename Ring::Ptr ring() const { return d ? d : typename Ring::Ptr(new Detail::NoItems<T>); }

    typename Ring::Ptr d;
};

} // namespace QFerry
