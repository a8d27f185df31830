// SPDX-License-Identifier: MIT
// The runs of one ThreadTask. In its thread.
#pragma once

#include "taskrun_p.h"
#include "threadtask.h"

#include <deque>
#include <memory>

namespace QFerry::Detail {

/// The run that is under way, and those that wait behind it. What leaves it and is not kept is
/// canceled.
class RunQueue
{
public:
    using RunPtr = std::unique_ptr<TaskRun>;

    TaskRun *current() const { return m_current.get(); }
    int waiting() const { return int(m_waiting.size()); }
    bool isEmpty() const { return !m_current && m_waiting.empty(); }

    /// The run whose promise is that of this one, which need not run.
    TaskRun *joinedBy(const TaskRun &run, ThreadTask::RerunPolicy policy) const;
    /// To be begun, if it is not null; else the run waits, or is dropped.
    RunPtr add(RunPtr run, ThreadTask::RerunPolicy policy);
    /// The same for inputs that have changed, which no policy ignores.
    RunPtr addAutomatic(RunPtr run, ThreadTask::RerunPolicy policy);
    /// Null while there is one under way, or none waits.
    RunPtr takeNext();
    void setCurrent(RunPtr run) { m_current = std::move(run); }
    RunPtr takeCurrent() { return std::move(m_current); }

    void remove(const TaskRun *waiting);
    void dropWaiting();

private:
    RunPtr m_current;
    std::deque<RunPtr> m_waiting;
};

} // namespace QFerry::Detail
