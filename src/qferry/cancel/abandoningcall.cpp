// SPDX-License-Identifier: MIT
// Begun in the thread that calls abandonOnCancel(); cancels, and the source's end, come from any.
#include "abandoningcall.h"

namespace QFerry::Detail {

AbandoningCallBase::AbandoningCallBase(CallPtr source) : m_source(std::move(source)), m_end(this) {}

AbandoningCallBase::~AbandoningCallBase() = default;

void AbandoningCallBase::begin()
{
    ref.ref(); // until callFinished()
    m_source->observe();
    if (!m_source->isFinished() && !joinCurrentScope(m_end))
        cancel({});
    m_source->attach(this);
}

void AbandoningCallBase::callFinished()
{
    if (m_end.claim())
        finishAs(*m_source);
    release(this);
}

CallPtr AbandoningCallBase::cancelRequested(const QString &)
{
    if (m_end.claim())
        finish(Outcome::Canceled);
    return m_source;
}

} // namespace QFerry::Detail
