// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong(QFerry::BlockingPortal &portal, int &shared)
{
    (void)portal.startTaskSoon([](int &) {}, shared);
}
