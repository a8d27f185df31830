// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

QFerry::Task<int> answer();

void wrong(const QFerry::PendingCall<QString> &call, QObject *context)
{
    call.onFailed(context, [] { return answer(); });
}
