// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/unwinding.h>
#include <qferry/deadline.h>
#include <qferry/taskstatus.h>

namespace QFerry {

/**
 * Something that is entered and left asynchronously, in a loop: a session, a transaction.
 * asyncEnter() returns a QFuture, PendingCall or awaitable of what the body works with; asyncExit()
 * is called exactly once after that has succeeded, with the error that ended the body (or null),
 * and returns one of bool: true suppresses the error.
 */
template <typename M>
concept AsyncContextManager = requires(M &manager, std::exception_ptr error)
{
    {
        manager.asyncEnter()
        } -> Detail::Asynchronous;
    {
        manager.asyncExit(error)
        } -> Detail::Asynchronous;
    requires std::same_as < Detail::SettledType<decltype(manager.asyncExit(error))>,
    bool > ;
};

namespace Detail {

/**
 * The life of a context manager in a loop: entered, waiting to be told to exit, left. Finishes with
 * what asyncExit() returned. A cancel makes it exit, or not enter.
 */
class QFERRY_EXPORT ManagerCall final : public SettableCall<bool>
{
public:
    ManagerCall();
    ~ManagerCall() override;

    /// \name Any thread
    /// @{
    /// Asks for the exit. False if it has been asked for.
    bool requestExit(std::exception_ptr error);
    /// Waits until the manager has been left, or its loop has ended: what asyncExit() returned or
    /// threw.
    bool waitForExit();
    /// Finishes with how the manager was left, unless it has finished.
    void end(bool isSuppressed, const std::exception_ptr &error);
    /// @}

    /// \name The loop
    /// @{
    /// asyncEnter() is under way.
    void setEntering(const CallPtr &enter);
    /// Finishes when the exit has been asked for.
    CallPtr exitRequested() const { return CallPtr(m_exitRequested.data()); }
    std::exception_ptr exitError() const;
    /// @}

protected:
    CallPtr cancelRequested(const QString &reason) override;

private:
    const QExplicitlySharedDataPointer<SettableCall<void>> m_exitRequested;
    std::atomic<bool> m_hasEnded{ false };
    mutable std::mutex m_mutex;
    bool m_isAskedToExit = false;
    std::exception_ptr m_exitError;
    CallPtr m_enter;
};
using ManagerPtr = QExplicitlySharedDataPointer<ManagerCall>;

QFERRY_EXPORT ContextPtr contextWithoutScope();

template <typename M>
PendingCall<bool> startExit(M &manager, const std::exception_ptr &error)
{
    // The task may have been canceled, and its scope with it: the exit has to work all the same.
    const ContextFrame frame(contextWithoutScope());
    PendingCall<bool> exit = toPendingCall(manager.asyncExit(error));
    if (exit.core())
        exit.core()->observe(); // even if it cannot be awaited, because the loop has ended
    return exit;
}

/// Enters the manager, tells status what with, waits, and leaves it.
template <typename M, typename V>
DetachedCoroutine manage(std::shared_ptr<M> manager, std::shared_ptr<TaskStatus<V>> status,
                         ManagerPtr call)
{
    std::exception_ptr error;
    try {
        const PendingCall<V> enter = toPendingCall(manager->asyncEnter());
        call->setEntering(enter.core());
        if constexpr (std::is_void_v<V>) {
            co_await enter;
            status->started();
        } else {
            status->started(co_await enter);
        }
    } catch (...) {
        error = std::current_exception();
    }
    if (error) {
        call->end(false, error);
        co_return;
    }
    try {
        co_await PendingCall<void>(call->exitRequested());
    } catch (...) { // the loop ends, and nothing can be awaited in it any more
        call->requestExit(std::current_exception());
        error = std::make_exception_ptr(
                CanceledError(QStringLiteral("the event loop that it ran in ended")));
    }
    bool isSuppressed = false;
    try {
        isSuppressed = co_await startExit(*manager, call->exitError());
    } catch (...) {
        if (!error)
            error = std::current_exception();
    }
    manager.reset(); // before the one who waits goes on
    call->end(isSuppressed, error);
}

/// Ends the call of a manager that goes without having been entered.
class QFERRY_EXPORT ManagerKeeper
{
public:
    explicit ManagerKeeper(ManagerPtr call) : m_call(std::move(call)) {}
    ManagerKeeper(ManagerKeeper &&) = default;
    ManagerKeeper &operator=(ManagerKeeper &&) = delete;
    ~ManagerKeeper();

    const ManagerPtr &call() const { return m_call; }

private:
    ManagerPtr m_call;
};

/// The one task that a manager is entered and left in.
template <typename F>
class ManagerTask final : public PortalFunctionTask<bool, F>
{
public:
    ManagerTask(ManagerPtr call, F &&function)
        : PortalFunctionTask<bool, F>(std::move(function), PortalTask::Operation::Manager)
        , m_call(std::move(call))
    {}

protected:
    void operationLost() override { m_call->end(false, std::make_exception_ptr(CanceledError())); }

private:
    const ManagerPtr m_call;
};

/// As awaitStarted(); if that throws, the manager has been left by then.
QFERRY_EXPORT void awaitEntered(PortalTask &task, const CallPtr &started, ManagerCall &call);

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
        const auto status = std::make_shared<TaskStatus<ValueType>>();
        auto function = [manager = m_manager, status, keeper = Detail::ManagerKeeper(call)] {
            Detail::manage(manager, status, keeper.call());
            return PendingCall<bool>(Detail::CallPtr(keeper.call().data()));
        };
        const QExplicitlySharedDataPointer task(
                new Detail::ManagerTask<decltype(function)>(call, std::move(function)));
        Detail::checkCaller();
        Detail::PortalVisit visit(m_portal);
        const Detail::CallPtr started(status->call());
        task->observe(); // started, or call, tells
        visit.send(*task, {});
        status->call()->follow(Detail::CallPtr(task.data()));
        Detail::awaitEntered(*task, started, *call);
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
