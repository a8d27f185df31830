// SPDX-License-Identifier: MIT
#pragma once

#include "blocked_p.h"
#include "ownloop_p.h"

#include <condition_variable>

namespace QFerry::Detail {

/// Waits, in any thread, for the end of what goes on in another loop. If this thread has a loop, it
/// does not turn meanwhile: after 100 ms, who waits for it is told, as the two might wait for each
/// other.
template <typename Predicate>
void waitForOtherLoop(std::unique_lock<std::mutex> &lock, std::condition_variable &changed,
                      Predicate isDone)
{
    const Blocked blocked;
    LoopInbox *own = ownLoop();
    if (own && !changed.wait_for(lock, std::chrono::milliseconds(100), isDone)) {
        lock.unlock();
        own->loopEnded();
        lock.lock();
    }
    changed.wait(lock, isDone);
}

} // namespace QFerry::Detail
