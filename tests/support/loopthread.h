// SPDX-License-Identifier: MIT
#pragma once

#include "gate.h"

#include <QtCore/qdir.h>
#include <QtCore/qobject.h>
#include <QtCore/qthread.h>

#include <functional>

namespace Testing {

/// A thread with an event loop, and an object that lives there.
class LoopThread : public QThread
{
public:
    LoopThread()
    {
        start();
        m_started.pass();
    }
    ~LoopThread() override { finish(); }

    /// Lives in the thread, until the loop has ended.
    QObject *context() const { return m_context; }

    /// Runs fn in the thread's event loop and waits for it.
    void call(std::function<void()> fn)
    {
        Gate done;
        QMetaObject::invokeMethod(
                m_context,
                [&] {
                    fn();
                    done.open();
                },
                Qt::QueuedConnection);
        done.pass();
    }

    /// Ends the loop and joins the thread. Waits for ever rather than to destroy a running thread.
    void finish()
    {
        quit();
        wait();
    }

protected:
    void run() override
    {
        QObject context;
        m_context = &context;
        m_started.open();
        exec();
    }

private:
    QObject *m_context = nullptr;
    Gate m_started;
};

/// How many threads the process has; -1 where the system does not tell.
inline int processThreadCount()
{
    const QDir tasks(QStringLiteral("/proc/self/task"));
    if (!tasks.exists())
        return -1;
    return int(tasks.entryList(QDir::Dirs | QDir::NoDotAndDotDot).size());
}

} // namespace Testing
