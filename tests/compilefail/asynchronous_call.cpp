// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong()
{
    QFerry::toThread([] { return QFerry::toThread([] { return 1; }); });
}
