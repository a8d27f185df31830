// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

QFuture<int> start();

void wrong()
{
    (void)QFerry::threadedIterable (&start)();
}
