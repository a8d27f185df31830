// SPDX-License-Identifier: MIT
// What cancels a blocking wait: the worker's call, or the scope. The thread that waits enters.
#include "cancelwatch_p.h"

namespace QFerry::Detail {

/// The running worker's call, if its cancel ends a wait.
static WorkerCall *cancelableHost(
        CancelWatch::Abandonable abandonable = CancelWatch::Abandonable::GoesOn)
{
    WorkerCall *host = WorkerCall::current();
    const bool goesOn = abandonable == CancelWatch::Abandonable::GoesOn;
    return host && goesOn && host->isAbandonable() ? nullptr : host;
}

/// The scope to look at where there is no such call.
static ScopeState *scopeHere()
{
    const WorkerCall *host = WorkerCall::current();
    return host ? host->innerScope() : ScopeState::current();
}

CancelWatch::CancelWatch(std::function<void()> wake, Abandonable abandonable)
    : m_host(cancelableHost(abandonable))
{
    if (!m_host && !scopeHere())
        return;
    m_hook.reset(new CancelHook(std::move(wake)));
    if (m_host)
        m_host->addHook(m_hook);
    else if (!m_hook->join(scopeHere()))
        m_hook->run();
}

CancelWatch::~CancelWatch()
{
    if (!m_hook)
        return;
    if (m_host) {
        m_host->removeHook(m_hook);
    } else {
        m_hook->revoke();
        m_hook->leave();
    }
}

bool CancelWatch::hasSource()
{
    return cancelableHost() || scopeHere();
}

bool CancelWatch::isCanceled()
{
    if (const WorkerCall *host = cancelableHost())
        return host->isCanceledHere();
    return isScopeCanceled(scopeHere());
}

QString CancelWatch::reason()
{
    if (const WorkerCall *host = WorkerCall::current())
        return host->cancelReason();
    const ScopeState *scope = scopeHere();
    return scope ? scope->cancelReason() : QString();
}

} // namespace QFerry::Detail
