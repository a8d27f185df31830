// SPDX-License-Identifier: MIT
// Handlers, whatever their function is. They run in their context's thread.
#pragma once

#include <qferry/call/forwardingcall.h>
#include <qferry/call/objectuser.h>
#include <qferry/context.h>

#include <QtCore/qobject.h>

namespace QFerry::Detail {

class ObjectWatch;

/**
 * A handler attached to a call, and itself the call that its handler's result makes.
 *
 * It waits for its source, is posted to the thread that its context lives in then, runs there, and,
 * if the handler returned a call, waits for that one. If the context dies first the handler is
 * dropped and the source canceled. If this is canceled when the source has finished already, it
 * finishes at once: whoever waits for it may be what keeps the loop from turning.
 */
class QFERRY_EXPORT HandlerCall : public ForwardingCall, public Continuation, public ObjectUser
{
public:
    ~HandlerCall() override;

    /// To be called once, when the object is complete: it begins with two references, the handle's
    /// and the source's (or, later, the inbox's).
    void start(QObject *context);

    void addProgressListener(ProgressListener *listener) final;
    void callFinished() final;
    bool mayWait() const final;
    void contextDied() final;
    CallCore *userCall() final { return this; }
    ContextPart *scope() const final { return m_scope.data(); }
    void deliver() final;
    void loopFinished() final;

protected:
    /// For `wanted`: the handler runs whatever the outcome, and that is handed on if it succeeds.
    static constexpr Outcome anyOutcome = Outcome::Pending;

    /// Runs its handler if the source ends with `wanted`, else hands the source's outcome on.
    HandlerCall(CallPtr &&source, Outcome wanted);

    /// Runs the handler and stores its result. Returns the call that it returned, if it did. May
    /// throw.
    virtual CallPtr handle(CallCore &source) = 0;
    void takeResult(CallCore &source) override = 0;
    virtual void dropFunction() noexcept = 0;
    /// Instead of start(): the call fails with InvalidUseError.
    void fail(const QString &message);
    void fail(std::exception_ptr error);
    CallPtr cancelRequested(const QString &reason) final;

private:
    enum class Stage : quint8 { Waiting, Posted, Running, Forwarding, Done };
    bool advance(Stage from, Stage to);
    CallPtr leaveContext();
    void run(CallCore &source);
    void sendHome();
    void endUnrun();
    void finishUnrun();
    bool keepsOutcome() const { return m_wanted == anyOutcome; }
    bool isWanted(const CallCore &source) const
    {
        return keepsOutcome() || source.outcome() == m_wanted;
    }

    const Outcome m_wanted;
    std::atomic<Stage> m_stage{ Stage::Waiting };
    CallPtr m_source;  // guarded by the watch's mutex
    CallPtr m_handled; // keeps what the handler was given until what it started has ended
    QExplicitlySharedDataPointer<ObjectWatch> m_watch;
    LoopInbox *m_inbox = nullptr; // that this was last posted to; kept by the watch
    const QExplicitlySharedDataPointer<ContextPart> m_scope; // the source's
    ContextPtr m_contextData;
};

} // namespace QFerry::Detail
