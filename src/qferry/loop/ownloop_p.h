// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/loop/loopinbox_p.h>

namespace QFerry::Detail {

/// The loop that what this thread starts can be delivered to; null if it has none. (A worker's
/// thread has a dispatcher, but usually no loop that turns.)
LoopInbox *ownLoop();

/// Whether the running thread executes a worker's call: for the above, to be told by who does.
void setIsWorker(bool isWorker);

} // namespace QFerry::Detail
