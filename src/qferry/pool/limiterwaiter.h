// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/lists.h>
#include <qferry/context.h>

#include <atomic>

namespace QFerry::Detail {

class LimiterState;
class LimiterWaiter;

/**
 * The token of a call that may block while code that it waits for makes calls under the same
 * limiter. While it blocks, one of those nested calls at a time may run with its token. The
 * holder's thread enters, without the admission's mutex; LimiterState does with it.
 */
class TokenLoan final : public ContextPart
{
public:
    using Ptr = QExplicitlySharedDataPointer<TokenLoan>;

    explicit TokenLoan(QExplicitlySharedDataPointer<LimiterState> limiter);
    ~TokenLoan() override;

    bool isOf(const LimiterState *limiter) const { return m_limiter.data() == limiter; }

    /// Whether its holder waits, and nobody runs with its token meanwhile. Any thread.
    bool isIdle() const
    {
        return m_blocked.load(std::memory_order_relaxed) > 0
               && !m_lent.load(std::memory_order_relaxed);
    }

    /// The holder starts, or ends, a blocking wait. They may nest.
    void block();
    void unblock();

private:
    friend class LimiterState;
    const QExplicitlySharedDataPointer<LimiterState> m_limiter;
    std::atomic<int> m_blocked{ 0 }; // waits that the holder is in, one inside the other
    std::atomic<int> m_nested{ 0 };  // nested calls that wait for a token
    std::atomic<bool> m_lent{ false };
    LimiterWaiter *m_borrower = nullptr; // who runs with the loan; guarded by the admission's mutex
};

/// Waits for, then holds, a limiter's token. One list at a time knows it: what is at the door,
/// waits for a token, is ready, or holds a token as its own.
class QFERRY_EXPORT LimiterWaiter : public ListLink<LimiterWaiter>
{
public:
    /// The token is here. Called in any thread, under the admission's mutex. True to have
    /// tokenGrantedUnlocked() called after that.
    virtual bool tokenGranted() = 0;
    virtual void tokenGrantedUnlocked() {}
    /// Whose token it is.
    virtual LimiterState *limiter() const = 0;
    /// The loan that this one may run with, if any.
    virtual TokenLoan *loan() const { return nullptr; }

protected:
    LimiterWaiter() = default;
    ~LimiterWaiter() = default;
    Q_DISABLE_COPY_MOVE(LimiterWaiter)

private:
    friend class LimiterState;
    enum class Place : quint8 { Nowhere, Waiting, Holding, OnLoan };
    Place m_place = Place::Nowhere;
};

} // namespace QFerry::Detail
