// SPDX-License-Identifier: MIT
// Grants tokens, takes them back and lends them. All of it happens under the admission's mutex;
// when it is done the pool runs what is ready, and the others are told without the mutex.
#include "limiterstate_p.h"

#include <qferry/pool/admission_p.h>
#include <qferry/pool/limiterreports_p.h>
#include <qferry/pool/workerpool_p.h>

#include <unordered_set>

namespace QFerry::Detail {

namespace {
struct AllLimiters
{
    std::mutex mutex;
    std::unordered_set<LimiterState *> limiters;

    static AllLimiters &instance()
    {
        static auto *all = new AllLimiters; // never destroyed: limiters may be static objects
        return *all;
    }
};
} // namespace

static std::unique_lock<std::mutex> lockAdmission()
{
    return Admission::instance().lock();
}

LimiterState::LimiterState(int total) : m_total(total)
{
    const std::lock_guard lock(AllLimiters::instance().mutex);
    AllLimiters::instance().limiters.insert(this);
}

LimiterState::~LimiterState()
{
    const std::lock_guard lock(AllLimiters::instance().mutex);
    AllLimiters::instance().limiters.erase(this);
}

void LimiterState::notify(const Granted &granted)
{
    for (LimiterWaiter *waiter : granted)
        waiter->tokenGrantedUnlocked();
}

/// After tokens were granted; this may be gone. What is ready is to run, and the others are told.
void LimiterState::serve(std::unique_lock<std::mutex> lock, const Granted &granted)
{
    WorkerPool::instance().runReady(lock);
    lock.unlock();
    notify(granted);
}

void LimiterState::use()
{
    if (m_uses++ == 0)
        ref.ref();
}

/// Afterwards, this may be gone.
void LimiterState::unuse()
{
    if (--m_uses == 0 && !ref.deref())
        delete this;
}

bool LimiterState::enqueue(LimiterWaiter *waiter)
{
    use();
    if (m_waiting.isEmpty() && m_borrowed < m_total) {
        grant(waiter);
        return true;
    }
    waiter->m_place = LimiterWaiter::Place::Waiting;
    m_waiting.append(waiter);
    if (m_waitingCount++ == 0)
        waitingBegins(this);
    if (TokenLoan *loan = ownLoan(waiter)) {
        loan->m_nested.fetch_add(1, std::memory_order_seq_cst);
        return startLoan(waiter);
    }
    return false;
}

bool LimiterState::withdraw(LimiterWaiter *waiter)
{
    const auto lock = lockAdmission();
    if (waiter->m_place != LimiterWaiter::Place::Waiting)
        return false;
    LimiterState *limiter = waiter->limiter();
    limiter->dequeue(waiter);
    limiter->unuse();
    return true;
}

void LimiterState::release(LimiterWaiter *waiter, Granted &granted)
{
    const auto place = std::exchange(waiter->m_place, LimiterWaiter::Place::Nowhere);
    if (place == LimiterWaiter::Place::Holding) {
        --m_borrowed;
        grantWaiting(granted);
    } else if (place == LimiterWaiter::Place::OnLoan) {
        TokenLoan *loan = waiter->loan();
        loan->m_borrower = nullptr;
        loan->m_lent.store(false, std::memory_order_seq_cst);
        if (LimiterWaiter *next = nextNested(loan); next && startLoan(next))
            tell(next, granted);
    }
    if (place != LimiterWaiter::Place::Nowhere)
        unuse();
}

void LimiterState::tell(LimiterWaiter *waiter, Granted &granted)
{
    if (waiter->tokenGranted())
        granted.append(waiter);
}

/// Gives the waiter, which is in no list, a token.
void LimiterState::grant(LimiterWaiter *waiter)
{
    waiter->m_place = LimiterWaiter::Place::Holding;
    ++m_borrowed;
    ++m_grants;
}

void LimiterState::grantWaiting(Granted &granted)
{
    while (m_borrowed < m_total && !m_waiting.isEmpty()) {
        LimiterWaiter *waiter = m_waiting.first();
        dequeue(waiter);
        grant(waiter);
        tell(waiter, granted);
    }
}

void LimiterState::grantAndServe(std::unique_lock<std::mutex> lock)
{
    Granted granted;
    grantWaiting(granted);
    serve(std::move(lock), granted);
}

void LimiterState::dequeue(LimiterWaiter *waiter)
{
    waiter->unlink();
    --m_waitingCount;
    waiter->m_place = LimiterWaiter::Place::Nowhere;
    if (TokenLoan *loan = ownLoan(waiter))
        loan->m_nested.fetch_sub(1, std::memory_order_relaxed);
}

/// The waiter's loan, if it is one of this limiter's tokens.
TokenLoan *LimiterState::ownLoan(const LimiterWaiter *waiter) const
{
    TokenLoan *loan = waiter->loan();
    return loan && loan->m_limiter.data() == this ? loan : nullptr;
}

// block() sets m_blocked, then looks at m_nested; enqueue() raises m_nested, then looks at
// m_blocked here: one of the two sees the other. So with unblock(), m_blocked and m_lent.
bool LimiterState::startLoan(LimiterWaiter *waiter)
{
    TokenLoan *loan = waiter->loan();
    if (loan->m_borrower || loan->m_blocked.load(std::memory_order_seq_cst) == 0)
        return false;
    loan->m_lent.store(true, std::memory_order_seq_cst);
    if (loan->m_blocked.load(std::memory_order_seq_cst) == 0) {
        loan->m_lent.store(false, std::memory_order_relaxed);
        return false;
    }
    dequeue(waiter);
    waiter->m_place = LimiterWaiter::Place::OnLoan;
    loan->m_borrower = waiter;
    return true;
}

LimiterWaiter *LimiterState::nextNested(const TokenLoan *loan) const
{
    if (loan->m_nested.load(std::memory_order_seq_cst) == 0)
        return nullptr;
    for (LimiterWaiter *waiter : m_waiting) {
        if (waiter->loan() == loan)
            return waiter;
    }
    return nullptr;
}

void LimiterState::lend(TokenLoan *loan)
{
    auto lock = lockAdmission();
    Granted granted;
    if (LimiterWaiter *nested = nextNested(loan); nested && startLoan(nested))
        tell(nested, granted);
    serve(std::move(lock), granted);
}

/// The holder goes on; a nested call that still runs has a token of its own from now on, even
/// beyond the total.
void LimiterState::endLending(TokenLoan *loan)
{
    const auto lock = lockAdmission();
    if (LimiterWaiter *borrower = std::exchange(loan->m_borrower, nullptr))
        grant(borrower);
    loan->m_lent.store(false, std::memory_order_relaxed);
}

void LimiterState::checkBorrower(const void *borrower) const
{
    if (!borrower)
        throw InvalidUseError(
                QStringLiteral("CapacityLimiter: the borrower is null. Pass the address of "
                               "what holds the token"));
    const auto it = m_borrowers.find(borrower);
    if (it == m_borrowers.end())
        return;
    if (it->second.isHolding)
        throw InvalidUseError(QStringLiteral(
                "CapacityLimiter: this borrower already holds a token. Release it first"));
    throw InvalidUseError(
            QStringLiteral("CapacityLimiter: this borrower already waits for a token"));
}

bool LimiterState::tryAcquire(const void *borrower)
{
    const auto lock = lockAdmission();
    checkBorrower(borrower);
    if (!m_waiting.isEmpty() || m_borrowed >= m_total)
        return false;
    m_borrowers.emplace(borrower, Borrower{ nullptr, true });
    ++m_holdingBorrowers;
    ++m_borrowed;
    return true;
}

bool LimiterState::enqueueBorrower(LimiterWaiter *waiter, const void *borrower)
{
    const auto lock = lockAdmission();
    checkBorrower(borrower);
    m_borrowers.emplace(borrower, Borrower{ waiter, false });
    if (!enqueue(waiter))
        return false;
    adoptToken(waiter, borrower);
    return true;
}

void LimiterState::adoptToken(LimiterWaiter *waiter, const void *borrower)
{
    waiter->m_place = LimiterWaiter::Place::Nowhere;
    if (m_isOwned) {
        m_borrowers.at(borrower).isHolding = true;
        ++m_holdingBorrowers;
    } else {
        m_borrowers.erase(borrower);
        --m_borrowed; // nobody could release it
    }
    unuse();
}

/// Forgets a borrower that is known; whether it held a token.
bool LimiterState::takeBorrower(const void *borrower)
{
    const auto it = m_borrowers.find(borrower);
    const bool wasHolding = it->second.isHolding;
    m_borrowers.erase(it);
    m_holdingBorrowers -= wasHolding;
    return wasHolding;
}

void LimiterState::giveUp(LimiterWaiter *waiter, const void *borrower)
{
    auto lock = lockAdmission();
    const auto it = m_borrowers.find(borrower);
    if (it == m_borrowers.end() || it->second.waiter != waiter)
        return;
    if (takeBorrower(borrower)) {
        --m_borrowed;
        grantAndServe(std::move(lock));
    } else if (waiter->m_place == LimiterWaiter::Place::Waiting) {
        dequeue(waiter);
        unuse();
    }
}

bool LimiterState::enqueueToken(LimiterWaiter *waiter)
{
    const auto lock = lockAdmission();
    if (!enqueue(waiter))
        return false;
    addToken(waiter);
    return true;
}

void LimiterState::releaseToken(LimiterWaiter *waiter)
{
    auto lock = lockAdmission();
    waiter->unlink();
    Granted granted;
    release(waiter, granted);
    serve(std::move(lock), granted);
}

bool LimiterState::isBorrower(const void *borrower) const
{
    const auto lock = lockAdmission();
    const auto it = m_borrowers.find(borrower);
    return it != m_borrowers.end() && it->second.isHolding;
}

void LimiterState::releaseBorrower(const void *borrower)
{
    auto lock = lockAdmission();
    const auto it = m_borrowers.find(borrower);
    if (it == m_borrowers.end() || !it->second.isHolding)
        throw InvalidUseError(
                QStringLiteral("CapacityLimiter::release(): this borrower holds no token"));
    takeBorrower(borrower);
    --m_borrowed;
    grantAndServe(std::move(lock));
}

void LimiterState::setTotal(int total)
{
    auto lock = lockAdmission();
    m_total = total;
    grantAndServe(std::move(lock));
}

void LimiterState::ownerDestroyed()
{
    auto lock = lockAdmission();
    m_isOwned = false;
    m_borrowed -= std::exchange(m_holdingBorrowers, 0);
    std::erase_if(m_borrowers, [](const auto &entry) { return entry.second.isHolding; });
    m_total = qMax(m_total, 1); // or what waits would wait for ever
    grantAndServe(std::move(lock));
}

CapacityLimiter::Statistics LimiterState::statistics() const
{
    CapacityLimiter::Statistics result{ m_total, m_borrowed, {}, m_waitingCount };
    for (const auto &[borrower, state] : m_borrowers) {
        if (state.isHolding)
            result.borrowers.append(borrower);
    }
    for (const LimiterWaiter *waiter : m_tokens)
        result.borrowers.append(waiter);
    return result;
}

void LimiterState::forEach(const std::function<void(LimiterState *)> &visit)
{
    const std::lock_guard allLock(AllLimiters::instance().mutex);
    for (LimiterState *limiter : AllLimiters::instance().limiters)
        visit(limiter);
}

void LimiterState::forEachWaiting(const std::function<void(LimiterWaiter *)> &visit)
{
    const auto lock = lockAdmission();
    forEach([&](LimiterState *limiter) {
        for (LimiterWaiter *waiter : limiter->m_waiting)
            visit(waiter);
    });
}

} // namespace QFerry::Detail
