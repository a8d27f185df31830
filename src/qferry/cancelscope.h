// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/scopestate.h>

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
    /// calls: the captures of a coroutine's lambda must live until that has ended.
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

} // namespace QFerry
