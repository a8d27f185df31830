// SPDX-License-Identifier: MIT
// What worker functions ask of the call that they run for. Its worker enters.
#include <qferry/worker.h>

#include <qferry/worker/workercall.h>

namespace QFerry {

using Detail::ScopeState;
using Detail::WorkerCall;

/// Of who is in no worker.
static ScopeState &currentScope(const char *function)
{
    ScopeState *scope = ScopeState::current();
    if (!scope)
        throw NoEventLoopError(
                QStringLiteral("%1 must be called in a worker, by a function that toThread() runs, "
                               "or in a task or scope")
                        .arg(QLatin1String(function)));
    return *scope;
}

bool isWorkerThread() noexcept
{
    return WorkerCall::current();
}

bool isCanceled()
{
    if (const WorkerCall *call = WorkerCall::current())
        return call->isCanceledHere();
    return currentScope("isCanceled()").isCanceled();
}

void checkCanceled()
{
    if (const WorkerCall *call = WorkerCall::current()) {
        if (call->isCanceledHere())
            throw CanceledError(call->cancelReason());
    } else if (const ScopeState &scope = currentScope("checkCanceled()"); scope.isCanceled()) {
        throw CanceledError(scope.cancelReason());
    }
}

void reportProgress(qint64 value, qint64 total, const QString &text)
{
    WorkerCall *call = WorkerCall::current();
    if (!call)
        throw NoEventLoopError(QStringLiteral(
                "reportProgress() must be called in a worker, by a function that toThread() runs"));
    call->reportProgress({ value, total, text });
}

CancelRegistration onCancel(std::function<void()> fn)
{
    WorkerCall *const call = WorkerCall::current();
    ScopeState *const scope = call ? nullptr : &currentScope("onCancel()");
    if (!fn)
        throw InvalidUseError(QStringLiteral("onCancel() was given an empty function"));
    CancelRegistration registration;
    registration.m_hook.reset(new Detail::CancelHook(std::move(fn)));
    if (call)
        call->addHook(registration.m_hook);
    else if (!registration.m_hook->join(scope))
        registration.m_hook->run();
    return registration;
}

CancelRegistration &CancelRegistration::operator=(CancelRegistration &&other) noexcept
{
    CancelRegistration old(std::move(*this));
    m_hook = std::move(other.m_hook);
    return *this;
}

CancelRegistration::~CancelRegistration()
{
    if (!m_hook)
        return;
    m_hook->revoke();
    m_hook->leave();
    if (WorkerCall *call = WorkerCall::current())
        call->removeHook(m_hook);
}

} // namespace QFerry
