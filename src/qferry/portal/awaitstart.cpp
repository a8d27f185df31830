// SPDX-License-Identifier: MIT
// How BlockingPortal::startTask() waits for its task's start. The waiting thread enters.
#include "awaitstart.h"

#include <qferry/wait/finishwaiter_p.h>

namespace QFerry::Detail {

void awaitStarted(PortalTask &task, const CallPtr &started)
{
    const QExplicitlySharedDataPointer request(new AsyncRequest);
    try {
        request->waitFor(started);
    } catch (...) {
        task.endWithOperation();
        task.cancel({}); // if it goes on, nobody would know how to end it
        FinishWaiter::wait(task);
        throw;
    }
}

} // namespace QFerry::Detail
