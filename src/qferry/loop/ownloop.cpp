// SPDX-License-Identifier: MIT
// Any thread, about itself.
#include "ownloop_p.h"

#include <QtCore/qthread.h>

namespace QFerry::Detail {

static thread_local bool t_isWorker = false;

LoopInbox *ownLoop()
{
    return !t_isWorker || QThread::currentThread()->loopLevel() > 0 ? LoopInbox::current()
                                                                    : nullptr;
}

void setIsWorker(bool isWorker)
{
    t_isWorker = isWorker;
}

} // namespace QFerry::Detail
