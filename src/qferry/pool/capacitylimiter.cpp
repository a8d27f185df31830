// SPDX-License-Identifier: MIT
#include <qferry/capacitylimiter.h>

#include <qferry/call/futurebridge.h>
#include <qferry/loop/loopinbox_p.h>
#include <qferry/loop/ownloop_p.h>
#include <qferry/pendingcall.h>
#include <qferry/pool/limiterstate_p.h>
#include <qferry/pool/scheduler_p.h>
#include <qferry/pool/workerpool_p.h>

namespace QFerry {

namespace Detail {

/**
 * One acquire(): a place in the queue, and the QFuture that tells when it has become a token.
 *
 * The token is the borrower's as soon as it is granted. Until the future has finished, whatever
 * ends the wait gives it up again: a cancel of the future or of its scope, and the end of the loop
 * that the future was to finish in.
 */
class AcquireRequest final : public FutureSink, public LimiterWaiter, public LoopPending
{
public:
    AcquireRequest(LimiterState *limiter, const void *borrower)
        : m_limiter(limiter), m_borrower(borrower), m_inbox(ownLoop())
    {
        m_promise.start();
    }
    ~AcquireRequest() override { stopListening(); }

    QFuture<void> begin()
    {
        QFuture<void> future = m_promise.future();
        listen();
        const bool granted = m_limiter->enqueueBorrower(this, m_borrower); // throws on wrong use
        FutureSink::start();
        if (granted || m_early.exchange(true, std::memory_order_acq_rel))
            callFinished();
        else if (m_promise.isCanceled()) // before it was in the queue
            futureCanceled();
        return future;
    }

    LimiterState *limiter() const override { return m_limiter.data(); }
    bool tokenGranted() override
    {
        m_limiter->adoptToken(this, m_borrower);
        return true;
    }
    void tokenGrantedUnlocked() override
    {
        if (m_early.exchange(true, std::memory_order_acq_rel))
            callFinished(); // else begin() does it
    }

    void pendingLoopFinished() override { cancel(); }
    bool isPendingAwaited() const override { return false; }
    void keepPending() override { ref.ref(); }
    void releasePending() override { deref(); }

private:
    void listen()
    {
        if (m_inbox)
            m_inbox->addPending(this);
        ScopeState *scope = ScopeState::current();
        if (!scope)
            return;
        m_hook.reset(new CancelHook([this] { cancel(); }));
        if (!m_hook->join(scope))
            m_hook->run();
    }
    void stopListening()
    {
        if (m_inbox)
            m_inbox->removePending(this);
        if (!m_hook)
            return;
        m_hook->revoke();
        m_hook->leave();
    }
    void cancel()
    {
        m_promise.future().cancel();
        futureCanceled();
    }

    void finishFuture() override
    {
        stopListening();
        if (m_inbox && m_inbox->isClosed())
            m_promise.future().cancel(); // there is nobody left to give it back
        if (m_promise.isCanceled())
            m_limiter->giveUp(this, m_borrower);
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
    const LoopInbox::Ptr m_inbox;
    HookPtr m_hook;                     // in the current scope
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

PendingCall<LimiterToken> CapacityLimiter::acquireToken()
{
    return PendingCall<LimiterToken>(Detail::acquireToken(d.data()));
}

bool CapacityLimiter::isBorrower(const void *borrower) const
{
    return d->isBorrower(borrower);
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
