// SPDX-License-Identifier: MIT
// The coroutines of asyncFinally() and asyncWith(): what is done behind a body, however that ended.
// The task that awaits them.
#pragma once

#include <qferry/base/asyncmanager.h>
#include <qferry/cancel/scopedcall.h>
#include <qferry/task.h>
#include <qferry/task/shield.h>

namespace QFerry::Detail {

template <typename F, typename... Args>
constexpr bool isAsyncFunction()
{
    if constexpr (std::invocable<F, Args...>)
        return Asynchronous<std::invoke_result_t<F, Args...>>;
    else
        return false;
}

template <typename R, typename F, typename C>
Task<R> runFinally(F body, C cleanup)
{
    requireFunction(body, "asyncFinally()");
    requireFunction(cleanup, "asyncFinally()");
    ResultBox<R> result;
    std::exception_ptr error;
    try {
        if constexpr (std::is_void_v<R>)
            co_await std::invoke(body);
        else
            result.store(co_await std::invoke(body));
    } catch (...) {
        error = std::current_exception();
    }
    {
        const Shield shield;
        co_await std::invoke(cleanup);
    }
    if (error)
        std::rethrow_exception(error);
    if constexpr (!std::is_void_v<R>)
        co_return result.take();
}

/// M: the manager, or a reference to it.
template <typename V, typename R, typename M, typename F>
Task<typename OptionalResult<R>::Type> runWith(M manager, F body)
{
    requireFunction(body, "asyncWith()");
    ResultBox<V> value;
    if constexpr (std::is_void_v<V>)
        co_await manager.asyncEnter();
    else
        value.store(co_await manager.asyncEnter());
    typename OptionalResult<R>::Type result{};
    std::exception_ptr error;
    const auto run = [&] {
        if constexpr (takesValue<V, F &>())
            return std::invoke(body, *static_cast<V *>(value.address()));
        else
            return std::invoke(body);
    };
    try {
        if constexpr (std::is_void_v<R>) {
            co_await run();
            result = true;
        } else {
            result.emplace(co_await run());
        }
    } catch (...) {
        error = std::current_exception();
    }
    bool isSuppressed = false;
    {
        const Shield shield;
        isSuppressed = co_await manager.asyncExit(error);
    }
    if (error && !isSuppressed)
        std::rethrow_exception(error);
    co_return std::move(result);
}

} // namespace QFerry::Detail
