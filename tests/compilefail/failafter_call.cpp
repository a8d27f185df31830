// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong(const QFuture<int> &future)
{
    QFerry::failAfter(std::chrono::seconds(5), future);
}
