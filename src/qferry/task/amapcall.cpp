// SPDX-License-Identifier: MIT
// What amap() refuses. The thread that calls it.
#include "amapcall.h"

#include <qferry/errors.h>

#include <limits>

namespace QFerry::Detail {

int checkedMapLimit(int limit)
{
    if (limit < 0)
        throw InvalidUseError(QStringLiteral("amap() was given a limit of %1. Use 0 for none, or a "
                                             "positive one")
                                      .arg(limit));
    return limit == 0 ? std::numeric_limits<int>::max() : limit;
}

} // namespace QFerry::Detail
