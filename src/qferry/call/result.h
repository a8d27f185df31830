// SPDX-License-Identifier: MIT
// How a consumer gets the result of a finished call. In the consumer's thread.
#pragma once

#include <qferry/base/callable.h>
#include <qferry/base/resultbox.h>
#include <qferry/call/callcore.h>

namespace QFerry::Detail {

template <typename T, typename F>
constexpr bool canLookAt()
{
    if constexpr (isCopyable<T>)
        return std::is_invocable_v<F, const T &>;
    else
        return false;
}

/// Gives a finished call's result to f: to keep, if nobody else can see it; else to look at or to
/// copy.
template <typename T, typename F>
decltype(auto) withResult(CallCore &source, F &&f)
{
    T &value = *static_cast<T *>(source.result());
    if constexpr (canLookAt<T, F>()) {
        if (!source.isSoleOwner())
            return std::invoke(std::forward<F>(f), std::as_const(value));
    } else {
        if (!source.claimResult())
            throwResultTaken();
    }
    return std::invoke(std::forward<F>(f), std::move(value));
}

/// The same, as an R.
template <typename T, typename R = T>
R resultOf(CallCore &source)
{
    return withResult<T>(source,
                         [](auto &&value) -> R { return std::forward<decltype(value)>(value); });
}

/// Takes over the result of a finished call, of whatever type.
template <typename T>
void storeResult(ResultBox<T> &box, CallCore &source)
{
    if constexpr (std::is_void_v<T>)
        box.store();
    else
        withResult<T>(source,
                      [&box](auto &&value) { box.store(std::forward<decltype(value)>(value)); });
}

} // namespace QFerry::Detail
