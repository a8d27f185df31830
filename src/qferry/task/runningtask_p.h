// SPDX-License-Identifier: MIT
// The task that a thread runs. That thread.
#pragma once

#include <qferry/loop/timeslice.h>
#include <qferry/task/taskcore.h>

#include <chrono>
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
        task.setRunning(true);
    }
    ~Running()
    {
        m_task.m_context = m_frame.data();
        m_task.m_frame = m_frame.givenId();
        m_task.setRunning(false);
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

} // namespace QFerry::Detail
