// SPDX-License-Identifier: MIT
#pragma once

#include "measure.h"

#include <QtCore/qhash.h>

namespace Bench {

/// What `benchmarks --fresh measurement way` prints: for what a used process would spoil, or what
/// needs another environment.
[[nodiscard]] Samples measureInFreshProcess(const QString &measurement, const QString &way,
                                            const QHash<QString, QString> &environment = {});

/// The other side: prints the samples.
void printSamples(const Samples &samples);

} // namespace Bench
