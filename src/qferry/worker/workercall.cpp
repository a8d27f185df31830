// SPDX-License-Identifier: MIT
// The life of a call of toThread(). Any thread starts and cancels it; that of its worker runs it.
#include "workercall.h"

#include <qferry/call/functionend.h>
#include <qferry/cancelscope.h>
#include <qferry/capacitylimiter.h>
#include <qferry/loop/loopinbox_p.h>
#include <qferry/loop/ownloop_p.h>
#include <qferry/pool/dedicatedthreads_p.h>
#include <qferry/pool/limiterreports_p.h>
#include <qferry/pool/limiterstate_p.h>
#include <qferry/pool/tidyup_p.h>
#include <qferry/pool/workerpool_p.h>
#include <qferry/thread/threadname_p.h>
#include <qferry/worker/acceptance_p.h>
#include <qferry/worker/callextras_p.h>

#include <QtCore/qthread.h>

#include <system_error>

namespace QFerry::Detail {

static thread_local WorkerCall *t_current = nullptr;

WorkerCall::WorkerCall()
{
    ref.storeRelaxed(2);
}

WorkerCall::~WorkerCall()
{
    delete m_extras.load(std::memory_order_acquire);
}

WorkerCall *WorkerCall::current() noexcept
{
    return t_current;
}

CallExtras &WorkerCall::extras()
{
    CallExtras *existing = extrasIfAny();
    return existing ? *existing : CallExtras::make(m_extras, this);
}

QString WorkerCall::name() const
{
    const CallExtras *extras = extrasIfAny();
    return extras ? extras->name : QString();
}

// Until drop(), the worker holds a reference, but does not look at the result.
bool WorkerCall::isSoleOwner() const
{
    const int references = ref.loadAcquire();
    return references == 1 || (references == 2 && !m_dropped.load(std::memory_order_acquire));
}

void WorkerCall::startOrFail(const CallOptions &options) noexcept
{
    try {
        start(options);
    } catch (...) { // there is no memory for something that it needs, and it is in no queue yet
        startFailed(std::current_exception());
    }
}

inline void WorkerCall::takeOptions(const CallOptions &options)
{
    m_abandonable = options.abandonOnCancel;
    m_finishBeforeQuit = options.finishBeforeQuit;
    if (const WorkerCall *outer = current(); outer && QThread::currentThread()->loopLevel() == 0)
        m_origin = outer->m_origin;
    else
        m_origin = LoopToken(LoopInbox::Ptr(LoopInbox::current()));
    m_context = ContextFrame::currentData();
    if (!options.name.isEmpty())
        extras().name = options.name;
    if (options.thread == Thread::Pooled) {
        m_limiter = LimiterState::of(options.limiter ? options.limiter : &defaultThreadLimiter());
        if (t_current || m_context)
            takeLoan();
    }
    if (options.timeout)
        extras().timeout = std::make_unique<TimeoutAlarm>(this);
    noteIfWatched(*this, &Sighting::queued);
}

void WorkerCall::start(const CallOptions &options)
{
    const bool isDue = options.timeout && *options.timeout <= std::chrono::nanoseconds::zero();
    if (Q_UNLIKELY(isDue || !acceptsCalls())) {
        startFailed(acceptsCalls() ? timeoutError() : refusalOfCalls());
        return;
    }
    takeOptions(options);
    if (!joinScope(options.scope)) {
        if (advance(Stage::Queued, Stage::Done)) {
            dropFunction();
            m_context.reset();
            finish(Outcome::Canceled);
        }
        drop();
        return;
    }
    if (options.timeout)
        startTimeout(*options.timeout);
    if (options.thread == Thread::Dedicated)
        startDedicated(options.detach);
    else
        queue();
}

void WorkerCall::startFailed(std::exception_ptr error)
{
    if (advance(Stage::Queued, Stage::Done))
        finishEarly(std::move(error));
    drop();
}

void WorkerCall::finishEarly(std::exception_ptr error)
{
    dropFunction();
    leave();
    m_context.reset();
    finish(Outcome::Error, std::move(error));
}

/// A call made by a worker, or by code that a worker waits for, may run with that worker's token.
void WorkerCall::takeLoan()
{
    TokenLoan *loan = nullptr;
    if (t_current && t_current->m_limiter == m_limiter)
        loan = t_current->ownLoan();
    else if (m_context)
        loan = static_cast<TokenLoan *>(m_context->loan.data());
    if (loan && loan->isOf(m_limiter))
        extras().loan.reset(loan);
}

ContextPart *WorkerCall::scope() const
{
    const CallExtras *extras = extrasIfAny();
    return extras ? extras->scope.data() : nullptr;
}

/// False if the scope is canceled.
bool WorkerCall::joinScope(CancelScope *scope)
{
    ScopeState *state = scope ? scope->state() : m_context ? ScopeState::current() : nullptr;
    if (!state)
        return true;
    if (scope) { // what the function calls belongs to it, too
        m_context.reset(m_context ? new ContextData(*m_context) : new ContextData);
        m_context->scope.reset(state);
    }
    extras().scope.reset(state);
    return extras().membership.join(state);
}

void WorkerCall::startTimeout(std::chrono::nanoseconds timeout)
{
    extras().timeout->set(timeAfter(timeout));
    if (m_stage.load(std::memory_order_seq_cst) == Stage::Done)
        extras().timeout->clear(); // canceled meanwhile: leave() may have come too early
}

void WorkerCall::queue()
{
    const auto submitted = WorkerPool::instance().submit(this);
    if (submitted == WorkerPool::Submitted::Ready)
        return;
    if (Q_UNLIKELY(submitted == WorkerPool::Submitted::Closed)) {
        startFailed(refusalOfCalls());
        return;
    }
    if (Q_UNLIKELY(m_stage.load(std::memory_order_acquire) == Stage::Done)
        && LimiterState::withdraw(this))
        drop(); // canceled before it was in the queue
}

void WorkerCall::refused()
{
    startFailed(threadStartError());
}

void WorkerCall::startDedicated(bool detach)
{
    try {
        if (!DedicatedThreads::instance().start(this, detach))
            startFailed(refusalOfCalls());
    } catch (const std::system_error &) {
        refused();
    }
}

TokenLoan *WorkerCall::loan() const
{
    const CallExtras *extras = extrasIfAny();
    return extras ? extras->loan.data() : nullptr;
}

TokenLoan *WorkerCall::ownLoan()
{
    return m_limiter ? extras().ownLoan(m_limiter) : nullptr;
}

bool WorkerCall::isBlocked() const
{
    const CallExtras *extras = extrasIfAny();
    return extras && extras->isBlocked();
}

void WorkerCall::execute(bool tidiesUp)
{
    if (advance(Stage::Queued, Stage::Running)) // else it was canceled meanwhile
        runHere(tidiesUp);
}

void WorkerCall::runHere(bool tidiesUp)
{
    FunctionEnd end;
    noteIfWatched(*this, &Sighting::running);
    {
        const ThreadName threadName(name());
        const ContextFrame frame(std::move(m_context));
        WorkerCall *outer = std::exchange(t_current, this);
        setIsWorker(true);
        end.run([this] { invoke(); });
        dropFunction();
        if (tidiesUp)
            runDeferredDeletes();
        t_current = outer;
        setIsWorker(outer);
    }
    if (!advance(Stage::Running, Stage::Done))
        return; // abandoned: nobody hears of it
    if (end.outcome == Outcome::Canceled) {
        WorkerPool::beginPublishing();
        finishCanceled();
        return;
    }
    leave();
    WorkerPool::beginPublishing();
    finishOwned(end.outcome, std::move(end.error));
}

/// The call is about to finish: nothing may cancel it any more.
void WorkerCall::leave()
{
    if (m_listeners.top(std::memory_order_seq_cst))
        endListening();
    CallExtras *extras = extrasIfAny();
    if (!extras)
        return;
    extras->membership.leave();
    if (extras->timeout)
        extras->timeout->clear();
}

bool WorkerCall::hasTimedOut() const
{
    const CallExtras *extras = extrasIfAny();
    return extras && extras->hasTimedOut();
}

/// whyNotBegun: of one that never ran.
void WorkerCall::finishCanceled(const QString &whyNotBegun)
{
    leave();
    if (hasTimedOut())
        finish(Outcome::Error, TimeoutAlarm::error(name(), whyNotBegun));
    else
        finish(Outcome::Canceled);
}

bool WorkerCall::dropQuickly()
{
    m_dropped.store(true, std::memory_order_release);
    for (int references = ref.loadAcquire(); references > 1;) {
        if (ref.testAndSetOrdered(references, references - 1, references))
            return true;
    }
    if (!hasQuickEnd() || extrasIfAny() || outcome() != Outcome::Value)
        return false;
    release(this);
    return true;
}

void WorkerCall::drop()
{
    m_dropped.store(true, std::memory_order_release);
    release(this);
}

void WorkerCall::keepCancelReason(const QString &reason)
{
    try {
        extras().keepCancelReason(reason);
    } catch (const std::bad_alloc &) { // then it is canceled without one
    }
}

CallPtr WorkerCall::cancelRequested(const QString &)
{
    if (advance(Stage::Queued, Stage::Done)) {
        dropFunction();
        m_context.reset();
        const QString why = m_limiter && hasTimedOut() ? whyNotBegun(this) : QString();
        const bool waited = m_limiter && LimiterState::withdraw(this); // else a worker finds it
        finishCanceled(why);
        if (waited)
            drop();
        return {};
    }
    if (m_abandonable && advance(Stage::Running, Stage::Done)) {
        m_isAbandoned.store(true, std::memory_order_relaxed);
        finishCanceled();
        if (m_limiter)
            tokenAbandoned(this);
    }
    if (CallExtras *extras = extrasIfAny())
        extras->runHooks();
    return {};
}

ScopeState *WorkerCall::innerScope() const
{
    const CallExtras *extras = extrasIfAny();
    ScopeState *scope = ScopeState::current();
    return extras && scope == extras->scope.data() ? nullptr : scope;
}

bool WorkerCall::isCanceledHere() const
{
    const CallExtras *extras = extrasIfAny();
    const ScopeState *own = extras ? extras->scope.data() : nullptr;
    const ScopeState *inner = innerScope();
    if (inner && inner->isCanceled())
        return true;
    if (!isCancelRequested() && !(own && own->isCanceled()))
        return false;
    return !inner || !inner->isShieldedFrom(own);
}

QString WorkerCall::cancelReason() const
{
    if (CallExtras *extras = extrasIfAny()) {
        const QString reason = extras->cancelReason();
        if (!reason.isEmpty())
            return reason;
    }
    // A canceled scope is seen before its cancel reaches the call.
    const ScopeState *scope = ScopeState::current();
    return scope ? scope->cancelReason() : QString();
}

void WorkerCall::addHook(const HookPtr &hook)
{
    extras().addHook(hook);
    // The call's own scope reaches the call itself.
    ScopeState *scope = innerScope();
    if ((scope && !hook->join(scope)) || isCanceledHere())
        hook->run();
}

void WorkerCall::removeHook(const HookPtr &hook)
{
    hook->revoke();
    hook->leave();
    extras().removeHook(hook);
}

void WorkerCall::addProgressListener(ProgressListener *listener)
{
    m_listeners.push(listener, std::memory_order_seq_cst);
    if (CallExtras *extras = m_extras.load(std::memory_order_seq_cst))
        extras->tellProgress(listener);
    if (m_stage.load(std::memory_order_seq_cst) == Stage::Done)
        endListening(); // leave() may have been here before
}

void WorkerCall::reportProgress(const Progress &progress)
{
    extras().report(progress, m_listeners);
}

void WorkerCall::endListening()
{
    ProgressListener *listener = m_listeners.takeAll(nullptr, std::memory_order_seq_cst);
    // An abandoned function may be reporting: it has the extras, or finds no listener.
    if (CallExtras *extras = m_extras.load(std::memory_order_seq_cst))
        extras->awaitReport();
    while (listener)
        std::exchange(listener, m_listeners.next(listener))->progressEnded();
}

} // namespace QFerry::Detail
