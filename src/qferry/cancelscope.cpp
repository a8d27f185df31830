// SPDX-License-Identifier: MIT
#include "cancelscope.h"
#include "alarm_p.h"

#include <utility>

namespace QFerry {

namespace Detail {

// One mutex for all trees: it is held for a few instructions, and only calls in scopes take it.
static std::mutex &treeMutex()
{
    static auto *mutex = new std::mutex;
    return *mutex;
}

void CancelHook::run()
{
    std::lock_guard lock(m_mutex);
    if (const auto function = std::exchange(m_function, nullptr))
        function();
}

void CancelHook::revoke()
{
    std::lock_guard lock(m_mutex);
    m_function = nullptr;
}

struct ScopeState::DeadlineAlarm final : Alarm
{
    explicit DeadlineAlarm(ScopeState *owner) : scope(owner) {}
    ~DeadlineAlarm() override { clear(); }
    void ring() override { scope->deadlinePassed(); }
    ScopeState *scope;
};

/// What a cancel concerns, held so that it can be told without the mutex.
struct ScopeState::Affected
{
    std::vector<CallPtr> calls;
    std::vector<HookPtr> hooks;
};

ScopeState::ScopeState(Ptr parent) : m_parent(std::move(parent))
{
    if (!m_parent)
        return;
    std::lock_guard lock(treeMutex());
    m_parent->m_children.push_back(this);
}

ScopeState::~ScopeState()
{
    m_alarm.reset();
    if (!m_parent)
        return;
    std::lock_guard lock(treeMutex());
    std::erase(m_parent->m_children, this);
}

ScopeState *ScopeState::current()
{
    const ContextFrame &frame = ContextFrame::current();
    return frame.data() ? static_cast<ScopeState *>(frame.data()->scope.data()) : nullptr;
}

void ScopeState::cancel(const QString &reason)
{
    {
        std::lock_guard lock(treeMutex());
        if (m_canceled.exchange(true, std::memory_order_acq_rel))
            return;
        m_reason = reason;
    }
    notify(reason);
}

static QString deadlineReason()
{
    return QStringLiteral("the deadline of its scope passed");
}

void ScopeState::deadlinePassed()
{
    cancel(deadlineReason());
}

void ScopeState::notify(const QString &reason)
{
    Affected affected;
    {
        std::lock_guard lock(treeMutex());
        collect(affected);
    }
    for (const CallPtr &call : affected.calls)
        call->cancel(reason);
    for (const HookPtr &hook : affected.hooks)
        hook->run();
}

void ScopeState::collect(Affected &affected)
{
    for (const Member *member = m_members; member; member = member->next)
        affected.calls.emplace_back(member->call);
    affected.hooks.insert(affected.hooks.end(), m_hooks.cbegin(), m_hooks.cend());
    for (ScopeState *child : m_children) {
        if (!child->isShielded())
            child->collect(affected);
    }
}

bool ScopeState::isPastDeadline() const
{
    const auto deadline = m_deadline.load(std::memory_order_acquire);
    return deadline != Clock::time_point::max().time_since_epoch().count()
           && Clock::now().time_since_epoch().count() >= deadline;
}

bool ScopeState::isCanceledItself() const
{
    return m_canceled.load(std::memory_order_acquire) || isPastDeadline();
}

bool ScopeState::isCanceled() const
{
    for (const ScopeState *scope = this; scope; scope = scope->m_parent.data()) {
        if (scope->isCanceledItself())
            return true;
        if (scope->isShielded())
            return false;
    }
    return false;
}

QString ScopeState::reason() const
{
    std::lock_guard lock(treeMutex());
    const bool canceled = m_canceled.load(std::memory_order_relaxed);
    return !canceled && isPastDeadline() ? deadlineReason() : m_reason;
}

ScopeState::Clock::time_point ScopeState::deadline() const
{
    return Clock::time_point(Clock::duration(m_deadline.load(std::memory_order_acquire)));
}

void ScopeState::setDeadline(Clock::time_point deadline)
{
    m_deadline.store(deadline.time_since_epoch().count(), std::memory_order_release);
    DeadlineAlarm *alarm = nullptr;
    {
        std::lock_guard lock(treeMutex());
        if (!m_alarm) {
            if (deadline == Clock::time_point::max())
                return; // there was none
            m_alarm = std::make_unique<DeadlineAlarm>(this);
        }
        alarm = m_alarm.get();
    }
    alarm->set(deadline);
}

void ScopeState::setShielded(bool shielded)
{
    if (m_shielded.exchange(shielded, std::memory_order_acq_rel) && !shielded && isCanceled())
        notify(reason());
}

bool ScopeState::join(Member *member)
{
    std::lock_guard lock(treeMutex());
    if (isCanceled())
        return false;
    member->linked = true;
    member->next = m_members;
    if (m_members)
        m_members->previous = member;
    m_members = member;
    return true;
}

void ScopeState::leave(Member *member)
{
    std::lock_guard lock(treeMutex());
    if (!std::exchange(member->linked, false))
        return;
    (member->previous ? member->previous->next : m_members) = member->next;
    if (member->next)
        member->next->previous = member->previous;
}

void ScopeState::addHook(const HookPtr &hook)
{
    std::lock_guard lock(treeMutex());
    m_hooks.push_back(hook);
}

void ScopeState::removeHook(const HookPtr &hook)
{
    std::lock_guard lock(treeMutex());
    std::erase(m_hooks, hook);
}

} // namespace Detail

static Detail::ScopeState::Ptr parentOf(QObject *parent)
{
    if (const auto *scope = qobject_cast<CancelScope *>(parent))
        return Detail::ScopeState::Ptr(scope->state());
    return Detail::ScopeState::Ptr(Detail::ScopeState::current());
}

CancelScope::CancelScope(QObject *parent)
    : QObject(parent), d(new Detail::ScopeState(parentOf(parent)))
{}

CancelScope::~CancelScope()
{
    d->cancel(QStringLiteral("its scope was destroyed"));
    d->setDeadline(Detail::ScopeState::Clock::time_point::max());
}

void CancelScope::cancel(const QString &reason)
{
    d->cancel(reason);
}

void CancelScope::setDeadline(QDeadlineTimer deadline)
{
    using Clock = Detail::ScopeState::Clock;
    if (deadline.isForever())
        d->setDeadline(Clock::time_point::max());
    else
        d->setDeadline(Detail::timeAfter(std::chrono::nanoseconds(deadline.remainingTimeNSecs())));
}

QDeadlineTimer CancelScope::deadline() const
{
    const auto deadline = d->deadline();
    if (deadline == Detail::ScopeState::Clock::time_point::max())
        return QDeadlineTimer(QDeadlineTimer::Forever);
    return QDeadlineTimer(deadline, Qt::PreciseTimer);
}

void CancelScope::setShielded(bool shielded)
{
    d->setShielded(shielded);
}

} // namespace QFerry
