// SPDX-License-Identifier: MIT
// How forEach() begins, goes on and ends. Items are handled in the context's thread; any thread may
// cancel, and destroy the context.
#include "foreachcall.h"

#include <qferry/base/emptyfunction.h>
#include <qferry/call/objectwatch_p.h>
#include <qferry/errors.h>

#include <QtCore/qtimer.h>

namespace QFerry::Detail {

constexpr int itemsPerLook = 16;   // for where the context lives
constexpr int itemsPerWakeUp = 64; // of a producer that waits for room

ForEachCall::ForEachCall(StreamCore *stream)
    : m_stream(stream), m_context(ContextFrame::currentData())
{}

ForEachCall::~ForEachCall() = default;

void ForEachCall::start(QObject *context, bool owning)
{
    m_isOwning = owning;
    const StreamCore::Ptr stream = m_stream;
    try {
        if (!context)
            throw InvalidUseError(QStringLiteral(
                    "The context of forEach() is null. Pass the object whose thread the function "
                    "runs in and whose life it ends with"));
        if (!hasFunction())
            std::rethrow_exception(emptyFunctionError("The function given to forEach() is empty"));
        begin(context);
    } catch (...) { // there may be no memory for it
        m_isStopped.store(true, std::memory_order_release);
        if (owning)
            stream->abandon(QStringLiteral("its consumer could not begin"));
        dropFunction();
        leaveContext();
        finish(Outcome::Error, std::current_exception());
    }
}

void ForEachCall::begin(QObject *context)
{
    QThread *const thread = context->thread();
    if (!thread)
        throw InvalidUseError(QStringLiteral(
                "The context of forEach() lives in no thread. Call forEach() once it does"));
    m_watch = ObjectWatch::of(context);
    ref.ref(); // until leaveContext()
    if (!m_watch->link(this)) {
        ref.deref();
        throw InvalidUseError(QStringLiteral("The context of forEach() is being destroyed"));
    }
    m_stream->attach(this, LoopInbox::of(thread));
}

/// Null once it has been concluded.
StreamCore::Ptr ForEachCall::currentStream() const
{
    const std::lock_guard lock(m_mutex);
    return m_stream;
}

void ForEachCall::leaveContext()
{
    if (!m_watch)
        return;
    bool wasLinked = false;
    {
        const std::lock_guard lock(m_watch->mutex);
        wasLinked = m_watch->unlink(this);
    }
    if (wasLinked)
        ref.deref(); // the caller has one, too
}

void ForEachCall::contextDied()
{
    const Ptr linked(this, QAdoptSharedDataTag());
    stop(Outcome::Canceled, {}, QStringLiteral("the object that its items were for was destroyed"));
}

/// Else there is nothing to do here for it any more.
bool ForEachCall::hasContextHere()
{
    if (m_watch->isDying()) {
        stop(Outcome::Canceled, {},
             QStringLiteral("the object that its items were for is being destroyed"));
        return false;
    }
    bool isElsewhere = false;
    {
        const std::lock_guard lock(m_watch->mutex);
        isElsewhere = m_watch->isElsewhere();
    }
    if (isElsewhere)
        stop(Outcome::Error,
             std::make_exception_ptr(InvalidUseError(QStringLiteral(
                     "The context of forEach() moved to another thread, and a stream delivers to "
                     "one. Call forEach() after moveToThread()"))),
             QStringLiteral("the object that its items were for moved to another thread"));
    return !isElsewhere;
}

void ForEachCall::run(TimeSlice &slice)
{
    struct Running
    {
        int &depth;
        explicit Running(int &running) : depth(running) { ++depth; }
        ~Running() { --depth; }
    } const running(m_running);
    const StreamCore::Ptr stream = currentStream();
    for (int count = 0; !isStopped() && !isPausing() && !stream->isAbandoned() && stream->hasItem();
         ++count) {
        if (count % itemsPerLook == 0 && !hasContextHere())
            return;
        try {
            const ContextFrame frame(m_context);
            if (!handle())
                stop(Outcome::Value, {}, QStringLiteral("its consumer has had enough"));
        } catch (const CanceledError &) {
            stop(Outcome::Canceled, {}, QStringLiteral("its consumer was canceled"));
        } catch (...) {
            stop(Outcome::Error, std::current_exception(), QStringLiteral("its consumer failed"));
        }
        const bool isSingle = handlesSingleItems();
        if (!isSingle || ++m_handled % itemsPerWakeUp == 0)
            stream->wakeProducerAtHalf();
        if (isSingle ? slice.isOverAfterItem() : slice.isOver())
            return;
    }
}

void ForEachCall::pause(std::chrono::milliseconds time)
{
    hold();
    constexpr std::chrono::milliseconds most(std::numeric_limits<int>::max());
    QTimer::singleShot(qMin(time, most), Qt::PreciseTimer,
                       [keepAlive = Ptr(this)] { keepAlive->goOn(); });
}

void ForEachCall::goOn()
{
    m_isPausing = false;
    if (const StreamCore::Ptr stream = currentStream())
        stream->urge();
}

/// The first reason counts. The generator is told; when it has ended, conclude() is called.
void ForEachCall::stop(Outcome outcome, std::exception_ptr error, const QString &reason)
{
    StreamCore::Ptr stream;
    {
        const std::lock_guard lock(m_mutex);
        if (!m_stream || m_outcome != Outcome::Pending)
            return;
        m_outcome = outcome;
        m_error = std::move(error);
        stream = m_stream;
    }
    m_isStopped.store(true, std::memory_order_release);
    stream->abandon(reason);
}

void ForEachCall::addProgressListener(ProgressListener *listener)
{
    if (const StreamCore::Ptr stream = currentStream())
        stream->addProgressListener(listener);
    else
        listener->progressEnded();
}

CallPtr ForEachCall::cancelRequested(const QString &reason)
{
    stop(Outcome::Canceled, {},
         reason.isEmpty() ? QStringLiteral("its consumer was canceled") : reason);
    return {};
}

void ForEachCall::conclude(Outcome outcome, const std::exception_ptr &error)
{
    const Ptr keepAlive(this);
    StreamCore::Ptr stream;
    std::exception_ptr cause = error;
    {
        const std::lock_guard lock(m_mutex);
        stream = std::exchange(m_stream, {});
        if (m_outcome != Outcome::Pending) {
            outcome = m_outcome;
            cause = m_error;
        }
    }
    m_isStopped.store(true, std::memory_order_release);
    leaveContext();
    if (m_isOwning)
        stream->abandon({});
    dropFunction();
    finish(outcome, std::move(cause));
}

} // namespace QFerry::Detail
