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
    if (!m_quit)
        m_loop.exec();
}

void Loop::quit()
{
    // All of it in the loop's thread: run() may return, and the loop be gone, as soon as the flag
    // is set.
    const auto quitHere = [this] {
        m_quit = true;
        m_loop.quit();
    };
    QMetaObject::invokeMethod(&m_loop, quitHere, Qt::QueuedConnection);
}

} // namespace Bench
