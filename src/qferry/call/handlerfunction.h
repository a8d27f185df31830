// SPDX-License-Identifier: MIT
// What a handler may be: what QObject::connect() takes for a slot.
#pragma once

#include <qferry/base/callable.h>
#include <qferry/base/methodcall.h>

#include <QtCore/qobject.h>

namespace QFerry::Detail {

/// A member function of a handler's context, of type M. As a slot, it may leave out the arguments.
template <typename M>
class ContextMethod
{
    using Object = typename MemberClass<M>::Type;

public:
    ContextMethod(Object *object, M method) : m_object(object), m_method(method) {}

    template <typename... Args>
    requires std::invocable<M, Object *, Args...>
    decltype(auto) operator()(Args &&...args) const
    {
        return std::invoke(m_method, m_object, std::forward<Args>(args)...);
    }
    template <typename First, typename... Rest>
    requires(!std::invocable<M, Object *, First,
                             Rest...> && std::invocable<M, Object *>) decltype(auto)
    operator()(First &&, Rest &&...) const
    {
        return std::invoke(m_method, m_object);
    }

    bool isNull() const { return m_method == nullptr; }

private:
    Object *m_object; // the context: no handler runs without it
    M m_method;
};

template <typename M>
struct FirstParameter<ContextMethod<M>> : FirstParameter<M>
{};

template <typename M>
bool isNullCallable(const ContextMethod<M> &method)
{
    return method.isNull();
}

/// Whether F is a member function of a context's class.
template <typename Context, typename F>
constexpr bool isContextMethod()
{
    if constexpr (std::is_member_function_pointer_v<F>)
        return std::is_convertible_v<const Context &, typename MemberClass<F>::Type *>;
    else
        return false;
}

template <typename Context, typename F>
struct HandlerFunction
{
    using Type = F;
};
template <typename Context, typename F>
requires(isContextMethod<Context, F>()) struct HandlerFunction<Context, F>
{
    using Type = ContextMethod<F>;
};
/// What is kept of an F that is given as a handler.
template <typename Context, typename F>
using HandlerFunctionType = typename HandlerFunction<Context, std::decay_t<F>>::Type;

/// The function that is given as a handler of an Argument, if that is not void.
template <typename Argument, typename Context, typename F>
decltype(auto) handlerFunction(const Context &context, F &&f)
{
    using Function = std::decay_t<F>;
    static_assert(std::is_convertible_v<const Context &, QObject *>,
                  "QFerry: the context of a handler is a pointer to a QObject (whose class is "
                  "complete here): the object whose thread the handler runs in");
    if constexpr (isContextMethod<Context, Function>()) {
        return ContextMethod<Function>(context, f);
    } else {
        static_assert(!std::is_member_function_pointer_v<
                              Function> || std::is_invocable_v<Function, Argument>,
                      "QFerry: a member function that is given as a handler is one of the context. "
                      "Pass the object that has it as the context, or a lambda");
        return std::forward<F>(f);
    }
}

template <typename>
inline constexpr bool never = false;

/// Where a handler is given alone. (The handle is returned for what is chained to that.)
template <typename F, typename Handle>
auto needsContext(const Handle &handle)
{
    static_assert(
            never<F>,
            "QFerry: a handler needs a context first: the object whose thread it runs in, and "
            "whose end drops it, such as call.then(this, f)");
    return handle;
}

} // namespace QFerry::Detail
