// SPDX-License-Identifier: MIT
// Which call is the next to be taken, and by whom. Any thread; no call is touched under the mutex.
#include "callqueue.h"

#include <utility>

namespace QFerry::Detail {

/// What a queue keeps of a call, until somebody has taken it.
class CallQueue::Member final : public InCallMemory,
                                public Continuation,
                                public ListLink<CallQueue::Member>
{
public:
    Member(CallQueue *queue, CallPtr call) : m_queue(queue), m_call(std::move(call)) {}

    void callFinished() override { m_queue->memberEnded(this); }
    void deliver() override {} // no inbox has it
    void loopFinished() override {}

    const CallPtr &call() const { return m_call; }
    bool hasEnded = false;

private:
    const Ptr m_queue;
    const CallPtr m_call;
};

/// Closes the queue with a call.
class CallQueue::End final : public InCallMemory, public Continuation
{
public:
    explicit End(CallQueue *queue) : m_queue(queue) {}

    void callFinished() override
    {
        m_queue->close();
        delete this;
    }
    void deliver() override {}
    void loopFinished() override {}

private:
    const Ptr m_queue;
};

CallQueue::~CallQueue() = default;

void CallQueue::add(const CallPtr &call)
{
    auto *member = new Member(this, call);
    bool isTooLate = false;
    {
        const auto locked = lock();
        isTooLate = m_isAbandoned;
        (isTooLate ? m_canceled : m_members).append(member);
    }
    call->attach(member);
    if (isTooLate)
        call->cancel(QStringLiteral("nobody waits for it any more"));
}

void CallQueue::close()
{
    {
        const auto locked = lock();
        m_isClosed = true;
    }
    serve();
}

void CallQueue::closeWith(const CallPtr &end)
{
    m_end = end;
    end->attach(new End(this));
}

/// Under the mutex. At the end all pass, without a call.
bool CallQueue::letPass()
{
    if (m_endedCount > m_passed) {
        ++m_passed;
        return true;
    }
    return m_isAbandoned || (m_isClosed && (m_end || m_members.isEmpty()));
}

void CallQueue::memberEnded(Member *member)
{
    const Ptr keepAlive(this);
    Member *unwanted = nullptr;
    {
        const auto locked = lock();
        member->hasEnded = true;
        unwanted = settle(member);
    }
    delete unwanted;
    serve();
}

/// Under the mutex. Returns it if nobody is to take it.
CallQueue::Member *CallQueue::settle(Member *member)
{
    const auto isWanted = [this](const Member *ended) {
        return !m_end || ended->call()->outcome() == Outcome::Value;
    };
    if (m_isAbandoned || (m_order == Order::OfEnds && !isWanted(member))) {
        member->unlink();
        return member;
    }
    if (m_order == Order::OfEnds) {
        appendEnded(member);
        return nullptr;
    }
    // What has no result lets none pass that comes behind it.
    while (Member *first = m_members.first()) {
        if (!first->hasEnded || !isWanted(first))
            break;
        appendEnded(first);
    }
    return nullptr;
}

/// Under the mutex.
void CallQueue::appendEnded(Member *member)
{
    member->unlink();
    m_ended.append(member);
    ++m_endedCount;
}

/// Hands out what there is.
void CallQueue::serve()
{
    for (;;) {
        QueuedCallPtr next;
        {
            const auto locked = lock();
            if (m_waiting.isEmpty() || !letPass())
                return;
            next = takeFirst();
        }
        next->pass();
        if (next->isSoleOwner())
            next->takeBack();
    }
}

/// By who has passed. Null at the end.
CallQueue::Member *CallQueue::take()
{
    const auto locked = lock();
    Member *member = m_passed > 0 ? m_ended.takeFirst() : nullptr;
    if (member) {
        --m_passed;
        --m_endedCount;
    }
    return member;
}

/// Whether there is nothing else to tell at the end; who has abandoned it wants to hear nothing.
bool CallQueue::hasEndedWell()
{
    const auto locked = lock();
    const Outcome how = m_end && !m_isAbandoned ? m_end->outcome() : Outcome::Value;
    return how == Outcome::Value || how == Outcome::Pending;
}

void CallQueue::putBack(Member *member)
{
    {
        const auto locked = lock();
        if (!m_isAbandoned) {
            m_ended.prepend(member);
            ++m_endedCount;
            return;
        }
    }
    delete member;
}

void CallQueue::abandon(const QString &reason)
{
    const Ptr keepAlive(this);
    LinkedList<Member> ended;
    {
        const auto locked = lock();
        m_isAbandoned = true;
        m_endedCount = m_passed = 0;
        ended.appendAll(m_ended);
    }
    endAll(reason);
    cancelMembers(reason);
    while (Member *member = ended.takeFirst())
        delete member;
}

void CallQueue::cancelMembers(const QString &reason)
{
    for (;;) {
        CallPtr call;
        Member *unwanted = nullptr;
        {
            const auto locked = lock();
            Member *member = m_members.takeFirst();
            if (!member)
                return;
            call = member->call();
            if (member->hasEnded)
                unwanted = member;
            else
                m_canceled.append(member);
        }
        delete unwanted;
        call->cancel(reason);
    }
}

// --- Who takes

CallTake::~CallTake()
{
    if (m_member && !m_isSeen.load(std::memory_order_acquire)) {
        m_queue->putBack(m_member);
        m_queue->serve();
    } else {
        delete m_member;
    }
}

void CallTake::pass()
{
    m_member = m_queue->take();
    if (m_member || m_queue->hasEndedWell()) {
        receive(m_member ? m_member->call() : CallPtr());
        end(Outcome::Value);
    } else {
        const CallPtr &last = m_queue->m_end;
        last->observe();
        end(last->outcome(), last->error());
    }
}

bool CallTake::takeBack()
{
    if (!m_member || m_isSeen.load(std::memory_order_acquire))
        return false;
    m_queue->putBack(std::exchange(m_member, nullptr));
    return true;
}

} // namespace QFerry::Detail
