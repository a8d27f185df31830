// SPDX-License-Identifier: MIT
// Begun in the thread that calls abandonOnCancel(); cancels, and the source's end, come from any.
#include "abandoningcall.h"

namespace QFerry::Detail {

AbandoningCallBase::AbandoningCallBase(CallPtr source) : m_source(std::move(source)), m_member(this)
{}

AbandoningCallBase::~AbandoningCallBase() = default;

void AbandoningCallBase::begin()
{
    ref.ref(); // until callFinished()
    m_source->observe();
    if (!m_source->isFinished() && !joinCurrentScope(m_member))
        cancel({});
    m_source->attach(this);
}

void AbandoningCallBase::callFinished()
{
    if (claimEnd())
        finishAs(*m_source);
    release(this);
}

CallPtr AbandoningCallBase::cancelRequested(const QString &)
{
    if (claimEnd())
        finish(Outcome::Canceled);
    return m_source;
}

/// True for the first end, which counts.
bool AbandoningCallBase::claimEnd()
{
    if (m_hasEnded.exchange(true, std::memory_order_acq_rel))
        return false;
    m_member.leave();
    return true;
}

} // namespace QFerry::Detail
