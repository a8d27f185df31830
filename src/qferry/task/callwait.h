// SPDX-License-Identifier: MIT
// co_await of a call, in a task. Its thread.
#pragma once

#include <qferry/call/awaiter.h>
#include <qferry/task/taskwait.h>

namespace QFerry::Detail {

/// Waits until a call has ended, also if the scope is canceled meanwhile: then the call is, too. So
/// what runs in a worker may refer to the locals of who awaits it. Only a task that is doomed leaves
/// a call behind.
class QFERRY_EXPORT CallWaitBase : public TaskWait
{
public:
    bool await_ready();
    void await_suspend(std::coroutine_handle<>)
    {
        if (suspend())
            attach();
    }

    bool isOver() const final { return throws() || m_call->isFinished(); }
    void cancelWait(const QString &reason) final;
    void abandonWait() final;

protected:
    explicit CallWaitBase(CallPtr call) : m_call(std::move(call)) {}
    ~CallWaitBase()
    {
        if (m_isAttached)
            leaveBehind({});
    }

    /// The call, which has ended with a value; else throws.
    CallPtr takeCall();

private:
    bool hasToEnd();
    void attach();
    void leaveBehind(const QString &reason);

    CallPtr m_call;
    bool m_isAttached = false;
};

template <typename T>
class CallWait final : public CallWaitBase
{
public:
    explicit CallWait(CallPtr call) : CallWaitBase(std::move(call)) {}

    T await_resume()
    {
        const CallPtr call = takeCall();
        if constexpr (!std::is_void_v<T>)
            return resultOf<T>(*call);
    }
};

} // namespace QFerry::Detail
