// SPDX-License-Identifier: MIT
#pragma once

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
};

/// All of them, the running ones last. Any thread.
std::vector<HeldCall> collectCalls();
/// False if some have not finished at the deadline.
bool waitForCalls(const std::vector<HeldCall> &calls,
                  std::chrono::steady_clock::time_point deadline);

} // namespace QFerry::Detail
