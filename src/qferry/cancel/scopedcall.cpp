// SPDX-License-Identifier: MIT
// The scopes that bodies run in. In the thread that runs them.
#include "scopedcall.h"

#include <qferry/thread/alarm_p.h>

namespace QFerry::Detail {

static BodyScope nestedScope(ScopeState *outer)
{
    return { ScopeState::Ptr(new ScopeState(ScopeState::Ptr(outer))) };
}

static BodyScope scopeUntil(ScopeState::Clock::time_point deadline, const QString &reason)
{
    BodyScope scope = nestedScope(ScopeState::current());
    scope.own->setDeadline(deadline, reason);
    return scope;
}

BodyScope scopeWithDeadline(std::chrono::nanoseconds time, const QString &reason)
{
    return scopeUntil(timeAfter(time), reason);
}

BodyScope scopeWithDeadline(QDeadlineTimer deadline, const QString &reason)
{
    if (deadline.isForever())
        return scopeUntil(ScopeState::Clock::time_point::max(), reason);
    return scopeWithDeadline(std::chrono::nanoseconds(deadline.remainingTimeNSecs()), reason);
}

BodyScope scopeIn(ScopeState *given)
{
    BodyScope scope = nestedScope(given);
    scope.given.reset(given);
    return scope;
}

BodyScope shieldedScope()
{
    BodyScope scope = nestedScope(ScopeState::current());
    scope.own->setShielded(true);
    return scope;
}

void throwDeadlinePassed(const QString &reason)
{
    throw TimeoutError(
            reason.isEmpty()
                    ? QStringLiteral("The deadline given to failAfter() passed")
                    : QStringLiteral("The deadline given to failAfter() passed: %1").arg(reason));
}

} // namespace QFerry::Detail
