// SPDX-License-Identifier: MIT
// CancelScope is a handle of a ScopeState. Any thread.
#include <qferry/cancelscope.h>

#include <qferry/thread/alarm_p.h>

namespace QFerry {

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
    d->close();
}

void CancelScope::cancel(const CancelReason &reason)
{
    d->cancel(reason.text());
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
