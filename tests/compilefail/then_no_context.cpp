// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong(const QFerry::PendingCall<int> &call)
{
    call.then([](int) {}).onFailed([] {});
}
