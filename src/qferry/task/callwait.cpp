// SPDX-License-Identifier: MIT
// co_await of a call, in a task. Its thread.
#include "callwait.h"

#include <qferry/task/callnode.h>

namespace QFerry::Detail {

bool CallWaitBase::await_ready()
{
    if (Q_LIKELY(isAdmitted()))
        return !m_call || (m_call->isFinished() && task().mayGoOn());
    return throws() && !hasToEnd();
}

/// In a scope that is canceled: whether the call is under way, which is to end before this throws.
bool CallWaitBase::hasToEnd()
{
    if (!m_call || m_call->isFinished())
        return false;
    m_call->cancel(task().cancelReason());
    if (task().isDoomed())
        m_call->observe();
    else if (!m_call->isFinished())
        waitFirst();
    return !throws();
}

/// Where there is no memory for it, the call is canceled, and not waited for.
void CallWaitBase::attach()
{
    try {
        CallNode *const node = task().node();
        m_isAttached = true;
        node->attachTo(*m_call);
    } catch (const std::bad_alloc &) {
        task().goOn();
        m_call->observe();
        m_call->cancel({});
        throw;
    }
}

void CallWaitBase::cancelWait(const QString &reason)
{
    const CallPtr call = m_call; // this may be gone as soon as it ends
    call->cancel(reason);
}

void CallWaitBase::abandonWait()
{
    TaskWait::abandonWait();
    leaveBehind(QStringLiteral("the task that awaited it has ended"));
}

void CallWaitBase::leaveBehind(const QString &reason)
{
    m_isAttached = false;
    task().leaveNodeBehind();
    m_call->observe();
    m_call->cancel(reason);
}

CallPtr CallWaitBase::takeCall()
{
    m_isAttached = false;
    throwIfToldTo();
    CallPtr call = std::move(m_call);
    if (!call)
        throw CanceledError();
    call->observe();
    if (call->outcome() == Outcome::Canceled)
        task().throwIfCanceled(); // with the reason
    if (call->outcome() != Outcome::Value)
        throwOutcome(*call);
    return call;
}

} // namespace QFerry::Detail
