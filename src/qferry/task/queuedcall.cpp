// SPDX-License-Identifier: MIT
// How calls get into a queue, and leave it. Any thread; the mutex decides whose turn it is.
#include "queuedcall.h"

namespace QFerry::Detail {

WaitQueue::~WaitQueue() = default;

bool WaitQueue::tryPass()
{
    const std::lock_guard lock(m_mutex);
    return letPass();
}

bool WaitQueue::letPassOrWait(QueuedCall *call)
{
    if (letPass())
        return true;
    call->ref.ref(); // until it leaves
    m_waiting.append(call);
    return false;
}

QueuedCallPtr WaitQueue::takeFirst()
{
    return QueuedCallPtr(m_waiting.takeFirst(), QAdoptSharedDataTag());
}

void WaitQueue::endAll(const QString &reason)
{
    for (;;) {
        QueuedCallPtr call;
        {
            const std::lock_guard lock(m_mutex);
            call = takeFirst();
        }
        if (!call)
            return;
        call->endCanceled(reason);
    }
}

QueuedCall::QueuedCall(WaitQueue *queue) : m_queue(queue) {}
QueuedCall::~QueuedCall() = default;

void QueuedCall::begin()
{
    if (m_queue->tryPass()) {
        pass();
        return;
    }
    if (!listen())
        return;
    auto locked = lock();
    const bool passes = m_queue->letPassOrWait(this);
    locked.unlock();
    if (passes)
        pass();
    else
        placeTaken();
}

bool QueuedCall::leave()
{
    if (!isLinked())
        return false;
    unlink();
    ref.deref(); // not the last: who has it leave has one, too
    return true;
}

bool QueuedCall::withdraw(const QString &)
{
    const auto locked = lock();
    return leave();
}

} // namespace QFerry::Detail
