// SPDX-License-Identifier: MIT
#include <qferry/signal.h>

#include <QtCore/qtimer.h>

void use(QTimer *timer)
{
    QFerry::signal(timer, SIGNAL(timeout()));
}
