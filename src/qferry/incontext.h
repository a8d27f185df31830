// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/foreigncall.h>
#include <qferry/pendingcall.h>

namespace QFerry {

/**
 * For coroutines: co_await inContext(x), where x is an awaitable of another library or a QFuture,
 * gives what co_await x gives, and goes on in the same thread, through its event loop, with the
 * context variables, the scope and the task name that the coroutine had before. After a plain
 * co_await of what is not this library's own it has those of whoever resumed it.
 *
 * If its scope is canceled meanwhile, or its deadline passes, co_await throws CanceledError at
 * once; the QFuture is canceled, and another awaitable goes on unheard. Awaits x at once, which is
 * moved (a named one: inContext(std::move(x))). co_await throws NoEventLoopError in a thread
 * without an event loop.
 */
template <typename A>
requires Detail::Asynchronous<A>
[[nodiscard]] auto inContext(A awaitable)
{
    using T = Detail::SettledType<A>;
    if constexpr (Detail::isForeign<A>()) {
        const QExplicitlySharedDataPointer call(new Detail::ForeignCall<T>);
        Detail::followAwaitable(std::move(awaitable), call);
        return PendingCall<T>(Detail::CallPtr(call.data()));
    } else {
        return toPendingCall(std::move(awaitable));
    }
}

} // namespace QFerry
