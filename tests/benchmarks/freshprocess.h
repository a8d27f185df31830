// SPDX-License-Identifier: MIT
#pragma once

#include "measure.h"

namespace Bench {

/// What `benchmarks --fresh measurement way` prints: for what a used process would spoil.
[[nodiscard]] Samples measureInFreshProcess(const QString &measurement, const QString &way);

/// The other side: prints the samples.
void printSamples(const Samples &samples);

} // namespace Bench
