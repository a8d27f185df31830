// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong()
{
    QFerry::fromThread([](int) {}, QString());
}
