// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/scopestate.h>
#include <qferry/task/taskframe.h>
#include <qferry/worker/activetask.h>

#include <memory>
#include <vector>

namespace QFerry {

struct TaskOptions;

namespace Detail {

class CallNode;
class LoopInbox;
class TaskCore;
using TaskCorePtr = QExplicitlySharedDataPointer<TaskCore>;

/// What a suspended task waits for; lives in the frame that awaits it. The task's thread.
class Wait
{
public:
    virtual bool isOver() const = 0;
    /// Its scope was canceled: has what is waited for end, and the wait with it.
    virtual void cancelWait(const QString &reason) = 0;
    /// Ends the wait, whatever it waits for.
    virtual void abandonWait() = 0;

protected:
    Wait() = default;
    ~Wait() = default;
    Q_DISABLE_COPY_MOVE(Wait)
};

/// Whose tasks these are: they end with it. The tasks' thread.
class QFERRY_EXPORT TaskOwner
{
public:
    TaskOwner() = default;
    Q_DISABLE_COPY_MOVE(TaskOwner)

    int count() const { return m_count; }
    /// Those that there are now: they may end, and others begin, while something is done to them.
    std::vector<TaskCorePtr> tasks() const;
    /// Cancels all, without a wait.
    void cancelAll(const QString &reason);
    /// Ends all, here and now (but who is running, when it awaits next), and what is started from
    /// now on before it begins.
    void close(const QString &reason);
    bool isClosed() const { return m_isClosed; }

protected:
    /// They go on alone.
    ~TaskOwner();
    /// The last task has ended of those that there were when it was closed.
    virtual void lastHasEnded() {}

private:
    friend class TaskCore;
    LinkedList<TaskCore> m_tasks;
    int m_count = 0;
    bool m_isClosed = false;
};

/// The tasks that must not outlive a coroutine of another task: the body of its failAfter(), the
/// tasks of its group.
class FrameTasks final : public InCallMemory, public TaskOwner
{
public:
    explicit FrameTasks(TaskFrame &frame) : m_frame(frame) {}

protected:
    void lastHasEnded() override;

private:
    TaskFrame &m_frame;
};

/// How a task is started.
struct TaskLaunch
{
    /// Soon: in the loop's next turn. Awaited: at once, and whoever starts it waits for it, and
    /// lends it his token.
    enum class When : quint8 { Now, Soon, Awaited };

    When when = When::Now;
    ScopeState *scope = ScopeState::current(); // to be nested in
    TaskOwner *owner = nullptr;      // if none, and it is awaited: the coroutine that starts it
    const QObject *object = nullptr; // to end with
    QString name = {};

    /// The same with what the options say.
    QFERRY_EXPORT TaskLaunch with(const TaskOptions &options) const;
};

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
    void suspend(TaskFrame &leaf, Wait *wait)
    {
        m_leaf = &leaf;
        m_wait = wait;
    }
    /// It does not wait, after all.
    void goOn()
    {
        m_leaf = nullptr;
        m_wait = nullptr;
    }
    void enter(TaskFrame &child) { m_next = &child; }
    /// Tells it by Wake that a call has ended. Kept from one wait to the next.
    CallNode *node();
    void leaveNodeBehind();
    /// @}

    /// \name The task's thread
    /// @{
    bool hasEnded() const { return !m_root; }
    bool isRunning() const final { return m_isRunning; }
    /// The coroutine that runs.
    TaskFrame &activeFrame() const { return *m_active; }
    void frameEnded(TaskFrame &frame) noexcept
    {
        m_next = frame.parent;
        m_rootEnded = !frame.parent;
    }
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

    void prepare(TaskFrame &root, const TaskLaunch &launch);
    void own(TaskOwner *owner);
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
    TaskFrame *innermost() const;
    void destroyFrom(TaskFrame &frame);
    void destroyDownTo(TaskFrame &frame);
    bool closeTasksDownTo(TaskFrame &frame);
    void endUnbegun();
    void end();

    QExplicitlySharedDataPointer<LoopInbox> m_inbox;
    ScopeState::Ptr m_scope;
    ScopeMember m_member{ this, true };
    std::atomic<quint8> m_signals{ 0 };

    // The task's thread.
    bool m_hasBegun = false;
    bool m_isRunning = false;
    bool m_rootEnded = false;
    int m_readyAwaits = 0; // that went on at once, since it was resumed
    ContextPtr m_context;  // while it does not run
    quint64 m_frame = 0;  // by which ContextVar::reset() knows it
    FrameSlot m_root;
    TaskFrame *m_first = nullptr;
    TaskFrame *m_active = nullptr; // runs
    TaskFrame *m_next = nullptr;   // to be resumed
    TaskFrame *m_leaf = nullptr;   // suspended, for:
    Wait *m_wait = nullptr;
    QExplicitlySharedDataPointer<CallNode> m_node;
    TaskOwner *m_owner = nullptr;
    bool m_isDoomed = false;
    bool m_isTold = false; // that it is doomed
    bool m_hasDead = false;
    bool m_isInLoop = false;
    bool m_hasMissed = false; // a signal, as it ran
    std::atomic<bool> m_isGivenUp{ false };
};

/// Of a Task that was neither awaited nor started: tells of that, unless an exception is on its
/// way.
QFERRY_EXPORT void dropUnbegun(std::coroutine_handle<> frame) noexcept;

/// A task's continuation of the call that it awaits. One that is left behind stays with that call.
class QFERRY_EXPORT CallNode final : public QSharedData, public InCallMemory, public Continuation
{
public:
    explicit CallNode(TaskCore *task) : m_task(task) {}

    void attachTo(CallCore &call)
    {
        ref.ref(); // until callFinished()
        call.attach(this);
    }
    void leaveBehind() { m_isStale.store(true, std::memory_order_release); }
    void callFinished() override;
    void deliver() override {}
    void loopFinished() override {}

private:
    const TaskCorePtr m_task;
    std::atomic<bool> m_isStale{ false };
};

} // namespace Detail
} // namespace QFerry
