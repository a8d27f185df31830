// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/scopestate.h>

#include <functional>
#include <mutex>

namespace QFerry::Detail {

/// A function to be run once, when something is canceled; not after revoke().
class QFERRY_EXPORT CancelHook : public QSharedData
{
public:
    explicit CancelHook(std::function<void()> function)
        : m_function(std::move(function)), m_member(this)
    {}
    /// Any thread.
    void run();
    /// Any thread. Whether it runs, or has run.
    bool hasRun() const { return m_hasRun.load(std::memory_order_acquire); }
    /// When it returns, the function does not run and will not, unless it is the function that
    /// calls it.
    void revoke();

    /// Has a scope run it; until leave(), that keeps it alive. False if the scope is canceled.
    [[nodiscard]] bool join(ScopeState *scope);
    void leave();

private:
    std::recursive_mutex m_mutex;
    std::function<void()> m_function;
    std::atomic<bool> m_hasRun{ false };
    ScopeMember m_member;
};
using HookPtr = QExplicitlySharedDataPointer<CancelHook>;

} // namespace QFerry::Detail
