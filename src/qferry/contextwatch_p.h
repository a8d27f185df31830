// SPDX-License-Identifier: MIT
#pragma once

#include "eagerlock_p.h"
#include "handlercall.h"
#include "loopinbox_p.h"

#include <vector>

namespace QFerry::Detail {

/// What is known of a QObject that handlers run for: whether it lives, and which handlers to drop
/// if it dies.
class ContextWatch final : public QSharedData
{
public:
    using Ptr = QExplicitlySharedDataPointer<ContextWatch>;

    /// The watch of a living object; made on first use.
    static Ptr of(QObject *object);

    /// The inbox of the object's thread; null once the object is gone.
    LoopInbox *link(HandlerCall *handler);
    void unlink(HandlerCall *handler);

    BriefLock mutex;
    QObject *object; // null once it is gone. All guarded by the mutex.
    HandlerCall *first = nullptr;
    LoopInbox *inbox = nullptr;
    std::vector<LoopInbox::Ptr>
            inboxes; // of all threads it has been in: its handlers keep no reference of their own

private:
    explicit ContextWatch(QObject *watched) : object(watched) {}
    static void objectDestroyed(QObject *dead);
};

} // namespace QFerry::Detail
