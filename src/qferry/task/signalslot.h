// SPDX-License-Identifier: MIT
// How signal() and emissions() hear of a sender: traits for the compiler, and what they connect.
#pragma once

#include <qferry/base/callable.h>
#include <qferry/base/methodcall.h>
#include <qferry/base/signature.h>

#include <QtCore/qobject.h>
#include <QtCore/qshareddata.h>

#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace QFerry::Detail {

template <typename... T>
struct TypeList
{};

/// Whether T is what makes a signal private: a class that each QObject class has for itself, and
/// that nobody else may name.
template <typename T>
constexpr bool isPrivateMark()
{
    return std::is_empty_v<
                   T> && std::string_view(Q_FUNC_INFO).find("::QPrivateSignal") != std::string_view::npos;
}

/// The decayed arguments of a signal, without what makes it private.
template <typename Done, typename... Args>
struct SentTypes
{
    using Type = Done;
};
template <typename... Done, typename First, typename... Rest>
struct SentTypes<TypeList<Done...>, First, Rest...>
    : SentTypes<std::conditional_t<isPrivateMark<std::decay_t<First>>(), TypeList<Done...>,
                                   TypeList<Done..., std::decay_t<First>>>,
                Rest...>
{};

/// What stands for several values.
template <typename List>
struct OneOf;
template <>
struct OneOf<TypeList<>>
{
    using Type = void;
};
template <typename T>
struct OneOf<TypeList<T>>
{
    using Type = T;
};
template <typename First, typename Second, typename... Rest>
struct OneOf<TypeList<First, Second, Rest...>>
{
    using Type = std::tuple<First, Second, Rest...>;
};

template <typename List>
constexpr bool areCopyable = false;
template <typename... T>
constexpr bool areCopyable<TypeList<T...>> = (isCopyable<T> && ...);

/// Of a signal, given as a pointer to a member function; of anything else it sends nothing.
template <typename Signal>
struct SignalTraits
{
    using Class = void;
    using Values = TypeList<>;
};
template <typename Signature>
struct SentBy;
template <typename R, typename... Args>
struct SentBy<R(Args...)> : SentTypes<TypeList<>, Args...>
{};
template <typename Signal>
requires std::is_member_function_pointer_v<Signal>
struct SignalTraits<Signal>
{
    using Class = typename MemberClass<Signal>::Type;
    using Values = typename SentBy<typename SignatureOfCall<Signal>::Type>::Type;
};

/// Says what is wrong with a signal that something of the API was given; whether nothing is.
template <typename Sender, typename Signal>
constexpr bool checkSignal()
{
    constexpr bool isSignal = std::is_member_function_pointer_v<Signal>;
    static_assert(isSignal,
                  "QFerry: a signal is given as &Class::signal, with qOverload<> if there are "
                  "several of that name; SIGNAL() does not tell the types of its arguments");
    if constexpr (isSignal) {
        constexpr bool isOfSender =
                std::is_convertible_v<Sender *, const typename SignalTraits<Signal>::Class *>;
        static_assert(isOfSender, "QFerry: this signal is not one of the sender's class");
        constexpr bool canBeKept = areCopyable<typename SignalTraits<Signal>::Values>;
        static_assert(canBeKept,
                      "QFerry: the arguments of a signal are copied, to be there after the "
                      "emission, and one of these cannot be. Connect to this signal instead");
        return isOfSender && canBeKept;
    } else {
        return false;
    }
}

/// Where a functor that is handed over by Qt has been made, and where it is entered: for a
/// sanitizer that does not see Qt's locks.
QFERRY_EXPORT void slotHasMoved() noexcept;
QFERRY_EXPORT void slotIsEntered() noexcept;

/**
 * What a signal is connected to, with its sender for the context: it lives until it has been
 * disconnected or the sender dies, and tells its target then, by connectionEnded(). So there need
 * be no second connection, to QObject::destroyed().
 *
 * In any thread; connectionEnded() in the one that destroys the sender, or disconnects.
 */
template <typename Target, typename... Values>
class SignalSlot
{
public:
    explicit SignalSlot(Target *target) : m_target(target) {}
    SignalSlot(SignalSlot &&other) noexcept : m_target(std::move(other.m_target))
    {
        slotHasMoved();
    }
    SignalSlot &operator=(SignalSlot &&) = delete;
    ~SignalSlot()
    {
        slotIsEntered();
        if (m_target)
            m_target->connectionEnded();
    }

    void operator()(const Values &...values) const
    {
        slotIsEntered();
        m_target->emitted(values...);
    }

private:
    QExplicitlySharedDataPointer<Target> m_target;
};

} // namespace QFerry::Detail
