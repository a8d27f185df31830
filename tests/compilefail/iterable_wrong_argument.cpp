// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void lines(QFerry::Yield<QString> &yield, const QString &path);

void wrong()
{
    (void)QFerry::threadedIterable (&lines)(42);
}
