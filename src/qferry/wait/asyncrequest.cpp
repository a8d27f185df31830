// SPDX-License-Identifier: MIT
// Functions of fromThread() that return calls, and waits for calls. The thread that waits enters by
// wait(), waitFor() and runAndWait(), the loop's by deliver(); others finish the call or cancel.
#include "asyncrequest.h"

#include <qferry/loop/loopwait_p.h>
#include <qferry/wait/fromthreadcaller.h>
#include <qferry/wait/otherloop_p.h>
#include <qferry/worker/cancelwatch_p.h>

#include <QtCore/qthread.h>

namespace QFerry::Detail {

AsyncRequest::AsyncRequest(bool endsOnceCanceled) : m_endsOnceCanceled(endsOnceCanceled) {}
AsyncRequest::~AsyncRequest() = default;

CallPtr AsyncRequest::wait(const CallPtr &call)
{
    if (!WorkerCall::current() && QThread::currentThread()->loopLevel() > 0)
        throw InvalidUseError(QStringLiteral(
                "waitInThread() would block this thread's event loop. Use then() or co_await"));
    // This thread's loop does not turn while it waits: let no one wait for that in turn.
    if (LoopInbox *inbox = WorkerCall::current() ? nullptr : LoopInbox::current())
        inbox->loopEnded();
    return waitFor(call);
}

CallPtr AsyncRequest::waitFor(const CallPtr &call)
{
    m_call = call;
    m_isUnderWay = true;
    call->observe();
    ref.ref(); // until callFinished()
    call->attach(this);
    return await();
}

CallPtr AsyncRequest::runAndWait(const LoopToken &loop)
{
    checkLoop(loop);
    checkCaller();
    const LoopWait loopWait(*loop.inbox());
    m_loop = loop;
    m_context = contextOfBlockedCaller();
    if (CancelWatch::hasSource()) {
        m_scope.reset(new ScopeState(ScopeState::Ptr(ScopeState::current())));
        m_context = contextOfTask(std::move(m_context), true, m_scope);
    }
    ref.ref(); // until the function has run or failed
    loop.inbox()->post(this);
    return await();
}

CallPtr AsyncRequest::await()
{
    awaitEnding();
    switch (m_ending) {
    case Ending::Failed:
        std::rethrow_exception(m_error);
    case Ending::LoopFinished:
        std::rethrow_exception(loopFinishedError());
    case Ending::PendingLoopFinished:
        throw CanceledError(QStringLiteral("the event loop that it ran in ended"));
    case Ending::HostCanceled:
        cancelAndAwait(CancelWatch::reason());
        throw CanceledError(CancelWatch::reason());
    case Ending::Finished:
    case Ending::Pending:
        break;
    }
    CallPtr call = settledCall();
    if (call->outcome() != Outcome::Value)
        throwOutcome(*call);
    return call;
}

void AsyncRequest::awaitEnding()
{
    const CancelWatch watch([this] { end(Ending::HostCanceled); });
    std::unique_lock lock(m_mutex);
    waitForOtherLoop(lock, m_changed, [this] { return m_ending != Ending::Pending; });
}

void AsyncRequest::cancelAndAwait(const QString &reason)
{
    if (m_scope)
        m_scope->cancel(reason);
    if (const CallPtr call = settledCall())
        call->cancel(reason);
    if (!m_endsOnceCanceled)
        return;
    std::unique_lock lock(m_mutex);
    waitForOtherLoop(lock, m_changed, [this] { return !m_isUnderWay; });
}

/// The call, once it is plain whether there is one: when the function does not run, or no longer.
CallPtr AsyncRequest::settledCall()
{
    std::unique_lock lock(m_mutex);
    if (m_isInvoking)
        waitForOtherLoop(lock, m_changed, [this] { return !m_isInvoking; });
    return m_call;
}

/// The first ending counts.
void AsyncRequest::end(Ending ending)
{
    const std::lock_guard lock(m_mutex);
    if (ending != Ending::HostCanceled)
        m_isUnderWay = false;
    if (m_ending == Ending::Pending)
        m_ending = ending;
    m_changed.notify_all();
}

void AsyncRequest::deliver()
{
    {
        const std::lock_guard lock(m_mutex);
        m_isInvoking = m_ending == Ending::Pending; // else the caller was canceled, and has left
    }
    if (!m_isInvoking) {
        release(this);
        return;
    }
    CallPtr call;
    std::exception_ptr error;
    {
        const ContextFrame frame(std::move(m_context));
        try {
            call = invoke();
        } catch (...) {
            error = std::current_exception();
        }
    }
    if (call)
        call->observe();
    invoked(call, error);
    if (!call) {
        release(this);
        return;
    }
    m_loop.inbox()->addEndListener(this);
    call->attach(this);
}

void AsyncRequest::invoked(const CallPtr &call, const std::exception_ptr &error)
{
    const std::lock_guard lock(m_mutex);
    m_isInvoking = false;
    m_call = call;
    m_isUnderWay = bool(call);
    m_error = error;
    if (error && m_ending == Ending::Pending)
        m_ending = Ending::Failed;
    m_changed.notify_all();
}

void AsyncRequest::callFinished()
{
    if (!m_loop.isValid())
        end(Ending::Finished);
    else if (m_loop.inbox()->removeEndListener(this)) // else the loop ended first, and tells
        end(m_loop.isFinished() && m_call->outcome() != Outcome::Value ? Ending::PendingLoopFinished
                                                                       : Ending::Finished);
    release(this);
}

void AsyncRequest::loopFinished()
{
    end(Ending::LoopFinished);
    release(this);
}

void AsyncRequest::loopHasEnded()
{
    end(Ending::PendingLoopFinished);
    m_call->cancel(QStringLiteral("the event loop that it ran in ended"));
}

} // namespace QFerry::Detail
