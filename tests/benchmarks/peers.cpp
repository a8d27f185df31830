// SPDX-License-Identifier: MIT
#include "peers.h"

#include <map>

namespace Bench {

QThreadPool *poolOf(int threads)
{
    static std::map<int, QThreadPool> pools;
    QThreadPool &pool = pools[threads];
    pool.setMaxThreadCount(threads);
    return &pool;
}

QThreadPool *defaultPool()
{
    return QThreadPool::globalInstance();
}

} // namespace Bench
