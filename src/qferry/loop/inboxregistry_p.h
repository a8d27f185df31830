// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/loop/loopinbox_p.h>

#include <unordered_map>
#include <vector>

namespace QFerry::Detail {

/// Which inbox a thread has, until that closes. Any thread; under its mutex nothing else is locked.
class InboxRegistry
{
public:
    static InboxRegistry &instance();

    /// And whether it was made just now.
    std::pair<LoopInbox::Ptr, bool> findOrAdd(QThread *thread);
    void remove(const LoopInbox &inbox);
    std::vector<LoopInbox::Ptr> all();

    /// Main thread: the QCoreApplication begins, or goes. While there is none, all loops have
    /// ended: those that turn all the same deliver nothing.
    static void setApplicationOver(bool isOver);

private:
    std::mutex m_mutex;
    std::unordered_map<const QThread *, LoopInbox::Ptr> m_inboxes;
};

} // namespace QFerry::Detail
