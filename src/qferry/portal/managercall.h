// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/awaitable.h>
#include <qferry/call/awaiter.h>
#include <qferry/portal/awaitstart.h>

#include <atomic>
#include <memory>
#include <mutex>

namespace QFerry::Detail {

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

/// Enters the manager in the portal's loop; returns a call that has finished with what it gave.
template <typename V, typename M>
CallPtr enterManager(const PortalState::Ptr &portal, const std::shared_ptr<M> &manager,
                     const ManagerPtr &call)
{
    const auto status = std::make_shared<TaskStatus<V>>();
    auto function = [manager, status, keeper = ManagerKeeper(call)] {
        manage(manager, status, keeper.call());
        return PendingCall<bool>(CallPtr(keeper.call().data()));
    };
    const QExplicitlySharedDataPointer task(
            new ManagerTask<decltype(function)>(call, std::move(function)));
    checkCaller();
    PortalVisit visit(portal);
    const CallPtr started(status->call());
    task->observe(); // started, or call, tells
    visit.send(*task, {});
    status->call()->follow(CallPtr(task.data()));
    awaitEntered(*task, started, *call);
    return started;
}

} // namespace QFerry::Detail
