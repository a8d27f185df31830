// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong(const QFerry::PendingCall<int> &call, QObject *context)
{
    call.onCanceled(context, [] { return QString(); });
}
