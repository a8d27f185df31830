// SPDX-License-Identifier: MIT
// What moveOnAfter(), failAfter(), withScope() and shielded() are made of: a body that runs in a
// scope. In the thread that calls them; an asynchronous body ends in any.
#pragma once

#include <qferry/call/keptfunction.h>
#include <qferry/call/result.h>
#include <qferry/call/scopestate.h>
#include <qferry/pendingcall.h>

#include <QtCore/qdeadlinetimer.h>

#include <chrono>
#include <mutex>
#include <optional>
#include <type_traits>

namespace QFerry::Detail {

template <typename T>
struct OptionalResult
{
    using Type = std::optional<T>;
};
template <>
struct OptionalResult<void>
{
    using Type = bool;
};

/// What is a QFerry::TimePoint.
template <typename T>
struct IsTimePoint : std::false_type
{};
template <>
struct IsTimePoint<QDeadlineTimer> : std::true_type
{};
template <typename Clock, typename Duration>
struct IsTimePoint<std::chrono::time_point<Clock, Duration>> : std::true_type
{};

/// The scope that a body runs in, its own, and what there is to know of how that is canceled.
struct BodyScope
{
    /// Whether what ends the body without being an error of its own has done so: its deadline, or a
    /// cancel of the scope that was given; and nothing outside of that.
    bool isReached() const { return given ? given->isCanceledItself() : own->isDue(); }
    /// Whether a cancel by who waits for the body is to be hidden from it.
    bool hidesCancel() const { return (given ? given : own)->isShielded() && !own->isCanceled(); }

    ScopeState::Ptr own;
    ScopeState::Ptr given = {}; // by the caller of withScope(): own is nested in it
};

/// A scope, nested in the current one, that is canceled at that time; at once, if it has come.
/// reason: what to say then; if it is empty, the usual.
[[nodiscard]] QFERRY_EXPORT BodyScope scopeWithDeadline(std::chrono::nanoseconds time,
                                                        const QString &reason);
[[nodiscard]] QFERRY_EXPORT BodyScope scopeWithDeadline(QDeadlineTimer deadline,
                                                        const QString &reason);
[[noreturn]] QFERRY_EXPORT void throwDeadlinePassed(const QString &reason);
[[nodiscard]] QFERRY_EXPORT BodyScope scopeIn(ScopeState *given);
/// A scope, nested in the current one, which that one's cancel does not reach.
[[nodiscard]] QFERRY_EXPORT BodyScope shieldedScope();

template <typename F>
decltype(auto) runInScope(const ScopeState::Ptr &scope, F &&body)
{
    ContextFrame frame(ContextFrame::currentData());
    frame.detach()->scope.reset(scope.data());
    return std::invoke(std::forward<F>(body));
}

/// What the body returns.
template <typename F>
struct ScopedReturn
{
    static_assert(
            std::invocable<F>,
            "QFerry: moveOnAfter(), failAfter(), withScope() and shielded() take a function that "
            "does the work, or begins it, not what that returned: "
            "moveOnAfter(5s, [&] { return toThread(f); })");
    using Type = void;
};
template <std::invocable F>
struct ScopedReturn<F>
{
    using Type = std::invoke_result_t<F>;
};
template <typename F>
using ScopedReturned = typename ScopedReturn<F>::Type;

/**
 * What becomes of an asynchronous body, which returned a Raw.
 *
 * When its scope is canceled, so is what the body returned, and this ends as that does. But not if
 * that is a coroutine which waits for something foreign, which no cancel reaches, or something else
 * of that kind: then this ends, and that goes on unheard.
 */
template <typename Raw, typename R, typename OnReached>
class ScopedCall final : public SettableCall<R>, public Continuation
{
    using T = SettledType<Raw>;

public:
    ScopedCall(BodyScope scope, OnReached onReached)
        : m_scope(std::move(scope)), m_onReached(std::move(onReached)), m_end(this)
    {}

    /// Runs the body; throws what it throws.
    template <typename F>
    void begin(F body)
    {
        // In the scope, too: an awaitable may begin only when it is awaited.
        m_source = runInScope(m_scope.own, [&body] {
            return orCanceled(startOperation(std::move(body)).core());
        });
        this->ref.ref(); // until callFinished()
        m_source->observe();
        if (!m_source->isFinished() && !m_end.join(m_scope.own.data()))
            this->cancel(m_scope.own->cancelReason());
        m_source->attach(this);
    }

    void callFinished() override
    {
        const bool isReached = m_source->outcome() == Outcome::Canceled && m_scope.isReached();
        m_scope.own->close();
        if (!isReached && m_source->lender()) {
            if (m_end.claim())
                this->finishAs(*m_source);
            release(this);
            return;
        }
        end([this, isReached]() -> R {
            if (isReached)
                return m_onReached();
            if (m_source->outcome() != Outcome::Value)
                throwOutcome(*m_source);
            if constexpr (!std::is_void_v<T>)
                return resultOf<T, R>(*m_source);
            else if constexpr (!std::is_void_v<R>)
                return true;
        });
        release(this);
    }
    bool mayWait() const override { return true; }
    void deliver() override {}
    void loopFinished() override {}

    void addProgressListener(ProgressListener *listener) override
    {
        m_source->addProgressListener(listener);
    }

    // An R that is another type than T is made of what is lent once somebody looks at that. Then it
    // is this call's own, and stays so.
    void *result() override
    {
        if constexpr (isSameType) {
            if (m_lender)
                return m_lender->result();
        } else if constexpr (!std::is_void_v<T>) {
            if (m_lender)
                std::call_once(m_isConverted, [this] {
                    withResult<T>(*m_source, [this](auto &&value) {
                        this->m_result.store(std::forward<decltype(value)>(value));
                    });
                });
        }
        return SettableCall<R>::result();
    }
    bool isSoleOwner() const override
    {
        return CallCore::isSoleOwner() && (!m_lender || !isSameType || m_source->isSoleOwner());
    }
    CallCore *lender() override { return m_lender && !isSameType ? this : m_lender; }
    void outcomeSeen(bool isSeen) override
    {
        if (m_lender && (isSameType || isSeen))
            m_lender->outcomeSeen(isSeen);
    }

protected:
    CallPtr cancelRequested(const QString &reason) override
    {
        if (m_scope.hidesCancel())
            return {};
        m_scope.own->cancel(reason);
        if constexpr (isForeign<Raw>()) {
            if (!m_scope.own->hasAwaitedMember())
                end([this]() -> R {
                    if (m_scope.isReached())
                        return m_onReached();
                    throw CanceledError();
                });
        }
        return m_source;
    }

    void keepLender(const CallPtr &lender) override { m_lender = lender.data(); }

private:
    static constexpr bool isSameType = std::is_same_v<R, T>;

    template <typename G>
    void end(G &&outcome)
    {
        if (m_end.claim())
            this->settle(std::forward<G>(outcome));
    }

    const BodyScope m_scope;
    const OnReached m_onReached;
    CallPtr m_source;
    CallCore *m_lender = nullptr; // kept by the source
    std::once_flag m_isConverted;
    ScopedEnd m_end;
};

/// Runs body, blocking or asynchronous, in a scope; R is what comes of it.
template <typename R, typename F, typename OnReached>
auto runScoped(BodyScope scope, F &&body, OnReached onReached)
{
    using Raw = std::invoke_result_t<F>;
    using T = SettledType<Raw>;
    if constexpr (Asynchronous<Raw>) {
        auto *call = new ScopedCall<Raw, R, OnReached>(std::move(scope), std::move(onReached));
        PendingCall<R> result{ CallPtr(call) };
        call->begin(std::forward<F>(body));
        return result;
    } else {
        const auto run = [&]() -> R {
            try {
                if constexpr (std::is_void_v<T> == std::is_void_v<R>) {
                    return runInScope(scope.own, std::forward<F>(body));
                } else {
                    runInScope(scope.own, std::forward<F>(body));
                    return true;
                }
            } catch (const CanceledError &) {
                if (!scope.isReached())
                    throw;
            }
            return onReached();
        };
        struct Close
        {
            const ScopeState::Ptr &scope;
            ~Close() { scope->close(); }
        } const close{ scope.own };
        return run();
    }
}

} // namespace QFerry::Detail
