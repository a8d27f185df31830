// SPDX-License-Identifier: MIT
// The scopes of moveOnAfter() and failAfter(). In the thread that calls them.
#include "scopedcall.h"

#include <qferry/thread/alarm_p.h>

namespace QFerry::Detail {

static ScopeState::Ptr scopeUntil(ScopeState::Clock::time_point deadline, const QString &reason)
{
    ScopeState::Ptr scope(new ScopeState(ScopeState::Ptr(ScopeState::current())));
    scope->setDeadline(deadline, reason);
    return scope;
}

ScopeState::Ptr scopeWithDeadline(std::chrono::nanoseconds time, const QString &reason)
{
    return scopeUntil(timeAfter(time), reason);
}

ScopeState::Ptr scopeWithDeadline(QDeadlineTimer deadline, const QString &reason)
{
    if (deadline.isForever())
        return scopeUntil(ScopeState::Clock::time_point::max(), reason);
    return scopeWithDeadline(std::chrono::nanoseconds(deadline.remainingTimeNSecs()), reason);
}

void throwDeadlinePassed(const QString &reason)
{
    throw TimeoutError(
            reason.isEmpty()
                    ? QStringLiteral("The deadline given to failAfter() passed")
                    : QStringLiteral("The deadline given to failAfter() passed: %1").arg(reason));
}

} // namespace QFerry::Detail
