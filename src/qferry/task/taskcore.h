// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/scopestate.h>
#include <qferry/task/framechain.h>
#include <qferry/task/tasklaunch.h>
#include <qferry/task/taskowner.h>
#include <qferry/worker/activetask.h>

namespace QFerry::Detail {

class CallNode;
class LoopInbox;
class TaskCore;
using TaskCorePtr = QExplicitlySharedDataPointer<TaskCore>;

/**
 * A task: a chain of coroutines that await each other, with one context, one place in the tree of
 * scopes and one thread. It is the call of its first coroutine.
 *
 * It resumes its coroutines itself, one after the other, in a loop (run()): whoever is awaited, or
 * ends, merely says who is next. So the native stack does not grow, however the compiler treats
 * symmetric transfer, and context, cancel and death are looked at in one place.
 *
 * What goes on elsewhere tells the task (signal()), which looks for itself when its loop turns: a
 * wait may be over, or its scope canceled. A cancel that finds the task suspended cancels what is
 * awaited; the task goes on when that has ended. One that finds it running is seen by the next
 * await.
 *
 * A task that has lost its owner, or its loop, is doomed: its await throws once, and frames that
 * await again are destroyed, from the innermost on. Before that, the tasks that may refer to its
 * coroutines' locals are (FrameTasks). One of those that is just running, below on the stack, holds
 * it back until its own end.
 */
class QFERRY_EXPORT TaskCore : public ActiveTask, public InboxItem, public ListLink<TaskCore>
{
public:
    enum Signal : quint8 { Begin = 1, Look = 2, Wake = 4, Dead = 8 };

    ~TaskCore() override;

    /// The task that the running thread is in; null outside of tasks.
    static TaskCore *current();

    /// Starts it, once, with its first coroutine, in a scope of its own. What goes wrong is the
    /// call's error.
    void start(TaskFrame &root, const TaskLaunch &launch);
    /// There is no coroutine.
    void startFailed(std::exception_ptr error);

    /// \name Any thread
    /// @{
    void signal(Signal what);
    bool isCurrentThread() const;
    bool hasBegun() const final { return !(m_signals.load(std::memory_order_relaxed) & Begin); }
    void giveUp() final { m_isGivenUp.store(true, std::memory_order_relaxed); }
    bool isGivenUp() const final { return m_isGivenUp.load(std::memory_order_relaxed); }
    bool isRunning() const final { return m_isRunning.load(std::memory_order_relaxed); }
    bool isAwaitedByThread() const final { return false; }
    void keepListener() final { ref.ref(); }
    void releaseListener() final { release(this); }
    /// @}

    /// \name The task's thread, for what it awaits
    /// @{
    /// Whether an await may begin, throws CanceledError, or never ends: the frame is to go.
    enum class Admission : quint8 { Go, Throw, Halt };
    Admission admission();
    /// Whether its owner or its loop has gone: nothing is waited for any more.
    bool isDoomed() const { return m_isDoomed; }
    /// Throws CanceledError, with the reason, if the current scope is canceled.
    void throwIfCanceled() const;
    [[noreturn]] void throwCanceled() const;
    QString cancelReason() const;
    /// Whether an await that is ready may go on at once: for 1 ms, then the loop gets its turn.
    bool mayGoOn() { return Q_LIKELY(++m_readyAwaits % readyPerLook) || isInTime(); }
    /// Null: it is never over.
    void suspend(Wait *wait) { m_frames.suspend(wait); }
    /// It does not wait, after all.
    void goOn() { m_frames.unsuspend(); }
    void enter(TaskFrame &child) { m_frames.enter(child); }
    /// Tells it by Wake that a call has ended. Kept from one wait to the next.
    CallNode *node();
    void leaveNodeBehind();
    /// @}

    /// \name The task's thread
    /// @{
    bool hasEnded() const { return m_frames.isEmpty(); }
    /// The coroutine that runs.
    TaskFrame &activeFrame() const { return m_frames.active(); }
    void frameEnded(TaskFrame &frame) noexcept { m_frames.ended(frame); }
    /// The object has gone that one of its frames works for.
    void frameDied();
    /// Ends before this returns, or, if it runs, when it awaits next.
    void doom(const QString &reason);
    /// It is doomed, and nothing holds it back any more.
    void unwind();
    void disown();
    void deliver() override;
    void loopFinished() final { release(this); }
    void loopHasEnded() final;
    /// @}

protected:
    TaskCore();

    /// Takes the result out of the first coroutine. May throw.
    virtual void takeResultOf(TaskFrame &root) = 0;
    /// What made the coroutine, which may use its captures until then.
    virtual void dropFunction() noexcept {}
    CallPtr cancelRequested(const QString &reason) final;
    /// Goes on here and now if its wait is over; if it cannot, when its loop turns.
    void goOnHere();

private:
    class Running;
    static constexpr int readyPerLook = 64;

    void setRunning(bool isRunning) { m_isRunning.store(isRunning, std::memory_order_relaxed); }
    void prepare(TaskFrame &root, const TaskLaunch &launch);
    void own(TaskOwner &owner);
    void expectSignals();
    void begin();
    void look();
    void serve(quint8 given);
    void resumeLeaf();
    void run();
    void resumeAll();
    void takeResult();
    bool isInTime();
    void clearDead();
    void destroyDead();
    bool closeTasks();
    void endUnbegun(std::exception_ptr error);
    void end();

    QExplicitlySharedDataPointer<LoopInbox> m_inbox;
    ScopeState::Ptr m_scope;
    ScopeMember m_member{ this, true };
    std::atomic<quint8> m_signals{ 0 };

    // The task's thread.
    bool m_hasBegun = false;
    std::atomic<bool> m_isRunning{ false }; // others may look
    int m_readyAwaits = 0; // that went on at once, since it was resumed
    ContextPtr m_context;  // while it does not run
    quint64 m_frame = 0;  // by which ContextVar::reset() knows it
    FrameChain m_frames;
    QExplicitlySharedDataPointer<CallNode> m_node;
    TaskOwner *m_owner = nullptr;
    bool m_isDoomed = false;
    bool m_isTold = false; // that it is doomed
    bool m_hasDead = false;
    bool m_isInLoop = false;
    bool m_hasMissed = false; // a signal, as it ran
    std::atomic<bool> m_isGivenUp{ false };
};

} // namespace QFerry::Detail
