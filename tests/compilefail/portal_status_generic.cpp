// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong(QFerry::BlockingPortal &portal)
{
    (void)portal.startTask([](auto &status) { status.started(1); });
}
