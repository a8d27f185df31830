// SPDX-License-Identifier: MIT
// What a call that was ended by another asks the lender of its result. Any thread.
#include "forwardingcall.h"

namespace QFerry::Detail {

ForwardingCall::~ForwardingCall() = default;

bool ForwardingCall::isSoleOwner() const
{
    return CallCore::isSoleOwner() && isLentToThisAlone();
}

void ForwardingCall::outcomeSeen(bool isSeen)
{
    if (m_lender)
        m_lender->outcomeSeen(isSeen);
}

} // namespace QFerry::Detail
