// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong()
{
    QFerry::run([] { return 1; });
}
