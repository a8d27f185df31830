// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/task/amapcall.h>

namespace QFerry {

/// How amap() and AMap work.
struct AMapOptions
{
    /// How many items are under way at a time; 0 sets no bound. Must not be negative.
    int limit = 16;
    /// Whether results come in the order of the items; else as they are ready.
    bool ordered = true;
};

/**
 * Applies a function to items, several at a time:
 *
 *     const auto pages = co_await amap(urls, &fetch, { .limit = 8 });
 *
 * The function takes an item, and is asynchronous (a coroutine, or what returns a PendingCall or
 * QFuture), and called in this thread; or it blocks, and a copy of it runs in a worker. The items
 * are a range, copied or moved, or what has a next() as a Stream, of which an lvalue must live
 * until the call has ended; of that no more are read than there is room for.
 *
 * The call ends with all results, in a QList (a std::vector, if they cannot be copied; void for
 * void). The first error has the others canceled, and is the call's when they have ended; one that
 * is canceled has the others, and the call, canceled. Canceling the call, or its scope, does the
 * same. To be called in a thread with an event loop: else the call fails with NoEventLoopError;
 * with InvalidUseError if the limit is negative.
 */
template <Detail::MapItems S, Detail::MapFunction<S> F>
auto amap(S &&items, F &&fn, AMapOptions options = {})
{
    using R = Detail::MappedValue<S, F>;
    return toPendingCall(Detail::mapAll<S, R, std::decay_t<F>>(
            options.limit, options.ordered, std::forward<S>(items), std::forward<F>(fn)));
}

/**
 * The same as a sequence of results, which come one after the other:
 *
 *     QFerry::AMap pages(urls, &fetch, { .limit = 8, .ordered = false });
 *     while (const auto page = co_await pages.next())
 *         show(*page);
 *
 * What is under way, and what is ready and has not been taken, together do not exceed the limit.
 * Destroying it cancels what is left, and does not wait for that, as close() does: without one the
 * function must not refer to what goes before.
 */
template <typename R>
class AMap
{
public:
    using ItemType = Detail::Gathered<R>; // std::monostate for void

    template <Detail::MapItems S, Detail::MapFunction<S> F>
    explicit AMap(S &&items, F &&fn, AMapOptions options = {}) : AMap(options.ordered)
    {
        m_work = Detail::mapInto<S, R, std::decay_t<F>>(d, options.limit, std::forward<S>(items),
                                                        std::forward<F>(fn))
                         .start();
        d->closeWith(m_work.core());
    }
    ~AMap() { abandon(QStringLiteral("the AMap that it was in was destroyed")); }
    Q_DISABLE_COPY_MOVE(AMap)

    /// The next result; empty at the end. After the results that came before it, the first error of
    /// the function or of the items; canceled, if the function was for one. Canceling this call, or
    /// dropping it before somebody has looked at the result, loses nothing.
    [[nodiscard]] PendingCall<std::optional<ItemType>> next()
    {
        using Take =
                Detail::EndedResultTake<Detail::MappedResult<R>, ItemType, &Detail::takeMapped<R>>;
        return Detail::takeFrom<Take>(d);
    }

    /// Cancels what is left, a next() that waits included, and drops what nobody has taken: from
    /// now on next() gives the end. The returned call finishes once all has ended. Any number of
    /// times.
    PendingCall<void> close()
    {
        abandon(QStringLiteral("the AMap that it was in was closed"));
        return PendingCall<void>(Detail::endOf(m_work.core()));
    }

private:
    void abandon(const QString &reason)
    {
        m_work.cancel(reason);
        d->abandon(reason);
    }
    explicit AMap(bool isOrdered)
        : d(new Detail::CallQueue(isOrdered ? Detail::CallQueue::Order::OfBeginnings
                                            : Detail::CallQueue::Order::OfEnds))
    {}

    const Detail::CallQueue::Ptr d;
    PendingCall<void> m_work;
};

template <typename S, typename F>
AMap(S &&, F &&, AMapOptions = {}) -> AMap<Detail::MappedValue<S, F>>;

} // namespace QFerry
