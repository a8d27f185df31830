// SPDX-License-Identifier: MIT
// Tasks end with who they belong to. Their thread.
#include "taskowner.h"

#include <qferry/task/taskcore.h>

#include <vector>

namespace QFerry::Detail {

TaskOwner::~TaskOwner()
{
    while (TaskCore *task = m_tasks.first())
        task->disown();
}

void TaskOwner::add(TaskCore *task)
{
    m_tasks.append(task);
    ++m_count;
}

void TaskOwner::remove(TaskCore *task)
{
    static_cast<ListLink<TaskCore> *>(task)->unlink();
    --m_count;
}

void TaskOwner::taskEnded(TaskCore *task)
{
    remove(task);
    if (m_isClosed && m_count == 0)
        lastHasEnded();
}

void TaskOwner::cancelAll(const QString &reason)
{
    std::vector<TaskCorePtr> tasks; // what a cancel runs may destroy the owner
    for (TaskCore *task : m_tasks)
        tasks.emplace_back(task);
    for (const TaskCorePtr &task : tasks)
        task->cancel(reason);
}

/// Without a list of its own: there may be no memory for one.
void TaskOwner::close(const QString &reason)
{
    m_isClosed = true;
    while (TaskCore *task = firstToDoom())
        task->doom(reason);
}

/// Others that are still here are few: they run, or end, below on the stack.
TaskCore *TaskOwner::firstToDoom() const
{
    for (TaskCore *task : m_tasks) {
        if (!task->isDoomed() && !task->hasEnded())
            return task;
    }
    return nullptr;
}

void FrameTasks::lastHasEnded()
{
    m_frame.task()->unwind();
}

} // namespace QFerry::Detail
