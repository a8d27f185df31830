// SPDX-License-Identifier: MIT
// Whether a task has started, or has ended without having said so. Any thread.
#include "startedcall.h"

#include <qferry/errors.h>

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

void throwNotStarted()
{
    throw InvalidUseError(QStringLiteral(
            "The task exited without calling started(). Call TaskStatus::started() before it "
            "returns, or use startTaskSoon()"));
}

} // namespace QFerry::Detail
