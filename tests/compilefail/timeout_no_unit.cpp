// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong()
{
    QFerry::toThread({ .timeout = 5 }, [] {});
}
