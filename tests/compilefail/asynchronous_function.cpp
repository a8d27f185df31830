// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

QFuture<int> download();

void wrong()
{
    QFerry::toThread(&download);
}
