// SPDX-License-Identifier: MIT
// Who has to know all inboxes: a thread that looks for another one's, and the application, which
// begins and ends in the main thread.
#include "inboxregistry_p.h"

#include <qferry/base/logging_p.h>

#include <QtCore/qcoreapplication.h>

namespace QFerry::Detail {

InboxRegistry &InboxRegistry::instance()
{
    static auto *registry = new InboxRegistry; // never destroyed: threads may end after main()
    return *registry;
}

std::pair<LoopInbox::Ptr, bool> InboxRegistry::findOrAdd(QThread *thread)
{
    const std::lock_guard lock(m_mutex);
    const auto [it, isNew] = m_inboxes.try_emplace(thread);
    if (isNew) {
        try {
            it->second.reset(new LoopInbox(thread));
        } catch (const std::bad_alloc &) {
            m_inboxes.erase(it);
            throw;
        }
    }
    return { it->second, isNew };
}

void InboxRegistry::remove(const LoopInbox &inbox)
{
    const std::lock_guard lock(m_mutex);
    const auto it = m_inboxes.find(inbox.thread());
    if (it != m_inboxes.end() && it->second.data() == &inbox)
        m_inboxes.erase(it);
}

std::vector<LoopInbox::Ptr> InboxRegistry::all()
{
    const std::lock_guard lock(m_mutex);
    std::vector<LoopInbox::Ptr> all;
    all.reserve(m_inboxes.size());
    for (const auto &[thread, inbox] : m_inboxes)
        all.push_back(inbox);
    return all;
}

void InboxRegistry::setApplicationOver(bool isOver)
{
    LoopEnd::s_isApplicationOver.store(isOver, std::memory_order_seq_cst);
    LogPermit::setGranted(!isOver);
    for (const LoopInbox::Ptr &inbox : instance().all()) {
        if (!isOver)
            inbox->applicationBegins();
        inbox->wakeUp(); // to take notice; or again, as what came meanwhile was dropped
    }
}

static void followApplication()
{
    InboxRegistry::setApplicationOver(false);
    qAddPostRoutine([] { InboxRegistry::setApplicationOver(true); });
}
Q_COREAPP_STARTUP_FUNCTION(followApplication)

} // namespace QFerry::Detail
