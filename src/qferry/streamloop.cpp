// SPDX-License-Identifier: MIT
#include "streamloop.h"
#include "loopinbox_p.h"

#include "errors.h"

#include <QtCore/qtimer.h>

namespace QFerry::Detail {

StreamLoop::StreamLoop(StreamCore *stream)
    : m_stream(stream), m_context(ContextFrame::currentData())
{}

StreamLoop::~StreamLoop() = default;

void StreamLoop::start(QObject *context, bool owning)
{
    m_isOwning = owning;
    const StreamCore::Ptr stream = m_stream;
    try {
        if (!context)
            throw InvalidUseError(QStringLiteral(
                    "The context of forEach() is null. Pass the object whose thread the function "
                    "runs in and whose life it ends with"));
        if (!hasFunction())
            throw InvalidUseError(QStringLiteral(
                    "The function given to forEach() is empty: a null pointer or an empty "
                    "std::function. Pass a function"));
        begin(context);
    } catch (const Error &) {
        m_isStopped.store(true, std::memory_order_release);
        if (owning)
            stream->abandon(QStringLiteral("its consumer could not begin"));
        dropFunction();
        QObject::disconnect(m_contextDeath);
        finish(Outcome::Error, std::current_exception());
    }
}

void StreamLoop::begin(QObject *context)
{
    const Ptr keepAlive(this);
    m_contextDeath = QObject::connect(
            context, &QObject::destroyed, context,
            [keepAlive] {
                keepAlive->stop(Outcome::Canceled, {},
                                QStringLiteral("the object that its items were for was destroyed"));
            },
            Qt::DirectConnection);
    m_stream->attach(this, LoopInbox::of(context->thread()));
}

void StreamLoop::run(Slice &slice)
{
    struct Running
    {
        int &depth;
        explicit Running(int &running) : depth(running) { ++depth; }
        ~Running() { --depth; }
    } const running(m_running);
    StreamCore::Ptr stream;
    {
        std::lock_guard lock(m_mutex);
        stream = m_stream;
    }
    while (!isStopped() && !isPausing() && !stream->isAbandoned() && stream->hasItem()) {
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
        if (!isSingle || ++m_handled % 64 == 0)
            stream->wakeProducerAtHalf();
        if (isSingle ? slice.isOverAfterItem() : slice.isOver())
            return;
    }
}

void StreamLoop::pause(std::chrono::milliseconds time)
{
    m_isPausing = true;
    const auto goOn = [keepAlive = Ptr(this)] {
        keepAlive->m_isPausing = false;
        StreamCore::Ptr stream;
        {
            std::lock_guard lock(keepAlive->m_mutex);
            stream = keepAlive->m_stream;
        }
        if (stream)
            stream->urge();
    };
    constexpr std::chrono::milliseconds most(std::numeric_limits<int>::max());
    QTimer::singleShot(qMin(time, most), Qt::PreciseTimer, goOn);
}

/// The first reason counts. The generator is told; when it has ended, conclude() is called.
void StreamLoop::stop(Outcome outcome, std::exception_ptr error, const QString &reason)
{
    StreamCore::Ptr stream;
    {
        std::lock_guard lock(m_mutex);
        if (!m_stream || m_outcome != Outcome::Pending)
            return;
        m_outcome = outcome;
        m_error = std::move(error);
        stream = m_stream;
    }
    m_isStopped.store(true, std::memory_order_release);
    stream->abandon(reason);
}

void StreamLoop::addProgressListener(ProgressListener *listener)
{
    StreamCore::Ptr stream;
    {
        std::lock_guard lock(m_mutex);
        stream = m_stream;
    }
    if (stream)
        stream->addProgressListener(listener);
    else
        listener->progressEnded();
}

CallPtr StreamLoop::cancelRequested(const QString &reason)
{
    stop(Outcome::Canceled, {},
         reason.isEmpty() ? QStringLiteral("its consumer was canceled") : reason);
    return {};
}

void StreamLoop::conclude(Outcome outcome, const std::exception_ptr &error)
{
    const Ptr keepAlive(this);
    StreamCore::Ptr stream;
    std::exception_ptr cause = error;
    {
        std::lock_guard lock(m_mutex);
        stream = std::exchange(m_stream, {});
        if (m_outcome != Outcome::Pending) {
            outcome = m_outcome;
            cause = m_error;
        }
    }
    m_isStopped.store(true, std::memory_order_release);
    QObject::disconnect(m_contextDeath);
    if (m_isOwning)
        stream->abandon({});
    dropFunction();
    finish(outcome, std::move(cause));
}

} // namespace QFerry::Detail
