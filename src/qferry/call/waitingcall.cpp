// SPDX-License-Identifier: MIT
// What ends a wait before its turn. It begins in the thread that waits; any may end it.
#include "waitingcall.h"

#include <qferry/errors.h>
#include <qferry/loop/ownloop_p.h>

namespace QFerry::Detail {

WaitingCall::WaitingCall() : m_member(this) {}
WaitingCall::~WaitingCall() = default;

bool WaitingCall::listen()
{
    if (!joinCurrentScope(m_member)) {
        endCanceled(ScopeState::current()->cancelReason());
        return false;
    }
    LoopInbox *loop = ownLoop();
    if (loop && !loop->isClosed()) {
        m_inbox.reset(loop);
        loop->addEndListener(this);
    }
    return true;
}

void WaitingCall::placeTaken()
{
    // By its scope, perhaps, while there was no place to give up.
    if (isCancelRequested() && withdraw({}))
        endCanceled({});
}

void WaitingCall::loopHasEnded()
{
    cancel(QStringLiteral("the event loop that it was made in has ended"));
}

CallPtr WaitingCall::cancelRequested(const QString &reason)
{
    if (withdraw(reason))
        endCanceled(reason);
    return {};
}

void WaitingCall::end(Outcome outcome, std::exception_ptr error)
{
    m_member.leave();
    if (m_inbox)
        m_inbox->removeEndListener(this);
    finish(outcome, std::move(error));
}

/// Without the reason, if there is no memory for that.
static std::exception_ptr canceledError(const QString &reason) noexcept
{
    try {
        return reason.isEmpty() ? std::exception_ptr()
                                : std::make_exception_ptr(CanceledError(reason));
    } catch (const std::bad_alloc &) {
        return {};
    }
}

void WaitingCall::endCanceled(const QString &reason)
{
    end(Outcome::Canceled, canceledError(reason));
}

} // namespace QFerry::Detail
