// SPDX-License-Identifier: MIT
// Calls that end as others do. Any thread.
#pragma once

#include <qferry/base/resultbox.h>
#include <qferry/call/callcore.h>

namespace QFerry::Detail {

/**
 * A call that may end as another one does, and hand that one's result on.
 *
 * A result that nobody may ever look at, because a QFuture of this call is canceled or its handle
 * dropped, must not be lost if it was taken from somewhere: then it stays with its lender, and so
 * goes back with that. Of calls that forward each other all keep the same lender.
 */
class QFERRY_EXPORT ForwardingCall : public CallCore
{
public:
    ~ForwardingCall() override;

    bool isSoleOwner() const override;
    CallCore *lender() final { return m_lender.data(); }
    void outcomeSeen(bool isSeen) final;

protected:
    ForwardingCall() = default;

    void keepLender(const CallPtr &lender) final { m_lender = lender; }
    /// Whether the lender, if there is one, has no consumer but this.
    bool isLentToThisAlone() const { return !m_lender || m_lender->isSoleOwner(); }
    template <typename R>
    void *lentOr(ResultBox<R> &own)
    {
        return m_lender ? m_lender->result() : own.address();
    }

private:
    CallPtr m_lender;
};

} // namespace QFerry::Detail
