// SPDX-License-Identifier: MIT
// Takes begin and end in the consumer's thread; cancels and timeouts come from any.
#include "channeltake.h"

#include <qferry/errors.h>
#include <qferry/thread/errandalarm_p.h>

namespace QFerry::Detail {

ChannelTake::ChannelTake() = default;
ChannelTake::~ChannelTake() = default;

void ChannelTake::startTimeout(std::chrono::nanoseconds timeout)
{
    if (timeout <= std::chrono::nanoseconds::zero())
        return;
    m_timeout = std::make_unique<ErrandAlarm<ChannelTake, &ChannelTake::timeOut>>(this);
    m_timeout->set(timeAfter(timeout));
}

bool ChannelTake::returnsError()
{
    if (!m_holdsEnd || isSeen())
        return false;
    observe();
    return true;
}

bool ChannelTake::joinScope()
{
    ScopeState *scope = ScopeState::current();
    if (!scope)
        return true;
    m_membership = std::make_unique<ScopeMember>(this);
    if (m_membership->join(scope))
        return true;
    cancel(scope->cancelReason());
    return false;
}

void ChannelTake::timeOut()
{
    if (begin()) // until it is over, its channel holds it
        fail(std::make_exception_ptr(ChannelTimeoutError(
                QStringLiteral("No item came in time. Allow for a longer time, or look at what "
                               "keeps the producers"))));
}

bool ChannelTake::begin()
{
    if (m_hasBegun.exchange(true, std::memory_order_acq_rel))
        return false;
    if (m_membership)
        m_membership->leave();
    return true;
}

CallPtr ChannelTake::cancelRequested(const QString &)
{
    if (begin())
        finish(Outcome::Canceled);
    return {};
}

} // namespace QFerry::Detail
