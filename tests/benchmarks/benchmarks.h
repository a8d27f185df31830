// SPDX-License-Identifier: MIT
#pragma once

#include "measure.h"

namespace Bench {

// Each is one row of the table in main.cpp, in a file of its own.
void callThroughput(Report &report);
void blockingCalls(Report &report);
void latency(Report &report);
void fromThread(Report &report);
void portal(Report &report);
void timerLateness(Report &report);
void queueMemory(Report &report);
void channel(Report &report);
void stream(Report &report);
void model(Report &report);
void inFlight(Report &report);
void tokens(Report &report);
void payloads(Report &report);
void tasks(Report &report);

/// \name Measurements that need a fresh process
/// @{
Samples coldBlockingCalls(const QString &way);
/// Bytes per queued call: allocated, and resident. The way is name/length.
Samples queuedBytes(const QString &way);
/// Nanoseconds per call that is submitted, once so many are queued. The way is name/length.
Samples firstSubmission(const QString &way);
/// Nanoseconds per item.
Samples itemCost(const QString &way);
/// Megabytes.
Samples floodMemory(const QString &way);
/// Bytes per task.
Samples sleepingTaskBytes(const QString &way);
/// @}

} // namespace Bench
