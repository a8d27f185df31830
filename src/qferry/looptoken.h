// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/errors.h>

#include <QtCore/qshareddata.h>

namespace QFerry {

namespace Detail {
class LoopInbox;
}

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
