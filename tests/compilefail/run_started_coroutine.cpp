// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong(const QFerry::PendingCall<int> &call)
{
    QFerry::run(call);
}
