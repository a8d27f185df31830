// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/sighting.h>
#include <qferry/capacitylimiter.h>
#include <qferry/pool/limiterwaiter.h>

#include <QtCore/qvarlengtharray.h>

#include <functional>
#include <mutex>
#include <unordered_map>

namespace QFerry::Detail {

/// What a CapacityLimiter is made of; outlives it while waiters are in its queue or hold its
/// tokens.
class LimiterState final : public QSharedData
{
public:
    using Ptr = QExplicitlySharedDataPointer<LimiterState>;
    /// Those to be told without the mutex. (Items that are granted a token are ready at once.)
    using Granted = QVarLengthArray<LimiterWaiter *, 8>;

    explicit LimiterState(int total);
    ~LimiterState();

    static LimiterState *of(CapacityLimiter *limiter) { return limiter->d.data(); }

    /// What people were told of it, and what that depends on; guarded by the admission's mutex.
    struct Told
    {
        bool isFullOfAbandoned = false; // when a call was last abandoned
        bool ofAbandoned = false;       // that hold all tokens
        bool ofBlocked = false;         // the same
        bool allWereBlocked = false;
        quint32 grants = 0; // at the last look
    } told;
    QString name; // guarded by the same
    SightNumber number;

    /// \name Under the admission's mutex
    /// @{
    /// Asks for a token: true if the waiter has one now; else tokenGranted() tells it later.
    bool enqueue(LimiterWaiter *waiter);
    /// Gives back the waiter's token, if it has one. Others may be ready then, or be granted
    /// theirs: WorkerPool::runReady() and notify() are to follow.
    void release(LimiterWaiter *waiter, Granted &granted);
    bool isHeldBy(const LimiterWaiter *waiter) const
    {
        return waiter->m_place == LimiterWaiter::Place::Holding;
    }
    CapacityLimiter::Statistics statistics() const; // but for the calls among the borrowers
    /// A waiter of enqueueBorrower() has been granted its token, which is the borrower's from now
    /// on.
    void adoptToken(LimiterWaiter *waiter, const void *borrower);
    /// A waiter of enqueueToken() has.
    void addToken(LimiterWaiter *waiter) { m_tokens.append(waiter); }
    int total() const { return m_total; }
    int borrowed() const { return m_borrowed; }
    int waitingCount() const { return m_waitingCount; }
    quint32 grants() const { return m_grants; }
    /// The limiter that the waiter waits for or has a token of; null if that is over, or has not
    /// begun.
    static LimiterState *inUseBy(const LimiterWaiter *waiter)
    {
        return waiter->m_place == LimiterWaiter::Place::Nowhere ? nullptr : waiter->limiter();
    }
    /// Visits all limiters that there are.
    static void forEach(const std::function<void(LimiterState *)> &visit);
    /// @}

    /// \name Any thread, without the mutex
    /// @{
    /// Leaves the queue. False if the waiter is not in it (any more): it has the token.
    static bool withdraw(LimiterWaiter *waiter);
    void setTotal(int total);
    /// Nobody can raise the total or release explicit borrowers' tokens any more.
    void ownerDestroyed();

    /// For explicit borrowers: one token for each address.
    bool tryAcquire(const void *borrower);
    bool enqueueBorrower(LimiterWaiter *waiter, const void *borrower);
    /// The waiter of enqueueBorrower() gives up its place, or the token that its borrower has got
    /// through it, and has not released.
    void giveUp(LimiterWaiter *waiter, const void *borrower);
    void releaseBorrower(const void *borrower);
    bool isBorrower(const void *borrower) const;
    /// For waiters that are borrowers themselves.
    bool enqueueToken(LimiterWaiter *waiter);
    void releaseToken(LimiterWaiter *waiter);

    /// The holder of a loan's token blocks: one nested call may run with it. \sa TokenLoan
    void lend(TokenLoan *loan);
    void endLending(TokenLoan *loan);

    /// Visits all that wait for a token of any limiter, under the mutex.
    static void forEachWaiting(const std::function<void(LimiterWaiter *)> &visit);
    static void notify(const Granted &granted);
    /// @}

private:
    void grant(LimiterWaiter *waiter);
    void grantWaiting(Granted &granted);
    void grantAndServe(std::unique_lock<std::mutex> lock);
    static void tell(LimiterWaiter *waiter, Granted &granted);
    static void serve(std::unique_lock<std::mutex> lock, const Granted &granted);
    bool startLoan(LimiterWaiter *waiter);
    LimiterWaiter *nextNested(const TokenLoan *loan) const;
    void dequeue(LimiterWaiter *waiter);
    TokenLoan *ownLoan(const LimiterWaiter *waiter) const;
    void checkBorrower(const void *borrower) const;
    bool takeBorrower(const void *borrower);
    void use();
    void unuse();

    int m_uses = 0; // by waiters that are in the queue or hold a token: together, one reference
    int m_total;
    int m_borrowed = 0;
    int m_waitingCount = 0;
    quint32 m_grants = 0;                // of tokens, ever
    bool m_isOwned = true;               // by a CapacityLimiter
    LinkedList<LimiterWaiter> m_waiting; // for a token, oldest first
    /// An explicit one, which holds a token or waits for it.
    struct Borrower
    {
        const LimiterWaiter *waiter; // that got it the token, or is to; null if none was needed
        bool isHolding;
    };
    // Not a QHash, which ends the program when there is no memory. Who has a place here needs none
    // to be granted a token.
    std::unordered_map<const void *, Borrower> m_borrowers;
    int m_holdingBorrowers = 0;
    LinkedList<LimiterWaiter> m_tokens; // waiters that hold a token as their own
};

} // namespace QFerry::Detail
