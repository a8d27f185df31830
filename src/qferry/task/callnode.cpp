// SPDX-License-Identifier: MIT
// A call that a task awaits has ended. Any thread.
#include "callnode.h"

namespace QFerry::Detail {

void CallNode::callFinished()
{
    const TaskCorePtr task = m_task;
    const bool isStale = m_isStale.load(std::memory_order_acquire);
    release(this); // first: the task may use it again, once it goes on
    if (!isStale)
        task->signal(TaskCore::Wake);
}

} // namespace QFerry::Detail
