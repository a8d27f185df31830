// SPDX-License-Identifier: MIT
// The token that programs name a loop by; any thread.
#include <qferry/looptoken.h>

#include <qferry/loop/loopinbox_p.h>

namespace QFerry {

LoopToken::LoopToken() noexcept = default;
LoopToken::~LoopToken() = default;
LoopToken::LoopToken(const LoopToken &other) = default;
LoopToken::LoopToken(LoopToken &&other) noexcept = default;
LoopToken &LoopToken::operator=(const LoopToken &other) = default;
LoopToken &LoopToken::operator=(LoopToken &&other) noexcept = default;

LoopToken::LoopToken(QExplicitlySharedDataPointer<Detail::LoopInbox> inbox) noexcept
    : m_inbox(std::move(inbox))
{}

bool LoopToken::isFinished() const
{
    return m_inbox && m_inbox->isClosed();
}

} // namespace QFerry
