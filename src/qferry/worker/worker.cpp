// SPDX-License-Identifier: MIT
// What worker functions ask of the call that they run for. Its worker enters.
#include <qferry/worker.h>

#include <qferry/worker/workercall.h>

namespace QFerry {

using Detail::WorkerCall;

static WorkerCall &workerCall(const char *function)
{
    WorkerCall *call = WorkerCall::current();
    if (!call)
        throw NoEventLoopError(
                QStringLiteral("%1 must be called in a worker, by a function that toThread() runs")
                        .arg(QLatin1String(function)));
    return *call;
}

bool isWorkerThread() noexcept
{
    return WorkerCall::current();
}

void checkCanceled()
{
    const WorkerCall &call = workerCall("checkCanceled()");
    if (call.isCanceledHere())
        throw CanceledError(call.cancelReason());
}

bool isCanceled()
{
    return workerCall("isCanceled()").isCanceledHere();
}

void reportProgress(qint64 value, qint64 total, const QString &text)
{
    workerCall("reportProgress()").reportProgress({ value, total, text });
}

CancelRegistration onCancel(std::function<void()> fn)
{
    WorkerCall &call = workerCall("onCancel()");
    if (!fn)
        throw InvalidUseError(QStringLiteral("onCancel() was given an empty function"));
    CancelRegistration registration;
    registration.m_hook.reset(new Detail::CancelHook(std::move(fn)));
    call.addHook(registration.m_hook);
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
