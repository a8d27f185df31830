// SPDX-License-Identifier: MIT
// What the library sees of functions and of what they return: traits, for the compiler alone.
#pragma once

#include <QtCore/qfuture.h>
#include <QtCore/qpromise.h>

#include <concepts>
#include <coroutine>
#include <functional>
#include <type_traits>

namespace QFerry {

template <typename T>
class PendingCall;
template <typename V>
class TaskStatus;
template <typename T>
class Yield;

namespace Detail {

/// Whether T can be copied. A container says so of itself whatever it holds.
template <typename T>
constexpr bool isCopyable = std::is_copy_constructible_v<T>;
template <typename T>
requires(!std::same_as<typename T::value_type, T>) constexpr bool isCopyable<T> =
        std::is_copy_constructible_v<T> && isCopyable<typename T::value_type>;

// What a function returns, if it is asynchronous, and the value that comes of it.

template <typename T>
concept Awaiter = requires(T &awaiter, std::coroutine_handle<> handle)
{
    {
        awaiter.await_ready()
        } -> std::convertible_to<bool>;
    awaiter.await_suspend(handle);
    awaiter.await_resume();
};

template <typename T>
decltype(auto) getAwaiter(T &&awaitable)
{
    if constexpr (requires { std::forward<T>(awaitable).operator co_await(); })
        return std::forward<T>(awaitable).operator co_await();
    else if constexpr (requires { operator co_await(std::forward<T>(awaitable)); })
        return operator co_await(std::forward<T>(awaitable));
    else
        return std::forward<T>(awaitable);
}

template <typename T>
concept Awaitable = !std::is_void_v<T> && requires(T && value)
{
    {
        getAwaiter(std::forward<T>(value))
        } -> Awaiter;
};

template <typename T>
struct AsyncTraits
{
    static constexpr bool isAsync = false;
};

template <Awaitable T>
struct AsyncTraits<T>
{
    static constexpr bool isAsync = true;
    using Value = std::remove_cvref_t<decltype(getAwaiter(std::declval<T>()).await_resume())>;
};

template <typename T>
struct AsyncTraits<QFuture<T>>
{
    static constexpr bool isAsync = true;
    using Value = T;
};

template <typename T>
struct AsyncTraits<PendingCall<T>>
{
    static constexpr bool isAsync = true;
    using Value = T;
};

/// A type whose values stand for results that come later.
template <typename T>
concept Asynchronous = AsyncTraits<std::remove_cvref_t<T>>::isAsync;

/// T, or what comes of it if it is asynchronous.
template <typename T>
struct Settled
{
    using Type = std::remove_cvref_t<T>;
};
template <Asynchronous T>
struct Settled<T>
{
    using Type = typename AsyncTraits<std::remove_cvref_t<T>>::Value;
};
template <typename T>
using SettledType = typename Settled<T>::Type;

/// What calling a decayed F with decayed arguments returns; void where that is impossible (to be
/// reported by a static_assert, which reads better).
template <typename F, typename... Args>
struct Returned
{
    using Type = void;
};
template <typename F, typename... Args>
requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
struct Returned<F, Args...>
{
    using Type = std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>;
};
template <typename F, typename... Args>
using ReturnType = typename Returned<F, Args...>::Type;

// What a function takes first; void if that is nothing, or not known.

template <typename F>
struct FirstParameter
{
    using Type = void;
};
template <typename F>
requires requires
{
    &F::operator();
}
struct FirstParameter<F> : FirstParameter<decltype(&F::operator())>
{};
template <typename R, typename A, typename... Rest>
struct FirstParameter<R (*)(A, Rest...)>
{
    using Type = A;
};
template <typename R, typename A, typename... Rest>
struct FirstParameter<R (*)(A, Rest...) noexcept>
{
    using Type = A;
};
template <typename R, typename C, typename A, typename... Rest>
struct FirstParameter<R (C::*)(A, Rest...)>
{
    using Type = A;
};
template <typename R, typename C, typename A, typename... Rest>
struct FirstParameter<R (C::*)(A, Rest...) const>
{
    using Type = A;
};
template <typename R, typename C, typename A, typename... Rest>
struct FirstParameter<R (C::*)(A, Rest...) noexcept>
{
    using Type = A;
};
template <typename R, typename C, typename A, typename... Rest>
struct FirstParameter<R (C::*)(A, Rest...) const noexcept>
{
    using Type = A;
};
template <typename F>
using FirstParameterType = typename FirstParameter<std::decay_t<F>>::Type;

/// Whether P is an X<T> &: a function that takes one first is handed it, before all arguments.
template <template <typename> class X, typename P>
constexpr bool isHanded = false;
template <template <typename> class X, typename T>
constexpr bool isHanded<X, X<T> &> = true;
template <typename P>
constexpr bool isHandedFirst =
        isHanded<QPromise, P> || isHanded<TaskStatus, P> || isHanded<Yield, P>;

/// The T of what a function is handed first.
template <typename P>
struct HandedValue;
template <template <typename> class X, typename T>
struct HandedValue<X<T> &>
{
    using Type = T;
};
template <typename F>
using HandedValueType = typename HandedValue<FirstParameterType<F>>::Type;

/// A function that reports through a QPromise<T> &, its first parameter.
template <typename F>
concept TakesPromise = isHanded<QPromise, FirstParameterType<F>>;

/// Whether there is nothing to call: a null pointer, an empty std::function.
template <typename F>
bool isNullCallable(const F &f)
{
    if constexpr (std::is_pointer_v<F> || std::is_member_pointer_v<F> || requires {
                      typename F::result_type;
                      static_cast<bool>(f);
                      f == nullptr;
                  })
        return f == nullptr;
    else
        return false;
}

} // namespace Detail
} // namespace QFerry
