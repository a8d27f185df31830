// SPDX-License-Identifier: MIT
// How a LimiterToken comes and goes. Any thread.
#include <qferry/limitertoken.h>

#include <qferry/base/resultbox.h>
#include <qferry/call/waitingcall.h>
#include <qferry/capacitylimiter.h>
#include <qferry/pendingcall.h>
#include <qferry/pool/admission_p.h>
#include <qferry/pool/limiterstate_p.h>

namespace QFerry {

namespace Detail {

class TokenCall;

/// Waits for, then holds, the token of a LimiterToken.
class TokenHolder final : public QSharedData, public LimiterWaiter
{
public:
    explicit TokenHolder(LimiterState *limiter) : m_limiter(limiter) {}

    /// False if it has to wait, and the call is told.
    bool acquire(TokenCall *call);
    /// Gives up its place. False if it has no place, perhaps because it has the token.
    bool withdraw()
    {
        if (!LimiterState::withdraw(this))
            return false;
        m_call.reset();
        return true;
    }
    void release() { m_limiter->releaseToken(this); }

    LimiterState *limiter() const override { return m_limiter.data(); }
    bool tokenGranted() override
    {
        m_limiter->addToken(this);
        ref.ref(); // until tokenGrantedUnlocked()
        return true;
    }
    void tokenGrantedUnlocked() override;

private:
    const LimiterState::Ptr m_limiter;
    QExplicitlySharedDataPointer<TokenCall> m_call; // while it waits
};

/// CapacityLimiter::acquireToken()
class TokenCall final : public WaitingCall
{
public:
    explicit TokenCall(LimiterState *limiter) : m_holder(new TokenHolder(limiter)) {}

    void begin()
    {
        if (!listen())
            return;
        if (m_holder->acquire(this))
            tokenGranted();
        else
            placeTaken();
    }
    void tokenGranted()
    {
        m_result.store(LimiterToken(m_holder));
        end(Outcome::Value);
    }
    void *result() override { return m_result.address(); }

private:
    bool withdraw(const QString &) override { return m_holder->withdraw(); }

    const QExplicitlySharedDataPointer<TokenHolder> m_holder;
    ResultBox<LimiterToken> m_result;
};

bool TokenHolder::acquire(TokenCall *call)
{
    m_call.reset(call);
    if (!m_limiter->enqueueToken(this))
        return false;
    m_call.reset();
    return true;
}

void TokenHolder::tokenGrantedUnlocked()
{
    const QExplicitlySharedDataPointer keepAlive(this, QAdoptSharedDataTag());
    const auto call = std::exchange(m_call, {});
    call->tokenGranted();
}

} // namespace Detail

PendingCall<LimiterToken> CapacityLimiter::acquireToken()
{
    const QExplicitlySharedDataPointer call(new Detail::TokenCall(d.data()));
    call->begin();
    return PendingCall<LimiterToken>(Detail::CallPtr(call.data()));
}

LimiterToken::LimiterToken() noexcept = default;
LimiterToken::LimiterToken(LimiterToken &&other) noexcept = default;

LimiterToken::LimiterToken(QExplicitlySharedDataPointer<Detail::TokenHolder> holder) noexcept
    : d(std::move(holder))
{}

LimiterToken &LimiterToken::operator=(LimiterToken &&other) noexcept
{
    LimiterToken old(std::move(*this));
    d = std::move(other.d);
    return *this;
}

LimiterToken::~LimiterToken()
{
    release();
}

void LimiterToken::release()
{
    if (const auto holder = std::exchange(d, {}))
        holder->release();
}

} // namespace QFerry
