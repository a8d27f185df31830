// SPDX-License-Identifier: MIT
// co_await of what is not this library's, in a task. Whoever resumes may do so in any thread; the
// rest is the task's.
#pragma once

#include <qferry/base/callable.h>
#include <qferry/task/taskwait.h>

namespace QFerry::Detail {

/// Stands for a task's coroutine where somebody else's awaitable wants one to resume: tells the
/// task, which goes on in its own thread. One that is left behind waits until it is resumed.
class QFERRY_EXPORT Relay final : public QSharedData
{
public:
    using Ptr = QExplicitlySharedDataPointer<Relay>;

    explicit Relay(TaskCore *task) : m_task(task) {}

    /// To be resumed once, or destroyed.
    static std::coroutine_handle<> handleOf(const Ptr &relay);
    bool isResumed() const { return m_isResumed.load(std::memory_order_acquire); }
    void leaveBehind() { m_isStale.store(true, std::memory_order_release); }

private:
    struct Coroutine;
    static Coroutine wait(Ptr relay);
    void resumed();

    const TaskCorePtr m_task;
    std::atomic<bool> m_isResumed{ false };
    std::atomic<bool> m_isStale{ false };
};

/// It cannot be told of a cancel: the wait goes on until it resumes, and only the next one throws.
/// In a scope that is canceled it does not begin.
template <typename A>
class ForeignWait final : public TaskWait
{
    using Awaiter = decltype(getAwaiter(std::declval<A>()));

public:
    explicit ForeignWait(A &&awaitable) : m_awaiter(getAwaiter(std::forward<A>(awaitable))) {}
    ~ForeignWait()
    {
        if (m_relay)
            m_relay->leaveBehind();
    }

    bool await_ready() { return isAdmitted() ? bool(m_awaiter.await_ready()) : throws(); }
    bool await_suspend(std::coroutine_handle<>)
    {
        if (!suspend())
            return true;
        m_relay.reset(new Relay(&task()));
        try {
            if (suspendTheirs(Relay::handleOf(m_relay)))
                return true;
        } catch (...) {
            task().goOn();
            throw;
        }
        task().goOn();
        return false;
    }
    decltype(auto) await_resume()
    {
        throwIfToldTo();
        return m_awaiter.await_resume();
    }

    bool isOver() const override { return throws() || m_relay->isResumed(); }
    void cancelWait(const QString &) override {}

private:
    /// False if there is nothing to wait for.
    bool suspendTheirs(std::coroutine_handle<> relay)
    {
        using R = decltype(m_awaiter.await_suspend(relay));
        if constexpr (std::is_void_v<R>) {
            m_awaiter.await_suspend(relay);
        } else if constexpr (std::same_as<R, bool>) {
            if (!m_awaiter.await_suspend(relay)) {
                relay.destroy();
                return false;
            }
        } else {
            m_awaiter.await_suspend(relay).resume();
        }
        return true;
    }

    Awaiter m_awaiter;
    Relay::Ptr m_relay;
};

} // namespace QFerry::Detail
