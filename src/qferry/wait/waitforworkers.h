// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/global.h>

#include <condition_variable>
#include <functional>
#include <mutex>

namespace QFerry::Detail {

/// Waits, in any thread, for what workers do. A loop of this thread does not turn meanwhile: after
/// 100 ms the workers that wait for it in fromThread() get LoopFinishedError, as both would wait
/// for ever. isDone is called with the lock held.
QFERRY_EXPORT void waitForWorkers(std::unique_lock<std::mutex> &lock,
                                  std::condition_variable &changed,
                                  const std::function<bool()> &isDone);

} // namespace QFerry::Detail
