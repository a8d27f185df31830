// SPDX-License-Identifier: MIT
// The life of a task. All in its thread, but for cancels, signals and the end of what it awaits.
#include "taskcore.h"

#include <qferry/call/functionend.h>
#include <qferry/call/taskname_p.h>
#include <qferry/loop/ownloop_p.h>
#include <qferry/task/callnode.h>
#include <qferry/task/runningtask_p.h>
#include <qferry/wait/blocked_p.h>

namespace QFerry::Detail {

thread_local TaskCore::Running *TaskCore::Running::current = nullptr;

// --- Its beginning

TaskCore::TaskCore() = default;
TaskCore::~TaskCore() = default;

TaskCore *TaskCore::current()
{
    return Running::current ? &Running::current->task() : nullptr;
}

bool TaskCore::isCurrentThread() const
{
    return m_inbox->isCurrent();
}

void TaskCore::start(TaskFrame &root, const TaskLaunch &launch)
{
    ref.ref(); // until the end
    m_frames.setFirst(root);
    try {
        prepare(root, launch);
    } catch (...) {
        endUnbegun(std::current_exception());
        return;
    }
    if (root.isDead() || m_scope->isCanceled() || (m_owner && m_owner->isClosed())) {
        endUnbegun(std::make_exception_ptr(CanceledError()));
    } else if (launch.when == TaskLaunch::When::Soon) {
        expectSignals();
        signal(Begin);
    } else {
        begin();
    }
}

void TaskCore::prepare(TaskFrame &root, const TaskLaunch &launch)
{
    m_inbox.reset(ownLoop());
    if (!m_inbox)
        throw NoEventLoopError(
                QStringLiteral("A Task needs an event loop to go on in, and this thread has none. "
                               "In a worker, start it in a loop: fromThread(fn)"));
    m_scope.reset(new ScopeState(ScopeState::Ptr(launch.scope)));
    m_context = contextOfTask(ContextFrame::currentData(),
                              launch.when == TaskLaunch::When::Awaited, m_scope);
    if (!launch.name.isEmpty())
        m_context = contextWithTaskName(std::move(m_context), launch.name);
    if (launch.object)
        root.workFor(launch.object);
    root.join(this, nullptr, &m_frames.slot());
    if (launch.owner)
        own(*launch.owner);
    else if (launch.when == TaskLaunch::When::Awaited && current())
        own(current()->activeFrame().tasks());
}

void TaskCore::own(TaskOwner &owner)
{
    m_owner = &owner;
    owner.add(this);
}

void TaskCore::disown()
{
    if (TaskOwner *owner = std::exchange(m_owner, nullptr))
        owner->remove(this);
}

void TaskCore::startFailed(std::exception_ptr error)
{
    dropFunction();
    finish(Outcome::Error, std::move(error));
}

/// From now on others reach it: the loop that ends, a scope that is canceled. Not needed by those
/// that end before they ever wait.
void TaskCore::expectSignals()
{
    m_isInLoop = true;
    m_inbox->addEndListener(this);
    if (!m_member.join(m_scope.data()))
        signal(Look);
}

void TaskCore::begin()
{
    m_hasBegun = true;
    if (Watchers::areThere())
        sighting().note(&Sighting::running);
    m_frames.resumeFirst();
    run();
}

// --- What it is told

void TaskCore::signal(Signal what)
{
    if (m_signals.fetch_or(what, std::memory_order_acq_rel))
        return;
    ref.ref(); // until it is delivered
    m_inbox->post(this);
}

CallPtr TaskCore::cancelRequested(const QString &reason)
{
    m_scope->cancel(reason);
    signal(Look);
    return {};
}

void TaskCore::deliver()
{
    const quint8 given = m_signals.exchange(0, std::memory_order_acq_rel);
    if (!hasEnded())
        serve(given);
    release(this);
}

void TaskCore::serve(quint8 given)
{
    m_hasDead |= bool(given & Dead);
    if (isRunning() || (m_isDoomed && m_hasBegun)) { // below, on the stack; or held back
        m_hasMissed = true;
    } else if (!m_hasBegun) {
        if (m_scope->isCanceled() || m_frames.first().isDead())
            endUnbegun(std::make_exception_ptr(CanceledError()));
        else if (given & Begin)
            begin();
    } else {
        if (m_hasDead)
            clearDead();
        if ((given & Look) && m_frames.wait())
            look();
        if (m_frames.mayGoOn())
            resumeLeaf();
    }
}

void TaskCore::goOnHere()
{
    if (isRunning() || m_signals.load(std::memory_order_acquire))
        signal(Wake);
    else
        serve(Wake);
}

/// Whether what it waits for is to end.
void TaskCore::look()
{
    const auto *scope = static_cast<const ScopeState *>(m_context->scope.data());
    if (isScopeCanceled(scope))
        m_frames.wait()->cancelWait(scope->cancelReason());
}

void TaskCore::loopHasEnded()
{
    m_isInLoop = false;
    doom(QStringLiteral("the event loop that it ran in ended"));
}

void TaskCore::doom(const QString &reason)
{
    if (hasEnded() || std::exchange(m_isDoomed, true))
        return;
    const TaskCorePtr keepAlive(this);
    m_scope->cancel(reason);
    if (hasEnded())
        return;
    if (!m_hasBegun)
        endUnbegun(std::make_exception_ptr(CanceledError()));
    else if (closeTasks())
        unwind();
}

/// What ends may be foreign code, which finds this running.
bool TaskCore::closeTasks()
{
    const bool wasRunning = isRunning();
    setRunning(true);
    const bool areEnded = m_frames.closeTasks();
    setRunning(wasRunning);
    return areEnded;
}

void TaskCore::unwind()
{
    if (!m_isDoomed || isRunning())
        return;
    const TaskCorePtr keepAlive(this);
    if (m_hasDead)
        clearDead();
    if (hasEnded())
        return;
    m_isTold = true;
    if (Wait *wait = m_frames.wait())
        wait->abandonWait();
    resumeLeaf();
}

void TaskCore::frameDied()
{
    m_hasDead = true;
    if (isRunning())
        return;
    const TaskCorePtr keepAlive(this);
    clearDead();
    if (!hasEnded())
        signal(Wake);
}

// --- Its run

void TaskCore::resumeLeaf()
{
    m_frames.endWait();
    run();
}

void TaskCore::run()
{
    m_readyAwaits = 0;
    {
        const Running running(*this);
        resumeAll();
    }
    if (hasEnded()) {
        end();
        return;
    }
    if (!m_isInLoop && !m_isDoomed)
        expectSignals();
    if (std::exchange(m_hasMissed, false))
        signal(Signal(Look | Wake));
}

void TaskCore::resumeAll()
{
    while (m_frames.resumeNext()) {
        if (Q_UNLIKELY(m_hasDead))
            destroyDead();
    }
    if (m_frames.hasFirstEnded()) {
        takeResult();
    } else if (m_isDoomed && !hasEnded()) {
        m_frames.slot().error = std::make_exception_ptr(CanceledError(m_scope->reason()));
        m_frames.destroy();
    }
}

void TaskCore::takeResult()
{
    FrameSlot &slot = m_frames.slot();
    slot.error = m_frames.first().error;
    try {
        if (!slot.error)
            takeResultOf(m_frames.first());
    } catch (...) {
        slot.error = std::current_exception();
    }
    slot.destroy();
}

TaskCore::Admission TaskCore::admission()
{
    if (Q_UNLIKELY(m_isDoomed))
        return std::exchange(m_isTold, true) ? Admission::Halt : Admission::Throw;
    return isScopeCanceled(ScopeState::current()) ? Admission::Throw : Admission::Go;
}

void TaskCore::throwIfCanceled() const
{
    if (m_isDoomed || isScopeCanceled(ScopeState::current()))
        throwCanceled();
}

void TaskCore::throwCanceled() const
{
    throw CanceledError(cancelReason());
}

QString TaskCore::cancelReason() const
{
    const ScopeState *scope = ScopeState::current();
    return m_isDoomed || !scope ? m_scope->reason() : scope->cancelReason();
}

/// Called once in readyPerLook awaits, as it looks at the clock.
bool TaskCore::isInTime()
{
    if (Running::current->isInTime())
        return true;
    m_inbox->lookAtClock();
    return false;
}

CallNode *TaskCore::node()
{
    if (!m_node || m_node->ref.loadAcquire() != 1)
        m_node.reset(new CallNode(this));
    return m_node.data();
}

void TaskCore::leaveNodeBehind()
{
    m_node->leaveBehind();
    m_node.reset();
}

void TaskCore::clearDead()
{
    {
        const Running running(*this);
        destroyDead();
    }
    if (hasEnded())
        end();
}

void TaskCore::destroyDead()
{
    m_hasDead = false;
    m_frames.destroyDead();
}

// --- Its end

void TaskCore::endUnbegun(std::exception_ptr error)
{
    m_frames.slot().error = std::move(error);
    m_frames.slot().destroy();
    end();
}

void TaskCore::end()
{
    dropFunction();
    m_context.reset();
    m_member.leave();
    if (m_scope && m_scope->ref.loadAcquire() > 1) // others are nested in it
        m_scope->close();
    if (m_isInLoop)
        m_inbox->removeEndListener(this);
    m_node.reset();
    if (TaskOwner *owner = std::exchange(m_owner, nullptr))
        owner->taskEnded(this);
    FunctionEnd end;
    end.run([this] {
        if (std::exception_ptr &error = m_frames.slot().error)
            std::rethrow_exception(std::exchange(error, {}));
    });
    finish(end.outcome, std::move(end.error));
    release(this);
}

} // namespace QFerry::Detail
