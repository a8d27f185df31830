// SPDX-License-Identifier: MIT
#pragma once

#include "capacitylimiter.h"
#include "limiterwaiter.h"

#include <QtCore/qset.h>
#include <QtCore/qvarlengtharray.h>

#include <functional>
#include <mutex>

namespace QFerry::Detail {

/// A doubly linked list of waiters, which they may leave from anywhere.
class WaiterList
{
public:
    LimiterWaiter *first() const { return m_first; }
    static LimiterWaiter *next(const LimiterWaiter *waiter) { return waiter->m_next; }
    void append(LimiterWaiter *waiter);
    void remove(LimiterWaiter *waiter);

private:
    LimiterWaiter *m_first = nullptr;
    LimiterWaiter *m_last = nullptr;
};

/// What a CapacityLimiter is made of; outlives it while calls use it.
class LimiterState final : public QSharedData
{
public:
    using Ptr = QExplicitlySharedDataPointer<LimiterState>;

    explicit LimiterState(int total);
    ~LimiterState();

    static LimiterState *of(CapacityLimiter *limiter) { return limiter->d.data(); }

    /// Asks for a token: true if the waiter has one now; else tokenGranted() tells it later, in any thread.
    bool enqueue(LimiterWaiter *waiter);
    /// Leaves the queue. False if the waiter is not in it (any more): it has the token.
    bool withdraw(LimiterWaiter *waiter);
    /// Gives back the waiter's token.
    void release(LimiterWaiter *waiter);

    /// For explicit borrowers: as above, with one token for each address.
    bool tryAcquire(const void *borrower);
    bool enqueueBorrower(LimiterWaiter *waiter, const void *borrower);
    /// The waiter of enqueueBorrower() has its token and makes it the borrower's.
    void adoptToken(LimiterWaiter *waiter, const void *borrower);
    /// The waiter of enqueueBorrower() gives up its place or its token.
    void giveUp(LimiterWaiter *waiter, const void *borrower);
    void releaseBorrower(const void *borrower);

    void setTotal(int total);
    CapacityLimiter::Statistics statistics() const;

    /// Visits all that wait for a token of any limiter. The visitor must not come back here.
    static void forEachWaiting(const std::function<void(LimiterWaiter *)> &visit);

    /// The holder of a loan's token blocks: one nested call may run with it. \sa TokenLoan
    void lend(TokenLoan *loan);
    void endLending(TokenLoan *loan);

private:
    using Granted = QVarLengthArray<LimiterWaiter *, 8>;
    void grant(LimiterWaiter *waiter);
    void grantWaiting(Granted &granted);
    bool startLoan(LimiterWaiter *waiter);
    LimiterWaiter *nextNested(const TokenLoan *loan) const;
    void dequeue(LimiterWaiter *waiter);
    TokenLoan *ownLoan(const LimiterWaiter *waiter) const;
    void releaseLocked(LimiterWaiter *waiter, Granted &granted);
    void checkBorrower(const void *borrower) const;

    mutable std::mutex m_mutex;
    int m_total;
    int m_borrowed = 0;
    int m_waitingCount = 0;
    WaiterList m_waiting; // for a token, oldest first
    WaiterList m_holding; // a token
    QSet<const void *> m_borrowers; // explicit ones that hold a token
    QSet<const void *> m_queued; // explicit ones that wait
};

} // namespace QFerry::Detail
