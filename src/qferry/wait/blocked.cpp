// SPDX-License-Identifier: MIT
#include "blocked_p.h"

namespace QFerry::Detail {

ContextPtr contextOfBlockedCaller()
{
    ContextPtr context = ContextFrame::currentData();
    if (WorkerCall *call = WorkerCall::current()) {
        if (TokenLoan *loan = call->ownLoan(); loan && (!context || context->loan.data() != loan)) {
            ContextFrame::current().detach()->loan.reset(loan); // for the calls to come, too
            context = ContextFrame::currentData();
        }
    }
    return context;
}

} // namespace QFerry::Detail
