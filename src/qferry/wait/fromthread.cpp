// SPDX-License-Identifier: MIT
#include <qferry/fromthread.h>

#include <qferry/call/firing_p.h>
#include <qferry/loop/loopwait_p.h>
#include <qferry/thread/currentcore_p.h>
#include <qferry/thread/eagerlock_p.h>
#include <qferry/thread/parker_p.h>
#include <qferry/thread/yieldbriefly_p.h>
#include <qferry/wait/otherloop_p.h>
#include <qferry/wait/taskcontext_p.h>
#include <qferry/work/cancelwatch_p.h>
#include <qferry/work/workercall.h>

#include <QtCore/qthread.h>

#include <deque>

namespace QFerry {

using namespace std::chrono_literals;

namespace Detail {

namespace {

constexpr auto spinTime = 20us; // for a loop that is awake
constexpr auto wakeTime = 60us; // that one takes to wake on another core
constexpr int pausesPerYield = 64;
constexpr int pausesPerTurn = 16;   // in which a loop that runs serves somebody
constexpr int mostTurns = 40;       // to wait for: 20 µs
constexpr int mostCallsInARow = 32; // of one thread, before others get its core

// Outlives each wait, so whoever wakes it may still touch it afterwards.
thread_local Parker t_parker;
thread_local bool t_isParkerTaken = false; // while foreign code runs in the midst of a wait

Parker *freeParker()
{
    if (Q_LIKELY(!t_isParkerTaken))
        return &t_parker;
    static thread_local std::deque<Parker> t_others;
    return &t_others.emplace_back();
}

std::exception_ptr loopFinishedError()
{
    return std::make_exception_ptr(
            LoopFinishedError(QStringLiteral("The event loop ended before it could run the "
                                             "function. Stop calling it before it ends")));
}

/// In a crowd: while the loop serves one after the other, on another core, it comes to this
/// thread's call sooner than a further thread would come to this core and leave it.
void spinWhileServing(const Parker &parker, const LoopInbox &inbox)
{
    static thread_local int t_callsInARow = 0;
    const bool hasLoopsCore = isCurrentCore(inbox.core.load(std::memory_order_relaxed));
    if (hasLoopsCore || ++t_callsInARow > mostCallsInARow) {
        t_callsInARow = 0;
        return;
    }
    quint32 seen = inbox.turns.load(std::memory_order_relaxed);
    for (int turn = 0; turn < mostTurns; ++turn) {
        for (int i = 0; i < pausesPerTurn && !parker.isWoken(); ++i)
            relaxProcessor();
        const quint32 before = std::exchange(seen, inbox.turns.load(std::memory_order_relaxed));
        if (parker.isWoken() || seen == before)
            return;
    }
}

void checkLoop(const LoopToken &loop)
{
    if (!loop.isValid())
        throw NoEventLoopError(QStringLiteral("This LoopToken names no event loop. Get one with "
                                              "currentLoop() in the loop's thread"));
    if (loop.inbox()->isCurrent())
        throw InvalidUseError(QStringLiteral(
                "fromThread() was called in the loop's own thread, where it would wait "
                "for itself. Call the function directly"));
}

} // namespace

BlockingRequest::BlockingRequest(const LoopToken &loop) : m_loop(loop), m_parker(freeParker())
{
    checkLoop(loop);
}

void BlockingRequest::runAndWait()
{
    Firing::runOthersHere();
    m_context = contextOfBlockedCaller();
    LoopInbox *inbox = m_loop.inbox();
    {
        const LoopWait loopWait(*inbox);
        const Blocked blocked;
        const bool alone = inbox->waiting.fetch_add(1, std::memory_order_relaxed) == 0;
        m_parker->prepare();
        const bool wasAsleep = inbox->post(this);
        wait(alone, wasAsleep);
        inbox->waiting.fetch_sub(1, std::memory_order_relaxed);
    }
    if (m_error)
        std::rethrow_exception(m_error);
}

/// Before it sleeps: makes room for others that wait, unless the loop is just serving them; or, if
/// it is alone, looks for a moment whether it is served. The loop may need this thread's core to
/// run on, the more so if it was asleep.
void BlockingRequest::wait(bool alone, bool wasAsleep)
{
    const LoopInbox &inbox = *m_loop.inbox();
    if (!alone) {
        if (!wasAsleep)
            spinWhileServing(*m_parker, inbox);
        for (int i = 0; i < 4 && !m_parker->isWoken() && yieldBriefly(&inbox.turns); ++i) {
        }
    } else {
        const int pauses = wasAsleep ? 0 : pausesPerYield;
        const auto end = std::chrono::steady_clock::now() + (wasAsleep ? wakeTime : spinTime);
        do {
            for (int i = 0; i < pauses && !m_parker->isWoken(); ++i)
                relaxProcessor();
            if (m_parker->isWoken() || !yieldBriefly(&inbox.turns))
                break;
        } while (std::chrono::steady_clock::now() < end);
    }
    sleep();
}

void BlockingRequest::sleep()
{
    Standstill standstill;
    if (Q_UNLIKELY(standstill.isOfALoop())) {
        if (m_parker->sleepFor(LoopInbox::patience))
            return;
        const bool wasTaken = std::exchange(t_isParkerTaken, true);
        standstill.tell();
        t_isParkerTaken = wasTaken;
    }
    m_parker->sleep();
}

void BlockingRequest::deliver()
{
    {
        const ContextFrame frame(std::move(m_context));
        try {
            invoke();
        } catch (...) {
            m_error = std::current_exception();
        }
    }
    LoopInbox *inbox = m_loop.inbox();
    inbox->wakeLater(m_parker); // from here on this may be gone
}

void BlockingRequest::loopFinished()
{
    m_error = loopFinishedError();
    m_parker->wake();
}

void checkCaller()
{
    if (CancelWatch::isCanceled())
        throw CanceledError(CancelWatch::reason());
}

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
        deref();
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
        deref();
        return;
    }
    m_loop.inbox()->addPending(this);
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
    else if (m_loop.inbox()->removePending(this)) // else the loop ended first, and tells
        end(m_loop.isFinished() && m_call->outcome() != Outcome::Value ? Ending::PendingLoopFinished
                                                                       : Ending::Finished);
    deref();
}

void AsyncRequest::loopFinished()
{
    end(Ending::LoopFinished);
    deref();
}

void AsyncRequest::pendingLoopFinished()
{
    end(Ending::PendingLoopFinished);
    m_call->cancel(QStringLiteral("the event loop that it ran in ended"));
}

void AsyncRequest::deref()
{
    if (!ref.deref())
        delete this;
}

void requireWorkerToWait()
{
    if (WorkerCall::current())
        return;
    throw NoEventLoopError(
            LoopInbox::current()
                    ? QStringLiteral("waitInThread(future) was called in a thread with an event "
                                     "loop, which must not block. Use toPendingCall(future).then() "
                                     "or co_await there")
                    : QStringLiteral("waitInThread(future) works in workers, with the help of the "
                                     "loop that made their call. In a thread without an event loop "
                                     "use future.result() or future.waitForFinished()"));
}

const LoopToken &originLoop()
{
    const WorkerCall *call = WorkerCall::current();
    if (!call)
        throw NoEventLoopError(QStringLiteral(
                "fromThread() without a LoopToken works in workers, for the loop that made "
                "their call. Elsewhere pass the token of a loop: currentLoop(), called in the "
                "loop's thread"));
    if (!call->origin().isValid())
        throw NoEventLoopError(QStringLiteral(
                "This call was made in a thread without an event loop, so there is none "
                "to call back into"));
    return call->origin();
}

void throwEmptyFunction()
{
    throw InvalidUseError(
            QStringLiteral("fromThread() was given an empty function: a null pointer or an empty "
                           "std::function. Pass a function"));
}

} // namespace Detail

LoopToken currentLoop()
{
    const Detail::WorkerCall *call = Detail::WorkerCall::current();
    if (call && QThread::currentThread()->loopLevel() == 0)
        return Detail::originLoop();
    Detail::LoopInbox *inbox = Detail::LoopInbox::current();
    if (!inbox)
        throw NoEventLoopError(QStringLiteral(
                "This thread has no event loop. Call currentLoop() in the loop's thread and "
                "hand the token over"));
    return LoopToken(Detail::LoopInbox::Ptr(inbox));
}

} // namespace QFerry
