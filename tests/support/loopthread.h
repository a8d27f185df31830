// SPDX-License-Identifier: MIT
#pragma once

#include "gate.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qcoreevent.h>
#include <QtCore/qdir.h>
#include <QtCore/qobject.h>
#include <QtCore/qthread.h>

#include <functional>
#include <mutex>
#include <utility>

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
    void call(const std::function<void()> &fn)
    {
        const std::lock_guard lock(m_callMutex);
        m_receiver->post(&fn);
        m_called.pass();
    }

    /// Ends the loop and joins the thread. Waits for ever rather than to destroy a running thread.
    void finish()
    {
        quit();
        wait();
        if (!std::exchange(m_joined, true))
            m_ended.pass();
    }

protected:
    void run() override
    {
        static thread_local End end; // goes after all that is done in the thread
        end.ended = &m_ended;
        QObject context;
        Receiver receiver(m_called);
        m_context = &context;
        m_receiver = &receiver;
        m_started.open();
        exec();
    }

private:
    /// Tells of the thread's end once more: ThreadSanitizer cannot see into QThread::wait().
    struct End
    {
        ~End() { ended->open(); }
        Gate *ended = nullptr;
    };

    /// Takes the function over under a mutex of its own: ThreadSanitizer cannot see into Qt's.
    class Receiver : public QObject
    {
    public:
        explicit Receiver(Gate &called) : m_called(called) {}
        void post(const std::function<void()> *fn)
        {
            {
                const std::lock_guard lock(m_mutex);
                m_fn = fn;
            }
            QCoreApplication::postEvent(this, new QEvent(QEvent::User));
        }
        void customEvent(QEvent *) override
        {
            const std::function<void()> *fn = nullptr;
            {
                const std::lock_guard lock(m_mutex);
                fn = m_fn;
            }
            (*fn)();
            m_called.open(); // from here on the thread may end
        }

    private:
        std::mutex m_mutex;
        const std::function<void()> *m_fn = nullptr;
        Gate &m_called;
    };

    QObject *m_context = nullptr;
    Receiver *m_receiver = nullptr;
    std::mutex m_callMutex; // one at a time
    Gate m_called;
    Gate m_started;
    Gate m_ended;
    bool m_joined = false;
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
