// SPDX-License-Identifier: MIT
#pragma once

#include "taskdefinition.h"

#include <qferry/calloptions.h>

namespace QFerry::Detail {

/// Runs an asynchronous function in this thread, through its loop, as toThread() would run one that
/// blocks. The sink, unless it is empty, is told first, of nothing, that the function begins.
PendingCall<QVariant> runAsync(std::function<AsyncTaskFunction> function, QVariantList values,
                               ProgressSink sink, const CallOptions &options);

} // namespace QFerry::Detail
