// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong()
{
    QFerry::FromThreadChannel<const int> channel;
}
