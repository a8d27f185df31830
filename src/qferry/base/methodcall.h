// SPDX-License-Identifier: MIT
// Member functions, called with their object first as free functions are with their arguments.
#pragma once

#include <qferry/base/callable.h>
#include <qferry/base/signature.h>
#include <qferry/errors.h>

#include <utility>

namespace QFerry::Detail {

[[noreturn]] QFERRY_EXPORT void throwDeadObject();
[[noreturn]] QFERRY_EXPORT void throwNothingToCall();

template <typename F>
struct MemberClass
{
    using Type = void;
};
template <typename M, typename C>
struct MemberClass<M C::*>
{
    using Type = C;
};

/// Calls a member function of what its first argument is or points to, if there is such an object.
template <typename F>
class MethodCall
{
public:
    explicit MethodCall(F method) : m_method(method) {}

    template <typename Object, typename... Args>
    requires std::is_invocable_v<F, Object, Args...>
    decltype(auto) operator()(Object &&object, Args &&...args) const
    {
        check(object);
        return std::invoke(m_method, std::forward<Object>(object), std::forward<Args>(args)...);
    }

    /// The same for a member that is handed something first, as a free function would be.
    template <typename Handed, typename Object, typename... Args>
    requires(isHandedFirst<FirstParameterType<F>> &&std::is_convertible_v<Handed,
                                                                          FirstParameterType<F>> &&
                     std::is_invocable_v<F, Object, FirstParameterType<F>, Args...>) decltype(auto)
    operator()(Handed &&handed, Object &&object, Args &&...args) const
    {
        check(object);
        return std::invoke(m_method, std::forward<Object>(object),
                           static_cast<FirstParameterType<F>>(handed), std::forward<Args>(args)...);
    }

private:
    template <typename Object>
    void check(const Object &object) const
    {
        if (!m_method)
            throwNothingToCall();
        if constexpr (requires { object == nullptr; }) {
            if (object == nullptr)
                throwDeadObject();
        }
    }

    F m_method;
};

template <typename F>
struct FirstParameter<MethodCall<F>>
{
    using Type =
            std::conditional_t<isHandedFirst<FirstParameterType<F>>, FirstParameterType<F>, void>;
};

/// A function as it is called: with checks of the object, if it is a member. (Types, not functions
/// that return what they were given: GCC 12 loses sight of what a lambda refers to that goes
/// through one of those by value, and reads what it has changed from a register.)
template <typename F>
using CallableType = std::conditional_t<std::is_member_function_pointer_v<std::decay_t<F>>,
                                        MethodCall<std::decay_t<F>>, std::decay_t<F>>;

/// The same only for a member that is handed something first; others are called as they are.
template <typename F>
using HandedFirstType = std::conditional_t<isHandedFirst<FirstParameterType<std::decay_t<F>>>,
                                           CallableType<F>, std::decay_t<F>>;

/// A function with its arguments, copied or moved in, to be called once: with what it is handed
/// before them, if anything.
template <typename F, typename... Args>
auto bindCall(F &&fn, Args &&...args)
{
    return [fn = HandedFirstType<F>(std::forward<F>(fn)),
            ... args = std::decay_t<Args>(std::forward<Args>(args))](auto &...handed) mutable
           -> std::invoke_result_t<HandedFirstType<F>, decltype(handed)..., std::decay_t<Args>...> {
        return std::invoke(std::move(fn), handed..., std::move(args)...);
    };
}

/// An argument as it travels: an object whose member function is called stays where it is,
/// everything else is copied or moved.
template <typename F, bool isFirst, typename Arg>
decltype(auto) boundArgument(Arg &&arg)
{
    using Class = typename MemberClass<F>::Type;
    constexpr bool isObject = std::is_base_of_v<Class, std::remove_cvref_t<Arg>>;
    if constexpr (isFirst && isObject && std::is_lvalue_reference_v<Arg>)
        return std::ref(arg);
    else
        return std::forward<Arg>(arg);
}

/// Calls with(arguments as they travel...).
template <typename F, typename With, typename... Args>
decltype(auto) withBoundArguments(With &&with)
{
    return with();
}
template <typename F, typename With, typename First, typename... Rest>
decltype(auto) withBoundArguments(With &&with, First &&first, Rest &&...rest)
{
    return with(boundArgument<F, true>(std::forward<First>(first)),
                boundArgument<F, false>(std::forward<Rest>(rest))...);
}

} // namespace QFerry::Detail
