// SPDX-License-Identifier: MIT
#include <qferryqml/registertask.h>

void wrong()
{
    QFerry::registerTask("wrong", [] { return QFuture<QFuture<int>>(); });
}
