// SPDX-License-Identifier: MIT
// The life of a task. All in its thread, but for cancels, signals and the end of what it awaits.
#include "taskcore.h"

#include <qferry/base/logging_p.h>
#include <qferry/call/functionend.h>
#include <qferry/call/taskname_p.h>
#include <qferry/cancelscope.h>
#include <qferry/loop/ownloop_p.h>
#include <qferry/loop/timeslice.h>
#include <qferry/wait/blocked_p.h>

#include <optional>

namespace QFerry::Detail {

/// While it lives, this thread runs in the task's context. What that writes there is kept.
class TaskCore::Running
{
public:
    /// The innermost one of this thread.
    static thread_local Running *current;

    explicit Running(TaskCore &task)
        : m_task(task)
        , m_outer(std::exchange(current, this))
        , m_frame(std::move(task.m_context), task.m_frame)
    {
        task.m_isRunning = true;
    }
    ~Running()
    {
        m_task.m_context = m_frame.data();
        m_task.m_frame = m_frame.givenId();
        m_task.m_isRunning = false;
        current = m_outer;
    }
    Q_DISABLE_COPY_MOVE(Running)

    TaskCore &task() const { return m_task; }
    /// Whether it has gone on without the loop for a shorter time than it may, since the first time
    /// that it was asked.
    bool isInTime()
    {
        const auto now = std::chrono::steady_clock::now();
        if (!m_firstLook)
            m_firstLook = now;
        return now - *m_firstLook < TimeSlice::length;
    }

private:
    TaskCore &m_task;
    Running *const m_outer;
    const ContextFrame m_frame;
    std::optional<std::chrono::steady_clock::time_point> m_firstLook;
};

thread_local TaskCore::Running *TaskCore::Running::current = nullptr;

// --- Owners

std::vector<TaskCorePtr> TaskOwner::tasks() const
{
    std::vector<TaskCorePtr> tasks;
    for (TaskCore *task : m_tasks)
        tasks.emplace_back(task);
    return tasks;
}

void TaskOwner::cancelAll(const QString &reason)
{
    for (const TaskCorePtr &task : tasks())
        task->cancel(reason);
}

void TaskOwner::close(const QString &reason)
{
    m_isClosed = true;
    for (const TaskCorePtr &task : tasks())
        task->doom(reason);
}

TaskOwner::~TaskOwner()
{
    while (TaskCore *task = m_tasks.first())
        task->disown();
}

void FrameTasks::lastHasEnded()
{
    m_frame.task()->unwind();
}

void TaskCore::own(TaskOwner *owner)
{
    m_owner = owner;
    owner->m_tasks.append(this);
    ++owner->m_count;
}

void TaskCore::disown()
{
    if (!m_owner)
        return;
    --std::exchange(m_owner, nullptr)->m_count;
    static_cast<ListLink<TaskCore> *>(this)->unlink();
}

// --- Its beginning

TaskLaunch TaskLaunch::with(const TaskOptions &options) const
{
    TaskLaunch launch = *this;
    launch.name = options.name;
    if (options.scope)
        launch.scope = options.scope->state();
    return launch;
}

void dropUnbegun(std::coroutine_handle<> frame) noexcept
{
    if (const LogPermit permit; permit && !std::uncaught_exceptions())
        qCWarning(lcQFerry, "A Task was dropped that had been neither awaited nor started. "
                            "co_await it, or start() it");
    frame.destroy();
}

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
    m_first = &root;
    m_root.set(root.handle);
    try {
        prepare(root, launch);
    } catch (...) {
        m_root.error = std::current_exception();
        m_root.destroy();
        end();
        return;
    }
    if (root.isDead() || m_scope->isCanceled() || (m_owner && m_owner->isClosed())) {
        endUnbegun();
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
    root.join(this, nullptr, &m_root);
    if (launch.owner)
        own(launch.owner);
    else if (launch.when == TaskLaunch::When::Awaited && current())
        own(&current()->activeFrame().tasks());
}

void TaskCore::startFailed(std::exception_ptr error)
{
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
    m_next = m_first;
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
    if (m_isRunning || (m_isDoomed && m_hasBegun)) { // below, on the stack; or held back
        m_hasMissed = true;
    } else if (!m_hasBegun) {
        if (m_scope->isCanceled() || m_first->isDead())
            endUnbegun();
        else if (given & Begin)
            begin();
    } else {
        if (m_hasDead)
            clearDead();
        if ((given & Look) && m_wait)
            look();
        if (m_wait ? m_wait->isOver() : m_next != nullptr)
            resumeLeaf();
    }
}

void TaskCore::goOnHere()
{
    if (m_isRunning || m_signals.load(std::memory_order_acquire))
        signal(Wake);
    else
        serve(Wake);
}

/// Whether what it waits for is to end.
void TaskCore::look()
{
    const auto *scope = static_cast<const ScopeState *>(m_context->scope.data());
    if (isScopeCanceled(scope))
        m_wait->cancelWait(scope->cancelReason());
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
        endUnbegun();
    else if (closeTasksDownTo(*m_first))
        unwind();
}

void TaskCore::unwind()
{
    if (!m_isDoomed || m_isRunning)
        return;
    const TaskCorePtr keepAlive(this);
    if (m_hasDead)
        clearDead();
    if (hasEnded())
        return;
    m_isTold = true;
    if (m_wait)
        m_wait->abandonWait();
    resumeLeaf();
}

void TaskCore::frameDied()
{
    m_hasDead = true;
    if (m_isRunning)
        return;
    const TaskCorePtr keepAlive(this);
    clearDead();
    if (!hasEnded())
        signal(Wake);
}

// --- Its run

void TaskCore::resumeLeaf()
{
    if (std::exchange(m_wait, nullptr))
        m_next = std::exchange(m_leaf, nullptr);
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
    while (TaskFrame *frame = std::exchange(m_next, nullptr)) {
        m_active = frame;
        frame->handle.resume();
        m_active = nullptr;
        if (Q_UNLIKELY(m_hasDead))
            destroyDead();
    }
    if (m_rootEnded) {
        takeResult();
    } else if (m_isDoomed && !hasEnded()) {
        m_root.error = std::make_exception_ptr(CanceledError(m_scope->reason()));
        destroyDownTo(*m_first);
    }
}

void TaskCore::takeResult()
{
    m_root.error = m_first->error;
    try {
        if (!m_root.error)
            takeResultOf(*m_first);
    } catch (...) {
        m_root.error = std::current_exception();
    }
    m_root.destroy();
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

void CallNode::callFinished()
{
    const TaskCorePtr task = m_task;
    const bool isStale = m_isStale.load(std::memory_order_acquire);
    release(this); // first: the task may use it again, once it goes on
    if (!isStale)
        task->signal(TaskCore::Wake);
}

// --- Frames that go before their end

void TaskCore::clearDead()
{
    {
        const Running running(*this);
        destroyDead();
    }
    if (hasEnded())
        end();
}

/// The outermost frame whose object has gone, with all that it awaits.
void TaskCore::destroyDead()
{
    m_hasDead = false;
    if (m_rootEnded)
        return;
    TaskFrame *outermost = nullptr;
    for (TaskFrame *frame = innermost(); frame; frame = frame->parent) {
        if (frame->isDead())
            outermost = frame;
    }
    if (outermost)
        destroyFrom(*outermost);
}

void TaskCore::destroyFrom(TaskFrame &frame)
{
    TaskFrame *const parent = frame.parent;
    frame.slot->error = std::make_exception_ptr(
            CanceledError(QStringLiteral("the object that it worked for was destroyed")));
    destroyDownTo(frame);
    m_next = parent;
}

/// Ends what may refer to them, as far as it is not running. Whether all of that has ended.
bool TaskCore::closeTasksDownTo(TaskFrame &frame)
{
    const bool wasRunning = std::exchange(m_isRunning, true); // what ends may be foreign code
    bool areEnded = true;
    for (TaskFrame *inner = innermost(); inner; inner = inner == &frame ? nullptr : inner->parent) {
        if (FrameTasks *tasks = inner->tasksIfAny()) {
            tasks->close(QStringLiteral("the task that awaited it has ended"));
            areEnded &= tasks->count() == 0;
        }
    }
    m_isRunning = wasRunning;
    return areEnded;
}

TaskFrame *TaskCore::innermost() const
{
    for (TaskFrame *frame : { m_next, m_leaf, m_active }) {
        if (frame)
            return frame;
    }
    return m_first;
}

/// From the innermost on: they may be many, and would go recursively.
void TaskCore::destroyDownTo(TaskFrame &frame)
{
    closeTasksDownTo(frame);
    TaskFrame *inner = innermost();
    m_wait = nullptr;
    m_leaf = m_next = nullptr;
    while (inner != &frame) {
        TaskFrame *const parent = inner->parent;
        inner->slot->destroy();
        inner = parent;
    }
    frame.slot->destroy();
}

// --- Its end

void TaskCore::endUnbegun()
{
    m_root.error = std::make_exception_ptr(CanceledError());
    m_root.destroy();
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
    TaskOwner *const owner = m_owner;
    disown();
    if (owner && owner->isClosed() && owner->count() == 0)
        owner->lastHasEnded();
    FunctionEnd end;
    end.run([this] {
        if (m_root.error)
            std::rethrow_exception(std::exchange(m_root.error, {}));
    });
    finish(end.outcome, std::move(end.error));
    release(this);
}

} // namespace QFerry::Detail
