// SPDX-License-Identifier: MIT
#include <qferryqml/registertask.h>

#include <QtQml/qjsvalue.h>

void wrong()
{
    QFerry::registerTask("wrong", [](const QJSValue &) {});
}
