// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/loop/loopinbox_p.h>
#include <qferry/work/workercall.h>

#include <QtCore/qthread.h>

namespace QFerry::Detail {

/// The loop that what this thread starts can be delivered to; null if it has none. (A worker's
/// thread has a dispatcher, but usually no loop that turns.)
inline LoopInbox *ownLoop()
{
    return !WorkerCall::current() || QThread::currentThread()->loopLevel() > 0
                   ? LoopInbox::current()
                   : nullptr;
}

} // namespace QFerry::Detail
