// SPDX-License-Identifier: MIT
// The QFutures of calls. They finish in the thread of the loop that asked.
#pragma once

#include <qferry/call/callcore.h>
#include <qferry/call/handlercall.h>

#include <QtCore/qfuture.h>
#include <QtCore/qpromise.h>

#include <chrono>

QT_BEGIN_NAMESPACE
class QThreadPool;
class QRunnable;
QT_END_NAMESPACE

namespace QFerry::Detail {

/**
 * Something that finishes a QFuture, on the loop that asked for it, and hears when the QFuture is
 * canceled.
 *
 * The loop, because on Qt 6.4 QFuture::then() must not be attached while another thread finishes
 * the future, and because its continuations are that loop's code. Only while the loop's thread
 * waits in QFuture::waitForFinished() the future is finished elsewhere. That thread tells so,
 * unless it waits for a future that was derived from ours: then it is noticed by what it does not
 * do. Cancels are noticed by looking, within 40 ms: Qt does not tell.
 */
class QFERRY_EXPORT FutureSink : public QSharedData,
                                 public InCallMemory,
                                 public Continuation,
                                 public ListLink<FutureSink>
{
public:
    virtual ~FutureSink();

    void callFinished() final;
    bool mayWait() const final;
    void deliver() final;
    void loopFinished() final;

    /// Whether the calling thread has a loop for futures to finish in.
    static bool hasOrigin();

protected:
    FutureSink();
    /// Waits for callFinished(), which is to be called once. The calling thread's loop is the one
    /// that asked.
    void start();

    virtual void finishFuture() = 0;
    virtual bool isFutureCanceled() const = 0;
    /// The QFuture was canceled. Any thread, at most once.
    virtual void futureCanceled() = 0;

    /// To be given to the QFutureInterface: how waitForFinished() on a loop thread tells us.
    static QThreadPool *waitHookPool();
    static QRunnable *waitHook();

private:
    friend class FutureBridge;
    void finishOnce();

    QExplicitlySharedDataPointer<LoopInbox> m_origin;
    std::atomic<bool> m_posted{ false };
    std::atomic<bool> m_finished{ false };
    // guarded by the bridge's mutex, as the link is
    bool m_told = false;
    int m_stillLooks = 0; // at which it was posted, and its loop's thread waited all the time
    quint32 m_seenTurns = 0;
    std::chrono::nanoseconds m_seenTime{ 0 }; // that thread's processor time
    quint32 m_round = 0; // of the bridge's looks in which it came, or was looked at
};

/// A QPromise<T> that finishes as a call does.
template <typename T>
class PromiseSink : public FutureSink
{
public:
    QPromise<T> &promise() { return m_promise; }

    void begin(const CallPtr &call)
    {
        m_call = call;
        start();
        call->attach(this);
    }

protected:
    PromiseSink() : m_promise(makeInterface()) { m_promise.start(); }

    /// Adds the call's result.
    virtual void addResult(CallCore &call) = 0;

private:
    static QFutureInterface<T> makeInterface()
    {
        QFutureInterface<T> result;
        result.setThreadPool(waitHookPool());
        result.setRunnable(waitHook());
        return result;
    }

    void finishFuture() final
    {
        // Nobody sees the outcome through a canceled future, so it is left where it is.
        if (m_promise.isCanceled())
            m_promise.finish();
        else
            finishAsCall();
    }

    void finishAsCall()
    {
        if (m_call->outcome() == Outcome::Value)
            addResult(*m_call);
        else if (m_call->outcome() == Outcome::Error)
            setError(m_call->error());
        else
            m_promise.future().cancel();
        m_promise.finish();
    }

    void setError(const std::exception_ptr &error)
    {
        // Without results there is nothing for QPromise to clear, which ThreadSanitizer would take
        // for a race.
        QFutureInterfaceBase future = QFutureInterfaceBase::get(m_promise.future());
        if (future.resultCount() == 0)
            future.reportException(error);
        else
            m_promise.setException(error);
    }

    bool isFutureCanceled() const final { return m_promise.isCanceled(); }
    void futureCanceled() final { m_call->cancel(QStringLiteral("its QFuture was canceled")); }

    CallPtr m_call;
    QPromise<T> m_promise;
};

/// The QFuture of a call.
template <typename T>
class CallFuture final : public PromiseSink<T>, private ProgressListener
{
public:
    static QFuture<T> of(const CallPtr &call)
    {
        call->observe();
        QFuture<T> future;
        if (call->provideFuture(&future))
            return future;
        const QExplicitlySharedDataPointer<CallFuture> sink(new CallFuture);
        future = sink->promise().future();
        sink->ref.ref(); // until progressEnded()
        call->addProgressListener(sink.data());
        sink->begin(call);
        return future;
    }

private:
    void progressed(const Progress &progress) override
    {
        constexpr qint64 max = std::numeric_limits<int>::max();
        this->promise().setProgressRange(0, int(qMin(progress.total, max)));
        this->promise().setProgressValueAndText(int(qMin(progress.value, max)), progress.text);
    }
    void progressEnded() override { release(this); }

    void addResult(CallCore &call) override
    {
        if constexpr (!std::is_void_v<T>) {
            try {
                const bool isAdded = withResult<T>(call, [this](auto &&value) {
                    return this->promise().addResult(std::forward<decltype(value)>(value));
                });
                if (!isAdded) // canceled in this moment
                    call.outcomeSeen(false);
            } catch (...) {
                this->promise().setException(std::current_exception());
            }
        }
    }
};

} // namespace QFerry::Detail
