// SPDX-License-Identifier: MIT
#pragma once

#include "measure.h"

namespace Bench {

/// The floor of a call into a loop that sleeps: one thread writes to an eventfd, another one, which
/// polls it, wakes and writes to an eventfd that the first one waits at. Linux only.
[[nodiscard]] bool hasEventfd();

/// Microseconds of each round trip, with a pause before each.
[[nodiscard]] Samples eventfdRoundTrips(int count, std::chrono::milliseconds pause);

} // namespace Bench
