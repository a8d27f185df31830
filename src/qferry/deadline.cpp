// SPDX-License-Identifier: MIT
#include "deadline.h"

#include "alarm_p.h"

namespace QFerry::Detail {

ScopeState::Ptr scopeWithDeadline(std::chrono::nanoseconds time)
{
    if (time <= std::chrono::nanoseconds::zero())
        throw InvalidUseError(QStringLiteral("moveOnAfter() and failAfter() need a positive time"));
    ScopeState::Ptr scope(new ScopeState(ScopeState::Ptr(ScopeState::current())));
    scope->setDeadline(timeAfter(time));
    return scope;
}

bool wasDeadline(const ScopeState &scope)
{
    return scope.isCanceledItself() && !(scope.parent() && scope.parent()->isCanceled());
}

void throwDeadlinePassed()
{
    throw TimeoutError(QStringLiteral("The deadline given to failAfter() passed"));
}

} // namespace QFerry::Detail
