// SPDX-License-Identifier: MIT
#include "shield.h"

namespace QFerry::Detail {

Shield::Scope::Scope() : state(new ScopeState(ScopeState::Ptr(ScopeState::current())))
{
    state->setShielded(true);
}

Shield::Scope::~Scope()
{
    state->close();
}

Shield::Shield() : m_entered(m_scope.state) {}

Shield::~Shield() = default;

} // namespace QFerry::Detail
