// SPDX-License-Identifier: MIT
// How the body of a group begins, fails and ends. The task that runs it.
#include "grouprun.h"

#include <qferry/call/awaiter.h>
#include <qferry/call/functionend.h>

namespace QFerry::Detail {

GroupRun::GroupRun(CallGroup::OnFailure onFailure)
    : GroupRun(TaskGroupCore::Ptr(new TaskGroupCore(onFailure)))
{
    m_entered.emplace(d->scope()); // if that fails, the destructor ends the group
}

GroupRun::~GroupRun()
{
    m_entered.reset();
    if (!d->isFinished())
        d->abandon();
}

void GroupRun::bodyFailed()
{
    const bool isCanceledNow = d->scope()->isCanceled();
    m_entered.reset();
    FunctionEnd end;
    end.run([] { throw; });
    if (end.outcome == Outcome::Error) {
        d->bodyFailed(std::move(end.error));
        return;
    }
    m_isOwnCancel = isCanceledNow && !isScopeCanceled(ScopeState::current());
    m_bodyCanceled = std::current_exception();
    d->cancel(QStringLiteral("the body of its group was canceled"));
}

PendingCall<void> GroupRun::end()
{
    m_entered.reset();
    d->close();
    return PendingCall<void>(CallPtr(d.data()));
}

void GroupRun::throwIfFailed(bool isVoid)
{
    d->observe();
    if (d->outcome() == Outcome::Canceled)
        TaskCore::current()->throwIfCanceled(); // with the reason
    if (d->outcome() != Outcome::Value)
        throwOutcome(*d);
    if (m_bodyCanceled && !(isVoid && m_isOwnCancel))
        std::rethrow_exception(m_bodyCanceled);
}

} // namespace QFerry::Detail
