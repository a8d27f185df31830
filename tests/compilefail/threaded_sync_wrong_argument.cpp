// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

int fetch(const QString &url);

void wrong()
{
    QFerry::threaded(&fetch).syncCall(42);
}
