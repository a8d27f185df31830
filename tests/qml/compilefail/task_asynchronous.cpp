// SPDX-License-Identifier: MIT
#include <qferryqml/registertask.h>

void wrong()
{
    QFerry::registerTask("wrong", [](QFerry::Yield<QFuture<int>> &) {});
}
