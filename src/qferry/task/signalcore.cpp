// SPDX-License-Identifier: MIT
// The life of a wait for a signal: from begin(), in the thread that waits, to its end there. Only
// what cancels without an action to be run ends it elsewhere.
#include "signalcore.h"

#include <qferry/call/functionend.h>
#include <qferry/loop/loopinbox_p.h>
#include <qferry/loop/ownloop_p.h>

namespace QFerry::Detail {

CancelAction::~CancelAction() = default;

SignalCore::SignalCore(const QObject *sender) : m_inbox(ownLoop()), m_member(this)
{
    if (!m_inbox)
        throw NoEventLoopError(QStringLiteral(
                "signal() needs an event loop to go on in, and this thread has none. In a worker, "
                "have the loop wait: waitInThread(toLoop(token, …)) or fromThread()"));
    if (!sender)
        throw InvalidUseError(QStringLiteral("signal() was given no object to wait for"));
}

SignalCore::~SignalCore()
{
    delete m_cancelAction.load(std::memory_order_acquire);
}

void SignalCore::begin(QMetaObject::Connection connection)
{
    if (!connection)
        throw InvalidUseError(QStringLiteral(
                "signal() was given a member function that is not a signal of the sender's"));
    m_connection = std::move(connection);
    ref.ref(); // for as long as the loop's list has it
    m_inbox->addEndListener(this);
    if (!advance(Stage::Connecting, Stage::Waiting)) {
        m_stage.store(Stage::Waiting, std::memory_order_seq_cst);
        connectionEnded();
    }
    if (!joinCurrentScope(m_member))
        cancel(ScopeState::current()->cancelReason());
}

void SignalCore::connectionEnded()
{
    if (advance(Stage::Connecting, Stage::Lost) || !claimEmission())
        return;
    deliverEmission(std::make_exception_ptr(SenderDestroyedError(QStringLiteral(
            "The object whose signal was awaited has been destroyed, or disconnected from "
            "everything, before it emitted the signal"))));
}

void SignalCore::deliverEmission(std::exception_ptr error)
{
    m_error = std::move(error);
    ref.ref(); // until deliver() or loopFinished()
    const LoopInbox::Ptr inbox = m_inbox;
    inbox->post(this);
}

void SignalCore::deliver()
{
    const CallPtr posted(this, QAdoptSharedDataTag());
    if (!advance(Stage::OnItsWay, Stage::Ended)) {
        endCanceled();
        return;
    }
    leave();
    delete m_cancelAction.exchange(nullptr, std::memory_order_seq_cst);
    finish(m_error ? Outcome::Error : Outcome::Value, m_error);
}

void SignalCore::loopFinished()
{
    // loopHasEnded() has been called, or is about to be: that one runs in the loop's thread.
    release(this);
}

void SignalCore::loopHasEnded()
{
    if (advance(Stage::Waiting, Stage::Canceling) || advance(Stage::OnItsWay, Stage::Canceling))
        QObject::disconnect(m_connection);
    endCanceled();
    release(this);
}

CallPtr SignalCore::cancelRequested(const QString &)
{
    const bool isWaiting = advance(Stage::Waiting, Stage::Canceling);
    if (!isWaiting && !advance(Stage::OnItsWay, Stage::Canceling))
        return {};
    QObject::disconnect(m_connection);
    if (m_inbox->isCurrent()) {
        endCanceled();
    } else if (!m_cancelAction.load(std::memory_order_seq_cst)) {
        if (advance(Stage::Canceling, Stage::Canceled)) {
            leave();
            finish(Outcome::Canceled);
        }
    } else if (isWaiting) { // else it is in the inbox already
        deliverEmission({});
    }
    return {};
}

/// In the thread that waits.
void SignalCore::endCanceled()
{
    if (!advance(Stage::Canceling, Stage::Canceled))
        return;
    leave();
    FunctionEnd end;
    end.run([this] { runCancelAction(); });
    finish(end.error ? Outcome::Error : Outcome::Canceled, end.error);
}

/// By who holds a reference.
void SignalCore::leave()
{
    m_member.leave();
    if (m_inbox->removeEndListener(this)) // else loopHasEnded() does the rest
        release(this);
}

void SignalCore::runCancelAction()
{
    const std::unique_ptr<CancelAction> action(
            m_cancelAction.exchange(nullptr, std::memory_order_seq_cst));
    if (action)
        action->run();
}

void SignalCore::setCancelAction(std::unique_ptr<CancelAction> action)
{
    if (!m_inbox->isCurrent())
        throw InvalidUseError(QStringLiteral(
                "onCancel() must be called where signal() was, as its function is to run there"));
    delete m_cancelAction.exchange(action.release(), std::memory_order_seq_cst);
    const Stage stage = m_stage.load(std::memory_order_seq_cst);
    if (stage == Stage::Canceling || stage == Stage::Canceled)
        runCancelAction();
}

} // namespace QFerry::Detail
