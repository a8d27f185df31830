// SPDX-License-Identifier: MIT
// The life of a task, from its start to its end. The thread that starts it enters, the portal's
// loop, and who cancels it.
#include "portaltask.h"

#include <qferry/call/functionend.h>
#include <qferry/call/taskname_p.h>
#include <qferry/loop/loopinbox_p.h>
#include <qferry/wait/blocked_p.h>

namespace QFerry::Detail {

PortalTask::~PortalTask() = default;

void PortalTask::start(const PortalState::Ptr &portal, const QString &name)
{
    if (m_kind != Operation::None)
        m_scope.reset(new ScopeState({}));
    // The caller does not wait, so its token is not to be shared.
    post(portal,
         contextWithTaskName(contextOfTask(ContextFrame::currentData(), false, m_scope), name));
}

void PortalTask::startForWaiter(const PortalState::Ptr &portal)
{
    m_scope.reset(new ScopeState({}));
    endWithOperation();
    post(portal, contextOfTask(contextOfBlockedCaller(), true, m_scope));
}

void PortalTask::endWithOperation()
{
    if (m_kind == Operation::Call)
        m_endsWithOperation.store(true, std::memory_order_release);
}

void PortalTask::wait()
{
    const QExplicitlySharedDataPointer request(new AsyncRequest(true));
    request->waitFor(CallPtr(this));
}

void PortalTask::post(const PortalState::Ptr &portal, ContextPtr context)
{
    m_portal = portal;
    m_context = std::move(context);
    ref.ref(); // until the function, and its operation, have ended
    portal->loop().inbox()->post(this);
}

bool PortalTask::advance(Stage from, Stage to)
{
    return m_stage.compare_exchange_strong(from, to, std::memory_order_acq_rel);
}

void PortalTask::deliver()
{
    m_portal->loop().inbox()->expectMore();
    if (!advance(Stage::Posted, Stage::Running) || m_portal->isCanceling() || isUnwanted())
        skip();
    else
        run();
}

/// Canceled before the function ran.
void PortalTask::skip()
{
    m_context.reset();
    if (m_stage.exchange(Stage::Over, std::memory_order_acq_rel) != Stage::Over) {
        dropFunction();
        finish(Outcome::Canceled);
    }
    leavePortal();
    release(this);
}

void PortalTask::run()
{
    CallPtr operation;
    FunctionEnd end;
    {
        const ContextFrame frame(std::move(m_context));
        const PortalFunction function(*m_portal);
        end.run([&] { operation = invoke(); });
        if (!operation) // else a coroutine may use what its lambda captured
            dropFunction();
    }
    if (operation) {
        waitFor(std::move(operation));
        return;
    }
    m_stage.store(Stage::Over, std::memory_order_release);
    finish(end.outcome, std::move(end.error));
    leavePortal();
    release(this);
}

void PortalTask::waitFor(CallPtr operation)
{
    m_operation = std::move(operation);
    m_operation->observe();
    m_portal->loop().inbox()->addEndListener(this);
    const bool isStaying = m_portal->add(this);
    const CallPtr keepAlive(this);
    const bool isDoomed = !advance(Stage::Running, Stage::Waiting);
    if (isDoomed)
        m_stage.store(Stage::Waiting, std::memory_order_release);
    if (isDoomed || !isStaying)
        cancelWaiting(QStringLiteral("its task was canceled"));
    m_operation->attach(this);
}

void PortalTask::callFinished()
{
    const bool wasInPortal = m_portal->loop().inbox()->removeEndListener(this);
    const bool isCutShort =
            m_portal->loop().isFinished() && m_operation->outcome() != Outcome::Value;
    if (advance(Stage::Waiting, Stage::Over))
        isCutShort ? finishInTurn(Outcome::Canceled) : finishAs(*m_operation);
    else if (advance(Stage::Ending, Stage::Over))
        finishInTurn(Outcome::Canceled);
    dropFunction();
    if (wasInPortal)
        leavePortal();
    release(this);
}

CallPtr PortalTask::cancelRequested(const QString &reason)
{
    if (advance(Stage::Posted, Stage::Over)) {
        dropFunction();
        finish(Outcome::Canceled);
    } else if (!advance(Stage::Running, Stage::Doomed)) {
        cancelWaiting(reason);
    }
    return {};
}

/// While the operation is under way.
void PortalTask::cancelWaiting(const QString &reason)
{
    const bool endsWithOperation = m_endsWithOperation.load(std::memory_order_acquire);
    if (!advance(Stage::Waiting, endsWithOperation ? Stage::Ending : Stage::Over))
        return;
    if (!endsWithOperation)
        finish(Outcome::Canceled);
    cancelOperation(reason);
}

void PortalTask::cancelOperation(const QString &reason)
{
    if (m_scope)
        m_scope->cancel(reason);
    m_operation->cancel(reason);
    if (m_kind == Operation::Future && m_portal->loop().inbox()->removeEndListener(this))
        leavePortal();
}

void PortalTask::loopFinished()
{
    m_context.reset();
    if (advance(Stage::Posted, Stage::Over)) {
        dropFunction();
        finish(Outcome::Error, portalLoopFinishedError());
    }
    leavePortal();
    release(this);
}

void PortalTask::loopHasEnded()
{
    if (advance(Stage::Waiting, Stage::Over) || advance(Stage::Ending, Stage::Over)) {
        finish(Outcome::Canceled);
        cancelOperation(QStringLiteral("the event loop that it ran in ended"));
    }
    operationLost();
    leavePortal();
}

void PortalTask::leavePortal()
{
    if (m_operation)
        m_portal->remove(this);
    m_portal->leave();
}

} // namespace QFerry::Detail
