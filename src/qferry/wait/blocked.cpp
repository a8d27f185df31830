// SPDX-License-Identifier: MIT
// What the functions that a blocked thread waits for have from it. That thread enters.
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

ContextPtr contextOfTask(ContextPtr context, bool keepsLoan, const ScopeState::Ptr &scope)
{
    if (!scope && (!context || (!context->scope && (keepsLoan || !context->loan))))
        return context;
    ContextPtr own(context ? new ContextData(*context) : new ContextData);
    own->scope.reset(scope.data());
    if (!keepsLoan)
        own->loan.reset();
    return own;
}

} // namespace QFerry::Detail
