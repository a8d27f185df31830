// SPDX-License-Identifier: MIT
// A wait that nothing ends but the call. Any thread waits; the one that finishes the call ends it.
#include "finishwaiter_p.h"

#include <qferry/wait/otherloop_p.h>

namespace QFerry::Detail {

void FinishWaiter::wait(CallCore &call)
{
    const QExplicitlySharedDataPointer waiter(new FinishWaiter);
    waiter->waitFor(call);
}

void FinishWaiter::waitFor(CallCore &call)
{
    ref.ref(); // until callFinished()
    call.attach(this);
    std::unique_lock lock(m_mutex);
    waitForOtherLoop(lock, m_finished, [this] { return m_isFinished; });
}

void FinishWaiter::callFinished()
{
    {
        const std::lock_guard lock(m_mutex);
        m_isFinished = true;
        m_finished.notify_all();
    }
    release(this);
}

} // namespace QFerry::Detail
