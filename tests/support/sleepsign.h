// SPDX-License-Identifier: MIT
#pragma once

#include "testing.h"

#include <QtCore/qfile.h>
#include <QtCore/qthread.h>

#include <atomic>

#ifdef Q_OS_LINUX
#    include <unistd.h>
#endif

namespace Testing {

/// Tells another thread that this one has gone to sleep in a wait, of which there is no other sign.
class SleepSign
{
public:
    /// In the thread that waits, just before it does.
    void aboutToSleep()
    {
#ifdef Q_OS_LINUX
        m_thread = gettid();
#else
        m_thread = 1;
#endif
    }
    /// In the other.
    void waitUntilGiven() const
    {
        const QDeadlineTimer deadline(watchdog);
        while (!isAsleep()) {
            if (deadline.hasExpired())
                qFatal("the watchdog ended a wait for a thread that was to sleep");
            QThread::yieldCurrentThread();
        }
    }

private:
    bool isAsleep() const
    {
        if (m_thread == 0)
            return false;
#ifdef Q_OS_LINUX
        QFile stat(QStringLiteral("/proc/self/task/%1/stat").arg(m_thread.load()));
        if (!stat.open(QIODevice::ReadOnly))
            return true; // gone: it has slept
        const QByteArray line = stat.readAll();
        return line.mid(line.lastIndexOf(')') + 2, 1) == "S";
#else
        QThread::msleep(50);
        return true;
#endif
    }

    std::atomic<int> m_thread{ 0 };
};

} // namespace Testing
