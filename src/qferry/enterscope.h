// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/cancelscope.h>

namespace QFerry {

/**
 * Makes a scope the current one as long as it lives, in a Task across co_await, too:
 *
 *     const QFerry::EnterScope entered(scope);
 *     co_await step(); // throws CanceledError once the scope is canceled
 *
 * Calls made meanwhile belong to the scope. It lives in a block of a task, or of a function that
 * does not suspend: in another coroutine the scope would be left behind in whoever runs next.
 */
class QFERRY_EXPORT EnterScope
{
public:
    explicit EnterScope(const CancelScope &scope);
    explicit EnterScope(Detail::ScopeState::Ptr scope);
    ~EnterScope();
    Q_DISABLE_COPY_MOVE(EnterScope)

private:
    const Detail::ScopeState::Ptr m_scope;
    const Detail::ContextPtr m_outer; // what the context was before
    const Detail::CallPtr m_bell; // tells the task of a cancel
    Detail::ScopeMember m_member;
};

} // namespace QFerry
