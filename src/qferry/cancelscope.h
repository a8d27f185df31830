// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/cancel/abandoningcall.h>
#include <qferry/cancel/scopedcall.h>

#include <QtCore/qdeadlinetimer.h>
#include <QtCore/qobject.h>

#include <concepts>
#include <type_traits>

namespace QFerry {

/// Why a scope is canceled: a text. What else a signal says, clicked(bool) for instance, is no
/// reason, so that CancelScope::cancel() is a slot for it.
class CancelReason
{
public:
    CancelReason() = default;
    template <std::convertible_to<QString> T>
    CancelReason(const T &text) : m_text(text) // NOLINT(google-explicit-constructor)
    {}
    template <typename T>
    requires(std::is_arithmetic_v<T> || std::is_enum_v<T>) CancelReason(T) // NOLINT
    {}

    const QString &text() const { return m_text; }

private:
    QString m_text;
};

/**
 * Cancels a group of calls: those made while the scope is current (run()) or given it in
 * CallOptions::scope, and those in scopes nested in it. It ends the waits of what runs in it, too:
 * for items of channels and streams, tokens, portals, QFutures and other calls, in coroutines and
 * blocking threads. A wait that begins once the scope is canceled ends at once.
 *
 * Destroying the scope cancels what is left in it, so a scope owned by a window cancels with it.
 * cancel(), setDeadline(), setShielded() and the getters may be called in any thread; the object is
 * created and destroyed as QObjects are.
 */
class QFERRY_EXPORT CancelScope : public QObject
{
    Q_OBJECT
    Q_PROPERTY(bool shielded READ isShielded WRITE setShielded)
public:
    /// Nested in parent, if that is a CancelScope, else in the current scope, if there is one.
    explicit CancelScope(QObject *parent = nullptr);
    /// Cancels what is left.
    ~CancelScope() override;

    /// Cancels all calls of this scope and of unshielded scopes nested in it. Once; later calls do
    /// nothing. May be connected to a signal with an argument, such as clicked(); to one without,
    /// by a lambda, as Qt knows no default arguments there.
    Q_INVOKABLE void cancel(const CancelReason &reason = {});
    /// Whether this scope, or an ancestor not hidden by a shield, has been canceled or is past its
    /// deadline. That stays so, unless a shield comes in between.
    bool isCanceled() const { return d->isCanceled(); }
    /// What was given to cancel().
    QString reason() const { return d->reason(); }

    /// Cancels the scope at that time, whatever its thread is doing then. Takes a duration too:
    /// setDeadline(5s). QDeadlineTimer::Forever clears it. A deadline that has passed has canceled
    /// the scope for good, and one in the past does so at once.
    void setDeadline(QDeadlineTimer deadline);
    QDeadlineTimer deadline() const;
    /// Whether the deadline has passed.
    bool isPastDeadline() const { return d->isPastDeadline(); }

    /// Hides the ancestors' cancellation from this scope while set.
    void setShielded(bool shielded);
    bool isShielded() const { return d->isShielded(); }

    /// Runs fn with this scope as the current one: calls that fn makes belong to it. This merely
    /// calls: the captures of a coroutine's lambda must live until that has ended, and a lazy one
    /// begins elsewhere; what fn returns is returned. \sa withScope()
    template <typename F>
    decltype(auto) run(F &&fn)
    {
        Detail::ContextFrame frame(Detail::ContextFrame::currentData());
        frame.detach()->scope.reset(d.data());
        return std::invoke(std::forward<F>(fn));
    }

    Detail::ScopeState *state() const { return d.data(); }

private:
    const Detail::ScopeState::Ptr d;
};

/**
 * Runs body in the scope, and goes on when that is canceled: returns the body's result in a
 * std::optional, empty if the scope, and nothing that it is nested in, was canceled and ended it
 * (for a void body: whether it came to its end).
 *
 * body runs right here, as that of moveOnAfter() does: it may block, in a worker, or return a
 * PendingCall, QFuture or awaitable. Then the result is a PendingCall of the optional, and body is
 * kept until what it returned has ended. CancelScope::run() merely calls a function in the scope:
 * it waits for nothing, so that a lazy coroutine begins outside of the scope, and knows no cancel.
 *
 * Canceling the PendingCall cancels the body alone, and then so ends the call: not the scope, nor
 * what else runs in it. It does nothing while the scope is shielded. Several bodies may run in one
 * scope, which they leave as it is.
 */
template <typename F>
auto withScope(CancelScope &scope, F &&body)
{
    using R = typename Detail::OptionalResult<Detail::SettledType<Detail::ScopedReturned<F>>>::Type;
    return Detail::runScoped<R>(Detail::scopeIn(scope.state()), std::forward<F>(body),
                                [] { return R(); });
}

/**
 * Runs body in a scope of its own that no cancel from outside reaches: not that of the current
 * scope, nor of the worker's call, nor of who waits for the body. For what has to be brought to its
 * end, such as clearing up; a deadline inside of it, failAfter(), keeps it from lasting for ever.
 *
 * body is as that of withScope(); its result is returned as it is, or in a PendingCall, whose
 * cancel() does nothing.
 */
template <typename F>
auto shielded(F &&body)
{
    using R = Detail::SettledType<Detail::ScopedReturned<F>>;
    return Detail::runScoped<R>(Detail::shieldedScope(), std::forward<F>(body),
                                []() -> R { throw CanceledError(); });
}

/**
 * A call that ends as the operation does (a PendingCall, QFuture or awaitable), but is not waited
 * for once it, or the current scope, is canceled: then it ends canceled at once. The operation is
 * asked to end, too; what becomes of it is dropped, and its error not logged.
 *
 * For coroutines, and bodies of failAfter(), in which a cancel would else wait for a worker that
 * takes long to notice: co_await abandonOnCancel(toThread(&readAll, path)). So what the operation
 * uses must not be theirs: it may be still at work when they have gone.
 *
 * Any thread; a QFuture or awaitable needs an event loop, as in toPendingCall(). An awaitable
 * begins here and now.
 */
template <typename A>
requires Detail::Asynchronous<A>
[[nodiscard]] auto abandonOnCancel(A operation)
{
    using T = Detail::SettledType<A>;
    auto *call = new Detail::AbandoningCall<T>(
            Detail::orCanceled(toPendingCall(std::move(operation)).core()));
    const PendingCall<T> result{ Detail::CallPtr(call) };
    call->begin();
    return result;
}

} // namespace QFerry
