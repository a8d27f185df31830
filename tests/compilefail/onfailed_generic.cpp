// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong(const QFerry::PendingCall<void> &call, QObject *context)
{
    call.onFailed(context, [](const auto &) {});
}
