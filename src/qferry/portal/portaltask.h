// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/lists.h>
#include <qferry/call/awaitable.h>
#include <qferry/call/forwardingcall.h>
#include <qferry/call/result.h>
#include <qferry/call/scopestate.h>
#include <qferry/portal/portalstate.h>
#include <qferry/wait/asyncrequest.h>
#include <qferry/wait/functiontask.h>

namespace QFerry::Detail {

/**
 * A function on its way through a portal: runs in the portal's loop, and finishes as it does or, if
 * it is asynchronous, as the operation does that it started.
 *
 * A cancel finishes the task at once, so nobody waits on for it, and is passed on to the operation.
 * The task stays in the portal until that has ended, too, because it may still use what outlives
 * the portal; but not if it is a QFuture, which need not ever end once canceled. A task that its
 * caller waits for, to end or to start, finishes no sooner than it leaves the portal, as it may use
 * what is on the caller's stack.
 *
 * Its link is of the portal's list, and guarded by the portal's mutex.
 */
class QFERRY_EXPORT PortalTask : public ForwardingCall,
                                 public Continuation,
                                 public LoopEndListener,
                                 public ListLink<PortalTask>
{
public:
    /// What the function starts.
    enum class Operation : quint8 {
        None,    ///< nothing: it is plain
        Future,  ///< a QFuture
        Call,    ///< a PendingCall or an awaitable
        Manager, ///< a context manager: a call that is told to end when the portal closes
    };

    ~PortalTask() override;

    /// To be called once, after portal.enter(); the caller's context goes with the task.
    void start(const PortalState::Ptr &portal, const QString &name);
    /// The same for a caller that is about to wait(); the task is its own, and so is its name.
    void startForWaiter(const PortalState::Ptr &portal);
    /// Waits for the task; throws how else than with a value it ended.
    void wait();
    /// From now on it does not finish, once it is canceled, before its operation does, unless that
    /// is a QFuture. Any thread.
    void endWithOperation();

    /// What its function has started. Of one that is among its portal's tasks.
    const CallPtr &operation() const { return m_operation; }
    SightNumber &number() { return m_number; }

    PortalState &portal() const { return *m_portal; }
    bool endsWithPortal() const { return m_kind == Operation::Manager; }
    /// There is one consumer: the task's QFuture, or the thread that waits.
    bool isSoleOwner() const final { return isLentToThisAlone(); }
    bool isAwaited() const final { return true; }
    void deliver() final;
    void loopFinished() final;
    void callFinished() final;
    bool mayWait() const final { return true; }
    void loopHasEnded() final;
    void keepListener() final { ref.ref(); }
    void releaseListener() final { release(this); }

protected:
    explicit PortalTask(Operation kind) : m_kind(kind) {}

    /// Runs the function: stores its result, or returns the operation that it started. May throw.
    virtual CallPtr invoke() = 0;
    void takeResult(CallCore &operation) override = 0;
    virtual void dropFunction() noexcept = 0;
    /// Whether nobody wants the result any more, so the function need not run.
    virtual bool isUnwanted() const { return false; }
    /// The loop ended, and perhaps the operation never will.
    virtual void operationLost() {}
    CallPtr cancelRequested(const QString &reason) final;

private:
    /// Doomed: canceled while the function runs. Ending: canceled, and finishes when the operation
    /// does. Over: finished, or about to. As others move the task on meanwhile, who would do so
    /// from several stages tries the earliest first.
    enum class Stage : quint8 { Posted, Running, Doomed, Waiting, Ending, Over };

    bool advance(Stage from, Stage to);
    void post(const PortalState::Ptr &portal, ContextPtr context);
    void skip();
    void run();
    void waitFor(CallPtr operation);
    void cancelWaiting(const QString &reason);
    void cancelOperation(const QString &reason);
    void leavePortal();

    SightNumber m_number;
    const Operation m_kind;
    std::atomic<bool> m_endsWithOperation{ false }; // though it is canceled
    std::atomic<Stage> m_stage{ Stage::Posted };
    PortalState::Ptr m_portal;
    ContextPtr m_context;
    ScopeState::Ptr m_scope; // of the calls that the operation makes
    CallPtr m_operation;
};

template <typename Raw>
constexpr PortalTask::Operation operationOf()
{
    if constexpr (!Asynchronous<Raw>)
        return PortalTask::Operation::None;
    else if constexpr (endsOnceCanceled<Raw>())
        return PortalTask::Operation::Call;
    else
        return PortalTask::Operation::Future;
}

/// A PortalTask of function F, which binds its arguments; R is what comes of it.
template <typename R, typename F>
class PortalFunctionTask : public FunctionTask<PortalTask, R, F>
{
public:
    explicit PortalFunctionTask(
            F &&function, PortalTask::Operation kind = operationOf<std::invoke_result_t<F &>>())
        : FunctionTask<PortalTask, R, F>(std::move(function), kind)
    {}

    R take()
    {
        if constexpr (!std::is_void_v<R>) {
            if (!this->lender())
                return this->m_result.take();
            return resultOf<R>(*this);
        }
    }
};

} // namespace QFerry::Detail
