// SPDX-License-Identifier: MIT
// How a group of tasks begins, fails and ends. The group's thread, but for cancels and the ends of
// calls that are no tasks; the mutex guards what has failed.
#include "taskgroupcore.h"

#include <qferry/call/awaiter.h>
#include <qferry/call/functionend.h>

namespace QFerry::Detail {

constexpr std::size_t mostErrorsKept = 1000; // of a group; a further one is its handle's alone

/// A call that has failed with the error of a group's body: the group treats it as any other.
class BodyError final : public CallCore
{
public:
    explicit BodyError(std::exception_ptr error) { finish(Outcome::Error, std::move(error)); }
};

/// A task with a start, as its group sees it: what it fails with before is not the group's.
class StartedMember final : public CallCore, public Continuation
{
public:
    StartedMember(CallPtr task, CallPtr start) : m_task(std::move(task)), m_start(std::move(start))
    {}

    void follow()
    {
        ref.ref(); // until callFinished()
        m_task->attach(this);
    }
    void callFinished() override
    {
        const bool hasStarted = m_start->outcome() == Outcome::Value;
        m_task->observe();
        if (hasStarted)
            finishAs(*m_task);
        else
            finish(Outcome::Canceled);
        release(this);
    }
    void deliver() override {}
    void loopFinished() override {}

protected:
    CallPtr cancelRequested(const QString &) override { return m_task; }

private:
    const CallPtr m_task;
    const CallPtr m_start;
};

TaskGroupCore::TaskGroupCore(CallGroup::OnFailure onFailure)
    : m_onFailure(onFailure)
    , m_task(TaskCore::current())
    , m_outer(ScopeState::current())
    , m_scope(new ScopeState(m_outer))
    , m_tasks(&m_task->activeFrame().tasks())
{
    if (!m_member.join(m_scope.data()))
        cancel(m_scope->cancelReason());
}

TaskGroupCore::~TaskGroupCore() = default;

static void throwEnded()
{
    throw InvalidUseError(QStringLiteral(
            "A task group was used that has ended. Start tasks in its body, or in its tasks"));
}

TaskLaunch TaskGroupCore::launch(const TaskOptions &options)
{
    if (!m_task->isCurrentThread())
        throw InvalidUseError(QStringLiteral(
                "A task was started in a group that belongs to another thread. Use fromThread()"));
    if (isFinished() || !m_tasks)
        throwEnded();
    return TaskLaunch{ .when = TaskLaunch::When::Soon, .scope = m_scope.data(), .owner = m_tasks }
            .with(options);
}

void TaskGroupCore::addMember(const CallPtr &call)
{
    if (!add(call))
        throwEnded();
}

void TaskGroupCore::addTask(const CallPtr &task)
{
    try {
        addMember(task);
    } catch (...) {
        task->cancel({});
        throw;
    }
}

void TaskGroupCore::addStarting(const CallPtr &task, const CallPtr &start)
{
    try {
        const QExplicitlySharedDataPointer member(new StartedMember(task, start));
        member->follow();
        addMember(CallPtr(member.data()));
    } catch (...) {
        task->cancel({});
        throw;
    }
}

CallPtr TaskGroupCore::cancelRequested(const QString &reason)
{
    m_scope->cancel(reason);
    return CallGroupCore::cancelRequested(reason);
}

bool TaskGroupCore::decides(CallCore &member)
{
    if (member.outcome() != Outcome::Error)
        return false;
    keepError(member);
    return m_onFailure == CallGroup::OnFailure::CancelOthers
           || &member == m_bodyError.load(std::memory_order_acquire);
}

void TaskGroupCore::keepError(CallCore &member)
{
    const std::lock_guard lock(m_mutex);
    if (m_failed.size() >= mostErrorsKept)
        return;
    try {
        m_failed.emplace_back(&member);
    } catch (const std::bad_alloc &) {
    }
}

QString TaskGroupCore::reasonForOthers() const
{
    return QStringLiteral("another task of its group has failed");
}

void TaskGroupCore::cancelOthers()
{
    m_scope->cancel(reasonForOthers());
}

QList<std::exception_ptr> TaskGroupCore::errors() const
{
    const std::lock_guard lock(m_mutex);
    QList<std::exception_ptr> errors;
    for (const CallPtr &call : m_failed) {
        call->observe();
        errors.append(call->error());
    }
    return errors;
}

void TaskGroupCore::bodyFailed(std::exception_ptr error)
{
    const CallPtr failed(new BodyError(std::move(error)));
    m_bodyError.store(failed.data(), std::memory_order_release);
    addMember(failed);
}

void TaskGroupCore::membersEnded(const CallPtr &decider)
{
    m_member.leave();
    m_scope->close();
    if (decider) {
        decider->outcomeSeen(true);
        finishAs(*decider);
    } else {
        finish(isScopeCanceled(m_outer.data()) ? Outcome::Canceled : Outcome::Value);
    }
}

void TaskGroupCore::abandon()
{
    const Ptr keepAlive(this);
    m_scope->cancel(QStringLiteral("who waited for its group has gone"));
    std::exchange(m_tasks, nullptr)->close(m_scope->reason());
    close();
}

} // namespace QFerry::Detail
