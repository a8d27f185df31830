// SPDX-License-Identifier: MIT
// Calls, for who takes one after the other when it has ended. Any thread.
#pragma once

#include <qferry/base/resultbox.h>
#include <qferry/pendingcall.h>
#include <qferry/task/queuedcall.h>

#include <mutex>
#include <optional>

namespace QFerry::Detail {

/// In whatever order they end, or in that in which they were added.
class QFERRY_EXPORT CallQueue final : public WaitQueue
{
public:
    using Ptr = QExplicitlySharedDataPointer<CallQueue>;
    enum class Order : quint8 { OfEnds, OfBeginnings };

    explicit CallQueue(Order order = Order::OfEnds) : m_order(order) {}
    ~CallQueue() override;

    void add(const CallPtr &call);
    /// No further ones come.
    void close();
    /// The same once that call has ended; with its error, if it fails. Then it has cared for all
    /// that have no result, too: these are left out. To be called before others know the queue.
    void closeWith(const CallPtr &end);
    /// Nobody takes anything any more: ends those who wait, and cancels the calls.
    void abandon(const QString &reason);

private:
    friend class CallTake;
    class Member;
    class End;

    bool letPass() override;
    void memberEnded(Member *member);
    Member *settle(Member *member);
    void appendEnded(Member *member);
    void serve();
    Member *take();
    bool hasEndedWell();
    void putBack(Member *member);
    void cancelMembers(const QString &reason);

    const Order m_order;
    CallPtr m_end;
    LinkedList<Member> m_members;  // this and the following: guarded by the mutex
    LinkedList<Member> m_canceled; // those that have been told
    LinkedList<Member> m_ended;    // to be taken
    int m_endedCount = 0;
    int m_passed = 0; // who is about to take one of those
    bool m_isClosed = false;
    bool m_isAbandoned = false;
};

/// Takes the next one. If nobody looks at what it got, that returns to the queue.
class QFERRY_EXPORT CallTake : public QueuedCall
{
public:
    explicit CallTake(const CallQueue::Ptr &queue) : QueuedCall(queue.data()), m_queue(queue) {}
    ~CallTake() override;

    void pass() final;
    bool takeBack() final;
    CallCore *lender() final { return this; }
    void outcomeSeen(bool isSeen) final { m_isSeen.store(isSeen, std::memory_order_release); }

protected:
    /// The call, which has ended; null at the end.
    virtual void receive(const CallPtr &call) = 0;

private:
    const CallQueue::Ptr m_queue;
    CallQueue::Member *m_member = nullptr;
    std::atomic<bool> m_isSeen{ false };
};

/// A take of a call, as it is.
template <typename T>
class EndedCallTake final : public CallTake
{
public:
    using Result = std::optional<PendingCall<T>>;
    using CallTake::CallTake;

    void *result() override
    {
        outcomeSeen(true);
        return &m_result;
    }

protected:
    void receive(const CallPtr &call) override
    {
        if (call)
            m_result.emplace(call);
    }

private:
    Result m_result;
};

/// A take of a call's result, or of what convert() makes of that once somebody looks at it.
template <typename T, typename R, R (*convert)(T &&)>
class EndedResultTake final : public CallTake
{
public:
    using Result = std::optional<R>;
    using CallTake::CallTake;

    void *result() override
    {
        outcomeSeen(true);
        std::call_once(m_isTaken, [this] {
            if (m_call)
                m_result.emplace(convert(std::move(*static_cast<T *>(m_call->result()))));
        });
        return &m_result;
    }

protected:
    void receive(const CallPtr &call) override { m_call = call; }

private:
    CallPtr m_call;
    std::once_flag m_isTaken;
    Result m_result;
};

template <typename Take>
PendingCall<typename Take::Result> takeFrom(const CallQueue::Ptr &queue)
{
    const QExplicitlySharedDataPointer take(new Take(queue));
    take->begin();
    return PendingCall<typename Take::Result>(CallPtr(take.data()));
}

} // namespace QFerry::Detail
