// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/waitingcall.h>

#include <mutex>

namespace QFerry::Detail {

class QueuedCall;
using QueuedCallPtr = QExplicitlySharedDataPointer<QueuedCall>;

/// What calls wait for, and those that do, the oldest first: all of it under one mutex, and no call
/// ends under that. Any thread.
class QFERRY_EXPORT WaitQueue : public QSharedData
{
public:
    virtual ~WaitQueue();

    std::unique_lock<std::mutex> lock() const { return std::unique_lock(m_mutex); }
    /// Without waiting.
    [[nodiscard]] bool tryPass();
    /// Who waits ends canceled.
    void endAll(const QString &reason);

protected:
    friend class QueuedCall;
    WaitQueue() = default;

    /// \name Under the mutex
    /// @{
    /// Whether one who comes now need not wait; it has got what it came for then.
    virtual bool letPass() = 0;
    /// The same; else it waits.
    bool letPassOrWait(QueuedCall *call);
    /// Null if nobody waits.
    QueuedCallPtr takeFirst();
    /// @}

    mutable std::mutex m_mutex;
    LinkedList<QueuedCall> m_waiting; // each with a reference to itself
};

/// A call that waits in a queue. Any thread.
class QFERRY_EXPORT QueuedCall : public WaitingCall, public ListLink<QueuedCall>
{
public:
    using ListLink<QueuedCall>::isLinked; // a loop's end has a list of its own
    using ListLink<QueuedCall>::unlink;
    using WaitingCall::endCanceled;

    explicit QueuedCall(WaitQueue *queue);
    ~QueuedCall() override;

    void begin();
    /// Its turn has come, and what the queue gives is its own.
    virtual void pass() { end(Outcome::Value); }
    /// After pass(), by the only one who refers to it: takes it away again, if nobody has.
    virtual bool takeBack() { return false; }

protected:
    bool withdraw(const QString &reason) override;
    std::unique_lock<std::mutex> lock() const { return m_queue->lock(); }
    /// Under the mutex. False if it is in no list.
    bool leave();

private:
    const QExplicitlySharedDataPointer<WaitQueue> m_queue;
};

} // namespace QFerry::Detail
