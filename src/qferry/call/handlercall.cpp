// SPDX-License-Identifier: MIT
// A handler's way from its source to its context. Sources finish in any thread, cancels come from
// any; the handler runs in the context's.
#include "handlercall.h"

#include <qferry/call/functionend.h>
#include <qferry/call/objectwatch_p.h>
#include <qferry/pool/workerpool_p.h>

namespace QFerry::Detail {

/// The current context, in another scope than the current one.
static ContextPtr currentContextIn(ContextPart *scope)
{
    const ContextPtr &current = ContextFrame::currentData();
    if (current && current->scope.data() == scope)
        return current;
    ContextPtr data(current ? new ContextData(*current) : new ContextData);
    data->scope.reset(scope);
    return data;
}

/// What then() starts goes on with what the call began, in its scope. What the others start clears
/// up or stands in when that has been canceled, perhaps.
HandlerCall::HandlerCall(CallPtr &&source, Outcome wanted)
    : m_wanted(wanted)
    , m_source(std::move(source))
    , m_scope(m_source->scope())
    , m_contextData(m_scope && wanted == Outcome::Value ? currentContextIn(m_scope.data())
                                                        : ContextFrame::currentData())
{
    ref.storeRelaxed(2);
}

HandlerCall::~HandlerCall() = default;

void HandlerCall::start(QObject *context)
{
    if (!context) {
        fail(QStringLiteral(
                "The context of a handler is null. Pass the object whose thread the handler "
                "runs in and whose life it ends with"));
        return;
    }
    m_source->observe();
    try {
        m_watch = ObjectWatch::of(context);
        if (!m_watch->link(this)) {
            fail(QStringLiteral("The context of a handler is being destroyed"));
            return;
        }
    } catch (const std::bad_alloc &) {
        fail(std::current_exception());
        return;
    }
    m_source->attach(this);
}

void HandlerCall::fail(const QString &message)
{
    fail(std::make_exception_ptr(InvalidUseError(message)));
}

void HandlerCall::fail(std::exception_ptr error)
{
    if (advance(Stage::Waiting, Stage::Done)) { // else the context has just died
        const CallPtr source = leaveContext();
        dropFunction();
        finish(Outcome::Error, std::move(error));
    }
    release(this);
}

bool HandlerCall::advance(Stage from, Stage to)
{
    return m_stage.compare_exchange_strong(from, to, std::memory_order_acq_rel);
}

bool HandlerCall::mayWait() const
{
    return m_stage.load(std::memory_order_acquire) != Stage::Waiting || !isWanted(*m_source);
}

void HandlerCall::callFinished()
{
    if (m_stage.load(std::memory_order_acquire) == Stage::Forwarding) {
        if (advance(Stage::Forwarding, Stage::Done)) {
            const CallPtr operation = leaveContext();
            const CallPtr handled = std::exchange(m_handled, {});
            const bool isOver = keepsOutcome() && operation->outcome() == Outcome::Value;
            finishAs(isOver ? *handled : *operation);
        }
    } else if (isWanted(*m_source)) {
        if (advance(Stage::Waiting, Stage::Posted)) {
            sendHome();
            return;
        }
    } else if (advance(Stage::Waiting, Stage::Done)) {
        const CallPtr source = leaveContext();
        WorkerPool::endPublishing();
        dropFunction();
        finishAs(*source);
    }
    leaveContext(); // a chain must not hang together by its sources when it goes
    release(this);
}

/// To the thread that the context lives in now. From then on this may be gone.
void HandlerCall::sendHome()
{
    m_inbox = m_watch->home();
    if (Q_LIKELY(m_inbox)) {
        m_inbox->post(this);
    } else {
        const QExplicitlySharedDataPointer<ObjectWatch> watch = m_watch;
        watch->awaitHome(this);
    }
}

/// Leaves the context's list; returns the source, which nobody else may cancel any more.
CallPtr HandlerCall::leaveContext()
{
    if (!m_watch)
        return std::exchange(m_source, {});
    const std::lock_guard lock(m_watch->mutex);
    m_watch->unlink(this);
    return std::exchange(m_source, {});
}

void HandlerCall::deliver()
{
    CallCore *source = nullptr;
    bool mayRun = false;
    {
        std::unique_lock lock(m_watch->mutex);
        if (Q_UNLIKELY(m_watch->isElsewhere())) {
            lock.unlock();
            sendHome(); // the context has moved to another thread
            return;
        }
        m_watch->unlink(this);
        source = m_source.take();
        mayRun = !m_watch->isDying()
                 && m_stage.load(std::memory_order_relaxed) == Stage::Posted; // else it has ended
        if (mayRun)
            m_stage.store(Stage::Running, std::memory_order_relaxed);
    }
    if (Q_LIKELY(mayRun))
        run(*source);
    else
        endUnrun();
    release(source);
    release(this);
}

void HandlerCall::loopFinished()
{
    if (m_inbox && m_watch->home(m_inbox->thread())) {
        sendHome(); // the context had left that thread
        return;
    }
    const CallPtr source = leaveContext();
    endUnrun();
    release(this);
}

/// Finishes canceled, unless that has been done. What it was posted for comes to nothing.
void HandlerCall::endUnrun()
{
    if (advance(Stage::Posted, Stage::Done))
        finishUnrun();
}

void HandlerCall::finishUnrun()
{
    WorkerPool::endPublishing();
    dropFunction();
    finishInTurn(Outcome::Canceled);
}

void HandlerCall::run(CallCore &source)
{
    CallPtr returned;
    FunctionEnd end;
    {
        const ContextFrame frame(std::move(m_contextData));
        end.run([&] { returned = handle(source); });
        dropFunction();
    }
    if (!returned) {
        if (keepsOutcome() && end.outcome == Outcome::Value)
            finishAs(source);
        else
            finishOwned(end.outcome, std::move(end.error));
        return;
    }
    {
        const std::lock_guard lock(m_watch->mutex);
        m_handled.reset(&source);
        m_source = returned;
        m_stage.store(Stage::Forwarding, std::memory_order_release);
    }
    if (isCancelRequested())
        returned->cancel({});
    returned->observe();
    ref.ref(); // until callFinished(), once more
    returned->attach(this);
}

void HandlerCall::contextDied()
{
    // Only one that has not begun: a handler may delete its own context.
    CallPtr source;
    {
        const std::lock_guard lock(m_watch->mutex);
        if (!advance(Stage::Waiting, Stage::Done) && !advance(Stage::Posted, Stage::Done))
            return;
        source = m_source; // callFinished() may be looking at m_source
    }
    dropFunction();
    if (source)
        source->cancel(QStringLiteral("the object that waited for it was destroyed"));
    finish(Outcome::Canceled);
}

void HandlerCall::addProgressListener(ProgressListener *listener)
{
    CallPtr call(this);
    while (auto *handler = dynamic_cast<HandlerCall *>(call.data())) {
        CallPtr source;
        if (handler->m_watch) {
            const std::lock_guard lock(handler->m_watch->mutex);
            source = handler->m_source;
        }
        call = std::move(source);
    }
    if (call)
        call->addProgressListener(listener);
    else
        listener->progressEnded();
}

CallPtr HandlerCall::cancelRequested(const QString &)
{
    if (!m_watch)
        return {};
    {
        const std::lock_guard lock(m_watch->mutex);
        if (keepsOutcome())
            return m_source; // the handler runs in any case
        if (m_source && m_source->outcome() == m_wanted)
            advance(Stage::Waiting, Stage::Posted); // as it is about to be
        if (!advance(Stage::Posted, Stage::Done))   // under the mutex, as deliver() is
            return m_source;
    }
    const CallPtr keepAlive(this);
    finishUnrun();
    return {};
}

} // namespace QFerry::Detail
