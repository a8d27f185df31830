// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/lists.h>
#include <qferry/call/callcore.h>
#include <qferry/call/cancelhook.h>
#include <qferry/call/progresslistener.h>
#include <qferry/call/scopestate.h>
#include <qferry/calloptions.h>
#include <qferry/pool/workitem.h>

namespace QFerry::Detail {

struct CallExtras;

/// What a thread that executes a call waits for.
enum class WorkerWait : quint8 {
    None,
    Loop, ///< the answer of a loop
    Call, ///< another call, or what a loop has started
    Room, ///< in a channel
};

/**
 * A call of toThread(): waits for its limiter's token, then for a worker, runs there, and finishes.
 *
 * This is all of it but the function and the result, which the derived template adds. What few
 * calls need (name, scope, timeout, hooks, progress) is in CallExtras, made when needed.
 */
class QFERRY_EXPORT WorkerCall : public CallCore, public WorkItem
{
public:
    ~WorkerCall() override;

    /// The call that the running thread executes; null outside of workers.
    static WorkerCall *current() noexcept;

    /// To be called once, when the object is complete: it begins with two references, the handle's
    /// and the worker's, which drop() gives up.
    void startOrFail(const CallOptions &options) noexcept;
    /// Instead, or if nothing comes of that: the call fails, unless it was canceled first.
    void startFailed(std::exception_ptr error);

    /// \name Any thread
    /// @{
    const LoopToken &origin() const { return m_origin; }
    QString name() const final;
    ContextPart *scope() const final;
    bool isSoleOwner() const final;
    bool finishesBeforeQuit() const { return m_finishBeforeQuit; }
    bool isAbandoned() const final { return m_isAbandoned.load(std::memory_order_relaxed); }
    bool isBlocked() const final;
    void addProgressListener(ProgressListener *listener) final;
    /// Whether its function runs, or ran.
    bool hasBegun() const { return m_stage.load(std::memory_order_acquire) != Stage::Queued; }
    /// What its function waits for at present.
    WorkerWait wait() const { return m_wait.load(std::memory_order_relaxed); }
    /// May throw, as they may need memory.
    CallExtras &extras();
    /// Null if it has none so far.
    CallExtras *extrasIfAny() const { return m_extras.load(std::memory_order_acquire); }
    /// @}

    /// \name The call's worker
    /// @{
    void reportProgress(const Progress &progress);
    /// Whether the call itself, its scope or an ancestor is canceled; scopes entered since hide it
    /// if shielded.
    bool isCanceledHere() const;
    /// The scope that the function has entered; null if that is the call's own.
    ScopeState *innerScope() const;
    QString cancelReason() const;
    bool isAbandonable() const { return m_abandonable; }
    /// Its function waits; returns what it has waited for so far.
    WorkerWait setWait(WorkerWait wait)
    {
        const WorkerWait outer = m_wait.load(std::memory_order_relaxed);
        m_wait.store(wait, std::memory_order_relaxed);
        return outer;
    }
    void addHook(const HookPtr &hook);
    void removeHook(const HookPtr &hook);
    /// The token that nested calls may run with while this one blocks; null if it has none.
    TokenLoan *ownLoan();
    /// @}

    TokenLoan *loan() const final;
    LimiterState *limiter() const final { return m_limiter; }
    void execute(bool tidiesUp) final;
    void drop() final;
    bool dropQuickly() final;
    void refused() final;

protected:
    WorkerCall();

    /// Runs the function and stores its result. May throw.
    virtual void invoke() = 0;
    virtual void dropFunction() noexcept = 0;
    /// Whether no foreign code runs when a call that has succeeded goes.
    virtual bool hasQuickEnd() const { return false; }
    void keepCancelReason(const QString &reason) final;
    CallPtr cancelRequested(const QString &reason) override;

private:
    enum class Stage : quint8 { Queued, Running, Done };
    void start(const CallOptions &options);
    void takeOptions(const CallOptions &options);
    bool advance(Stage from, Stage to)
    {
        return m_stage.compare_exchange_strong(from, to, std::memory_order_seq_cst);
    }
    bool joinScope(CancelScope *scope);
    void startTimeout(std::chrono::nanoseconds timeout);
    void takeLoan();
    void queue();
    void startDedicated(bool detach);
    void runHere(bool tidiesUp);
    void finishEarly(std::exception_ptr error);
    void leave();
    void finishCanceled(const QString &whyNotBegun = {});
    bool hasTimedOut() const;
    void endListening();

    std::atomic<Stage> m_stage{ Stage::Queued };
    bool m_abandonable = false;
    bool m_finishBeforeQuit = false;
    std::atomic<bool> m_isAbandoned{ false };
    std::atomic<bool> m_dropped{ false };
    std::atomic<WorkerWait> m_wait{ WorkerWait::None };
    LimiterState *m_limiter = nullptr; // lives while this waits for its token or holds it
    ContextPtr m_context;
    LoopToken m_origin;
    std::atomic<CallExtras *> m_extras{ nullptr };
    MarkedStack<ProgressListener> m_listeners;
};

/// While it lives, the running thread waits. If it executes a call, who looks at that can tell.
/// They nest.
class NotedWait
{
public:
    explicit NotedWait(WorkerWait wait) : m_call(WorkerCall::current())
    {
        if (m_call)
            m_outer = m_call->setWait(wait);
    }
    ~NotedWait()
    {
        if (m_call)
            m_call->setWait(m_outer);
    }
    Q_DISABLE_COPY_MOVE(NotedWait)

    WorkerCall *call() const { return m_call; }

private:
    WorkerCall *const m_call;
    WorkerWait m_outer = WorkerWait::None;
};

} // namespace QFerry::Detail
