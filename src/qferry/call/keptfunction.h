// SPDX-License-Identifier: MIT
// How an asynchronous function is started: a coroutine goes on using its function's captures.
#pragma once

#include <qferry/call/awaitable.h>

#include <functional>
#include <memory>

namespace QFerry::Detail {

/// A coroutine's function: lives until the call has finished that it is attached to, even if nobody
/// waits for that any more.
template <typename F>
struct KeptFunction final : Continuation
{
    explicit KeptFunction(F &&f) : function(std::move(f)) {}
    void callFinished() override { delete this; }
    bool mayWait() const override { return true; } // the captures' destructors
    void deliver() override {}
    void loopFinished() override {}

    F function;
};

/// Calls an asynchronous function, and returns what that started. An rvalue is kept until that has
/// ended, if it is a coroutine's function.
template <typename F, typename... Args>
auto startOperation(F &&fn, Args &&...args)
{
    using Raw = std::invoke_result_t<F, Args...>;
    constexpr bool isCoroutine = !isHandle<Raw>();
    if constexpr (!isCoroutine || std::is_lvalue_reference_v<F>) {
        return toPendingCall(std::invoke(std::forward<F>(fn), std::forward<Args>(args)...));
    } else {
        auto kept = std::make_unique<KeptFunction<F>>(std::move(fn));
        const auto call =
                toPendingCall(std::invoke(std::move(kept->function), std::forward<Args>(args)...));
        call.core()->attach(kept.release());
        return call;
    }
}

} // namespace QFerry::Detail
