// SPDX-License-Identifier: MIT
// Who calls fromThread(), which loop it means, and for which object. The calling thread enters, and
// the loop's for the object.
#pragma once

#include <qferry/looptoken.h>

#include <QtCore/qobject.h>
#include <QtCore/qpointer.h>

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

namespace QFerry::Detail {

/// Throws NoEventLoopError if the token names no loop.
void requireValid(const LoopToken &loop);
/// Throws what is wrong with calling that loop from this thread.
void checkLoop(const LoopToken &loop);
/// Throws CanceledError if the running worker has been canceled, unless nobody would hear of that
/// because it is abandonable, or the scope that the running thread is in.
QFERRY_EXPORT void checkCaller();
/// The token of the loop that the running worker's call was made from. Throws NoEventLoopError.
[[nodiscard]] QFERRY_EXPORT const LoopToken &originLoop();
/// For waitInThread(future). Throws NoEventLoopError.
QFERRY_EXPORT void requireWorkerToWait();
/// Why the function did not run.
std::exception_ptr loopFinishedError();

/// What fromThread() takes for its context: a pointer to a QObject, or a QPointer.
template <typename T>
concept ContextPointer =
        std::convertible_to<T, const QObject *> && !std::same_as<std::remove_cvref_t<T>,
                                                                 std::nullptr_t>;

/// Throws CanceledError if the object has gone, InvalidUseError if the running thread is not its
/// own.
QFERRY_EXPORT void checkContext(const QObject *context);

/// A function that a worker has for an object: runs in the object's thread, if the object is there.
template <typename C, typename F>
class FunctionFor
{
    template <typename... Args>
    static constexpr bool isMemberCall =
            std::is_member_pointer_v<F> &&std::invocable<F &, C *, Args...>;

public:
    template <typename Context, typename Function>
    FunctionFor(const Context &context, Function &&function)
        : m_context(context), m_function(std::forward<Function>(function))
    {}

    template <typename... Args>
    requires(isMemberCall<Args...> || std::invocable<F &, Args...>) decltype(auto) operator()(
            Args &&...args)
    {
        checkContext(m_context);
        if constexpr (isMemberCall<Args...>)
            return std::invoke(m_function, m_context.data(), std::forward<Args>(args)...);
        else
            return std::invoke(m_function, std::forward<Args>(args)...);
    }

private:
    const QPointer<C> m_context;
    F m_function;
};
template <typename Context, typename Function>
FunctionFor(const Context &, Function &&)
        -> FunctionFor<std::remove_reference_t<decltype(*std::declval<const Context &>())>,
                       std::decay_t<Function>>;

} // namespace QFerry::Detail
