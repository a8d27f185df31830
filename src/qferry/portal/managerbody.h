// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <type_traits>

namespace QFerry::Detail {

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

} // namespace QFerry::Detail
