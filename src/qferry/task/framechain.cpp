// SPDX-License-Identifier: MIT
// Coroutines that go before their end. Their task's thread, in its context.
#include "framechain.h"

#include <qferry/errors.h>
#include <qferry/task/taskowner.h>

namespace QFerry::Detail {

void FrameChain::destroyDead()
{
    TaskFrame *const dead = m_hasFirstEnded ? nullptr : outermostDead();
    if (!dead)
        return;
    TaskFrame *const parent = dead->parent;
    dead->slot->error = std::make_exception_ptr(
            CanceledError(QStringLiteral("the object that it worked for was destroyed")));
    destroyDownTo(*dead);
    m_next = parent;
}

TaskFrame *FrameChain::outermostDead() const
{
    TaskFrame *outermost = nullptr;
    for (TaskFrame *frame = innermost(); frame; frame = frame->parent) {
        if (frame->isDead())
            outermost = frame;
    }
    return outermost;
}

TaskFrame *FrameChain::innermost() const
{
    if (m_next)
        return m_next;
    return m_current ? m_current : m_first;
}

bool FrameChain::closeTasksDownTo(TaskFrame &frame)
{
    bool areEnded = true;
    for (TaskFrame *inner = innermost(); inner; inner = inner == &frame ? nullptr : inner->parent) {
        if (FrameTasks *tasks = inner->tasksIfAny()) {
            tasks->close(QStringLiteral("the task that awaited it has ended"));
            areEnded &= tasks->count() == 0;
        }
    }
    return areEnded;
}

void FrameChain::destroyDownTo(TaskFrame &frame)
{
    closeTasksDownTo(frame);
    TaskFrame *inner = innermost();
    unsuspend();
    m_next = m_current = nullptr;
    while (inner != &frame) {
        TaskFrame *const parent = inner->parent;
        inner->slot->destroy();
        inner = parent;
    }
    frame.slot->destroy();
}

} // namespace QFerry::Detail
