// SPDX-License-Identifier: MIT
// Functions' types in the errors of the compiler, who alone reads this.
#pragma once

#include <functional>
#include <type_traits>

namespace QFerry::Detail {

/// A function's type as people write it, for the compiler to name in its errors; where there is not
/// one (templates, overloads), the type of the function object.
template <typename F>
struct SignatureOf
{
    using Type = F;
};
template <typename R, typename... A>
struct SignatureOf<R (*)(A...)>
{
    using Type = R(A...);
};
template <typename R, typename... A>
struct SignatureOf<R (*)(A...) noexcept>
{
    using Type = R(A...);
};

template <typename Member>
struct SignatureOfCall;
template <typename R, typename C, typename... A>
struct SignatureOfCall<R (C::*)(A...)>
{
    using Type = R(A...);
};
template <typename R, typename C, typename... A>
struct SignatureOfCall<R (C::*)(A...) const>
{
    using Type = R(A...);
};
template <typename R, typename C, typename... A>
struct SignatureOfCall<R (C::*)(A...) noexcept>
{
    using Type = R(A...);
};
template <typename R, typename C, typename... A>
struct SignatureOfCall<R (C::*)(A...) const noexcept>
{
    using Type = R(A...);
};
template <typename F>
requires requires
{
    typename SignatureOfCall<decltype(&F::operator())>::Type;
}
struct SignatureOf<F> : SignatureOfCall<decltype(&F::operator())>
{};

/// Whether a function of this signature takes arguments of these types. Says both in a failed
/// static_assert.
template <typename Signature, bool yes, typename... Args>
struct Takes
{
    static constexpr bool value = yes; // not inherited: the compiler names the type it is in
};

} // namespace QFerry::Detail
