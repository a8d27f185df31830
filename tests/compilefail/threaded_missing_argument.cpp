// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong()
{
    (void)QFerry::threaded([](const QString &, double) { return 1; })(QString());
}
