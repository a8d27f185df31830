// SPDX-License-Identifier: MIT
#pragma once

#include "measure.h"

#include <QtCore/qhash.h>
#include <QtCore/qstringlist.h>

namespace Bench {

/// What `benchmarks --fresh measurement way` prints: for what a used process would spoil, or what
/// needs another environment.
[[nodiscard]] Samples measureInFreshProcess(const QString &measurement, const QString &way,
                                            const QHash<QString, QString> &environment = {});

/// What another program prints: numbers.
[[nodiscard]] Samples measureWithProgram(const QString &program, const QStringList &arguments,
                                         const QHash<QString, QString> &environment = {});

/// Whether a program exists and ends well.
[[nodiscard]] bool canRun(const QString &program, const QStringList &arguments);

/// The other side: prints the samples.
void printSamples(const Samples &samples);

} // namespace Bench
