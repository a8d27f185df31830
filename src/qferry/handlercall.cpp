// SPDX-License-Identifier: MIT
#include "handlercall.h"
#include "contextwatch_p.h"
#include "workerpool_p.h"

#include <QtCore/qhash.h>
#include <QtCore/qthread.h>

namespace QFerry::Detail {

namespace {
struct Registry
{
    std::mutex mutex;
    QHash<const QObject *, ContextWatch::Ptr> watches;
    std::atomic<quint64> deaths{ 0 }; // of watched objects: outdates what threads remember

    static Registry &instance()
    {
        static auto *registry = new Registry; // never destroyed: static objects may be contexts
        return *registry;
    }
};
} // namespace

ContextWatch::Ptr ContextWatch::of(QObject *object)
{
    struct Last
    {
        const QObject *object;
        ContextWatch *watch; // lives as long as the object
        quint64 deaths;
    };
    static thread_local Last t_last = {};

    Registry &registry = Registry::instance();
    const quint64 deaths = registry.deaths.load(std::memory_order_acquire);
    if (t_last.object == object && t_last.deaths == deaths)
        return Ptr(t_last.watch);

    std::lock_guard lock(registry.mutex);
    Ptr &watch = registry.watches[object];
    if (!watch) {
        watch.reset(new ContextWatch(object));
        QObject::connect(object, &QObject::destroyed, object, &ContextWatch::objectDestroyed,
                         Qt::DirectConnection);
    }
    t_last = { object, watch.data(), deaths };
    return watch;
}

void ContextWatch::objectDestroyed(QObject *object)
{
    Ptr watch;
    {
        Registry &registry = Registry::instance();
        std::lock_guard lock(registry.mutex);
        watch = registry.watches.take(object);
        registry.deaths.fetch_add(1, std::memory_order_release);
    }
    if (!watch)
        return;
    {
        std::lock_guard lock(watch->mutex);
        watch->object = nullptr;
    }
    for (;;) {
        QExplicitlySharedDataPointer<HandlerCall> handler;
        {
            std::lock_guard lock(watch->mutex);
            handler.reset(watch->first);
            if (!handler)
                return;
            watch->unlink(handler.data());
        }
        handler->contextDied();
    }
}

LoopInbox *ContextWatch::link(HandlerCall *handler)
{
    std::lock_guard lock(mutex);
    if (!object)
        return nullptr;
    if (!inbox || inbox->thread() != object->thread() || inbox->isClosed()) {
        inboxes.push_back(LoopInbox::of(object->thread()));
        inbox = inboxes.back().data();
    }
    handler->m_linked = true;
    handler->m_next = first;
    if (first)
        first->m_previous = handler;
    first = handler;
    return inbox;
}

void ContextWatch::unlink(HandlerCall *handler)
{
    if (!std::exchange(handler->m_linked, false))
        return;
    (handler->m_previous ? handler->m_previous->m_next : first) = handler->m_next;
    if (handler->m_next)
        handler->m_next->m_previous = handler->m_previous;
    handler->m_previous = nullptr;
}

HandlerCall::HandlerCall(CallPtr &&source, Outcome wanted)
    : m_wanted(wanted), m_source(std::move(source)), m_contextData(ContextFrame::currentData())
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
    m_watch = ContextWatch::of(context);
    m_inbox = m_watch->link(this);
    if (!m_inbox) {
        fail(QStringLiteral("The context of a handler is being destroyed"));
        return;
    }
    m_source->attach(this);
}

void HandlerCall::fail(const QString &message)
{
    m_stage.store(Stage::Done, std::memory_order_relaxed);
    m_source.reset();
    dropFunction();
    finish(Outcome::Error, std::make_exception_ptr(InvalidUseError(message)));
    release(this);
}

bool HandlerCall::advance(Stage from, Stage to)
{
    return m_stage.compare_exchange_strong(from, to, std::memory_order_acq_rel);
}

void HandlerCall::callFinished()
{
    if (advance(Stage::Forwarding, Stage::Done)) {
        const CallPtr source = leaveContext();
        finishAs(*source);
    } else if (m_source->outcome() == m_wanted) {
        if (advance(Stage::Waiting, Stage::Posted)) {
            m_inbox->post(this);
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

/// Leaves the context's list; returns the source, which nobody else may cancel any more.
CallPtr HandlerCall::leaveContext()
{
    std::lock_guard lock(m_watch->mutex);
    m_watch->unlink(this);
    return std::exchange(m_source, {});
}

void HandlerCall::deliver()
{
    enum class Next { Nothing, Run, Skip } next = Next::Nothing;
    CallCore *source = nullptr;
    {
        std::unique_lock lock(m_watch->mutex);
        if (m_watch->object && Q_UNLIKELY(m_watch->object->thread() != QThread::currentThread())) {
            const LoopInbox::Ptr inbox = LoopInbox::of(m_watch->object->thread());
            lock.unlock();
            inbox->post(this); // the context moved to another thread
            return;
        }
        m_watch->unlink(this);
        source = m_source.take();
        if (m_stage.load(std::memory_order_relaxed) == Stage::Posted) { // else the context died
            m_stage.store(Stage::Running, std::memory_order_relaxed);
            next = m_skip ? Next::Skip : Next::Run;
        }
    }
    if (next == Next::Run) {
        run(*source);
    } else if (next == Next::Skip) {
        dropFunction();
        finish(Outcome::Canceled);
    }
    release(source);
    release(this);
}

void HandlerCall::loopFinished()
{
    const CallPtr source = leaveContext();
    if (advance(Stage::Posted, Stage::Done)) {
        WorkerPool::endPublishing();
        dropFunction();
        finish(Outcome::Canceled);
    }
    release(this);
}

void HandlerCall::run(CallCore &source)
{
    CallPtr returned;
    Outcome outcome = Outcome::Value;
    std::exception_ptr error;
    {
        const ContextFrame frame(std::move(m_contextData));
        try {
            returned = handle(source);
        } catch (const CanceledError &) {
            outcome = Outcome::Canceled;
        } catch (...) {
            outcome = Outcome::Error;
            error = std::current_exception();
        }
        dropFunction();
    }
    if (!returned) {
        finish(outcome, std::move(error));
        return;
    }
    {
        std::lock_guard lock(m_watch->mutex);
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
        std::lock_guard lock(m_watch->mutex);
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
            std::lock_guard lock(handler->m_watch->mutex);
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
    std::lock_guard lock(m_watch->mutex);
    if (m_stage.load(std::memory_order_acquire) == Stage::Posted)
        m_skip = true;
    return m_source;
}

} // namespace QFerry::Detail
