// SPDX-License-Identifier: MIT
// How the calls of threaded() and threadedIterable() begin: in any thread.
#pragma once

#include <qferry/stream/generator.h>

namespace QFerry::Detail {

/// Whether a call of F makes a stream.
template <typename F, typename... Args>
constexpr bool isLazy()
{
    if constexpr (TakesYield<F>)
        return true;
    else
        return isSinglePass<ReturnType<F, Args...>>();
}

template <typename F, bool fits, typename... Args>
constexpr void checkWrappedArguments()
{
    static_assert(Takes<typename SignatureOf<F>::Type, fits, Args...>::value,
                  "QFerry: the arguments do not fit the signature of the wrapped function "
                  "(they are copied or moved into "
                  "the worker: use std::ref to share)");
}

/// Calls a function that is wrapped as an F, right here.
template <typename F, typename... Args>
decltype(auto) callWrapped(const F &function, Args &&...args)
{
    using Call = CallableType<F>;
    constexpr bool fits = std::is_invocable_v<Call, Args...>;
    checkWrappedArguments<F, fits, Args...>();
    if (isNullCallable(function))
        throwNothingToCall();
    if constexpr (fits)
        return std::invoke(Call(function), std::forward<Args>(args)...);
}

/// Calls a function that is wrapped as an F in a worker: its PendingCall, or its Stream.
template <typename F, typename G, typename... Args>
auto startWrapped(const CallOptions &options, G &&function, Args &&...args)
{
    const auto make = [&](auto &&...bound) {
        using Call = CallableType<F>;
        using Returned = typename GeneratorReturn<Call, decltype(bound)...>::Type;
        static_assert(!Asynchronous<Returned>,
                      "QFerry: threaded() wraps blocking functions, and this one is "
                      "asynchronous (it returns a QFuture, "
                      "PendingCall or awaitable). Call it in the loop instead");
        if constexpr (isLazy<Call, decltype(bound)...>()) {
            constexpr bool fits = GeneratorTraits<Call, decltype(bound)...>::isGenerator;
            checkWrappedArguments<F, fits, Args...>();
            if constexpr (fits)
                return makeStream(defaultStreamMaxSize(), options,
                                  CallableType<G>(std::forward<G>(function)),
                                  std::forward<decltype(bound)>(bound)...);
        } else {
            constexpr bool isCallable = std::invocable<Call, std::decay_t<decltype(bound)>...>;
            constexpr bool fits = isCallable || TakesPromise<Call>;
            checkWrappedArguments<F, fits, Args...>();
            if constexpr (fits)
                return toThread(options, CallableType<G>(std::forward<G>(function)),
                                std::forward<decltype(bound)>(bound)...);
        }
    };
    return withBoundArguments<F>(make, std::forward<Args>(args)...);
}

/// Makes a stream of a generator that is wrapped as an F.
template <typename F, typename G, typename... Args>
auto startIterable(std::optional<qsizetype> maxSize, const CallOptions &options, G &&generator,
                   Args &&...args)
{
    using Call = CallableType<F>;
    const auto make = [&](auto &&...bound) {
        constexpr bool isGenerator = GeneratorTraits<Call, decltype(bound)...>::isGenerator;
        using Returned = typename GeneratorReturn<Call, decltype(bound)...>::Type;
        static_assert(!Asynchronous<Returned>,
                      "QFerry: threadedIterable() wraps blocking generators, and this function "
                      "is asynchronous (it returns a QFuture, "
                      "PendingCall or awaitable). Call it in the loop instead");
        static_assert(Takes<typename SignatureOf<F>::Type, isGenerator, Args...>::value,
                      "QFerry: threadedIterable() wraps a function that returns a range or "
                      "takes a Yield<T> & first, and the "
                      "arguments must fit its signature (they are copied or moved)");
        if constexpr (isGenerator)
            return makeStream(maxSize ? *maxSize : defaultStreamMaxSize(), options,
                              CallableType<G>(std::forward<G>(generator)),
                              std::forward<decltype(bound)>(bound)...);
        else
            return Stream<typename GeneratorTraits<Call, Args...>::Item>();
    };
    return withBoundArguments<F>(make, std::forward<Args>(args)...);
}

} // namespace QFerry::Detail
