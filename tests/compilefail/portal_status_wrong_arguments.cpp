// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong(QFerry::BlockingPortal &portal)
{
    (void)portal.startTask([](QFerry::TaskStatus<int> &, int) {}, QStringLiteral("no int"));
}
