// SPDX-License-Identifier: MIT
// Who tasks belong to. The tasks' thread.
#pragma once

#include <qferry/base/lists.h>
#include <qferry/thread/callmemory.h>

#include <QtCore/qstring.h>

namespace QFerry::Detail {

class TaskCore;
class TaskFrame;

/// Whose tasks these are: they end with it.
class QFERRY_EXPORT TaskOwner
{
public:
    TaskOwner() = default;
    Q_DISABLE_COPY_MOVE(TaskOwner)

    int count() const { return m_count; }
    /// Cancels those that there are now, without a wait.
    void cancelAll(const QString &reason);
    /// Ends all, here and now (but who is running, when it awaits next), and what is started from
    /// now on before it begins.
    void close(const QString &reason);
    bool isClosed() const { return m_isClosed; }

    /// \name For the tasks
    /// @{
    void add(TaskCore *task);
    /// One that goes on alone.
    void remove(TaskCore *task);
    void taskEnded(TaskCore *task);
    /// @}

protected:
    /// They go on alone.
    ~TaskOwner();
    /// The last task has ended of those that there were when it was closed.
    virtual void lastHasEnded() {}

private:
    TaskCore *firstToDoom() const;

    LinkedList<TaskCore> m_tasks;
    int m_count = 0;
    bool m_isClosed = false;
};

/// The tasks that must not outlive a coroutine of another task: the body of its failAfter(), the
/// tasks of its group.
class FrameTasks final : public InCallMemory, public TaskOwner
{
public:
    explicit FrameTasks(TaskFrame &frame) : m_frame(frame) {}

protected:
    void lastHasEnded() override;

private:
    TaskFrame &m_frame;
};

} // namespace QFerry::Detail
