// SPDX-License-Identifier: MIT
// Functions that a cancel runs. Any thread enters.
#include "cancelhook.h"

namespace QFerry::Detail {

void CancelHook::run()
{
    const std::lock_guard lock(m_mutex);
    m_hasRun.store(true, std::memory_order_release);
    if (const auto function = std::exchange(m_function, nullptr))
        function();
}

void CancelHook::revoke()
{
    const std::lock_guard lock(m_mutex);
    m_function = nullptr;
}

bool CancelHook::join(ScopeState *scope)
{
    ref.ref(); // until leave()
    if (m_member.join(scope))
        return true;
    ref.deref();
    return false;
}

void CancelHook::leave()
{
    if (!m_member.isIn())
        return;
    m_member.leave();
    const HookPtr joined(this, QAdoptSharedDataTag());
}

} // namespace QFerry::Detail
