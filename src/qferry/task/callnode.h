// SPDX-License-Identifier: MIT
// How a task learns that a call has ended. Any thread.
#pragma once

#include <qferry/task/taskcore.h>

namespace QFerry::Detail {

/// A task's continuation of the call that it awaits. One that is left behind stays with that call.
class QFERRY_EXPORT CallNode final : public QSharedData, public InCallMemory, public Continuation
{
public:
    explicit CallNode(TaskCore *task) : m_task(task) {}

    void attachTo(CallCore &call)
    {
        ref.ref(); // until callFinished()
        call.attach(this);
    }
    void leaveBehind() { m_isStale.store(true, std::memory_order_release); }
    void callFinished() override;
    void deliver() override {}
    void loopFinished() override {}

private:
    const TaskCorePtr m_task;
    std::atomic<bool> m_isStale{ false };
};

} // namespace QFerry::Detail
