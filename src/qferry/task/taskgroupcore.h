// SPDX-License-Identifier: MIT
// What taskGroup() is made of. The group's thread; calls that are no tasks end in any.
#pragma once

#include <qferry/callgroup.h>
#include <qferry/task/callgroupcore.h>
#include <qferry/task/taskcore.h>
#include <qferry/taskname.h>

namespace QFerry::Detail {

/**
 * A group of tasks: a call that ends once its body and all that was started in it have.
 *
 * A cancel of the group is one of its scope, in which the body and the tasks are; that of the scope
 * reaches the group, which cancels those of its members that are no tasks. The first error has the
 * group canceled, and is the group's. What fails afterwards is kept: who asks for errors() has seen
 * it, else its call logs it when the group goes.
 */
class QFERRY_EXPORT TaskGroupCore final : public CallGroupCore
{
public:
    using Ptr = QExplicitlySharedDataPointer<TaskGroupCore>;

    /// In the task that runs the body.
    explicit TaskGroupCore(CallGroup::OnFailure onFailure);
    ~TaskGroupCore() override;

    const ScopeState::Ptr &scope() { return m_scope; }
    /// How to start a task of the group. Throws InvalidUseError in another thread, and if the group
    /// has ended.
    TaskLaunch launch(const TaskOptions &options);
    /// Throws InvalidUseError if the group has ended.
    void addMember(const CallPtr &call);
    /// The same of a task that was launched for it, and has not begun: if that fails, it never
    /// does.
    void addTask(const CallPtr &task);
    /// A task whose errors are the group's once it has started; until then they are of that call.
    void addStarting(const CallPtr &task, const CallPtr &start);
    QList<std::exception_ptr> errors() const;

    /// \name By who runs the body
    /// @{
    /// It ended with an error. Cancels the tasks, whatever the policy.
    void bodyFailed(std::exception_ptr error);
    /// Whoever waited for its end has gone.
    void abandon();
    /// @}

protected:
    CallPtr cancelRequested(const QString &reason) override;
    bool decides(CallCore &member) override;
    QString reasonForOthers() const override;
    void cancelOthers() override;
    void membersEnded(const CallPtr &decider) override;

private:
    void keepError(CallCore &member);

    const CallGroup::OnFailure m_onFailure;
    const TaskCorePtr m_task; // which runs the body
    const ScopeState::Ptr m_outer;
    const ScopeState::Ptr m_scope;
    ScopeMember m_member{ this };
    FrameTasks *m_tasks; // of the coroutine that runs the body; null once that has gone
    std::atomic<CallCore *> m_bodyError{ nullptr };
    mutable std::mutex m_mutex;
    std::vector<CallPtr> m_failed; // guarded by the mutex
};

} // namespace QFerry::Detail
