// SPDX-License-Identifier: MIT
#include "callcore.h"
#include "logging_p.h"

#include <utility>

namespace QFerry::Detail {

Q_LOGGING_CATEGORY(lcQFerry, "qferry")

QString describe(const std::exception_ptr &error)
{
    try {
        std::rethrow_exception(error);
    } catch (const std::exception &e) {
        return QString::fromUtf8(e.what());
    } catch (...) {
        return QStringLiteral("something that is no std::exception");
    }
}

CallCore::~CallCore()
{
    if (m_outcome != Outcome::Error || m_observed.load(std::memory_order_relaxed))
        return;
    qCWarning(lcQFerry).noquote() << "A call failed and nobody handled its error:"
                                  << describe(m_error);
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
    Continuation *head = m_continuations.load(std::memory_order_acquire);
    do {
        if (head == closedMark()) {
            continuation->m_next = nullptr;
            fire(continuation);
            return;
        }
        continuation->m_next = head;
    } while (!m_continuations.compare_exchange_weak(head, continuation, std::memory_order_acq_rel,
                                                    std::memory_order_acquire));
}

/// Returns those that were attached, the newest first. From now on attach() fires at once.
Continuation *CallCore::closeContinuations()
{
    // However few references there are: one that others copy, a member of theirs, may be the only
    // one now, and somebody attaches through it in the next moment.
    return m_continuations.exchange(closedMark(), std::memory_order_acq_rel);
}

void CallCore::finish(Outcome outcome, std::exception_ptr error)
{
    m_outcome = outcome;
    m_error = std::move(error);
    Continuation *newest = closeContinuations();
    Continuation *oldest = nullptr;
    while (newest) {
        auto *next = static_cast<Continuation *>(newest->m_next);
        newest->m_next = oldest;
        oldest = std::exchange(newest, next);
    }
    if (oldest)
        fire(oldest);
}

void CallCore::finishAs(CallCore &source)
{
    if (CallCore *const lender = source.lender()) {
        keepLender(CallPtr(lender));
        finish(source.outcome(), source.m_error);
        return;
    }
    switch (source.outcome()) {
    case Outcome::Value:
        try {
            takeResult(source);
        } catch (...) {
            finish(Outcome::Error, std::current_exception());
            return;
        }
        finish(Outcome::Value);
        return;
    case Outcome::Error:
        finish(Outcome::Error, source.m_error);
        return;
    case Outcome::Canceled:
    case Outcome::Pending:
        finish(Outcome::Canceled);
    }
}

void CallCore::takeResult(CallCore &) {}

void CallCore::keepLender(const CallPtr &) {}

/// Runs a list of continuations. One that finishes further calls adds to the list instead of
/// recursing.
void CallCore::fire(Continuation *first)
{
    static thread_local InboxItem **t_end = nullptr; // of the list that this thread is running
    InboxItem *head = nullptr;
    const bool outermost = !t_end;
    if (outermost)
        t_end = &head;
    *t_end = first;
    while (*t_end)
        t_end = &(*t_end)->m_next;
    if (!outermost)
        return;
    while (head) {
        auto *continuation = static_cast<Continuation *>(head);
        head = continuation->m_next;
        if (!head)
            t_end = &head;
        continuation->callFinished();
    }
    t_end = nullptr;
}

void throwResultTaken()
{
    throw InvalidUseError(
            QStringLiteral("The result of this call cannot be copied and has been taken already. "
                           "Attach one consumer, or return a shared pointer"));
}

} // namespace QFerry::Detail
