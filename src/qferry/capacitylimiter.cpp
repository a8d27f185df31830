// SPDX-License-Identifier: MIT
#include "capacitylimiter.h"
#include "futurebridge.h"
#include "limiterstate_p.h"
#include "scheduler_p.h"
#include "workerpool_p.h"

namespace QFerry {

namespace Detail {

/// One acquire(): a place in the queue, and the QFuture that tells when it has become a token.
class AcquireRequest final : public FutureSink, public LimiterWaiter
{
public:
    AcquireRequest(LimiterState *limiter, const void *borrower)
        : m_limiter(limiter), m_borrower(borrower)
    {
        m_promise.start();
    }

    QFuture<void> begin()
    {
        QFuture<void> future = m_promise.future();
        const bool granted = m_limiter->enqueueBorrower(this, m_borrower); // throws on wrong use
        FutureSink::start();
        if (granted || m_early.exchange(true, std::memory_order_acq_rel))
            callFinished();
        return future;
    }

    LimiterState *limiter() const override { return m_limiter.data(); }
    bool tokenGranted() override { return true; }
    void tokenGrantedUnlocked() override
    {
        if (m_early.exchange(true, std::memory_order_acq_rel))
            callFinished(); // else begin() does it
    }

private:
    void finishFuture() override
    {
        if (m_promise.isCanceled())
            m_limiter->giveUp(this, m_borrower);
        else
            m_limiter->adoptToken(this, m_borrower);
        m_promise.finish();
    }

    bool isFutureCanceled() const override { return m_promise.isCanceled(); }
    void futureCanceled() override
    {
        if (LimiterState::withdraw(this))
            callFinished();
    }

    const LimiterState::Ptr m_limiter;
    const void *const m_borrower;
    std::atomic<bool> m_early{ false }; // set by the first of begin() and tokenGranted()
    QPromise<void> m_promise;
};

} // namespace Detail

static int checkedTotal(int totalTokens)
{
    if (totalTokens < 0)
        throw InvalidUseError(
                QStringLiteral(
                        "CapacityLimiter: %1 tokens are less than none. Use 0 to admit nobody, "
                        "CapacityLimiter::Unlimited for no limit")
                        .arg(totalTokens));
    return totalTokens;
}

CapacityLimiter::CapacityLimiter(int totalTokens)
    : d(new Detail::LimiterState(checkedTotal(totalTokens)))
{}

CapacityLimiter::~CapacityLimiter()
{
    d->ownerDestroyed();
}

int CapacityLimiter::totalTokens() const
{
    const auto lock = Detail::Scheduler::instance().lock();
    return d->total();
}

void CapacityLimiter::setTotalTokens(int totalTokens)
{
    d->setTotal(checkedTotal(totalTokens));
}

int CapacityLimiter::borrowedTokens() const
{
    const auto lock = Detail::Scheduler::instance().lock();
    return d->borrowed();
}

int CapacityLimiter::availableTokens() const
{
    const auto lock = Detail::Scheduler::instance().lock();
    return qMax(0, d->total() - d->borrowed());
}

bool CapacityLimiter::tryAcquire(const void *borrower)
{
    return d->tryAcquire(borrower);
}

QFuture<void> CapacityLimiter::acquire(const void *borrower)
{
    const QExplicitlySharedDataPointer request(new Detail::AcquireRequest(d.data(), borrower));
    return request->begin();
}

void CapacityLimiter::release(const void *borrower)
{
    d->releaseBorrower(borrower);
}

CapacityLimiter::Statistics CapacityLimiter::statistics() const
{
    const auto lock = Detail::Scheduler::instance().lock();
    Statistics result = d->statistics();
    Detail::WorkerPool::instance().forEachItem([&](Detail::WorkItem *item, bool) {
        if (item->limiter() == d.data() && d->isHeldBy(item))
            result.borrowers.append(item);
    });
    return result;
}

CapacityLimiter &defaultThreadLimiter()
{
    static auto *limiter = new CapacityLimiter(40); // never destroyed: calls may end after main()
    return *limiter;
}

} // namespace QFerry
