// SPDX-License-Identifier: MIT
// How calls finish, and are canceled. Any thread; the order is kept by one atomic stack.
#include "callcore.h"

#include <qferry/base/logging_p.h>
#include <qferry/call/firing_p.h>
#include <qferry/errors.h>

#include <utility>

namespace QFerry::Detail {

/// Whether the error says no more than that there is nobody any more whom a worker works for: its
/// loop has ended, or the channel that it fills has been closed. So it should end then.
static bool isUsualEnd(const std::exception_ptr &error)
{
    try {
        std::rethrow_exception(error);
    } catch (const LoopFinishedError &) {
        return true;
    } catch (const ChannelClosedError &) {
        return true;
    } catch (...) {
        return false;
    }
}

CallCore::~CallCore()
{
    if (m_outcome != Outcome::Error || m_observed.load(std::memory_order_relaxed)
        || isUsualEnd(m_error))
        return;
    if (const LogPermit permit; permit)
        qCWarning(lcQFerry).noquote()
                << "A call failed and nobody handled its error:" << describe(m_error);
}

void CallCore::cancel(const QString &reason)
{
    // A loop, not a recursion: a chain of handlers may be long.
    CallPtr call(this);
    while (call && !call->isFinished() && !call->isCancelRequested()) {
        if (!reason.isEmpty())
            call->keepCancelReason(reason);
        if (call->setFlag(CancelRequested) & CancelRequested)
            return;
        call = call->cancelRequested(reason);
    }
}

void CallCore::keepCancelReason(const QString &) {}

CallPtr CallCore::cancelRequested(const QString &)
{
    return {};
}

void CallCore::addProgressListener(ProgressListener *listener)
{
    listener->progressEnded();
}

bool CallCore::provideFuture(void *)
{
    return false;
}

void CallCore::attach(Continuation *continuation)
{
    Continuation *const closed = Continuations::mark();
    if (m_continuations.push(continuation, closed, std::memory_order_acq_rel,
                             std::memory_order_acquire)
        != closed)
        return;
    continuation->m_next = nullptr;
    Firing::run(continuation);
}

/// Returns those that were attached, the newest first. From now on attach() fires at once.
Continuation *CallCore::close(Outcome outcome, std::exception_ptr &&error)
{
    m_outcome = outcome;
    m_error = std::move(error);
    return m_continuations.takeAll(Continuations::mark(), std::memory_order_acq_rel);
}

void CallCore::finish(Outcome outcome, std::exception_ptr error)
{
    if (Continuation *newest = close(outcome, std::move(error)))
        Firing::run(Continuations::oldestFirst(newest));
}

void CallCore::finishInTurn(Outcome outcome, std::exception_ptr error)
{
    if (Continuation *newest = close(outcome, std::move(error)))
        Firing::runInTurn(Continuations::oldestFirst(newest));
}

void CallCore::finishOwned(Outcome outcome, std::exception_ptr error)
{
    if (ref.loadAcquire() != 1) {
        finish(outcome, std::move(error));
        return;
    }
    m_outcome = outcome;
    m_error = std::move(error);
    Continuation *newest = m_continuations.top(std::memory_order_acquire);
    m_continuations.setBottom(Continuations::mark(), std::memory_order_release);
    if (newest)
        Firing::run(Continuations::oldestFirst(newest));
}

void CallCore::finishAs(CallCore &source)
{
    if (CallCore *const lender = source.lender()) {
        keepLender(CallPtr(lender));
        finishInTurn(source.outcome(), source.m_error);
        return;
    }
    switch (source.outcome()) {
    case Outcome::Value:
        try {
            takeResult(source);
        } catch (...) {
            finishInTurn(Outcome::Error, std::current_exception());
            return;
        }
        finishInTurn(Outcome::Value);
        return;
    case Outcome::Error:
        finishInTurn(Outcome::Error, source.m_error);
        return;
    case Outcome::Canceled:
    case Outcome::Pending:
        finishInTurn(Outcome::Canceled, source.m_error);
    }
}

void CallCore::takeResult(CallCore &) {}

void CallCore::keepLender(const CallPtr &) {}

void throwResultTaken()
{
    throw InvalidUseError(
            QStringLiteral("The result of this call cannot be copied and has been taken already. "
                           "Attach one consumer, or return a shared pointer"));
}

CallPtr canceledCall()
{
    class Canceled final : public CallCore
    {
    public:
        Canceled() { finish(Outcome::Canceled); }
    };
    return CallPtr(new Canceled);
}

CallPtr endOf(const CallPtr &call)
{
    class Ending final : public CallCore, public Continuation
    {
    public:
        void callFinished() override
        {
            const CallPtr keepAlive(this, QAdoptSharedDataTag());
            finish(Outcome::Value);
        }
        void deliver() override {}
        void loopFinished() override {}
    };
    auto *ending = new Ending;
    const CallPtr result(ending);
    ending->ref.ref(); // until callFinished()
    if (call)
        call->attach(ending);
    else
        ending->callFinished();
    return result;
}

} // namespace QFerry::Detail
