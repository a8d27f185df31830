// SPDX-License-Identifier: MIT
// How what waits for a loop is told: in the loop's thread, or in any while that one stands still.
#include "loopend_p.h"

namespace QFerry::Detail {

LoopEnd::~LoopEnd() = default;

void LoopEnd::loopGoesOn()
{
    const std::lock_guard lock(m_mutex);
    m_blockedInFuture.store(false, std::memory_order_seq_cst);
    if (m_state.load(std::memory_order_relaxed) == State::Ended
        && !s_isApplicationOver.load(std::memory_order_relaxed))
        m_state.store(State::Turning, std::memory_order_seq_cst);
}

bool LoopEnd::loopEnded()
{
    bool isNew = false;
    {
        const std::lock_guard lock(m_mutex);
        isNew = endTurning();
        m_awaitsApplication = false;
    }
    m_served.wakeAll();
    failAwaited();
    return isNew;
}

/// Under the mutex. False if it did not turn.
bool LoopEnd::endTurning()
{
    if (m_state.load(std::memory_order_relaxed) != State::Turning)
        return false;
    m_state.store(State::Ended, std::memory_order_seq_cst);
    return true;
}

/// The same as loopEnded(), until another application begins.
void LoopEnd::endWithApplication()
{
    {
        const std::lock_guard lock(m_mutex);
        if (!s_isApplicationOver.load(std::memory_order_seq_cst))
            return; // it has begun meanwhile
        m_awaitsApplication |= endTurning();
    }
    m_served.wakeAll();
    failAwaited();
}

/// Any thread. From now on the loop may be waited for, though its thread has not noticed yet.
void LoopEnd::applicationBegins()
{
    const std::lock_guard lock(m_mutex);
    if (std::exchange(m_awaitsApplication, false)
        && m_state.load(std::memory_order_relaxed) == State::Ended)
        m_state.store(State::Turning, std::memory_order_seq_cst);
}

/// Tells what threads wait for. In any thread while the loop is not turning.
void LoopEnd::failAwaited()
{
    const Ptr keepAlive(this);
    fail(false);
    tellEnd(true);
}

/// Any thread: the loop has ended, if its thread blocks still. Null if there is nobody to tell.
LoopEnd::Ptr LoopEnd::endWhileBlocked()
{
    const std::lock_guard lock(m_mutex); // under which close() says so before the registry lets go
    if (!m_blockedInFuture.load(std::memory_order_relaxed) || isClosed())
        return {};
    m_state.store(State::Ended, std::memory_order_seq_cst);
    return Ptr(hasArrived() || !m_queue.isEmpty() || !m_awaitedListeners.isEmpty() ? this
                                                                                   : nullptr);
}

/// Tells items that the loop ended: those that a thread waits for, or all. In any thread while the
/// loop is not turning.
void LoopEnd::fail(bool everything)
{
    const Ptr keepAlive(this);
    ItemQueue failing;
    while (takeFailing(failing, everything)) {
        while (!failing.isEmpty())
            failing.takeFirst()->loopFinished();
    }
}

/// Tells what is under way in the loop and is awaited by threads, or what is not. The latter in the
/// loop's thread only.
void LoopEnd::tellEnd(bool awaited)
{
    while (LoopEndListener *listener = takeEndListener(awaited)) {
        listener->loopHasEnded();
        listener->releaseListener();
    }
}

/// The one that began last, with a reference of its own: as long as it was in the list, it had one.
LoopEndListener *LoopEnd::takeEndListener(bool awaited)
{
    const std::lock_guard lock(m_mutex);
    if (m_state.load(std::memory_order_seq_cst) == State::Turning)
        return nullptr;
    LoopEndListener *listener = endListeners(awaited).takeFirst();
    if (listener)
        listener->keepListener();
    return listener;
}

/// False if there is none.
bool LoopEnd::takeFailing(ItemQueue &failing, bool everything)
{
    const std::lock_guard lock(m_mutex);
    if (m_state.load(std::memory_order_seq_cst) == State::Turning)
        return false; // it turns again and serves them itself
    takeArrived();
    m_queue.moveTo(failing, everything);
    return !failing.isEmpty();
}

void LoopEnd::addEndListener(LoopEndListener *listener)
{
    const std::lock_guard lock(m_mutex);
    endListeners(listener->isAwaitedByThread()).prepend(listener);
}

bool LoopEnd::removeEndListener(LoopEndListener *listener)
{
    const std::lock_guard lock(m_mutex);
    if (!listener->isLinked())
        return false;
    listener->unlink();
    return true;
}

bool LoopEnd::hasArrived() const
{
    return Arrivals::isElement(m_arrivals.top(std::memory_order_seq_cst));
}

/// Moves what has arrived into the queue, oldest first. False if nothing has.
bool LoopEnd::takeArrived()
{
    if (!hasArrived())
        return false;
    InboxItem *newest = m_arrivals.takeAll(Arrivals::mark(), std::memory_order_seq_cst);
    m_queue.append(Arrivals::oldestFirst(newest), newest);
    return true;
}

} // namespace QFerry::Detail
