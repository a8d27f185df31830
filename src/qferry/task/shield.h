// SPDX-License-Identifier: MIT
// What a cleanup runs in. The thread of its task.
#pragma once

#include <qferry/enterscope.h>

namespace QFerry::Detail {

/// While it lives, what its task does is not canceled from outside, but by the end of its owner or
/// loop.
class QFERRY_EXPORT Shield
{
public:
    Shield();
    ~Shield();
    Q_DISABLE_COPY_MOVE(Shield)

private:
    /// Leaves the scope to what is still nested in it.
    struct Scope
    {
        Scope();
        ~Scope();
        const ScopeState::Ptr state;
    };
    const Scope m_scope;
    const EnterScope m_entered;
};

} // namespace QFerry::Detail
