// SPDX-License-Identifier: MIT
#include <qferryqml/registertask.h>

#include <QtCore/qobject.h>

void wrong()
{
    QFerry::registerTask("wrong", [](QObject *) {});
}
