// SPDX-License-Identifier: MIT
// co_await of a call. In the thread that awaits.
#pragma once

#include <qferry/call/result.h>
#include <qferry/call/scopestate.h>

#include <coroutine>

namespace QFerry::Detail {

/// Resumes a coroutine, through the event loop of the thread that awaited, once a call has
/// finished. If the scope that the coroutine runs in is canceled before, so is the call.
class QFERRY_EXPORT CoroutineResumer final : public QSharedData,
                                             public Continuation,
                                             public LoopEndListener
{
public:
    using Ptr = QExplicitlySharedDataPointer<CoroutineResumer>;

    /// Throws NoEventLoopError if the running thread has no event loop.
    CoroutineResumer();
    ~CoroutineResumer();

    void start(const CallPtr &call, std::coroutine_handle<> coroutine);
    /// The coroutine resumed: throws LoopFinishedError if it did so because the loop ended.
    void resumed();
    /// The coroutine is gone.
    void abandon();

    void callFinished() override;
    void deliver() override;
    void loopFinished() override;
    void loopHasEnded() override;
    bool isAwaitedByThread() const override { return false; }
    void keepListener() override { ref.ref(); }
    void releaseListener() override { release(this); }

private:
    void joinScope();
    void resume();

    QExplicitlySharedDataPointer<LoopInbox> m_inbox;
    ContextPtr m_context;
    quint64 m_frame; // by which ContextVar::reset() knows the coroutine
    CallPtr m_call;
    std::unique_ptr<ScopeMember> m_membership; // of the call, while it is awaited; if in a scope
    std::coroutine_handle<> m_coroutine;       // of the loop's thread
    bool m_loopFinished = false;
};

[[noreturn]] QFERRY_EXPORT void throwOutcome(CallCore &call);

/// What co_await makes of a PendingCall<T>.
template <typename T>
class CallAwaiter
{
public:
    explicit CallAwaiter(CallPtr call) : m_call(std::move(call)) {}
    CallAwaiter(CallAwaiter &&) noexcept = default;
    CallAwaiter &operator=(CallAwaiter &&) = delete;
    ~CallAwaiter()
    {
        if (m_resumer)
            m_resumer->abandon();
    }

    bool await_ready() const { return !m_call || m_call->isFinished(); }
    void await_suspend(std::coroutine_handle<> coroutine)
    {
        const CoroutineResumer::Ptr resumer(new CoroutineResumer);
        m_resumer = resumer; // this may be gone as soon as it starts
        resumer->start(m_call, coroutine);
    }
    T await_resume()
    {
        if (const auto resumer = std::exchange(m_resumer, {}))
            resumer->resumed();
        const CallPtr call = std::exchange(m_call, {});
        if (!call)
            throw CanceledError();
        call->observe();
        if (call->outcome() != Outcome::Value)
            throwOutcome(*call);
        if constexpr (!std::is_void_v<T>)
            return resultOf<T>(*call);
    }

private:
    CallPtr m_call;
    CoroutineResumer::Ptr m_resumer;
};

} // namespace QFerry::Detail
