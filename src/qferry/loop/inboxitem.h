// SPDX-License-Identifier: MIT
// What a loop delivers, and what it tells of its end.
#pragma once

#include <qferry/base/lists.h>
#include <qferry/global.h>

namespace QFerry::Detail {

/// Something that waits in a loop's inbox. Exactly one of deliver() and loopFinished() is called,
/// once.
class QFERRY_EXPORT InboxItem
{
public:
    /// Called by the event loop, in its thread.
    virtual void deliver() = 0;
    /// Called instead if the loop ends first; in the loop's thread or the one that posted.
    virtual void loopFinished() = 0;
    /// Whether a thread is blocked until the item is served: such items do not outlive an exec().
    virtual bool isAwaited() const { return false; }
    /// Whether it is the request of a thread that sleeps meanwhile: the loop serves a few of those
    /// before it wakes their threads.
    virtual bool isBlockingRequest() const { return false; }

protected:
    InboxItem() = default;
    ~InboxItem() = default;
    Q_DISABLE_COPY_MOVE(InboxItem)

private:
    friend class CallCore;
    friend class Firing;
    friend class ItemQueue;
    template <typename>
    friend class MarkedStack;
    InboxItem *m_next = nullptr;
};

/// Something that is under way in a loop, to be told if the loop ends first: in the loop's thread,
/// or, if isAwaitedByThread(), in any while that one blocks.
class QFERRY_EXPORT LoopEndListener : public ListLink<LoopEndListener>
{
public:
    virtual void loopHasEnded() = 0;
    /// As InboxItem::isAwaited(). Always the same.
    virtual bool isAwaitedByThread() const { return true; }
    /// The loop's own reference, for as long as it tells: whoever else refers to this may give it
    /// up meanwhile.
    virtual void keepListener() = 0;
    virtual void releaseListener() = 0;

protected:
    LoopEndListener() = default;
    ~LoopEndListener() = default;
    Q_DISABLE_COPY_MOVE(LoopEndListener)
};

} // namespace QFerry::Detail
