// SPDX-License-Identifier: MIT
#include "poolthreads_p.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qthread.h>

#include <system_error>
#include <thread>

namespace QFerry::Detail {

using namespace std::chrono_literals;

constexpr auto threadExpiry = 5s; // and one may have stood by before, for as long

/// QThreadPool does not tell when the system refuses a thread, so this is asked before it needs
/// one.
static bool systemHasThreads()
{
    try {
        std::thread([] {}).join();
        return true;
    } catch (const std::system_error &) {
        return false;
    }
}

static bool isMainThread()
{
    return QCoreApplication::instance()
           && QCoreApplication::instance()->thread() == QThread::currentThread();
}

PoolThreads::PoolThreads() : m_scheduler(Scheduler::instance())
{
    m_pool.setObjectName(QStringLiteral("QFerry"));
    m_pool.setExpiryTimeout(std::chrono::milliseconds(threadExpiry).count());
    m_pool.setMaxThreadCount(0);
}

bool PoolThreads::start(Task task)
{
    if (m_busy < m_live && Clock::now() - m_lastEnd > threadExpiry / 2)
        m_live = m_busy; // the others may be gone
    if (m_busy == m_live) {
        if (!isMainThread())
            return leaveToMaker(task);
        if (!systemHasThreads())
            return false;
        ++m_live;
    }
    ++m_busy;
    startHere(task);
    return true;
}

void PoolThreads::startHere(Task task)
{
    const int threads = m_live - int(m_toMake.size());
    if (threads > m_maxThreads) {
        m_maxThreads = threads;
        m_pool.setMaxThreadCount(threads);
    }
    m_pool.start([this, task] { run(task); }, task == Task::Watcher ? 1 : 0);
}

void PoolThreads::ended()
{
    --m_busy;
    m_lastEnd = Clock::now();
}

bool PoolThreads::leaveToMaker(Task task)
{
    if (!m_hasMaker) {
        try {
            std::thread([this] { make(); }).detach();
        } catch (const std::system_error &) {
            return false;
        }
        m_hasMaker = true;
    }
    ++m_busy;
    ++m_live;
    m_toMake.push_back(task);
    m_asked.notify_one();
    return true;
}

/// The maker: sleeps until it is asked for threads; goes when all threads are gone.
void PoolThreads::make()
{
    auto lock = m_scheduler.lock();
    while (m_maxThreads > 0 || !m_toMake.empty()) {
        const auto isAsked = [this] { return !m_toMake.empty() || m_maxThreads == 0; };
        if (!m_asked.wait_until(lock, qMax(m_lastEnd, m_lastMade) + threadExpiry, isAsked)) {
            m_lastMade = Clock::now();
            if (m_lastEnd + threadExpiry <= m_lastMade)
                letGo(1s);
            continue;
        }
        lock.unlock();
        const bool possible = systemHasThreads();
        lock.lock();
        while (!m_toMake.empty()) {
            const Task task = m_toMake.front();
            m_toMake.pop_front();
            if (possible) {
                startHere(task);
            } else {
                --m_busy;
                --m_live;
                refused(task, lock);
            }
        }
        m_lastMade = Clock::now();
    }
    m_hasMaker = false;
}

void PoolThreads::letGo(std::chrono::milliseconds timeout)
{
    if (m_busy > 0 || !m_pool.waitForDone(int(timeout.count())))
        return;
    m_live = 0;
    m_maxThreads = 0;
    m_pool.setMaxThreadCount(0);
    m_asked.notify_one();
}

} // namespace QFerry::Detail
