// SPDX-License-Identifier: MIT
// What abandonOnCancel() makes of a call. In the thread that calls it; both calls end in any.
#pragma once

#include <qferry/call/forwardingcall.h>
#include <qferry/call/result.h>
#include <qferry/call/scopestate.h>

namespace QFerry::Detail {

/// Ends as its source does; or at once, canceled, while that goes on unheard.
class QFERRY_EXPORT AbandoningCallBase : public ForwardingCall, public Continuation
{
public:
    ~AbandoningCallBase() override;

    /// To be called once.
    void begin();

    void callFinished() final;
    bool mayWait() const final { return true; } // results may be copied
    void deliver() final {}
    void loopFinished() final {}
    void addProgressListener(ProgressListener *listener) final
    {
        m_source->addProgressListener(listener);
    }

protected:
    explicit AbandoningCallBase(CallPtr source);
    CallPtr cancelRequested(const QString &reason) final;

private:
    const CallPtr m_source;
    ScopedEnd m_end;
};

template <typename T>
class AbandoningCall final : public AbandoningCallBase
{
public:
    explicit AbandoningCall(CallPtr source) : AbandoningCallBase(std::move(source)) {}

    void *result() override { return lentOr(m_result); }

protected:
    void takeResult(CallCore &source) override { storeResult(m_result, source); }

private:
    ResultBox<T> m_result;
};

} // namespace QFerry::Detail
