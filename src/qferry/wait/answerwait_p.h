// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/loop/loopinbox_p.h>
#include <qferry/thread/parker_p.h>

namespace QFerry::Detail {

/**
 * How a thread waits for a loop to serve it: it looks for a moment whether it is served, makes room
 * for others, then sleeps. It enters its own; the loop wakes its parker.
 */
class AnswerWait
{
public:
    /// Comes before the request is posted.
    AnswerWait(LoopInbox &inbox, Parker &parker)
        : m_inbox(inbox)
        , m_parker(parker)
        , m_isAlone(inbox.waiting.fetch_add(1, std::memory_order_relaxed) == 0)
    {
        parker.prepare();
    }
    ~AnswerWait() { m_inbox.waiting.fetch_sub(1, std::memory_order_relaxed); }
    Q_DISABLE_COPY_MOVE(AnswerWait)

    /// Returns when the parker has been woken. wasAsleep: as LoopInbox::post() said.
    void wait(bool wasAsleep);

    /// A parker of the running thread that no wait uses. It outlives each of them, so whoever wakes
    /// it may still touch it afterwards.
    static Parker *freeParker();

private:
    void spinInCrowd();
    void spinAlone(bool wasAsleep);
    void sleep();

    LoopInbox &m_inbox;
    Parker &m_parker;
    const bool m_isAlone; // nobody else waited for this loop
};

} // namespace QFerry::Detail
