// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qglobal.h>

#if defined(QFERRY_STATIC)
#    define QFERRY_EXPORT
#elif defined(QFERRY_BUILDING)
#    define QFERRY_EXPORT Q_DECL_EXPORT
#else
#    define QFERRY_EXPORT Q_DECL_IMPORT
#endif

/// Calls between Qt event loops and worker threads.
namespace QFerry {

/// Where a call runs.
enum class Thread {
    Pooled,    ///< in a thread of QFerry's pool, under a CapacityLimiter
    Dedicated, ///< in a thread of its own, outside pool and limiter
};

} // namespace QFerry
