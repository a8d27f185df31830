// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/callcore.h>
#include <qferry/context.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace QFerry::Detail {

/// A function to be run once, when something is canceled; not after revoke().
class CancelHook
{
public:
    explicit CancelHook(std::function<void()> function) : m_function(std::move(function)) {}
    /// Any thread.
    void run();
    /// When it returns, the function does not run and will not, unless it is the function that
    /// calls it.
    void revoke();

private:
    std::recursive_mutex m_mutex;
    std::function<void()> m_function;
};
using HookPtr = std::shared_ptr<CancelHook>;

/**
 * What a CancelScope is made of: a node in a tree of scopes, with the calls made in it. All
 * functions may be called in any thread.
 */
class QFERRY_EXPORT ScopeState final : public ContextPart
{
public:
    using Ptr = QExplicitlySharedDataPointer<ScopeState>;
    using Clock = std::chrono::steady_clock;

    /// A call's membership. The call leaves before it goes.
    struct Member
    {
        explicit Member(CallCore *member) : call(member) {}
        CallCore *const call;
        Member *previous = nullptr;
        Member *next = nullptr;
        bool linked = false;
    };

    explicit ScopeState(Ptr parent);
    ~ScopeState() override;

    /// The scope of the running thread's context; null if there is none.
    static ScopeState *current();

    void cancel(const QString &reason);
    /// Whether this scope, or an ancestor that is not hidden by a shield, is canceled or past its
    /// deadline.
    bool isCanceled() const;
    /// Whether it was canceled, or its deadline has passed, itself.
    bool isCanceledItself() const;
    bool isPastDeadline() const;
    QString reason() const;

    Clock::time_point deadline() const;
    void setDeadline(Clock::time_point deadline);
    bool isShielded() const { return m_shielded.load(std::memory_order_acquire); }
    void setShielded(bool shielded);
    ScopeState *parent() const { return m_parent.data(); }

    /// False, and the member is not taken, if the scope is canceled.
    bool join(Member *member);
    void leave(Member *member);
    void addHook(const HookPtr &hook);
    void removeHook(const HookPtr &hook);

private:
    struct DeadlineAlarm;
    struct Affected;
    void collect(Affected &affected);
    void notify(const QString &reason);
    void deadlinePassed();

    const Ptr m_parent;
    std::vector<ScopeState *> m_children; // guarded, as the lists, by one mutex for the whole tree
    Member *m_members = nullptr;
    std::vector<HookPtr> m_hooks;
    QString m_reason;
    std::atomic<bool> m_canceled{ false };
    std::atomic<bool> m_shielded{ false };
    std::atomic<Clock::rep> m_deadline{ Clock::time_point::max().time_since_epoch().count() };
    std::unique_ptr<DeadlineAlarm> m_alarm;
};

} // namespace QFerry::Detail
