// SPDX-License-Identifier: MIT
// Progress as views show it. Any thread.
#pragma once

#include <qferry/progress.h>

namespace QFerry::Detail {

/// From 0 to 1; -1 if nobody knows.
inline double shareOf(const Progress &progress)
{
    if (progress.total <= 0)
        return -1;
    return qBound(0.0, double(progress.value) / double(progress.total), 1.0);
}

} // namespace QFerry::Detail
