// SPDX-License-Identifier: MIT
// Starts threads, and keeps those that have nothing to do for a while. Under the admission's mutex.
#include "poolthreads_p.h"

#include <qferry/pool/dedicatedthreads_p.h>
#include <qferry/thread/threadname_p.h>
#include <qferry/thread/waiting_p.h>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qeventloop.h>
#include <QtCore/qstring.h>

#include <exception>
#include <thread>

namespace QFerry::Detail {

using namespace std::chrono_literals;

constexpr auto threadExpiry = 5s; // and one may have stood by before, for as long

/// Makes the running thread one that QTimer and the like can be used in.
static void becomeQThread()
{
    const QString name = QStringLiteral("QFerry");
    nameThread(name, name);
    if (QCoreApplication::instance())
        const QEventLoop madeForItsDispatcher;
}

PoolThreads::PoolThreads() : m_admission(Admission::instance()) {}

bool PoolThreads::start(Task task)
{
    if (m_idle == offers())
        return startThread(task);
    ++m_offers[size_t(task)];
    m_offered.notify_one();
    return true;
}

bool PoolThreads::startThread(Task task)
{
    if (m_live > 0 && m_refusedUntil > Clock::now())
        return false;
    try {
        std::thread([this, task] { serve(task); }).detach();
    } catch (const std::exception &) { // also when there is no memory for it
        m_refusedUntil = Clock::now() + refusalTime;
        return false;
    }
    threadStarted();
    forgetRefusal();
    ++m_live;
    return true;
}

void PoolThreads::serve(Task task)
{
    becomeQThread();
    auto lock = m_admission.lock();
    do {
        run(task, lock);
    } while (waitForTask(task, lock));
    --m_live;
    m_gone.notify_all();
}

bool PoolThreads::waitForTask(Task &task, std::unique_lock<std::mutex> &lock)
{
    ++m_idle;
    m_offered.wait_until(lock, Clock::now() + threadExpiry,
                         [this] { return offers() > 0 || m_lettingGo > 0; });
    --m_idle;
    return takeOffer(task);
}

bool PoolThreads::takeOffer(Task &task)
{
    for (const Task kind : { Task::Watcher, Task::Runner }) {
        if (m_offers[size_t(kind)] > 0) {
            --m_offers[size_t(kind)];
            task = kind;
            return true;
        }
    }
    return false;
}

void PoolThreads::letGo(std::unique_lock<std::mutex> &lock, Clock::time_point deadline)
{
    ++m_lettingGo;
    m_offered.notify_all();
    waitUntil(lock, m_gone, deadline, [this] { return m_idle == 0; });
    --m_lettingGo;
}

} // namespace QFerry::Detail
