// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong(QFerry::LatestCall<int> &latest)
{
    latest.start([] { return QStringLiteral("text"); });
}
