// SPDX-License-Identifier: MIT
// Calls that something else finishes: a QFuture, an awaitable. In a thread with a loop; cancels
// come from any.
#pragma once

#include <qferry/base/callable.h>
#include <qferry/base/resultbox.h>
#include <qferry/call/callcore.h>
#include <qferry/call/scopestate.h>
#include <qferry/context.h>
#include <qferry/loop/inboxitem.h>

#include <QtCore/qfuturewatcher.h>
#include <QtCore/qthread.h>

namespace QFerry {

namespace Detail {

/// A call that something else finishes.
template <typename T>
class SettableCall : public CallCore
{
public:
    void *result() override { return m_result.address(); }

    /// Finishes with what f returns or throws.
    template <typename F>
    void settle(F &&f)
    {
        try {
            m_result.storeResultOf(std::forward<F>(f));
        } catch (const CanceledError &) {
            finish(Outcome::Canceled);
            return;
        } catch (const QUnhandledException &unhandled) { // QtConcurrent's wrapping
            finish(Outcome::Error,
                   unhandled.exception() ? unhandled.exception() : std::current_exception());
            return;
        } catch (...) {
            finish(Outcome::Error, std::current_exception());
            return;
        }
        finish(Outcome::Value);
    }

protected:
    ResultBox<T> m_result;
};

/// Something begins in the running thread's loop that is to be told if that ends first. Throws
/// NoEventLoopError if there is none.
QFERRY_EXPORT void addToLoop(LoopEndListener *listener);
/// False if it has been told.
QFERRY_EXPORT bool removeFromLoop(LoopEndListener *listener);
[[noreturn]] QFERRY_EXPORT void throwNoResult();

/// Follows a QFuture, from a thread with an event loop; to the end of that at most. Once it is
/// canceled, by its scope, too, it ends, as the QFuture need not.
template <typename T>
class FollowedFuture final : public SettableCall<T>, public LoopEndListener
{
public:
    explicit FollowedFuture(const QFuture<T> &future) : m_future(future), m_end(this) {}

    /// To be called once.
    void begin()
    {
        if (m_future.isFinished()) {
            end([this] { return takeResult(); });
            return;
        }
        auto watcher = std::make_unique<QFutureWatcher<T>>();
        addToLoop(this);
        this->ref.ref(); // until the watcher has gone
        m_watcher = watcher.release();
        QObject::connect(m_watcher, &QFutureWatcherBase::finished, m_watcher,
                         [this] { stopWatching(); });
        QObject::connect(m_watcher, &QFutureWatcherBase::canceled, m_watcher, [this] {
            if (m_end.isClaimed())
                stopWatching();
        });
        m_watcher->setFuture(m_future);
        if (!joinCurrentScope(m_end))
            this->cancel({});
    }

    void loopHasEnded() override
    {
        delete m_watcher;
        m_future.cancel();
        end([]() -> T { throw CanceledError(); });
        release(this);
    }
    bool isAwaitedByThread() const override { return false; }
    void keepListener() override { this->ref.ref(); }
    void releaseListener() override { release(this); }

protected:
    CallPtr cancelRequested(const QString &) override
    {
        m_future.cancel();
        end([]() -> T { throw CanceledError(); });
        return {};
    }

private:
    /// In the loop's thread.
    void stopWatching()
    {
        m_watcher->deleteLater();
        m_watcher->disconnect();
        if (!removeFromLoop(this))
            return;
        end([this] { return takeResult(); });
        release(this);
    }
    template <typename F>
    void end(F &&f)
    {
        if (m_end.claim())
            this->settle(std::forward<F>(f));
    }

    T takeResult()
    {
        m_future.waitForFinished(); // throws, if it failed
        if (m_future.isCanceled())
            throw CanceledError();
        if constexpr (!std::is_void_v<T>) {
            if (m_future.resultCount() == 0)
                throwNoResult();
            if constexpr (isCopyable<T>)
                return m_future.result();
            else
                return m_future.takeResult();
        }
    }

    QFuture<T> m_future;
    QFutureWatcher<T> *m_watcher = nullptr; // of the loop's thread
    ScopedEnd m_end;
};

/// A coroutine that nobody awaits.
struct DetachedCoroutine
{
    struct promise_type
    {
        DetachedCoroutine get_return_object() { return {}; }
        std::suspend_never initial_suspend() { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); } // followAwaitable() throws nothing
    };
};

/// What begins by itself: its function's captures may go when that has returned.
template <typename Raw>
constexpr bool isHandle()
{
    using T = std::remove_cvref_t<Raw>;
    using V = SettledType<T>;
    return std::derived_from<T, PendingCall<V>> || std::same_as<T, QFuture<V>>;
}

/// A coroutine that this library runs: a cancel reaches it, and it ends then.
template <typename A>
constexpr bool isTask = false;

/// Something foreign that is awaited: a cancel does not reach it.
template <typename Raw>
constexpr bool isForeign()
{
    return !isHandle<Raw>() && !isTask<std::remove_cvref_t<Raw>>;
}

/// Call: what settles it.
template <typename A, typename Call>
DetachedCoroutine followAwaitable(A awaitable, QExplicitlySharedDataPointer<Call> call)
{
    using T = SettledType<A>;
    std::exception_ptr error;
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(awaitable);
            call->settle([] {});
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

} // namespace Detail

/**
 * Makes a PendingCall of whatever is asynchronous, so that it can be given handlers that run in
 * order, are dropped with their context, and cancel what they wait for:
 *
 *     QFerry::toPendingCall(manager.get(url)) // a QFuture
 *             .then(this, &Window::show);
 *
 * To be called in a thread with an event loop, through which the call finishes. If that loop ends
 * first, the call ends canceled, and a QFuture is canceled.
 *
 * Of a QFuture, the call has the first result, or the error. Canceling the call, or the current
 * scope, cancels the QFuture and ends the call at once. If the QFuture has not finished and the
 * thread has no event loop, NoEventLoopError is thrown.
 *
 * An awaitable is awaited here and now, and lives until its result is there: this is how a
 * coroutine's task, be it lazy or not, is started where nobody can co_await it. What cannot be
 * awaited without an event loop says so in the call's error. It cannot be canceled from outside:
 * cancel what it waits for, or run it in a CancelScope.
 */
template <typename T>
PendingCall<T> toPendingCall(const QFuture<T> &future)
{
    const QExplicitlySharedDataPointer call(new Detail::FollowedFuture<T>(future));
    call->begin();
    return PendingCall<T>(Detail::CallPtr(call.data()));
}
template <Detail::Awaitable A>
auto toPendingCall(A awaitable)
{
    using T = Detail::SettledType<A>;
    QExplicitlySharedDataPointer<Detail::SettableCall<T>> call(new Detail::SettableCall<T>);
    Detail::followAwaitable(std::move(awaitable), call);
    return PendingCall<T>(Detail::CallPtr(call.data()));
}
/// A call is one already.
template <typename T>
PendingCall<T> toPendingCall(PendingCall<T> call)
{
    return call;
}

} // namespace QFerry
