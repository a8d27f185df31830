// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

int answer();

void wrong()
{
    QFerry::startTask(&answer);
}
