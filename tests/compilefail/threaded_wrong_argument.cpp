// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

int fetch(const QString &url, int retries);

void wrong()
{
    (void)QFerry::threaded (&fetch)(42, 3);
}
