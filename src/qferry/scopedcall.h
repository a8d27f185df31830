// SPDX-License-Identifier: MIT
// What moveOnAfter() and failAfter() are made of: a body that runs in a scope with a deadline.
#pragma once

#include <qferry/awaitable.h>
#include <qferry/pendingcall.h>
#include <qferry/scopestate.h>

#include <mutex>
#include <optional>

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

/// An asynchronous body, and what becomes of the T that comes of it. The body lives until that is
/// there: a coroutine goes on using what its lambda captured.
template <typename T, typename R, typename F, typename OnDeadline>
class ScopedCall final : public SettableCall<R>, public Continuation
{
public:
    template <typename G>
    ScopedCall(ScopeState::Ptr scope, G &&body, OnDeadline onDeadline)
        : m_scope(std::move(scope)), m_body(std::forward<G>(body)), m_onDeadline(onDeadline)
    {}

    /// Runs the body; throws what it throws.
    void begin()
    {
        // In the scope, too: an awaitable may begin only when it is awaited.
        m_source = runInScope(
                m_scope, [this] { return toPendingCall(std::invoke(std::move(*m_body))).core(); });
        if (!m_source)
            m_source = canceledCall();
        this->ref.ref(); // until callFinished()
        m_source->observe();
        m_source->attach(this);
    }

    void callFinished() override
    {
        const bool isDue = m_source->outcome() == Outcome::Canceled && wasDeadline(*m_scope);
        m_scope->setDeadline(ScopeState::Clock::time_point::max());
        m_body.reset();
        if (!isDue && m_source->lender()) {
            this->finishAs(*m_source);
            release();
            return;
        }
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
        release();
    }
    void deliver() override {}
    void loopFinished() override {}

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
    CallPtr cancelRequested(const QString &) override { return m_source; }
    void keepLender(const CallPtr &lender) override { m_lender = lender.data(); }

private:
    static constexpr bool isSameType = std::is_same_v<R, T>;

    void release()
    {
        if (!this->ref.deref())
            delete this;
    }

    const ScopeState::Ptr m_scope;
    FunctionBox<F> m_body;
    const OnDeadline m_onDeadline;
    CallPtr m_source;
    CallCore *m_lender = nullptr; // kept by the source
    std::once_flag m_isConverted;
};

/// Runs body, blocking or asynchronous, under a deadline; R is what comes of it.
template <typename R, typename F, typename OnDeadline>
auto runUnderDeadline(std::chrono::nanoseconds time, F &&body, OnDeadline onDeadline)
{
    using Raw = std::invoke_result_t<F>;
    using T = SettledType<Raw>;
    const ScopeState::Ptr scope = scopeWithDeadline(time);
    if constexpr (Asynchronous<Raw>) {
        auto *call = new ScopedCall<T, R, std::decay_t<F>, OnDeadline>(scope, std::forward<F>(body),
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

} // namespace QFerry::Detail
