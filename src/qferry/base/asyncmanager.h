// SPDX-License-Identifier: MIT
// Asynchronous context managers, and the bodies that run in them: traits, for the compiler alone.
#pragma once

#include <qferry/base/callable.h>

#include <concepts>
#include <exception>
#include <type_traits>

namespace QFerry {

/**
 * Something that is entered and left asynchronously, in a loop: a session, a transaction.
 * asyncEnter() returns a QFuture, PendingCall or awaitable of what the body works with; asyncExit()
 * is called exactly once after that has succeeded, with the error that ended the body (or null),
 * and returns one of bool: true suppresses the error.
 */
template <typename M>
concept AsyncContextManager = requires(M &manager, std::exception_ptr error)
{
    {
        manager.asyncEnter()
        } -> Detail::Asynchronous;
    {
        manager.asyncExit(error)
        } -> Detail::Asynchronous;
    requires std::same_as < Detail::SettledType<decltype(manager.asyncExit(error))>,
    bool > ;
};

namespace Detail {

/// Whether a body takes what asyncEnter() gave.
template <typename V, typename F>
constexpr bool takesValue()
{
    if constexpr (std::is_void_v<V>)
        return false;
    else
        return std::invocable<F, V &>;
}

template <typename V, typename F>
struct BodyReturned
{
    static_assert(std::invocable<F>,
                  "QFerry: run(body) takes a function of what asyncEnter() gives, or of nothing");
    using Type = void;
};
template <typename V, typename F>
requires(!takesValue<V, F>() && std::invocable<F>) struct BodyReturned<V, F>
{
    using Type = std::invoke_result_t<F>;
};
template <typename V, typename F>
requires(takesValue<V, F>()) struct BodyReturned<V, F>
{
    using Type = std::invoke_result_t<F, V &>;
};

} // namespace Detail
} // namespace QFerry
