// SPDX-License-Identifier: MIT
// Starts a thread for each item, and keeps account of them. Any thread; its own mutex is locked for
// the accounts alone.
#include "dedicatedthreads_p.h"

#include <qferry/thread/threadwork_p.h>
#include <qferry/thread/waiting_p.h>

#include <QtCore/qthread.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace QFerry::Detail {

static std::atomic<bool> s_hadThreads{ false };

bool hadThreads()
{
    return s_hadThreads.load(std::memory_order_relaxed);
}

void threadStarted()
{
    s_hadThreads.store(true, std::memory_order_relaxed);
}

DedicatedThreads &DedicatedThreads::instance()
{
    static auto *threads = new DedicatedThreads; // never destroyed: a thread may outlive main()
    return *threads;
}

bool DedicatedThreads::start(WorkItem *item, bool detach)
{
    const std::lock_guard lock(m_mutex);
    if (!m_isOpen)
        return false;
    const auto it = m_items.emplace(item, Account()).first;
    try {
        std::thread([this, item, detach] { run(item, detach); }).detach();
    } catch (...) {
        m_items.erase(it);
        throw;
    }
    threadStarted();
    m_attached += !detach;
    return true;
}

void DedicatedThreads::setOpen(bool open)
{
    const std::lock_guard lock(m_mutex);
    m_isOpen = open;
}

void DedicatedThreads::run(WorkItem *item, bool detach)
{
    {
        const std::lock_guard lock(m_mutex);
        m_items.at(item).thread = currentThreadId();
    }
    item->execute(true);
    {
        const std::lock_guard lock(m_mutex);
        m_items.erase(item);
        m_idle.notify_all();
    }
    item->drop();
    if (detach)
        return;
    const std::lock_guard lock(m_mutex);
    --m_attached;
    m_idle.notify_all();
}

void DedicatedThreads::forEachItem(const std::function<void(WorkItem *, quint64)> &visit)
{
    const std::lock_guard lock(m_mutex);
    for (const auto &[item, account] : m_items)
        visit(item, account.thread);
}

bool DedicatedThreads::waitForIdle(std::chrono::steady_clock::time_point deadline)
{
    std::unique_lock lock(m_mutex);
    return waitUntil(lock, m_idle, deadline, [this] { return m_items.empty(); });
}

bool DedicatedThreads::waitForOthers(std::chrono::steady_clock::time_point deadline)
{
    std::unique_lock lock(m_mutex);
    return waitUntil(lock, m_idle, deadline, [this] {
        return std::all_of(m_items.cbegin(), m_items.cend(),
                           [](const auto &entry) { return entry.second.isGivenUp; });
    });
}

void DedicatedThreads::giveUp()
{
    const std::lock_guard lock(m_mutex);
    for (auto &[item, account] : m_items)
        account.isGivenUp = true;
}

void DedicatedThreads::joinAttached()
{
    std::unique_lock lock(m_mutex);
    m_idle.wait(lock, [this] { return m_attached == 0; });
}

} // namespace QFerry::Detail
