// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qglobal.h>

#if defined(Q_OS_LINUX)
#    include <sched.h>
#endif

namespace QFerry::Detail {

/// The core that this thread runs on, which may change at any time; -1 where that is not known.
inline int currentCore()
{
#if defined(Q_OS_LINUX)
    return sched_getcpu();
#else
    return -1;
#endif
}

/// Whether that is known to be the core that this thread runs on.
inline bool isCurrentCore(int core)
{
    return core >= 0 && core == currentCore();
}

} // namespace QFerry::Detail
