// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

int notARange(int end);

void wrong()
{
    (void)QFerry::threadedIterable (&notARange)(3);
}
