// SPDX-License-Identifier: MIT
// How the holder of a token tells that it blocks, and that it goes on: in its thread, without the
// admission's mutex, which it asks for only if there is somebody to lend to.
#include "limiterwaiter.h"

#include <qferry/pool/limiterstate_p.h>

namespace QFerry::Detail {

TokenLoan::TokenLoan(QExplicitlySharedDataPointer<LimiterState> limiter)
    : m_limiter(std::move(limiter))
{}

TokenLoan::~TokenLoan() = default;

void TokenLoan::block()
{
    m_blocked.fetch_add(1, std::memory_order_seq_cst);
    if (m_nested.load(std::memory_order_seq_cst) > 0)
        m_limiter->lend(this);
}

void TokenLoan::unblock()
{
    if (m_blocked.fetch_sub(1, std::memory_order_seq_cst) > 1)
        return;
    if (m_lent.load(std::memory_order_seq_cst))
        m_limiter->endLending(this);
}

} // namespace QFerry::Detail
