// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong(const QFerry::PendingCall<int> &call)
{
    QFerry::moveOnAfter(std::chrono::seconds(5), call);
}
