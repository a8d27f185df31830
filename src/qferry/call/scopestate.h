// SPDX-License-Identifier: MIT
// Scopes, what is in them, and the hooks that a cancel runs. Any thread.
#pragma once

#include <qferry/call/callcore.h>
#include <qferry/context.h>

#include <chrono>
#include <memory>
#include <mutex>

namespace QFerry::Detail {

class CancelHook;
class CancelTargets;
class ScopeState;

/**
 * The place of a call in a scope, which cancels it. The call keeps itself alive until it has left.
 *
 * Each is joined before others know its call, and left by one thread. The link is guarded by the
 * mutex of all scopes.
 */
class QFERRY_EXPORT ScopeMember : public ListLink<ScopeMember>
{
public:
    /// isAwaited: by a coroutine, which is suspended while this is in the scope; or it is one.
    explicit ScopeMember(CallCore *call, bool isAwaited = false)
        : m_call(call), m_kind(isAwaited ? Kind::AwaitedCall : Kind::Call)
    {}
    ~ScopeMember() { leave(); }
    Q_DISABLE_COPY_MOVE(ScopeMember)

    /// False, and it has not joined, if the scope is canceled.
    [[nodiscard]] bool join(ScopeState *scope);
    /// It may be told of a cancel that is just going on.
    void leave()
    {
        if (m_scope)
            leaveScope();
    }
    bool isIn() const { return bool(m_scope); }

private:
    friend class CancelHook;
    friend class CancelTargets;
    friend class ScopeState;
    enum class Kind : quint8 { Call, AwaitedCall, Hook };

    explicit ScopeMember(CancelHook *hook) : m_hook(hook), m_kind(Kind::Hook) {}
    CallCore *call() const { return m_kind == Kind::Hook ? nullptr : m_call; }
    CancelHook *hook() const { return m_kind == Kind::Hook ? m_hook : nullptr; }
    void leaveScope();

    union
    {
        CallCore *const m_call;
        CancelHook *const m_hook;
    };
    QExplicitlySharedDataPointer<ScopeState> m_scope;
    const Kind m_kind;
};

/// The place of a call in a scope, and its end, which several may bring about: the first one
/// counts.
class ScopedEnd : public ScopeMember
{
public:
    using ScopeMember::ScopeMember;

    /// True for the first, who is to finish the call; it has left the scope.
    [[nodiscard]] bool claim()
    {
        if (m_isClaimed.exchange(true, std::memory_order_acq_rel))
            return false;
        leave();
        return true;
    }
    bool isClaimed() const { return m_isClaimed.load(std::memory_order_acquire); }

private:
    std::atomic<bool> m_isClaimed{ false };
};

/**
 * What a CancelScope is made of: a node in a tree of scopes, with what is to be canceled in it. All
 * functions may be called in any thread.
 *
 * One mutex guards all trees. What a cancel, a deadline or a shield changes is handed down to the
 * nested scopes at once (refresh()), so that a look at a scope needs neither the mutex nor its
 * ancestors.
 */
class QFERRY_EXPORT ScopeState final : public InCallMemory,
                                       public ContextPart,
                                       public ListLink<ScopeState>
{
public:
    using Ptr = QExplicitlySharedDataPointer<ScopeState>;
    using Clock = std::chrono::steady_clock;

    explicit ScopeState(Ptr parent);
    ~ScopeState() override;

    /// The scope of the running thread's context; null if there is none.
    static ScopeState *current();

    void cancel(const QString &reason);
    /// Whether this scope, or an ancestor that is not hidden by a shield, is canceled or past its
    /// deadline.
    bool isCanceled() const
    {
        return m_isReached.load(std::memory_order_acquire)
               || isPast(m_due.load(std::memory_order_acquire));
    }
    /// Why isCanceled().
    QString cancelReason() const;
    /// Whether it is canceled because its own deadline passed, and nothing outside of it is.
    bool isDue() const;
    /// Whether it is canceled, or past its deadline, and nothing outside of it is.
    bool isCanceledItself() const;
    /// Whether its deadline has passed.
    bool isPastDeadline() const { return isPast(m_deadline.load(std::memory_order_acquire)); }
    /// What was given to cancel().
    QString reason() const;

    Clock::time_point deadline() const;
    /// A deadline that has passed has canceled the scope, and one that is in the past does so at
    /// once. reason: what to give to cancel() then, if not the usual one.
    void setDeadline(Clock::time_point deadline, const QString &reason = {});
    bool isShielded() const { return m_shielded.load(std::memory_order_acquire); }
    void setShielded(bool shielded);
    /// Whether a shield hides `outer` from this scope, or from one between the two.
    bool isShieldedFrom(const ScopeState *outer) const;

    /// What runs in it has ended: forgets its deadline, and those that are nested in it move up, as
    /// do those that are made in it from now on. Else who starts the next thing in the end of the
    /// last one would go down a level each time.
    void close();

    /// Whether a coroutine that a cancel reaches is suspended in it, or in one that is nested in
    /// it.
    bool hasAwaitedMember() const;

private:
    friend class ScopeMember;
    struct DeadlineAlarm;

    static bool isPast(Clock::rep time)
    {
        return time != Clock::time_point::max().time_since_epoch().count()
               && Clock::now().time_since_epoch().count() >= time;
    }
    bool isReachedFromOutside() const;
    void deadlinePassed();
    void cancel(const QString &reason, bool isDue);
    void refresh(CancelTargets &targets);
    void tell(const CancelTargets &targets, const QString &reason);
    bool refreshThis(CancelTargets &targets);
    void setAlarm(Clock::time_point deadline, bool isPassed, const QString &reason);
    QString deadlineReason() const;
    void linkTo(Ptr parent);
    Ptr leaveParent();
    ScopeState *nextIn(const ScopeState *tree) const;
    ScopeState *nextBehind(const ScopeState *tree) const;

    Ptr m_parent; // this and the next seven, and the link: guarded by the mutex
    LinkedList<ScopeState> m_children;
    LinkedList<ScopeMember> m_members;
    QString m_reason;
    std::unique_ptr<DeadlineAlarm> m_alarm; // once there was a deadline
    bool m_isCanceled = false;
    bool m_isDue = false; // canceled by its deadline
    bool m_isClosed = false;
    const bool m_isRoot;                    // it was never nested in another one
    std::atomic<bool> m_shielded{ false };  // this and the next three: written under it
    std::atomic<bool> m_isReached{ false }; // by a cancel, its own or an ancestor's
    std::atomic<Clock::rep> m_due{ Clock::time_point::max().time_since_epoch().count() }; // so, too
    std::atomic<Clock::rep> m_deadline{ Clock::time_point::max().time_since_epoch().count() };
};

/// Of a scope, or of none.
inline bool isScopeCanceled(const ScopeState *scope)
{
    return scope && scope->isCanceled();
}
/// Makes the call a member of the current scope, if there is one; false, and it is none, if that is
/// canceled.
[[nodiscard]] QFERRY_EXPORT bool joinCurrentScope(ScopeMember &member);

} // namespace QFerry::Detail
