// SPDX-License-Identifier: MIT
// The straight story of fromThread() with a plain function: post, wait, serve, answer. The thread
// that asks enters by runAndWait(), the loop's by deliver().
#include "blockingrequest.h"

#include <qferry/call/firing_p.h>
#include <qferry/loop/loopwait_p.h>
#include <qferry/wait/answerwait_p.h>
#include <qferry/wait/blocked_p.h>
#include <qferry/wait/fromthreadcaller.h>

namespace QFerry::Detail {

BlockingRequest::BlockingRequest(const LoopToken &loop)
    : m_loop(loop), m_parker(AnswerWait::freeParker())
{
    checkLoop(loop);
}

void BlockingRequest::runAndWait()
{
    Firing::runOthersHere();
    m_context = contextOfBlockedCaller();
    LoopInbox *inbox = m_loop.inbox();
    {
        const LoopWait loopWait(*inbox);
        const Blocked blocked(WorkerWait::Loop);
        AnswerWait answer(*inbox, *m_parker);
        const bool wasAsleep = inbox->post(this);
        answer.wait(wasAsleep);
    }
    if (m_error)
        std::rethrow_exception(m_error);
}

void BlockingRequest::deliver()
{
    {
        const ContextFrame frame(std::move(m_context));
        try {
            invoke();
        } catch (...) {
            m_error = std::current_exception();
        }
    }
    LoopInbox *inbox = m_loop.inbox();
    inbox->wakeLater(m_parker); // from here on this may be gone
}

void BlockingRequest::loopFinished()
{
    m_error = loopFinishedError();
    m_parker->wake();
}

} // namespace QFerry::Detail
