// SPDX-License-Identifier: MIT
// The blocking wait of our other libraries, which do not see the loops' inboxes. Any thread enters.
#include "waitforworkers.h"

#include <qferry/wait/otherloop_p.h>

namespace QFerry::Detail {

void waitForWorkers(std::unique_lock<std::mutex> &lock, std::condition_variable &changed,
                    const std::function<bool()> &isDone)
{
    waitForOtherLoop(lock, changed, isDone);
}

} // namespace QFerry::Detail
