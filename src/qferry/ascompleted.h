// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/task/callqueue.h>
#include <qferry/task/gathercall.h>

namespace QFerry {

/**
 * Several calls, for who wants each as soon as it has ended:
 *
 *     QFerry::AsCompleted downloads(calls);
 *     while (const auto download = co_await downloads.next())
 *         show(co_await *download);
 *
 * Takes a range of PendingCalls, QFutures, Tasks and other awaitables. Destroying it cancels those
 * that have not been taken, and does not wait for them. Any thread; for what are no PendingCalls,
 * the constructor needs an event loop (NoEventLoopError).
 */
template <typename T>
class AsCompleted
{
public:
    template <Detail::AsynchronousRange R>
    explicit AsCompleted(R &&range) : AsCompleted()
    {
        for (const Detail::CallPtr &call : Detail::callsOf(std::forward<R>(range)))
            d->add(call);
        d->close();
    }
    ~AsCompleted() { d->abandon(QStringLiteral("the AsCompleted that it was in was destroyed")); }
    Q_DISABLE_COPY_MOVE(AsCompleted)

    /// Waits for the next call that ends, however it does, and gives it as one that has ended;
    /// empty if all have been given. Canceling this call, or its scope, or dropping what it got
    /// before somebody has looked, loses nothing.
    [[nodiscard]] PendingCall<std::optional<PendingCall<T>>> next()
    {
        return Detail::takeFrom<Detail::EndedCallTake<T>>(d);
    }

private:
    AsCompleted() : d(new Detail::CallQueue) {}

    const Detail::CallQueue::Ptr d;
};

template <typename R>
AsCompleted(R &&) -> AsCompleted<Detail::SettledType<std::ranges::range_value_t<R>>>;

} // namespace QFerry
