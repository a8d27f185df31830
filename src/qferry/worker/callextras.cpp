// SPDX-License-Identifier: MIT
// The timeout, loan, hooks, reason and progress of a call, if it has them. Any thread enters, the
// alarm thread among them.
#include "callextras_p.h"

#include <qferry/pool/limiterstate_p.h>
#include <qferry/thread/errands_p.h>
#include <qferry/worker/workercall.h>

namespace QFerry::Detail {

void TimeoutAlarm::ring()
{
    m_hasRung.store(true, std::memory_order_release);
    const CallPtr due = unlessGoing(m_call);
    if (due && !runErrand([due] { due->cancel(QStringLiteral("its timeout passed")); }))
        set(Clock::now() + errandDelay);
}

std::exception_ptr TimeoutAlarm::error(const QString &name, const QString &whyNotBegun)
{
    const QString call =
            name.isEmpty() ? QStringLiteral("call") : QStringLiteral("call \"%1\"").arg(name);
    const QString text = whyNotBegun.isEmpty()
                                 ? QStringLiteral("The %1 did not end within its timeout").arg(call)
                                 : QStringLiteral("The %1 did not begin within its timeout: %2")
                                           .arg(call, whyNotBegun);
    return std::make_exception_ptr(TimeoutError(text));
}

CallExtras &CallExtras::make(std::atomic<CallExtras *> &place, CallCore *call)
{
    auto fresh = std::make_unique<CallExtras>(call);
    CallExtras *expected = nullptr;
    if (place.compare_exchange_strong(expected, fresh.get(), std::memory_order_seq_cst))
        return *fresh.release();
    return *expected;
}

TokenLoan *CallExtras::ownLoan(LimiterState *limiter)
{
    if (!m_ownLoan) {
        m_ownLoan.reset(new TokenLoan(LimiterState::Ptr(limiter)));
        m_shownLoan.store(m_ownLoan.data(), std::memory_order_release);
    }
    return m_ownLoan.data();
}

bool CallExtras::isBlocked() const
{
    const TokenLoan *shown = m_shownLoan.load(std::memory_order_acquire);
    return shown && shown->isIdle();
}

void CallExtras::keepCancelReason(const QString &reason)
{
    const std::lock_guard lock(m_mutex);
    if (m_cancelReason.isEmpty()) // else another thread cancels at the same time
        m_cancelReason = reason;
}

QString CallExtras::cancelReason()
{
    const std::lock_guard lock(m_mutex);
    return m_cancelReason;
}

void CallExtras::addHook(const HookPtr &hook)
{
    const std::lock_guard lock(m_mutex);
    m_hooks.push_back(hook);
}

void CallExtras::removeHook(const HookPtr &hook)
{
    const std::lock_guard lock(m_mutex);
    std::erase(m_hooks, hook);
}

void CallExtras::runHooks()
{
    std::vector<HookPtr> hooks;
    {
        const std::lock_guard lock(m_mutex);
        hooks = m_hooks;
    }
    for (const HookPtr &hook : hooks)
        hook->run();
}

void CallExtras::report(const Progress &progress, const MarkedStack<ProgressListener> &listeners)
{
    const std::lock_guard lock(m_mutex);
    m_progress = progress;
    ProgressListener *listener = listeners.top(std::memory_order_seq_cst);
    for (; listener; listener = listeners.next(listener))
        listener->progressed(progress);
}

std::optional<Progress> CallExtras::progress()
{
    const std::lock_guard lock(m_mutex);
    return m_progress;
}

void CallExtras::tellProgress(ProgressListener *listener)
{
    const std::lock_guard lock(m_mutex);
    if (m_progress)
        listener->progressed(*m_progress);
}

void noteMoment(WorkerCall &call, SightTime Sighting::*moment) noexcept
try {
    (call.extras().sighting.*moment).note();
} catch (const std::bad_alloc &) {
}

} // namespace QFerry::Detail
