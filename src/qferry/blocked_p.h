// SPDX-License-Identifier: MIT
#pragma once

#include "workercall.h"

namespace QFerry::Detail {

/// The running thread's context, with the token that nested calls may share while it waits for
/// them.
ContextPtr contextOfBlockedCaller();

/// While it lives, the running worker, if this is one, blocks: its nested calls may run with its
/// token.
class Blocked
{
public:
    Blocked() : m_loan(WorkerCall::current() ? WorkerCall::current()->ownLoan() : nullptr)
    {
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
    TokenLoan *const m_loan;
};

} // namespace QFerry::Detail
