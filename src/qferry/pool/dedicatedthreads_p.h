// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/pool/workitem.h>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <map>
#include <mutex>

namespace QFerry::Detail {

/// Runs items in a thread each, and knows which are at it. Any thread, without the admission's
/// mutex.
class DedicatedThreads
{
public:
    static DedicatedThreads &instance();

    /// Starts a thread for the item. Throws std::system_error if the system refuses it. False if
    /// this is closed.
    [[nodiscard]] bool start(WorkItem *item, bool detach);
    /// When it returns, start() starts nothing any more, in no thread; or does so again.
    void setOpen(bool open);

    /// And the number of its thread; 0 if that has just been started.
    void forEachItem(const std::function<void(WorkItem *, quint64 thread)> &visit);
    bool waitForIdle(std::chrono::steady_clock::time_point deadline);
    /// The same, but for the items that were given up.
    bool waitForOthers(std::chrono::steady_clock::time_point deadline);
    /// Those that run now need not be waited for.
    void giveUp();
    /// Waits for those that were not started detached.
    void joinAttached();

private:
    void run(WorkItem *item, bool detach);

    std::mutex m_mutex;
    std::condition_variable m_idle;
    struct Account
    {
        bool isGivenUp = false;
        quint64 thread = 0;
    };
    std::map<WorkItem *, Account> m_items;
    bool m_isOpen = true;
    int m_attached = 0; // the threads that have to be waited for
};

/// Whether threads for calls were ever started; any thread.
bool hadThreads();
void threadStarted();

} // namespace QFerry::Detail
