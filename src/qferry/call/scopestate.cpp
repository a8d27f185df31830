// SPDX-License-Identifier: MIT
// The trees of scopes, under one mutex, and what a cancel tells without it. Any thread.
#include "scopestate.h"

#include <qferry/call/canceltargets_p.h>
#include <qferry/thread/errandalarm_p.h>

#include <utility>

namespace QFerry::Detail {

// One mutex for all trees: it is held for a few instructions, and only what is in scopes takes it.
static std::mutex &treeMutex()
{
    static auto *mutex = new std::mutex;
    return *mutex;
}

// --- Members

bool ScopeMember::join(ScopeState *scope)
{
    const std::lock_guard lock(treeMutex());
    if (scope->isCanceled())
        return false;
    m_scope.reset(scope);
    scope->m_members.prepend(this);
    return true;
}

void ScopeMember::leaveScope()
{
    ScopeState::Ptr scope; // goes without the mutex
    const std::lock_guard lock(treeMutex());
    unlink();
    scope.swap(m_scope);
}

bool joinCurrentScope(ScopeMember &member)
{
    ScopeState *scope = ScopeState::current();
    return !scope || member.join(scope);
}

// --- Scopes

struct ScopeState::DeadlineAlarm
{
    explicit DeadlineAlarm(ScopeState *scope) : alarm(scope) {}

    QString reason; // if not the usual one; guarded by the mutex
    ErrandAlarm<ScopeState, &ScopeState::deadlinePassed> alarm;
};

ScopeState::ScopeState(Ptr parent) : m_isRoot(!parent)
{
    if (m_isRoot)
        return;
    const Ptr keepAlive = parent; // goes without the mutex
    const std::lock_guard lock(treeMutex());
    if (parent->m_isClosed && parent->isCanceled()) {
        m_isCanceled = true; // as what is started there is
        m_reason = parent->m_reason;
    }
    while (parent && parent->m_isClosed)
        parent = parent->m_parent;
    if (parent)
        linkTo(std::move(parent));
    CancelTargets none;
    refreshThis(none);
}

ScopeState::~ScopeState()
{
    m_alarm.reset();
    // A loop, not a recursion: they may be nested deep.
    ScopeState *ancestor = leaveParent().take();
    while (ancestor && !ancestor->ref.deref()) {
        ScopeState *next = ancestor->leaveParent().take();
        delete ancestor;
        ancestor = next;
    }
}

/// Under the mutex.
void ScopeState::linkTo(Ptr parent)
{
    m_parent = std::move(parent);
    m_parent->m_children.prepend(this);
}

/// Returns what it was nested in.
ScopeState::Ptr ScopeState::leaveParent()
{
    Ptr parent;
    if (m_isRoot)
        return parent;
    const std::lock_guard lock(treeMutex());
    if (m_parent) {
        unlink();
        parent.swap(m_parent);
    }
    return parent;
}

/// The next one of a tree, in which parents come before their children.
ScopeState *ScopeState::nextIn(const ScopeState *tree) const
{
    ScopeState *const child = m_children.first();
    return child ? child : nextBehind(tree);
}

/// The same, without what is nested in this one.
ScopeState *ScopeState::nextBehind(const ScopeState *tree) const
{
    ScopeState *next = nullptr;
    for (const ScopeState *scope = this; scope != tree && !next; scope = scope->m_parent.data())
        next = scope->m_parent->m_children.next(scope);
    return next;
}

ScopeState *ScopeState::current()
{
    const ContextFrame &frame = ContextFrame::current();
    return frame.data() ? static_cast<ScopeState *>(frame.data()->scope.data()) : nullptr;
}

/// Why it is canceled when its deadline has passed; under the mutex.
QString ScopeState::deadlineReason() const
{
    return m_alarm && !m_alarm->reason.isEmpty()
                   ? m_alarm->reason
                   : QStringLiteral("the deadline of its scope passed");
}

void ScopeState::cancel(const QString &reason)
{
    if (isPastDeadline())
        deadlinePassed(); // which was first, though its alarm comes later
    else
        cancel(reason, false);
}

void ScopeState::deadlinePassed()
{
    QString reason;
    {
        const std::lock_guard lock(treeMutex());
        reason = deadlineReason();
    }
    cancel(reason, true);
}

void ScopeState::cancel(const QString &reason, bool isDue)
{
    CancelTargets targets;
    {
        const std::lock_guard lock(treeMutex());
        if (m_isCanceled)
            return;
        m_isDue = isDue;
        m_reason = reason;
        m_isCanceled = true;
        refresh(targets);
    }
    tell(targets, reason);
}

void ScopeState::tell(const CancelTargets &targets, const QString &reason)
{
    if (targets.isComplete()) {
        targets.tell(reason); // this may go meanwhile
        return;
    }
    // Without memory for all of them at once, some at a time.
    const Ptr keepAlive = unlessGoing(this); // else it waits for who asks, its alarm
    targets.tell(reason);
    for (;;) {
        CancelTargets others(CancelTargets::Untold);
        {
            const std::lock_guard lock(treeMutex());
            for (ScopeState *scope = this; scope; scope = scope->nextIn(this)) {
                if (scope->m_isReached.load(std::memory_order_relaxed))
                    others.add(scope->m_members);
            }
        }
        others.tell(reason);
        if (others.isComplete())
            return;
    }
}

/// Hands down what has changed here; under the mutex.
void ScopeState::refresh(CancelTargets &targets)
{
    ScopeState *scope = this;
    while (scope)
        scope = scope->refreshThis(targets) ? scope->nextIn(this) : scope->nextBehind(this);
}

/// Whether that makes a difference to those that are nested in it.
bool ScopeState::refreshThis(CancelTargets &targets)
{
    const ScopeState *outer = isShielded() ? nullptr : m_parent.data();
    const bool wasReached = m_isReached.load(std::memory_order_relaxed);
    const bool isReached =
            m_isCanceled || (outer && outer->m_isReached.load(std::memory_order_relaxed));
    const Clock::rep own = m_deadline.load(std::memory_order_relaxed);
    const Clock::rep due = outer ? qMin(own, outer->m_due.load(std::memory_order_relaxed)) : own;
    if (isReached == wasReached && due == m_due.load(std::memory_order_relaxed))
        return false;
    if (isReached && !wasReached)
        targets.add(m_members);
    m_due.store(due, std::memory_order_release);
    m_isReached.store(isReached, std::memory_order_release);
    return true;
}

QString ScopeState::reason() const
{
    const std::lock_guard lock(treeMutex());
    if (m_isCanceled || !isPastDeadline())
        return m_reason;
    return deadlineReason();
}

QString ScopeState::cancelReason() const
{
    const std::lock_guard lock(treeMutex());
    for (const ScopeState *scope = this; scope; scope = scope->m_parent.data()) {
        if (scope->m_isCanceled)
            return scope->m_reason;
        if (scope->isPastDeadline())
            return scope->deadlineReason();
        if (scope->isShielded())
            break;
    }
    return {};
}

/// Under the mutex.
bool ScopeState::isReachedFromOutside() const
{
    return m_parent && !isShielded() && m_parent->isCanceled();
}

bool ScopeState::isDue() const
{
    const std::lock_guard lock(treeMutex());
    return (m_isCanceled ? m_isDue : isPastDeadline()) && !isReachedFromOutside();
}

bool ScopeState::isCanceledItself() const
{
    const std::lock_guard lock(treeMutex());
    return (m_isCanceled || isPastDeadline()) && !isReachedFromOutside();
}

ScopeState::Clock::time_point ScopeState::deadline() const
{
    return Clock::time_point(Clock::duration(m_deadline.load(std::memory_order_acquire)));
}

void ScopeState::setDeadline(Clock::time_point deadline, const QString &reason)
{
    if (isPastDeadline())
        deadlinePassed(); // who has seen that does not see it undone
    const bool isPassed = deadline <= Clock::now();
    {
        const std::lock_guard lock(treeMutex());
        setAlarm(deadline, isPassed, reason);
        m_deadline.store(deadline.time_since_epoch().count(), std::memory_order_release);
        CancelTargets none;
        refresh(none);
    }
    if (isPassed)
        deadlinePassed();
}

/// Under the mutex, so that the last of two settings is the last for the alarm, too.
void ScopeState::setAlarm(Clock::time_point deadline, bool isPassed, const QString &reason)
{
    if (!m_alarm) {
        if (deadline == Clock::time_point::max())
            return; // there was none
        m_alarm = std::make_unique<DeadlineAlarm>(this);
    }
    m_alarm->reason = reason;
    m_alarm->alarm.set(isPassed ? Clock::time_point::max() : deadline);
}

void ScopeState::setShielded(bool shielded)
{
    CancelTargets targets;
    {
        const std::lock_guard lock(treeMutex());
        m_shielded.store(shielded, std::memory_order_release);
        refresh(targets);
    }
    if (!targets.isEmpty())
        tell(targets, cancelReason());
}

bool ScopeState::isShieldedFrom(const ScopeState *outer) const
{
    const std::lock_guard lock(treeMutex());
    for (const ScopeState *scope = this; scope && scope != outer; scope = scope->m_parent.data()) {
        if (scope->isShielded())
            return true;
    }
    return false;
}

void ScopeState::close()
{
    const Ptr keepAlive(this); // also of those nested in it
    setDeadline(Clock::time_point::max());
    const std::lock_guard lock(treeMutex());
    if (isShielded())
        return; // it hides from them what is above
    m_isClosed = true;
    CancelTargets none;
    while (ScopeState *child = m_children.takeFirst()) {
        if (m_isCanceled && !child->isShielded() && !child->m_isCanceled) {
            child->m_isCanceled = true;
            child->m_reason = m_reason;
        }
        child->m_parent.reset();
        if (m_parent)
            child->linkTo(m_parent);
        child->refresh(none); // changes nothing but the time when it is due
    }
}

bool ScopeState::hasAwaitedMember() const
{
    const std::lock_guard lock(treeMutex());
    for (const ScopeState *scope = this; scope; scope = scope->nextIn(this)) {
        for (const ScopeMember *member : scope->m_members) {
            if (member->m_kind == ScopeMember::Kind::AwaitedCall)
                return true;
        }
    }
    return false;
}

} // namespace QFerry::Detail
