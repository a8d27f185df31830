// SPDX-License-Identifier: MIT
// How BlockingPortal::startTask() learns that its task has started. The waiting thread enters, the
// one that calls started(), and the one that ends the task.
#include "startedcall.h"

#include <qferry/wait/finishwaiter_p.h>

namespace QFerry::Detail {

bool StartGate::passStarted()
{
    State state = State::Starting;
    if (m_state.compare_exchange_strong(state, State::Started, std::memory_order_acq_rel))
        return true;
    if (state == State::Started)
        throw InvalidUseError(QStringLiteral(
                "A task called TaskStatus::started() twice. Call it once, when the task is ready"));
    return false;
}

bool StartGate::passEnded()
{
    State state = State::Starting;
    return m_state.compare_exchange_strong(state, State::Ended, std::memory_order_acq_rel);
}

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

void throwNotStarted()
{
    throw InvalidUseError(QStringLiteral(
            "The task exited without calling started(). Call TaskStatus::started() before it "
            "returns, or use startTaskSoon()"));
}

} // namespace QFerry::Detail
