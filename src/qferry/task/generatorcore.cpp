// SPDX-License-Identifier: MIT
// How generators begin, are asked for items, and end. Their thread, but for those who abandon them.
#include "generatorcore.h"

#include <qferry/call/awaiter.h>
#include <qferry/loop/ownloop_p.h>

namespace QFerry::Detail {

// Generators that ask others are resumed on each other's stack, so far. Beyond, the loop does it.
constexpr int deepestNesting = 32;
static thread_local int t_nesting = 0;

GeneratorCore::GeneratorCore(TaskFrame &coroutine)
    : m_made(ContextFrame::currentData()), m_coroutine(&coroutine)
{}

GeneratorCore::~GeneratorCore()
{
    if (m_isEndTold)
        observe();
}

void GeneratorCore::begin(TaskFrame &coroutine)
{
    m_hasStarted = true;
    ref.ref(); // until callFinished()
    attach(&m_end);
    const ContextFrame frame(std::exchange(m_made, {}));
    using When = TaskLaunch::When;
    start(coroutine, { .when = t_nesting > deepestNesting ? When::Soon : When::Now });
}

void GeneratorCore::End::callFinished()
{
    const TaskCorePtr keepAlive(generator, QAdoptSharedDataTag());
    generator->serveWaiting();
}

void GeneratorCore::abandon(const QString &reason)
{
    if (m_isAbandoned.exchange(true, std::memory_order_acq_rel))
        return;
    if (TaskFrame *coroutine = std::exchange(m_coroutine, nullptr)) {
        coroutine->handle.destroy();
    } else if (!isFinished()) {
        cancel(reason);
        signal(Look); // at least: it may have been canceled before
    }
}

CallPtr GeneratorCore::ending()
{
    return endOf(m_hasStarted ? CallPtr(this) : CallPtr());
}

// --- Takes

void GeneratorCore::next(const ChannelTake::Ptr &take)
{
    bool isServed = false;
    try {
        isServed = ask();
    } catch (const Error &) {
        take->fail(std::current_exception());
        return;
    }
    if (isServed)
        serve(*take);
    else if (take->joinScope())
        m_take = take;
}

/// Has it make an item, if there is none. False if that takes time.
bool GeneratorCore::ask()
{
    checkUse();
    if (hasNews())
        return true;
    makeItem();
    return hasNews();
}

void GeneratorCore::checkUse() const
{
    if (isAbandoned() || isFinished())
        return;
    if (!m_hasStarted && !ownLoop())
        throw NoEventLoopError(QStringLiteral(
                "AsyncGenerator::next() needs an event loop for the coroutine to go on in, and "
                "this thread has none"));
    if (m_hasStarted && !isCurrentThread())
        throw InvalidUseError(QStringLiteral("AsyncGenerator::next() must be called in the thread "
                                             "in which it was called first"));
    if (m_isAsking || m_waiting || (m_take && !m_take->isFinished()))
        throw InvalidUseError(
                QStringLiteral("AsyncGenerator::next() was called while another one waits. Wait "
                               "for that, or cancel it"));
}

void GeneratorCore::makeItem()
{
    m_isWanted = true;
    m_isAsking = true;
    ++t_nesting;
    if (TaskFrame *coroutine = std::exchange(m_coroutine, nullptr))
        begin(*coroutine);
    else if (t_nesting > deepestNesting)
        signal(Wake);
    else
        goOnHere();
    --t_nesting;
    m_isAsking = false;
}

void GeneratorCore::itemMade()
{
    m_isWanted = false;
    serveWaiting();
}

void GeneratorCore::deliver()
{
    serveWaiting(); // there may be news that are not the task's
    TaskCore::deliver();
}

void GeneratorCore::serveWaiting()
{
    if (m_isAsking || !hasNews())
        return;
    if (m_waiting)
        m_waiting->wake(); // it takes the item itself
    if (!m_take)
        return;
    const ChannelTake::Ptr take = std::exchange(m_take, {});
    if (take->begin()) // it has not been canceled
        serve(*take);
}

void GeneratorCore::serve(ChannelTake &take)
{
    if (hasItem() && !isAbandoned())
        take.receive();
    else
        tellEnd(take);
}

/// Whether it is to be told how it ended, because that was not well: once.
bool GeneratorCore::claimEnd()
{
    return !isAbandoned() && outcome() != Outcome::Value
           && !m_isEndTold.exchange(true, std::memory_order_seq_cst);
}

void GeneratorCore::tellEnd(ChannelTake &take)
{
    if (!claimEnd())
        take.receiveEnd();
    else if (outcome() == Outcome::Error)
        take.failOnce(error());
    else
        take.endCanceled();
}

// --- co_await

bool GeneratorWaitBase::await_ready()
{
    if (Q_UNLIKELY(!isAdmitted()))
        return throws();
    return !m_generator || (m_generator->ask() && task().mayGoOn());
}

void GeneratorWaitBase::wait()
{
    m_generator->m_waiting = this;
    if (m_generator->hasNews())
        wake();
}

void GeneratorWaitBase::leave()
{
    if (m_generator && m_generator->m_waiting == this)
        m_generator->m_waiting = nullptr;
}

void GeneratorWaitBase::abandonWait()
{
    leave();
    TaskWait::abandonWait();
}

bool GeneratorWaitBase::hasItem()
{
    leave();
    throwIfToldTo();
    if (!m_generator)
        return false;
    if (m_generator->hasItem() && !m_generator->isAbandoned())
        return true;
    if (m_generator->claimEnd())
        throwOutcome(*m_generator);
    return false;
}

} // namespace QFerry::Detail
