// SPDX-License-Identifier: MIT
// Where a QFuture's follower is told of its loop's end. In the loop's thread.
#include "awaitable.h"

#include <qferry/loop/loopinbox_p.h>

namespace QFerry::Detail {

void addToLoop(LoopEndListener *listener)
{
    LoopInbox *inbox = LoopInbox::current();
    if (!inbox)
        throw NoEventLoopError(QStringLiteral(
                "Waiting for a QFuture needs an event loop, and this thread has none"));
    inbox->addEndListener(listener);
}

bool removeFromLoop(LoopEndListener *listener)
{
    LoopInbox *inbox = LoopInbox::current();
    return inbox && inbox->removeEndListener(listener);
}

void throwNoResult()
{
    throw InvalidUseError(QStringLiteral(
            "A call that promised a result ended without one. Add it to the QPromise "
            "before the function returns"));
}

} // namespace QFerry::Detail
