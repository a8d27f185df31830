// SPDX-License-Identifier: MIT
// What the awaiters of tasks have in common. The task's thread.
#pragma once

#include <qferry/task/taskcore.h>

namespace QFerry::Detail {

/// An awaiter in a task's coroutine.
class TaskWait : public Wait
{
public:
    void cancelWait(const QString &) override { abandonWait(); }
    void abandonWait() override { m_throws = true; }

protected:
    TaskWait() : m_task(TaskCore::current()), m_admission(m_task->admission())
    {
        m_throws = m_admission == TaskCore::Admission::Throw;
    }
    ~TaskWait() = default;

    bool isAdmitted() const { return m_admission == TaskCore::Admission::Go; }
    bool throws() const { return m_throws; }
    /// For await_suspend(). False if it waits for nothing, and never goes on.
    bool suspend()
    {
        const bool halts = m_admission == TaskCore::Admission::Halt;
        m_task->suspend(halts ? nullptr : this);
        return !halts;
    }
    /// Its end tells whether it throws.
    void waitFirst() { m_throws = false; }
    void throwIfToldTo() const
    {
        if (m_throws)
            m_task->throwCanceled();
    }
    TaskCore &task() const { return *m_task; }

private:
    TaskCore *const m_task;
    const TaskCore::Admission m_admission;
    bool m_throws;
};

} // namespace QFerry::Detail
