// SPDX-License-Identifier: MIT
#include "loops.h"

#include <QtCore/qtimer.h>

namespace Bench {

void Loop::run()
{
    QTimer watchdog;
    watchdog.setSingleShot(true);
    QObject::connect(&watchdog, &QTimer::timeout, &watchdog,
                     [] { qFatal("A measurement hangs: its calls do not come back"); });
    watchdog.start(100s);
    while (!m_quit.load())
        m_loop.exec();
}

void Loop::quit()
{
    m_quit.store(true);
    QMetaObject::invokeMethod(&m_loop, &QEventLoop::quit, Qt::QueuedConnection);
}

} // namespace Bench
