// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong(QFerry::BlockingPortal &portal)
{
    portal.call([](int) {}, QStringLiteral("no int"));
}
