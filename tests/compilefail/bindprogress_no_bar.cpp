// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong(const QFerry::PendingCall<void> &call, QObject *label)
{
    QFerry::bindProgress(call, label);
}
