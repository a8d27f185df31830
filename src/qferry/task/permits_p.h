// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/resultbox.h>
#include <qferry/pendingcall.h>
#include <qferry/task/queuedcall.h>

namespace QFerry::Detail {

/// The permits of a Semaphore, or the one of a Lock: they go to who waited longest, and stay with
/// the queue when that object has gone. Any thread.
class Permits final : public WaitQueue
{
public:
    using Ptr = QExplicitlySharedDataPointer<Permits>;

    explicit Permits(int free) : m_free(free) {}

    int free() const;
    void giveBack();

private:
    friend class ConditionWait;
    bool letPass() override;
    QueuedCallPtr passOn();

    int m_free; // guarded by the mutex; 0 if anybody waits
};

/// Waits for a permit, which is its result, an R.
template <typename R>
class PermitCall final : public QueuedCall
{
public:
    explicit PermitCall(const Permits::Ptr &permits)
        : QueuedCall(permits.data()), m_permits(permits)
    {}

    static PendingCall<R> start(const Permits::Ptr &permits)
    {
        const QueuedCallPtr call(new PermitCall(permits));
        call->begin();
        return PendingCall<R>(CallPtr(call.data()));
    }

    void *result() override { return m_result.address(); }
    void pass() override
    {
        m_result.store(R(m_permits));
        QueuedCall::pass();
    }
    bool takeBack() override { return static_cast<R *>(result())->disown(); }

private:
    const Permits::Ptr m_permits;
    ResultBox<R> m_result;
};

} // namespace QFerry::Detail
