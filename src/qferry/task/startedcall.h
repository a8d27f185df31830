// SPDX-License-Identifier: MIT
// The call of a task's start. Settled in the thread that calls started(), or ends the task.
#pragma once

#include <qferry/base/callable.h>
#include <qferry/call/awaitable.h>
#include <qferry/call/awaiter.h>

#include <memory>

namespace QFerry::Detail {

/// Settled once: by started(), or by the end of the task.
class QFERRY_EXPORT StartGate
{
public:
    /// False if the task has ended. Throws InvalidUseError the second time.
    bool passStarted();
    /// False if started() came first.
    bool passEnded();

private:
    enum class State : quint8 { Starting, Started, Ended };
    std::atomic<State> m_state{ State::Starting };
};

[[noreturn]] QFERRY_EXPORT void throwNotStarted();

/// Finishes when a task says that it has started, or ends without having said so.
template <typename V>
class StartedCall final : public SettableCall<V>, public Continuation
{
public:
    bool isSoleOwner() const override { return !m_canceled; }

    template <typename... Value>
    void start(Value &&...value)
    {
        if (m_gate.passStarted())
            this->settle([&]() -> V { return V(std::forward<Value>(value)...); });
    }

    /// cancelsIt: a cancel of this call is one of the task; before others know this call, who may
    /// be several.
    void follow(const CallPtr &task, bool cancelsIt = false)
    {
        if (cancelsIt)
            m_canceled = task;
        m_task = task.data();
        this->ref.ref(); // until callFinished()
        task->attach(this);
    }
    void callFinished() override
    {
        if (m_gate.passEnded()) {
            this->settle([this]() -> V {
                if (m_task->outcome() != Outcome::Value)
                    throwOutcome(*m_task);
                throwNotStarted();
            });
        }
        release(this);
    }
    void deliver() override {}
    void loopFinished() override {}

protected:
    CallPtr cancelRequested(const QString &) override { return m_canceled; }

private:
    StartGate m_gate;
    CallPtr m_canceled;         // with this
    CallCore *m_task = nullptr; // lives until callFinished() at least
};

/// A function that takes a TaskStatus<V> & first.
template <typename F>
concept TakesStatus = isHanded<TaskStatus, FirstParameterType<F>>;

/// Stands for the TaskStatus & among the bound arguments of a function, and keeps it.
template <typename Status>
class StatusReference
{
public:
    explicit StatusReference(std::shared_ptr<Status> status) : m_status(std::move(status)) {}
    operator Status &() const { return *m_status; } // NOLINT(google-explicit-constructor)

private:
    std::shared_ptr<Status> m_status;
};

} // namespace QFerry::Detail
