// SPDX-License-Identifier: MIT
#pragma once

#include "measure.h"

namespace Bench {

/// The ways of Python's event loops: asyncio.to_thread and anyio.to_thread.run_sync. They run in
/// processes of their own, in turns with the other variants. The interpreter is
/// QFERRY_BENCHMARK_PYTHON, or python3. Those that are missing are told of.
/// @{

/// Nanoseconds per empty call.
[[nodiscard]] std::vector<Variant> pythonFlows(Report &report, int inFlight, int calls);
/// The same for any number in flight, up to 10,000.
[[nodiscard]] std::vector<Series> pythonFlowSeries(Report &report, int calls);
/// Microseconds of calls one at a time, back to back.
[[nodiscard]] std::vector<Variant> pythonLatencies(Report &report, int calls);

/// @}

} // namespace Bench
