// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong(QFerry::Stream<int> &stream)
{
    for (const int item : stream)
        qDebug("%d", item);
}
