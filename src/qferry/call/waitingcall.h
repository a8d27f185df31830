// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/callcore.h>
#include <qferry/call/scopestate.h>

namespace QFerry::Detail {

/**
 * A call that waits for its turn somewhere, which derived classes say. Any thread.
 *
 * It ends when its turn comes, or before by a cancel, that of its scope, or the end of the loop
 * that it was made in, whichever takes away its place. Its turn has come once it has no place any
 * more: then it is not canceled, and loses nothing that it has got.
 */
class QFERRY_EXPORT WaitingCall : public CallCore, public LoopEndListener
{
public:
    ~WaitingCall() override;

    void loopHasEnded() final;
    bool isAwaitedByThread() const final { return false; }
    void keepListener() final { ref.ref(); }
    void releaseListener() final { release(this); }

protected:
    WaitingCall();

    /// Before it gets a place: has the current scope and the running thread's loop end it. False if
    /// it has ended, as that scope is canceled.
    [[nodiscard]] bool listen();
    /// It has got a place.
    void placeTaken();
    /// Gives up the place, to end canceled. False if it has none, or wants to end by itself.
    virtual bool withdraw(const QString &reason) = 0;

    /// \name By who has taken away its place; under no lock
    /// @{
    void end(Outcome outcome, std::exception_ptr error = {});
    void endCanceled(const QString &reason);
    /// @}

    CallPtr cancelRequested(const QString &reason) final;

private:
    ScopeMember m_member;
    QExplicitlySharedDataPointer<LoopInbox> m_inbox; // of the loop that tells it of its end
};

} // namespace QFerry::Detail
