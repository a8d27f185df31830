// SPDX-License-Identifier: MIT
// The threads of portals, from their start to the join. Any thread starts one and ends it.
#include "portalthread_p.h"

#include <qferry/pool/dedicatedthreads_p.h>
#include <qferry/thread/threadname_p.h>
#include <qferry/wait/otherloop_p.h>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qeventloop.h>

namespace QFerry::Detail {

/// Threads whose handle went in the thread itself, which cannot join itself. The next one to start
/// a portal does, or the application when it goes.
class PortalThread::Orphans
{
public:
    static Orphans &instance()
    {
        static auto *orphans = new Orphans; // never destroyed: threads may end after main()
        return *orphans;
    }

    void add(std::unique_ptr<PortalThread> thread)
    {
        const std::lock_guard lock(m_mutex);
        if (!std::exchange(m_isWatching, true))
            qAddPostRoutine([] { instance().joinAll(); });
        m_threads.push_back(std::move(thread));
    }

    void joinFinished()
    {
        std::vector<std::unique_ptr<PortalThread>> finished; // joined without the mutex
        const std::lock_guard lock(m_mutex);
        for (auto &thread : m_threads) {
            if (thread->isFinished() && thread.get() != currentThread())
                finished.push_back(std::move(thread));
        }
        std::erase(m_threads, nullptr);
    }

private:
    void joinAll()
    {
        std::vector<std::unique_ptr<PortalThread>> threads;
        {
            const std::lock_guard lock(m_mutex);
            threads.swap(m_threads);
            m_isWatching = false;
        }
        for (const auto &thread : threads) {
            thread->portal()->stop(true);
            thread->join();
        }
    }

    std::mutex m_mutex;
    std::vector<std::unique_ptr<PortalThread>> m_threads;
    bool m_isWatching = false;
};

PortalThread::PortalThread(const QString &name) : m_name(name)
{
    setObjectName(name);
}

PortalThread::~PortalThread()
{
    wait();
}

std::unique_ptr<PortalThread> PortalThread::begin(const QString &name)
{
    Orphans::instance().joinFinished();
    std::unique_ptr<PortalThread> thread(new PortalThread(name));
    thread->start();
    if (!thread->isRunning() && !thread->isFinished())
        throw ThreadStartError(QStringLiteral(
                "The system refuses to start a thread for this portal. Raise its limit, "
                "or run fewer threads"));
    std::unique_lock lock(thread->m_mutex);
    thread->m_changed.wait(lock, [&thread] { return thread->m_isReady; });
    if (thread->m_error)
        std::rethrow_exception(thread->m_error);
    return thread;
}

void PortalThread::run()
{
    // Not a ThreadName: the QThread belongs to the thread that started this one. Once that has
    // ended, even a look at the properties of the object may crash.
    setSystemThreadName(m_name);
    try {
        runPortal();
    } catch (...) {
        const std::lock_guard lock(m_mutex);
        m_error = std::current_exception();
        m_isReady = true;
        m_changed.notify_all();
    }
}

/// Throws what is wrong before the portal is ready.
void PortalThread::runPortal()
{
    // Not the thread's exec(): what ends that also ends the event loops that tasks run until they
    // are done.
    QEventLoop loop;
    const PortalState::Ptr portal(new PortalState);
    const PendingCall<void> stopped(portal->sleepUntilStopped());
    try {
        if (stopped.then(&loop, [&loop] { loop.quit(); }).isFinished())
            throw std::bad_alloc(); // there was none for it, and nothing would end the loop
    } catch (...) {
        portal->stop(true); // who waits for that keeps it
        throw;
    }
    {
        const std::lock_guard lock(m_mutex);
        m_portal = portal;
        m_loop = &loop;
        m_isReady = true;
        m_changed.notify_all();
    }
    loop.exec();
    {
        const std::lock_guard lock(m_mutex);
        m_loop = nullptr;
    }
    m_portal->close(m_portal->isCanceling());
    const std::lock_guard lock(m_mutex);
    m_isDone = true;
    m_changed.notify_all();
}

void PortalThread::join()
{
    {
        std::unique_lock lock(m_mutex);
        if (m_loop && !QCoreApplication::instance())
            m_loop->quit(); // no handler does: without an application, nothing is delivered
        waitForOtherLoop(lock, m_changed, [this] { return m_isDone; });
    }
    wait();
}

void PortalThread::end(std::unique_ptr<PortalThread> thread)
{
    if (thread.get() == currentThread())
        Orphans::instance().add(std::move(thread));
    else
        thread->join();
}

} // namespace QFerry::Detail
