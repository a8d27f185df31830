// SPDX-License-Identifier: MIT
// How calls that are waited for together end. The thread that ends the last one, or looks at what
// was lent.
#include "gathercall.h"

#include <algorithm>

namespace QFerry::Detail {

GatherCore::GatherCore(std::vector<CallPtr> calls) : m_calls(std::move(calls)) {}

GatherCore::~GatherCore() = default;

void GatherCore::begin()
{
    const GroupCloser closer(*this);
    for (const CallPtr &call : m_calls)
        m_joined += add(call);
}

void GatherCore::outcomeSeen(bool isSeen)
{
    if (m_lender)
        m_lender->outcomeSeen(isSeen);
}

std::size_t GatherCore::indexOf(const CallPtr &call) const
{
    return std::size_t(std::ranges::find(m_calls, call) - m_calls.begin());
}

void GatherCore::membersEnded(const CallPtr &decider)
{
    if (m_joined < m_calls.size()) { // there was no memory for the others
        m_calls.clear();
        finish(Outcome::Canceled);
        return;
    }
    if (decider && decider->outcome() != Outcome::Value) {
        m_calls.clear();
        finishAs(*decider);
        return;
    }
    m_decider = decider;
    m_isLent = hasLender();
    if (m_isLent)
        finish(Outcome::Value);
    else
        finishWithResult();
}

/// Whether a call that the result is made of has been lent its own. Those that it is not made of
/// may go.
bool GatherCore::hasLender()
{
    bool isLent = false;
    for (CallPtr &call : m_calls) {
        if (m_decider && call != m_decider)
            call.reset();
        else
            isLent |= call->lender() != nullptr;
    }
    return isLent;
}

void GatherCore::finishWithResult()
{
    std::exception_ptr error;
    try {
        makeResult(m_decider);
    } catch (...) {
        error = std::current_exception();
    }
    m_calls.clear(); // groups of groups must not hang together when they go
    m_decider.reset();
    finish(error ? Outcome::Error : Outcome::Value, error);
}

void GatherCore::seeToResult()
{
    if (m_isLent)
        std::call_once(m_isMade, [this] { makeResult(m_decider); });
}

void throwNothingToWaitFor()
{
    throw InvalidUseError(QStringLiteral("whenAny() was given no calls: the first of none never "
                                         "comes. Look before you call it"));
}

} // namespace QFerry::Detail
