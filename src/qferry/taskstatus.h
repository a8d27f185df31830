// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/fromthread.h>
#include <qferry/task/startedcall.h>

namespace QFerry {

/**
 * By which a task of BlockingPortal::startTask(), or of TaskGroup::start(), says that it has
 * started, for instance that its server listens, and on what port. A task takes it by reference; it
 * lives until the task has ended.
 */
template <typename V>
class TaskStatus
{
public:
    TaskStatus() : d(new Detail::StartedCall<V>) {}
    Q_DISABLE_COPY_MOVE(TaskStatus)

    /// Lets startTask() return, or start() end, with that value. Any thread. Does nothing if the
    /// task has been canceled; throws InvalidUseError the second time.
    template <typename U = V>
    requires std::convertible_to<U, V>
    void started(U &&value) { d->start(std::forward<U>(value)); }
    /// The same without a value, for a TaskStatus<void>.
    void started() requires std::is_void_v<V> { d->start(); }

    Detail::StartedCall<V> *call() const { return d.data(); }

private:
    const QExplicitlySharedDataPointer<Detail::StartedCall<V>> d;
};

/// What BlockingPortal::startTask() returns: what comes of the task, and what it gave to started().
template <typename R, typename V>
struct StartedTask
{
    QFuture<R> future;
    V value;
};
template <typename R>
struct StartedTask<R, void>
{
    QFuture<R> future;
};

} // namespace QFerry
