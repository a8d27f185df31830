// SPDX-License-Identifier: MIT
// The runs of a model, for a widget. In the thread of both.
#pragma once

#include <qferry/call/progressbinding.h>

namespace QFerry {

class StreamModelBase;

namespace Detail {

/// Throws InvalidUseError if there is no model, or in another thread.
QFERRY_EXPORT void followModel(ProgressBinding *binding, StreamModelBase *model);

} // namespace Detail

} // namespace QFerry
