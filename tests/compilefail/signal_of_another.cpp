// SPDX-License-Identifier: MIT
#include <qferry/signal.h>

#include <QtCore/qtimer.h>

void use(QObject *object)
{
    QFerry::signal(object, &QTimer::timeout);
}
