// SPDX-License-Identifier: MIT
// A coroutine's frame and the object that it works for. The object may die in any thread; the frame
// is its task's.
#include "taskframe.h"

#include <qferry/base/logging_p.h>
#include <qferry/call/objectwatch_p.h>
#include <qferry/task/taskcore.h>

#include <thread>

namespace QFerry::Detail {

void TaskFrame::workFor(const QObject *object)
{
    if (m_watch)
        leaveObject();
    m_watch = ObjectWatch::of(const_cast<QObject *>(object)).take();
    if (!m_watch->link(this)) {
        m_isTold.store(true, std::memory_order_relaxed);
        m_isDead.store(true, std::memory_order_seq_cst);
    }
}

/// In the thread that destroys the object. Once m_isTold is set this may be gone.
void TaskFrame::contextDied()
{
    m_isDead.store(true, std::memory_order_seq_cst);
    TaskCore *task = m_task.load(std::memory_order_seq_cst);
    const bool isHere = task && task->isCurrentThread();
    if (task && !isHere)
        task->signal(TaskCore::Dead);
    m_isTold.store(true, std::memory_order_release);
    if (isHere)
        task->frameDied();
}

void TaskFrame::leaveObject()
{
    const QExplicitlySharedDataPointer<ObjectWatch> watch(std::exchange(m_watch, nullptr),
                                                          QAdoptSharedDataTag());
    {
        const std::lock_guard lock(watch->mutex);
        if (ObjectWatch::unlink(this))
            return;
    }
    while (!m_isTold.load(std::memory_order_acquire)) // by another thread, which is about to
        std::this_thread::yield();
}

FrameTasks &TaskFrame::tasks()
{
    if (!m_tasks)
        m_tasks = new FrameTasks(*this);
    return *m_tasks;
}

void TaskFrame::leaveTasks()
{
    delete m_tasks;
}

void TaskFrame::ended() noexcept
{
    task()->frameEnded(*this);
}

void dropUnbegun(std::coroutine_handle<> frame) noexcept
{
    if (const LogPermit permit; permit && !std::uncaught_exceptions())
        qCWarning(lcQFerry, "A Task was dropped that had been neither awaited nor started. "
                            "co_await it, or start() it");
    frame.destroy();
}

} // namespace QFerry::Detail
