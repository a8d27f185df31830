// SPDX-License-Identifier: MIT
// The state of all calls, which every room above builds on. Any thread.
#pragma once

#include <qferry/base/lists.h>
#include <qferry/loop/inboxitem.h>
#include <qferry/looptoken.h>
#include <qferry/progress.h>
#include <qferry/thread/callmemory.h>

#include <QtCore/qshareddata.h>
#include <QtCore/qstring.h>

#include <atomic>
#include <exception>

namespace QFerry::Detail {

class CallCore;
struct ContextPart;
using CallPtr = QExplicitlySharedDataPointer<CallCore>;

/// How a call ended.
enum class Outcome : quint8 { Pending, Value, Error, Canceled };

/// What is to be done once a call has finished.
class QFERRY_EXPORT Continuation : public InboxItem
{
public:
    /// Called once, in the thread that finished the call (or attached this, if the call was
    /// finished). Must be quick and must not throw.
    virtual void callFinished() = 0;
    /// Whether callFinished() runs foreign code, which might wait for another continuation. Asked
    /// just before.
    virtual bool mayWait() const { return false; }

protected:
    Continuation() = default;
    ~Continuation() = default;
};

/**
 * The shared state of a call: what the handles, the worker and the handlers refer to.
 *
 * It finishes once. Finishing leaves the mark at the bottom of the stack of continuations, which
 * also publishes the outcome. An exchange does that, however few references there are: one may be a
 * member that others copy, to attach in the next moment. Only where the finisher alone can make
 * copies of the one reference that there is, a store is enough.
 */
class QFERRY_EXPORT CallCore : public QSharedData, public InCallMemory
{
public:
    virtual ~CallCore();

    /// \name Any thread
    /// @{
    bool isFinished() const
    {
        return m_continuations.top(std::memory_order_acquire) == Continuations::mark();
    }
    Outcome outcome() const { return isFinished() ? m_outcome : Outcome::Pending; }
    bool isCancelRequested() const
    {
        return m_flags.load(std::memory_order_acquire) & CancelRequested;
    }
    void cancel(const QString &reason);
    /// The continuation's callFinished() is called once; it keeps itself alive until then.
    void attach(Continuation *continuation);
    /// Somebody looks at the outcome: an error in it needs no log entry.
    void observe() { m_observed.store(true, std::memory_order_relaxed); }
    /// The listener hears of the progress of the function at the root of this call, until that
    /// ends.
    virtual void addProgressListener(ProgressListener *listener);
    /// @}

    /// \name After the call has finished
    /// @{
    /// Who asks has seen the error. (Of a canceled call: its CanceledError, if that has a reason.)
    const std::exception_ptr &error()
    {
        if (m_outcome == Outcome::Error)
            outcomeSeen(true);
        return m_error;
    }
    /// The address of the result; null if it is void.
    virtual void *result() { return nullptr; }
    /// Whether the one who asks is the only one who can ever see the result.
    virtual bool isSoleOwner() const { return ref.loadAcquire() == 1; }
    /// True for the first one who asks.
    bool claimResult()
    {
        CallCore *const holder = lender();
        return !((holder ? holder : this)->setFlag(ResultTaken) & ResultTaken);
    }
    /// The call that takes its outcome back when it goes, if nobody has seen that; null if there is
    /// none. Who hands such an outcome on keeps the lender instead.
    virtual CallCore *lender() { return nullptr; }
    /// False takes it back that somebody has, by result() or error().
    virtual void outcomeSeen(bool) {}
    /// @}

    /// If the call has a QFuture<T> of its own, puts that into *future, a QFuture<T>.
    virtual bool provideFuture(void *future);
    virtual QString name() const { return {}; }
    /// The scope that the call belongs to, and then() handlers with it; null if there is none.
    virtual ContextPart *scope() const { return nullptr; }

protected:
    CallCore() = default;
    /// Before the call looks canceled: who sees that finds the reason.
    virtual void keepCancelReason(const QString &reason);
    /// Acts on the first cancel(); returns the call to be canceled next, if any.
    virtual CallPtr cancelRequested(const QString &reason);
    void finish(Outcome outcome, std::exception_ptr error = {});
    /// The same by who holds a reference that nobody else copies: if it is the only one, nobody
    /// can attach meanwhile.
    void finishOwned(Outcome outcome, std::exception_ptr error = {});
    /// The same in a continuation, after all foreign code in it: what follows comes behind the
    /// other continuations.
    void finishInTurn(Outcome outcome, std::exception_ptr error = {});
    /// Finishes in turn, as another call has that is finished.
    void finishAs(CallCore &source);
    /// For finishAs(): takes over the source's result. May throw, which is this call's error then.
    virtual void takeResult(CallCore &source);
    /// For finishAs(): the outcome stays with the lender, whose result is of this call's type.
    virtual void keepLender(const CallPtr &lender);

private:
    using Continuations = MarkedStack<Continuation>;
    enum Flag : quint8 { CancelRequested = 1, ResultTaken = 2 };
    quint8 setFlag(Flag flag) { return m_flags.fetch_or(flag, std::memory_order_acq_rel); }
    Continuation *close(Outcome outcome, std::exception_ptr &&error);

    std::atomic<quint8> m_flags{ 0 };
    std::atomic<bool> m_observed{ false };
    Outcome m_outcome = Outcome::Pending;
    Continuations m_continuations;
    std::exception_ptr m_error;
};

/// Gives up a reference. (By an exchange also if it is the last one: an alarm may be about to take
/// another, \sa unlessGoing().)
template <typename T>
void release(T *shared)
{
    if (!shared->ref.deref())
        delete shared;
}

[[noreturn]] QFERRY_EXPORT void throwResultTaken();

/// A finished call that was canceled.
QFERRY_EXPORT CallPtr canceledCall();
/// A call that finishes, with nothing, once the other has ended, however; at once if there is none.
/// A cancel does not reach that one.
QFERRY_EXPORT CallPtr endOf(const CallPtr &call);
/// The call; a canceled one in place of none.
inline CallPtr orCanceled(CallPtr call)
{
    return call ? std::move(call) : canceledCall();
}

} // namespace QFerry::Detail
