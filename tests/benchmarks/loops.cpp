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
    m_loop.exec();
}

} // namespace Bench
