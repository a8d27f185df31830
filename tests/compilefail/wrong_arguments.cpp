// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong()
{
    QFerry::toThread([](int, const QString &) {}, 1);
}
