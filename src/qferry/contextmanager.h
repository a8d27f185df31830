// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/asyncmanager.h>
#include <qferry/base/unwinding.h>
#include <qferry/deadline.h>
#include <qferry/portal/managercall.h>
#include <qferry/taskstatus.h>

namespace QFerry {

namespace Detail {

/// What all guards have in common.
class QFERRY_EXPORT EnteredContextBase
{
public:
    /**
     * Leaves the context manager: calls its asyncExit(error) in the portal's loop and waits for it.
     * Returns whether it suppresses the error; throws its own. Also throws CanceledError if the
     * manager had been left before because the task or the portal ended, and there is no error to
     * tell of that; InvalidUseError the second time, and in the portal's own thread.
     */
    bool exit(const std::exception_ptr &error = {});

protected:
    EnteredContextBase(PortalState::Ptr portal, ManagerPtr call);
    EnteredContextBase(EnteredContextBase &&other) noexcept = default;
    ~EnteredContextBase();

private:
    PortalState::Ptr m_portal;
    ManagerPtr m_call;
    Unwinding m_unwinding;
};

} // namespace Detail

/**
 * An entered context manager, which is left when this goes: with CanceledError if an exception is
 * on its way then, as nobody can tell which. What asyncExit() throws or suppresses then has no
 * effect but a log entry; use exit() or BlockingContextManager::run() where it matters. For one
 * thread at a time.
 */
template <typename V>
class [[nodiscard]] EnteredContext : public Detail::EnteredContextBase
{
public:
    EnteredContext(EnteredContext &&) noexcept = default;

    /// What asyncEnter() gave.
    V &value() { return m_value; }
    V &operator*() { return m_value; }
    V *operator->() { return &m_value; }

private:
    template <typename M>
    friend class BlockingContextManager;
    EnteredContext(Detail::PortalState::Ptr portal, Detail::ManagerPtr call, V value)
        : EnteredContextBase(std::move(portal), std::move(call)), m_value(std::move(value))
    {}

    V m_value;
};
template <>
class [[nodiscard]] EnteredContext<void> : public Detail::EnteredContextBase
{
public:
    EnteredContext(EnteredContext &&) noexcept = default;

private:
    template <typename M>
    friend class BlockingContextManager;
    using EnteredContextBase::EnteredContextBase;
};

/// An asynchronous context manager for the use of blocking threads: see
/// BlockingPortal::wrapAsyncContextManager().
template <typename M>
class BlockingContextManager
{
    using Manager = std::remove_reference_t<M>;
    static_assert(AsyncContextManager<Manager>,
                  "QFerry: wrapAsyncContextManager() takes an object with asyncEnter() and "
                  "asyncExit(std::exception_ptr), which "
                  "return a QFuture, PendingCall or awaitable, of bool the latter");

public:
    /// What asyncEnter() gives.
    using ValueType = Detail::SettledType<decltype(std::declval<Manager &>().asyncEnter())>;

    /// Enters the manager and waits for that: the guard that leaves it. Not in the portal's own
    /// thread (InvalidUseError). Throws what asyncEnter() failed with, PortalNotRunningError and
    /// CanceledError.
    EnteredContext<ValueType> enter()
    {
        const Detail::ManagerPtr call(new Detail::ManagerCall);
        const Detail::CallPtr started = Detail::enterManager<ValueType>(m_portal, m_manager, call);
        if constexpr (std::is_void_v<ValueType>)
            return EnteredContext<void>(m_portal, call);
        else
            return EnteredContext<ValueType>(m_portal, call,
                                             Detail::takeResult<ValueType>(started));
    }

    /// Enters the manager, runs body(value), or body(), in this thread, and leaves the manager with
    /// the error that body threw. Returns body's result in a std::optional (for a void body: a
    /// bool), which is empty (false) if body threw and the manager suppressed that. Throws as
    /// enter() and exit().
    template <typename F>
    auto run(F &&body)
    {
        using Raw = typename Detail::BodyReturned<ValueType, F>::Type;
        static_assert(!Detail::Asynchronous<Raw>, "QFerry: run(body) runs a blocking body in this "
                                                  "thread, and this one is asynchronous");
        typename Detail::OptionalResult<std::remove_cvref_t<Raw>>::Type result{};
        auto entered = enter();
        std::exception_ptr error;
        const auto runBody = [&]() -> Raw {
            if constexpr (Detail::takesValue<ValueType, F>())
                return std::invoke(std::forward<F>(body), entered.value());
            else
                return std::invoke(std::forward<F>(body));
        };
        try {
            if constexpr (std::is_void_v<Raw>) {
                runBody();
                result = true;
            } else {
                result.emplace(runBody());
            }
        } catch (...) {
            error = std::current_exception();
        }
        if (!entered.exit(error) && error)
            std::rethrow_exception(error);
        return result;
    }

private:
    friend class BlockingPortal;
    BlockingContextManager(Detail::PortalState::Ptr portal, M &&manager)
        : m_portal(std::move(portal)), m_manager(keep(std::forward<M>(manager)))
    {}

    static std::shared_ptr<Manager> keep(M &&manager)
    {
        if constexpr (std::is_lvalue_reference_v<M>)
            return { std::shared_ptr<void>(), &manager }; // refers to it
        else
            return std::make_shared<Manager>(std::move(manager));
    }

    const Detail::PortalState::Ptr m_portal;
    const std::shared_ptr<Manager> m_manager;
};

} // namespace QFerry
