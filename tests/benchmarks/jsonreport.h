// SPDX-License-Identifier: MIT
#pragma once

#include "measure.h"

namespace Bench {

/// Writes all that was measured, and the environment it was measured in, to a JSON file, which
/// report.py makes readable. The file appears when it is complete; ends the program if it cannot be
/// written.
void writeJson(const Report &report, const QString &fileName);

} // namespace Bench
