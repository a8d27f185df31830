// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/awaitable.h>
#include <qferry/pendingcall.h>
#include <qferry/scopestate.h>

#include <chrono>
#include <optional>

namespace QFerry {

namespace Detail {

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

/// A scope that is canceled after the given time. Throws InvalidUseError if that is not positive.
[[nodiscard]] QFERRY_EXPORT ScopeState::Ptr scopeWithDeadline(std::chrono::nanoseconds time);
/// Whether what was canceled in the scope was so because of its deadline, not of something outside
/// of it.
[[nodiscard]] QFERRY_EXPORT bool wasDeadline(const ScopeState &scope);
[[noreturn]] QFERRY_EXPORT void throwDeadlinePassed();

template <typename F>
decltype(auto) runInScope(const ScopeState::Ptr &scope, F &&body)
{
    ContextFrame frame(ContextFrame::currentData());
    frame.detach()->scope.reset(scope.data());
    return std::invoke(std::forward<F>(body));
}

/// What becomes of a call made in a scope with a deadline.
template <typename T, typename R, typename OnDeadline>
class ScopedCall final : public SettableCall<R>, public Continuation
{
public:
    ScopedCall(ScopeState::Ptr scope, CallPtr source, OnDeadline onDeadline)
        : m_scope(std::move(scope))
        , m_source(std::move(source))
        , m_onDeadline(std::move(onDeadline))
    {}

    void begin()
    {
        this->ref.ref(); // until callFinished()
        m_source->observe();
        m_source->attach(this);
    }

    void callFinished() override
    {
        const bool isDue = m_source->outcome() == Outcome::Canceled && wasDeadline(*m_scope);
        m_scope->setDeadline(ScopeState::Clock::time_point::max());
        this->settle([this, isDue]() -> R {
            if (isDue)
                return m_onDeadline();
            if (m_source->outcome() != Outcome::Value)
                throwOutcome(*m_source);
            if constexpr (!std::is_void_v<T>)
                return withResult<T>(*m_source, [](auto &&value) -> R {
                    return std::forward<decltype(value)>(value);
                });
            else if constexpr (!std::is_void_v<R>)
                return true;
        });
        if (!this->ref.deref())
            delete this;
    }
    void deliver() override {}
    void loopFinished() override {}

protected:
    CallPtr cancelRequested(const QString &) override { return m_source; }

private:
    const ScopeState::Ptr m_scope;
    const CallPtr m_source;
    OnDeadline m_onDeadline;
};

/// Runs body, blocking or asynchronous, under a deadline; R is what comes of it.
template <typename R, typename F, typename OnDeadline>
auto runUnderDeadline(std::chrono::nanoseconds time, F &&body, OnDeadline onDeadline)
{
    using Raw = std::invoke_result_t<F>;
    using T = SettledType<Raw>;
    const ScopeState::Ptr scope = scopeWithDeadline(time);
    if constexpr (Asynchronous<Raw>) {
        CallPtr source = toPendingCall(runInScope(scope, std::forward<F>(body))).core();
        auto *call = new ScopedCall<T, R, OnDeadline>(scope, source ? source : canceledCall(),
                                                      onDeadline);
        PendingCall<R> result{ CallPtr(call) };
        call->begin();
        return result;
    } else {
        const auto run = [&]() -> R {
            try {
                if constexpr (!std::is_void_v<T>) {
                    return runInScope(scope, std::forward<F>(body));
                } else {
                    runInScope(scope, std::forward<F>(body));
                    if constexpr (!std::is_void_v<R>)
                        return true;
                }
            } catch (const CanceledError &) {
                if (!wasDeadline(*scope))
                    throw;
            }
            return onDeadline();
        };
        struct Clear
        {
            const ScopeState::Ptr &scope;
            ~Clear() { scope->setDeadline(ScopeState::Clock::time_point::max()); }
        } const clear{ scope };
        return run();
    }
}

} // namespace Detail

/**
 * Runs body in a scope that is canceled after the given time, and goes on then: returns the body's
 * result in a std::optional, empty if the deadline ended it (for a void body: whether it came to
 * its end).
 *
 * body runs right here. In a worker, checkCanceled() and the waits in it end it; in a loop thread,
 * let it return a PendingCall, QFuture or awaitable: the result then is a PendingCall of the
 * optional. Throws InvalidUseError if the time is not positive.
 */
template <typename F>
auto moveOnAfter(std::chrono::nanoseconds time, F &&body)
{
    using R = typename Detail::OptionalResult<Detail::SettledType<std::invoke_result_t<F>>>::Type;
    return Detail::runUnderDeadline<R>(time, std::forward<F>(body), [] { return R(); });
}

/// The same, but a deadline that ended the body is an error: TimeoutError. Returns the body's
/// result.
template <typename F>
auto failAfter(std::chrono::nanoseconds time, F &&body)
{
    using R = Detail::SettledType<std::invoke_result_t<F>>;
    return Detail::runUnderDeadline<R>(time, std::forward<F>(body),
                                       []() -> R { Detail::throwDeadlinePassed(); });
}

} // namespace QFerry
