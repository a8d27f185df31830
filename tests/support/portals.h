// SPDX-License-Identifier: MIT
#pragma once

#include "outside.h"

#include <QtCore/qpromise.h>

namespace Testing {

/// Whether the future finishes while this thread's loop turns.
template <typename T>
[[nodiscard]] bool finishes(const QFuture<T> &future)
{
    return spinUntil([&future] { return future.isFinished(); });
}

/// What the future finishes with, while this thread's loop turns: its value, or its error thrown.
template <typename T>
T outcomeOf(QFuture<T> future)
{
    if (!finishes(future))
        throw std::runtime_error("the watchdog ended a wait for a future");
    future.waitForFinished(); // throws
    if (future.isCanceled())
        throw QFerry::CanceledError();
    if constexpr (!std::is_void_v<T>)
        return future.takeResult();
}

/// Whether the future ends canceled, which is no error.
template <typename T>
[[nodiscard]] bool isCanceledInTime(const QFuture<T> &future)
{
    return throws<QFerry::CanceledError>([&future] { outcomeOf(future); });
}

/// An operation that ends only when a test says so; looks like a reply that does not come.
template <typename T>
class Operation
{
public:
    Operation() { m_promise->start(); }

    QFuture<T> future() const { return m_promise->future(); }
    auto function() const
    {
        return [started = m_started, promise = m_promise] {
            started->open();
            return promise->future();
        };
    }
    [[nodiscard]] bool hasStarted() const { return m_started->tryPass(); }
    /// The same in the loop's own thread, which turns meanwhile.
    [[nodiscard]] bool startsWhileTheLoopTurns() const
    {
        return spinUntil([this] { return m_started->tryPass(1, std::chrono::milliseconds(0)); });
    }
    [[nodiscard]] bool isCanceledInTime() const
    {
        return spinUntil([this] { return m_promise->isCanceled(); });
    }
    template <typename... Value>
    void finish(Value &&...value) const
    {
        if constexpr (!std::is_void_v<T>)
            m_promise->addResult(std::forward<Value>(value)...);
        m_promise->finish();
    }

private:
    const std::shared_ptr<QPromise<T>> m_promise = std::make_shared<QPromise<T>>();
    const std::shared_ptr<Gate> m_started = std::make_shared<Gate>();
};

/// Whether the process soon has no more threads. (One that was joined takes a moment to vanish.)
[[nodiscard]] inline bool threadsVanishDownTo(int count)
{
    return spinUntil([count] { return processThreadCount() <= count; });
}

/// From then on, threads come and go with portals (and calls) alone: those that the library starts
/// once, at the first future in a loop's thread, are there.
inline void startLastingThreads()
{
    outcomeOf(QFerry::startBlockingPortal().startTaskSoon([] {}));
}

/// Names the thread that this is called in.
inline QThread *here()
{
    return QThread::currentThread();
}

inline QFuture<int> failedFuture(const char *what)
{
    QPromise<int> promise;
    promise.start();
    promise.setException(std::make_exception_ptr(std::domain_error(what)));
    promise.finish();
    return promise.future();
}

} // namespace Testing
