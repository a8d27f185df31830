// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/callable.h>
#include <qferry/callcore.h>
#include <qferry/context.h>
#include <qferry/resultbox.h>

#include <QtCore/qfuturewatcher.h>
#include <QtCore/qthread.h>

namespace QFerry::Detail {

/// A call that something else finishes.
template<typename T>
class SettableCall : public CallCore
{
public:
    void *result() final { return m_result.address(); }

    /// Finishes with what f returns or throws.
    template<typename F>
    void settle(F &&f)
    {
        try {
            m_result.storeResultOf(std::forward<F>(f));
        } catch (const CanceledError &) {
            finish(Outcome::Canceled);
            return;
        } catch (const QUnhandledException &unhandled) { // QtConcurrent's wrapping
            finish(Outcome::Error, unhandled.exception() ? unhandled.exception() : std::current_exception());
            return;
        } catch (...) {
            finish(Outcome::Error, std::current_exception());
            return;
        }
        finish(Outcome::Value);
    }

private:
    ResultBox<T> m_result;
};

QFERRY_EXPORT void requireEventLoop();
[[noreturn]] QFERRY_EXPORT void throwNoResult();

/// Follows a QFuture, from a thread with an event loop.
template<typename T>
class FollowedFuture final : public SettableCall<T>
{
public:
    explicit FollowedFuture(const QFuture<T> &future) : m_future(future)
    {
        requireEventLoop();
        auto *watcher = new QFutureWatcher<T>;
        this->ref.ref(); // until finished
        QObject::connect(watcher, &QFutureWatcherBase::finished, watcher, [this, watcher] {
            end(watcher, [this] { return takeResult(); });
        });
        // A thread that has ended would never hear of it.
        const auto threadFinished = [this, watcher] { end(watcher, []() -> T { throw CanceledError(); }); };
        QObject::connect(QThread::currentThread(), &QThread::finished, watcher, threadFinished, Qt::DirectConnection);
        watcher->setFuture(future);
    }

protected:
    CallPtr cancelRequested() override
    {
        m_future.cancel();
        return {};
    }

private:
    template<typename F>
    void end(QObject *watcher, F &&takeOutcome)
    {
        QObject::disconnect(QThread::currentThread(), nullptr, watcher, nullptr);
        watcher->deleteLater();
        this->settle(std::forward<F>(takeOutcome));
        if (!this->ref.deref())
            delete this;
    }

    T takeResult()
    {
        m_future.waitForFinished(); // throws, if it failed
        if (m_future.isCanceled())
            throw CanceledError();
        if constexpr (!std::is_void_v<T>) {
            if (m_future.resultCount() == 0)
                throwNoResult();
            if constexpr (std::is_copy_constructible_v<T>)
                return m_future.result();
            else
                return m_future.takeResult();
        }
    }

    QFuture<T> m_future;
};

/// A coroutine that nobody awaits.
struct DetachedCoroutine
{
    struct promise_type
    {
        DetachedCoroutine get_return_object() { return {}; }
        std::suspend_never initial_suspend() { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() { }
        void unhandled_exception() { std::terminate(); } // followAwaitable() throws nothing
    };
};

template<typename A, typename T>
DetachedCoroutine followAwaitable(A awaitable, QExplicitlySharedDataPointer<SettableCall<T>> call)
{
    std::exception_ptr error;
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(awaitable);
            call->settle([] { });
        } else {
            T value = co_await std::move(awaitable);
            call->settle([&value]() -> T { return std::move(value); });
        }
        co_return;
    } catch (...) {
        error = std::current_exception();
    }
    call->settle([&error]() -> T { std::rethrow_exception(error); });
}

// Whatever is asynchronous, as a PendingCall.

template<typename T>
PendingCall<T> toPendingCall(PendingCall<T> call)
{
    return call;
}

template<typename T>
PendingCall<T> toPendingCall(const QFuture<T> &future)
{
    return PendingCall<T>(CallPtr(new FollowedFuture<T>(future)));
}

template<Awaitable A>
auto toPendingCall(A awaitable)
{
    using T = SettledType<A>;
    QExplicitlySharedDataPointer<SettableCall<T>> call(new SettableCall<T>);
    followAwaitable(std::move(awaitable), call);
    return PendingCall<T>(CallPtr(call.data()));
}

} // namespace QFerry::Detail
