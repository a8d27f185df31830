// SPDX-License-Identifier: MIT
// A scope that a task is in for a while, and what tells the task of its cancel. The task's thread;
// the cancel comes in any.
#include <qferry/enterscope.h>

#include <qferry/task/taskcore.h>

namespace QFerry {

namespace Detail {

/// Has a task look at its scope.
class ScopeBell final : public CallCore
{
public:
    explicit ScopeBell(TaskCore *task) : m_task(task) {}

protected:
    CallPtr cancelRequested(const QString &) override
    {
        m_task->signal(TaskCore::Look);
        return {};
    }

private:
    const TaskCorePtr m_task;
};

} // namespace Detail

using namespace Detail;

static CallCore *newBell()
{
    TaskCore *task = TaskCore::current();
    return task ? new ScopeBell(task) : nullptr;
}

EnterScope::EnterScope(const CancelScope &scope) : EnterScope(ScopeState::Ptr(scope.state())) {}

EnterScope::EnterScope(ScopeState::Ptr scope)
    : m_scope(std::move(scope))
    , m_outer(ContextFrame::currentData())
    , m_bell(newBell())
    , m_member(m_bell.data())
{
    ContextFrame::current().detach()->scope.reset(m_scope.data());
    if (m_bell)
        Q_UNUSED(m_member.join(m_scope.data())) // if it is canceled, the next await sees that
}

EnterScope::~EnterScope()
{
    m_member.leave();
    ContextFrame::current().leaveScope(m_outer);
}

} // namespace QFerry
