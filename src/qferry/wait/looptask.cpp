// SPDX-License-Identifier: MIT
// The life of toLoop()'s call. The thread that starts it enters, the loop's, who ends what the
// function has started, and who cancels.
#include "looptask.h"

#include <qferry/call/functionend.h>
#include <qferry/loop/loopinbox_p.h>
#include <qferry/wait/blocked_p.h>
#include <qferry/wait/fromthreadcaller.h>

namespace QFerry::Detail {

LoopTask::~LoopTask() = default;

void LoopTask::start(const LoopToken &loop)
{
    requireValid(loop);
    m_loop = loop;
    const ScopeState::Ptr scope(ScopeState::current());
    if (m_isAsynchronous)
        m_scope.reset(new ScopeState(scope));
    // The caller does not wait, so its token is not to be shared.
    m_context = contextOfTask(ContextFrame::currentData(), false, m_scope ? m_scope : scope);
    if (!joinCurrentScope(m_member)) {
        cancel(scope->cancelReason());
        return;
    }
    ref.ref(); // until the function, and what it starts, have ended
    m_loop.inbox()->post(this);
}

/// The function does not run.
void LoopTask::endUnbegun(Outcome outcome, std::exception_ptr error)
{
    if (!advance(Stage::Posted, Stage::Over))
        return;
    m_member.leave();
    dropFunction();
    finish(outcome, std::move(error));
}

void LoopTask::deliver()
{
    const ContextPtr context = std::move(m_context);
    if (!advance(Stage::Posted, Stage::Running)) {
        release(this);
        return;
    }
    CallPtr operation;
    FunctionEnd end;
    {
        const ContextFrame frame(context);
        end.run([&] { operation = invoke(); });
        if (!operation) // else a coroutine may use what its lambda captured
            dropFunction();
    }
    if (operation) {
        waitFor(std::move(operation));
        return;
    }
    m_stage.store(Stage::Over, std::memory_order_release);
    leaveScopes();
    finish(end.outcome, std::move(end.error));
    release(this);
}

void LoopTask::leaveScopes()
{
    if (m_scope)
        m_scope->close();
    m_member.leave();
}

void LoopTask::waitFor(CallPtr operation)
{
    m_operation = std::move(operation);
    m_operation->observe();
    m_loop.inbox()->addEndListener(this);
    const CallPtr keepAlive(this);
    if (!advance(Stage::Running, Stage::Waiting)) {
        m_stage.store(Stage::Waiting, std::memory_order_release);
        cancelOperation(QStringLiteral("its task was canceled"));
    }
    m_operation->attach(this);
}

void LoopTask::cancelOperation(const QString &reason)
{
    m_scope->cancel(reason);
    m_operation->cancel(reason);
}

void LoopTask::callFinished()
{
    m_loop.inbox()->removeEndListener(this);
    if (advance(Stage::Waiting, Stage::Over)) {
        leaveScopes();
        dropFunction();
        const bool isCutShort = m_loop.isFinished() && m_operation->outcome() != Outcome::Value;
        isCutShort ? finishInTurn(Outcome::Canceled) : finishAs(*m_operation);
    } else {
        dropFunction(); // the loop's end came first
    }
    release(this);
}

CallPtr LoopTask::cancelRequested(const QString &reason)
{
    endUnbegun(Outcome::Canceled);
    if (!advance(Stage::Running, Stage::Doomed)
        && m_stage.load(std::memory_order_acquire) == Stage::Waiting)
        cancelOperation(reason);
    return {};
}

void LoopTask::loopFinished()
{
    m_context.reset();
    endUnbegun(Outcome::Error, loopFinishedError());
    release(this);
}

void LoopTask::loopHasEnded()
{
    if (!advance(Stage::Waiting, Stage::Over))
        return;
    m_member.leave();
    finish(Outcome::Canceled);
    cancelOperation(QStringLiteral("the event loop that it ran in ended"));
}

} // namespace QFerry::Detail
