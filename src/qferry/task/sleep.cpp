// SPDX-License-Identifier: MIT
// Sleeping calls. Begun, and ended by their time, in the loop's thread; cancels come from any.
#include <qferry/sleep.h>

#include <qferry/call/scopestate.h>
#include <qferry/loop/looptimer_p.h>
#include <qferry/loop/ownloop_p.h>
#include <qferry/thread/alarm_p.h>

namespace QFerry {

namespace Detail {

/// A sleep. The loop's timer, or its inbox, holds it until the time has come or the loop has ended;
/// what is canceled before, too.
class SleepCall final : public CallCore, public TimedItem
{
public:
    SleepCall() : m_end(this) {}

    void begin(LoopInbox &inbox, std::chrono::nanoseconds time)
    {
        CallPtr kept(this);
        if (time > std::chrono::nanoseconds::zero()) {
            LoopTimer &timer = LoopTimer::of(inbox);
            timer.add(this, timeAfter(time));
            m_sweep = timer.sweep();
        } else {
            inbox.post(this);
        }
        kept.take(); // until deliver() or loopFinished()
        if (!isFinished() && !joinCurrentScope(m_end))
            cancel({});
    }

    bool isOver() const override { return isFinished(); }
    void deliver() override { endAndRelease(Outcome::Value); }
    void loopFinished() override { endAndRelease(Outcome::Canceled); }

protected:
    CallPtr cancelRequested(const QString &) override
    {
        if (end(Outcome::Canceled) && m_sweep)
            m_sweep->itemIsOver();
        return {};
    }

private:
    void endAndRelease(Outcome outcome)
    {
        end(outcome);
        release(this);
    }
    bool end(Outcome outcome)
    {
        if (!m_end.claim())
            return false;
        finish(outcome);
        return true;
    }

    ScopedEnd m_end;
    QExplicitlySharedDataPointer<TimerSweep> m_sweep; // of its timer, if it is there
};

} // namespace Detail

PendingCall<void> sleep(std::chrono::nanoseconds time)
{
    Detail::LoopInbox *const inbox = Detail::ownLoop();
    if (!inbox)
        throw NoEventLoopError(QStringLiteral(
                "sleep() ends through an event loop, and this thread has none. In a worker, use "
                "fromThread([=] { return sleep(time); }), which a cancel ends, or "
                "QThread::sleep()"));
    const QExplicitlySharedDataPointer call(new Detail::SleepCall);
    call->begin(*inbox, time);
    return PendingCall<void>(Detail::CallPtr(call.data()));
}

} // namespace QFerry
