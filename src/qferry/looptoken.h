// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/errors.h>

#include <QtCore/qshareddata.h>

namespace QFerry {

namespace Detail {

class LoopInbox;
template <typename>
class MarkedStack;

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
    friend class LoopInbox;
    friend class CallCore;
    friend class Firing;
    template <typename>
    friend class MarkedStack;
    InboxItem *m_next = nullptr;
};

/// Something that is under way in a loop, to be told if the loop ends first: in the loop's thread,
/// or, if isPendingAwaited(), in any while that one blocks.
class QFERRY_EXPORT LoopPending
{
public:
    virtual void pendingLoopFinished() = 0;
    /// As InboxItem::isAwaited(). Always the same.
    virtual bool isPendingAwaited() const { return true; }
    /// The loop's own reference, for as long as it tells: whoever else refers to this may give it
    /// up meanwhile.
    virtual void keepPending() = 0;
    virtual void releasePending() = 0;

protected:
    LoopPending() = default;
    ~LoopPending() = default;
    Q_DISABLE_COPY_MOVE(LoopPending)

private:
    friend class LoopInbox;
    LoopPending *m_previous = nullptr;
    LoopPending *m_next = nullptr;
    bool m_linked = false;
};

} // namespace Detail

/**
 * Names the event loop of a thread, so that other threads can call into it with fromThread().
 *
 * A token keeps nothing alive and never dangles: once the loop's thread has ended, calls that use
 * the token throw LoopFinishedError. Copies are cheap; all functions may be called in any thread.
 */
class QFERRY_EXPORT LoopToken
{
public:
    /// A token of no loop.
    LoopToken() noexcept;
    ~LoopToken();
    LoopToken(const LoopToken &other);
    LoopToken(LoopToken &&other) noexcept;
    LoopToken &operator=(const LoopToken &other);
    LoopToken &operator=(LoopToken &&other) noexcept;

    /// Whether the token names a loop, finished or not.
    bool isValid() const { return bool(m_inbox); }
    /// Whether that loop's thread (or the application, for the main thread) has ended for good.
    bool isFinished() const;

    friend bool operator==(const LoopToken &a, const LoopToken &b)
    {
        return a.m_inbox == b.m_inbox;
    }

    explicit LoopToken(QExplicitlySharedDataPointer<Detail::LoopInbox> inbox) noexcept;
    Detail::LoopInbox *inbox() const { return m_inbox.data(); }

private:
    QExplicitlySharedDataPointer<Detail::LoopInbox> m_inbox;
};

/// The event loop of the running thread; in a worker, the loop that its call was made from.
/// Throws NoEventLoopError if there is none.
[[nodiscard]] QFERRY_EXPORT LoopToken currentLoop();

} // namespace QFerry
