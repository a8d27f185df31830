// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/pool/limiterstate_p.h>
#include <qferry/worker/workercall.h>

#include <chrono>
#include <vector>

namespace QFerry::Detail {

/// A call that waits or runs, held.
struct HeldCall
{
    CallPtr core;
    WorkerCall *call;
    bool isRunning;
    bool hasToken;
    quint64 thread;                                     // that has it; 0 if none has
    QExplicitlySharedDataPointer<LimiterState> limiter; // null if it has a thread of its own
};

/// All of them, the running ones last. Any thread.
std::vector<HeldCall> collectCalls();
/// False if some have not finished at the deadline.
bool waitForCalls(const std::vector<HeldCall> &calls,
                  std::chrono::steady_clock::time_point deadline);

} // namespace QFerry::Detail
