// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/standstill_p.h>
#include <qferry/wait/blocked_p.h>

namespace QFerry::Detail {

/// Waits, in any thread, for what others bring about. If this thread has a loop, it does not turn
/// meanwhile: after 100 ms, who waits for it is told, as the two might wait for each other. If it
/// is a worker, its nested calls may run with its token.
template <typename Predicate>
void waitForOtherLoop(std::unique_lock<std::mutex> &lock, std::condition_variable &changed,
                      Predicate isDone)
{
    const Blocked blocked(WorkerWait::Call);
    waitAtStandstill(lock, changed, isDone);
}

} // namespace QFerry::Detail
