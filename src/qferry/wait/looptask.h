// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/forwardingcall.h>
#include <qferry/call/scopestate.h>
#include <qferry/looptoken.h>
#include <qferry/wait/functiontask.h>

namespace QFerry::Detail {

/**
 * The call of toLoop(): a function on its way into a loop, and what it starts there, if it is
 * asynchronous.
 *
 * A cancel before the function runs ends the call; later it is passed on to what has been started,
 * and the call ends as that does, so that it may use what its caller keeps for it.
 */
class QFERRY_EXPORT LoopTask : public ForwardingCall, public Continuation, public LoopEndListener
{
public:
    ~LoopTask() override;

    /// To be called once, in any thread, whose context and scope go along. Throws NoEventLoopError.
    void start(const LoopToken &loop);

    bool isAwaited() const final { return true; }
    void deliver() final;
    void loopFinished() final;
    void callFinished() final;
    bool mayWait() const final { return true; }
    void loopHasEnded() final;
    void keepListener() final { ref.ref(); }
    void releaseListener() final { release(this); }

protected:
    explicit LoopTask(bool isAsynchronous) : m_isAsynchronous(isAsynchronous), m_member(this) {}

    /// Runs the function: stores its result, or returns what it started. May throw.
    virtual CallPtr invoke() = 0;
    void takeResult(CallCore &operation) override = 0;
    virtual void dropFunction() noexcept = 0;
    CallPtr cancelRequested(const QString &reason) final;

private:
    /// Doomed: canceled while the function runs. Over: finished, or about to, by who moved it on.
    enum class Stage : quint8 { Posted, Running, Doomed, Waiting, Over };

    bool advance(Stage from, Stage to)
    {
        return m_stage.compare_exchange_strong(from, to, std::memory_order_acq_rel);
    }
    void waitFor(CallPtr operation);
    void cancelOperation(const QString &reason);
    void leaveScopes();
    void endUnbegun(Outcome outcome, std::exception_ptr error = {});

    const bool m_isAsynchronous;
    std::atomic<Stage> m_stage{ Stage::Posted };
    LoopToken m_loop;
    ContextPtr m_context;
    ScopeState::Ptr m_scope; // of what the function starts
    ScopeMember m_member;    // of the caller's scope
    CallPtr m_operation;
};

/// A LoopTask of function F, which binds its arguments; R is what comes of it.
template <typename R, typename F>
class LoopFunctionTask final : public FunctionTask<LoopTask, R, F>
{
    using Base = FunctionTask<LoopTask, R, F>;

public:
    explicit LoopFunctionTask(F &&function) : Base(std::move(function), Base::isAsynchronous) {}
};

} // namespace QFerry::Detail
