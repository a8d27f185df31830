// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/pendingcall.h>

namespace QFerry {

namespace Detail {
class EventState;
}

/**
 * Something that happens once, and that any number of tasks, handlers and threads wait for:
 *
 *     event.wait().then(this, &Window::show);
 *     co_await event.wait();
 *
 * It cannot be taken back: who has seen it set need not look again, and who comes late misses
 * nothing. For what happens again and again take a Semaphore, a Condition or a FromThreadChannel.
 *
 * All functions may be called in any thread. Who waits when the event is destroyed ends canceled.
 */
class QFERRY_EXPORT Event
{
public:
    Event();
    ~Event();
    Q_DISABLE_COPY_MOVE(Event)

    /// Ends all waits, in the order in which they began. May be called again.
    void set();
    bool isSet() const;
    /// Ends once the event is set, at once if it is. Ends canceled if the current scope is canceled
    /// while it waits, or the running thread's event loop ends.
    [[nodiscard]] PendingCall<void> wait();

private:
    const QExplicitlySharedDataPointer<Detail::EventState> d;
};

} // namespace QFerry
