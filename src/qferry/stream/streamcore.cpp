// SPDX-License-Identifier: MIT
// A stream's generator runs in a worker, which comes here when it starts and ends; all else happens
// in the consumer's thread, but that any thread may abandon the stream.
#include "streamcore.h"

#include <qferry/base/logging_p.h>
#include <qferry/loop/ownloop_p.h>
#include <qferry/stream/foreachcall.h>

namespace QFerry::Detail {

StreamCore::StreamCore(qsizetype maxSize)
    : ChannelCore(maxSize), m_context(ContextFrame::currentData()), m_end(this)
{}

StreamCore::~StreamCore()
{
    if (m_outcome != Outcome::Error || m_isEndTold)
        return;
    if (const LogPermit permit; permit)
        qCWarning(lcQFerry).noquote()
                << "A generator failed and nobody handled its error:" << describe(m_error);
}

// --- The generator

void StreamCore::start(const LoopInbox::Ptr &inbox)
{
    bind(inbox);
    if (!claimGenerator()) { // the loop, or the object that the items are for, has gone meanwhile
        m_hasEnded.store(true, std::memory_order_seq_cst);
        return;
    }
    CallPtr call;
    {
        const ContextFrame frame(std::exchange(m_context, {}));
        call = startGenerator();
    }
    call->observe();
    {
        const std::lock_guard lock(m_callMutex);
        m_call = call;
    }
    ref.ref(); // until callFinished()
    call->attach(&m_end);
    if (isAbandoned())
        call->cancel(QStringLiteral("its consumer went while it started"));
}

CallPtr StreamCore::generatorCall() const
{
    const std::lock_guard lock(m_callMutex);
    return m_call;
}

void StreamCore::GeneratorEnd::callFinished()
{
    const Ptr keepAlive(stream, QAdoptSharedDataTag());
    const CallPtr call = stream->generatorCall();
    stream->m_outcome = call->outcome();
    stream->m_error = call->error();
    stream->m_hasEnded.store(true, std::memory_order_seq_cst);
    stream->close();
    stream->urge();
}

void StreamCore::abandon(const QString &reason)
{
    if (m_isAbandoned.exchange(true, std::memory_order_seq_cst))
        return;
    close(); // whatever the generator yields now throws
    if (claimGenerator())
        dropGenerator();
    else if (const CallPtr call = generatorCall()) // else start() will see
        call->cancel(reason);
    urge();
}

CallPtr StreamCore::ending()
{
    return endOf(generatorCall());
}

// --- The consumer

void StreamCore::next(const ChannelTake::Ptr &take)
{
    try {
        if (isAbandoned()) {
            take->receiveEnd();
            return;
        }
        if (!isBound()) {
            const LoopInbox::Ptr inbox(ownLoop());
            if (!inbox)
                throw NoEventLoopError(QStringLiteral(
                        "Stream::next() delivers through an event loop, and this thread has none"));
            start(inbox);
        }
        requireCurrent("Stream::next()");
        if (m_forEach)
            throw InvalidUseError(QStringLiteral("Stream::next() was called while forEach() takes "
                                                 "the items. Use one of them at a time"));
    } catch (const Error &) {
        take->fail(std::current_exception());
        return;
    }
    startTake(take, std::chrono::nanoseconds(0));
}

void StreamCore::attach(ForEachCall *forEach, const LoopInbox::Ptr &inbox)
{
    if (isBound() && (inbox != ChannelCore::inbox() || !isCurrent()))
        throw InvalidUseError(QStringLiteral("A stream delivers to one thread: the context of "
                                             "forEach() must live where the stream "
                                             "was first used"));
    if (m_forEach || hasTakes())
        throw InvalidUseError(QStringLiteral("forEach() was called on a stream whose items "
                                             "somebody else takes. Wait for that one's end first"));
    if (isAbandoned()) {
        forEach->conclude(Outcome::Value, {}); // there is nothing to hand out
        return;
    }
    m_forEach.reset(forEach);
    try {
        if (!isBound())
            start(inbox);
    } catch (const std::bad_alloc &) {
        m_forEach.reset(); // it ends by itself
        throw;
    }
    if (isCurrent())
        attend();
    else
        urge();
}

void StreamCore::addProgressListener(ProgressListener *listener)
{
    if (const CallPtr call = generatorCall())
        call->addProgressListener(listener);
    else
        listener->progressEnded();
}

bool StreamCore::isWanted() const
{
    return !isAbandoned() && ((m_forEach && !m_forEach->isPausing()) || hasTakes());
}

bool StreamCore::hasNews() const
{
    if (isAbandoned() && (hasItem() || (!m_forEach && isLinked())))
        return true;
    return isForEachOver();
}

/// Not while a handler is on the stack, which runs an event loop: then it is over when that
/// returns.
bool StreamCore::isForEachOver() const
{
    return m_forEach && !m_forEach->isRunning() && (isOver() || isLoopFinished());
}

bool StreamCore::isOver() const
{
    return m_hasEnded.load(std::memory_order_seq_cst) && (isAbandoned() || isDrained());
}

bool StreamCore::isAtEnd() const
{
    return isAbandoned() || isLoopFinished() || isOver();
}

void StreamCore::serve(TimeSlice &slice)
{
    if (!isAbandoned()) {
        serveTakes(slice);
        if (const auto forEach = m_forEach)
            forEach->run(slice);
    }
    if (isAbandoned()) {
        discardItems();
        endTakes();
    }
    if (isForEachOver())
        concludeForEach();
    if (isAbandoned() && !m_forEach)
        unbind();
}

void StreamCore::concludeForEach()
{
    const auto forEach = std::exchange(m_forEach, {});
    if (isAbandoned()) {
        forEach->conclude(Outcome::Canceled, {}); // unless it was forEach() that stopped
        return;
    }
    m_isEndTold = true;
    forEach->conclude(m_outcome, m_error);
}

void StreamCore::abandonConsumers()
{
    abandon(QStringLiteral("the event loop that takes its items has ended"));
    endTakes();
    if (isForEachOver())
        concludeForEach();
}

void StreamCore::tellEnd(ChannelTake &take)
{
    const bool isOurs = !m_isEndTold && m_hasEnded.load(std::memory_order_seq_cst);
    if (isLoopFinished()) {
        take.endCanceled();
    } else if (isOurs && !isAbandoned() && m_outcome != Outcome::Value) {
        m_isEndTold = true;
        if (m_outcome == Outcome::Error)
            take.failOnce(m_error);
        else
            take.endCanceled();
    } else {
        take.receiveEnd();
    }
}

void StreamCore::throwClosed() const
{
    throw CanceledError(QStringLiteral("the stream has no consumer any more"));
}

void StreamCore::throwLoopEnded() const
{
    throw CanceledError(QStringLiteral("the event loop that takes its items has ended"));
}

} // namespace QFerry::Detail
