// SPDX-License-Identifier: MIT
// The coroutine is touched in its loop's thread alone; its call finishes in any.
#include "awaiter.h"

#include <qferry/loop/ownloop_p.h>

namespace QFerry::Detail {

CoroutineResumer::CoroutineResumer()
    : m_inbox(ownLoop())
    , m_context(ContextFrame::currentData())
    , m_frame(ContextFrame::current().givenId())
{
    if (!m_inbox)
        throw NoEventLoopError(QStringLiteral(
                "co_await needs an event loop to resume in, and this thread has none. "
                "In a worker, use waitInThread()"));
}

CoroutineResumer::~CoroutineResumer() = default;

void CoroutineResumer::start(const CallPtr &call, std::coroutine_handle<> coroutine)
{
    m_call = call;
    m_coroutine = coroutine;
    m_inbox->addEndListener(this);
    ref.ref(); // until callFinished(), or what it posts, is done
    if (m_context && m_context->scope)
        joinScope();
    call->attach(this);
}

void CoroutineResumer::joinScope()
{
    auto *scope = static_cast<ScopeState *>(m_context->scope.data());
    m_membership = std::make_unique<ScopeMember>(m_call.data(), true);
    if (!m_membership->join(scope))
        m_call->cancel(scope->cancelReason());
}

void CoroutineResumer::callFinished()
{
    const LoopInbox::Ptr inbox = m_inbox;
    inbox->post(this);
}

void CoroutineResumer::deliver()
{
    if (m_inbox->removeEndListener(this))
        resume();
    release(this);
}

void CoroutineResumer::loopFinished()
{
    // loopHasEnded() has been called, or is about to be: that one runs in the loop's thread.
    release(this);
}

void CoroutineResumer::loopHasEnded()
{
    m_loopFinished = true;
    m_call->cancel(QStringLiteral("the event loop that awaited it ended"));
    resume();
}

void CoroutineResumer::resume()
{
    const auto coroutine = std::exchange(m_coroutine, nullptr);
    m_membership.reset();
    if (!coroutine)
        return;
    const ContextFrame frame(m_context, m_frame);
    coroutine.resume();
}

void CoroutineResumer::resumed()
{
    if (m_loopFinished)
        throw LoopFinishedError(
                QStringLiteral("The event loop ended while a coroutine awaited a call in it"));
}

void CoroutineResumer::abandon()
{
    if (!m_inbox->removeEndListener(this))
        return;
    m_coroutine = nullptr;
    m_membership.reset();
    m_call->cancel(QStringLiteral("the coroutine that awaited it was destroyed"));
}

void throwOutcome(CallCore &call)
{
    // A canceled call has one, too, if it has a reason.
    if (const std::exception_ptr &error = call.error())
        std::rethrow_exception(error);
    throw CanceledError();
}

} // namespace QFerry::Detail
