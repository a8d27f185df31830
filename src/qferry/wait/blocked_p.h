// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/loop/loopinbox_p.h>
#include <qferry/worker/workercall.h>

namespace QFerry::Detail {

/// The running thread's context, with the token that nested calls may share while it waits for
/// them.
ContextPtr contextOfBlockedCaller();
/// The caller's values, in a new scope if the task may make calls that are to be canceled with it.
ContextPtr contextOfTask(ContextPtr context, bool keepsLoan, const ScopeState::Ptr &scope);

/// While it lives, the running thread blocks, and waits for that. If it is a worker, its nested
/// calls may run with its token; if it is a loop's, who waits for a wake-up from there has got it.
/// They nest.
class Blocked
{
public:
    explicit Blocked(WorkerWait wait)
        : m_wait(wait), m_loan(m_wait.call() ? m_wait.call()->ownLoan() : nullptr)
    {
        LoopInbox::wakeServedHere();
        if (m_loan)
            m_loan->block();
    }
    ~Blocked()
    {
        if (m_loan)
            m_loan->unblock();
    }
    Q_DISABLE_COPY_MOVE(Blocked)

private:
    const NotedWait m_wait;
    TokenLoan *const m_loan;
};

} // namespace QFerry::Detail
