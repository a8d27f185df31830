// SPDX-License-Identifier: MIT
// CapacityLimiter::acquire(): the limiter's only part that knows QFutures.
#include <qferry/call/cancelhook.h>
#include <qferry/call/futurebridge.h>
#include <qferry/call/scopestate.h>
#include <qferry/capacitylimiter.h>
#include <qferry/loop/ownloop_p.h>
#include <qferry/pool/limiterstate_p.h>

namespace QFerry {

namespace Detail {

/**
 * One acquire(): a place in the queue, and the QFuture that tells when it has become a token.
 *
 * The token is the borrower's as soon as it is granted. Until the future has finished, whatever
 * ends the wait gives it up again: a cancel of the future or of its scope, and the end of the loop
 * that the future was to finish in.
 */
class AcquireRequest final : public FutureSink, public LimiterWaiter, public LoopEndListener
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

    void loopHasEnded() override { cancel(); }
    bool isAwaitedByThread() const override { return false; }
    void keepListener() override { ref.ref(); }
    void releaseListener() override { release(this); }

private:
    void listen()
    {
        if (m_inbox)
            m_inbox->addEndListener(this);
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
            m_inbox->removeEndListener(this);
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

QFuture<void> CapacityLimiter::acquire(const void *borrower)
{
    const QExplicitlySharedDataPointer request(new Detail::AcquireRequest(d.data(), borrower));
    return request->begin();
}

} // namespace QFerry
