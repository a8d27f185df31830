// SPDX-License-Identifier: MIT
#include "peers.h"

namespace Bench {

QThreadPool *poolOf40()
{
    static QThreadPool pool;
    pool.setMaxThreadCount(40);
    return &pool;
}

QThreadPool *defaultPool()
{
    return QThreadPool::globalInstance();
}

} // namespace Bench
