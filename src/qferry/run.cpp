// SPDX-License-Identifier: MIT
#include "run.h"
#include "blocked_p.h"
#include "loopinbox_p.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qeventloop.h>
#include <QtCore/qthread.h>

namespace QFerry::Detail {

namespace {

/// Ends an event loop once a call has finished.
class LoopQuitter final : public QSharedData, public Continuation
{
public:
    explicit LoopQuitter(QEventLoop *loop) : m_loop(loop), m_inbox(LoopInbox::current()) {}

    void callFinished() override
    {
        const LoopInbox::Ptr inbox = m_inbox;
        inbox->post(this);
    }
    void deliver() override
    {
        if (m_loop)
            m_loop->quit();
        loopFinished();
    }
    void loopFinished() override
    {
        if (!ref.deref())
            delete this;
    }
    void forget() { m_loop = nullptr; }

private:
    QEventLoop *m_loop; // of this thread
    const LoopInbox::Ptr m_inbox;
};

/// Tells who waits for the running thread's loop that it has ended, if it was the outermost.
struct LoopEnd
{
    ~LoopEnd()
    {
        if (QThread::currentThread()->loopLevel() == 0)
            LoopInbox::current()->loopEnded();
    }
};

} // namespace

void runLoopUntilFinished(const std::function<CallPtr()> &start, CallPtr &call)
{
    const QCoreApplication *app = QCoreApplication::instance();
    if (!app)
        throw NoEventLoopError(
                QStringLiteral("run() needs a QCoreApplication. Make one at the start of main()"));
    QEventLoop loop;
    const LoopEnd end;
    const QExplicitlySharedDataPointer quitter(new LoopQuitter(&loop));
    std::exception_ptr error;
    // From inside the loop: what the function does belongs to it.
    const auto begin = [&] {
        try {
            call = start();
        } catch (...) {
            error = std::current_exception();
            loop.quit();
            return;
        }
        if (!call)
            call = canceledCall();
        call->observe();
        quitter->ref.ref(); // until callFinished(), or what it posts, is done
        call->attach(quitter.data());
    };
    QMetaObject::invokeMethod(&loop, begin, Qt::QueuedConnection);
    {
        const Blocked blocked;
        loop.exec();
    }
    quitter->forget();
    if (error)
        std::rethrow_exception(error);
    if (!call)
        throw LoopFinishedError(
                QStringLiteral("The application quit before the function of run() began"));
    if (!call->isFinished()) {
        call->cancel(QStringLiteral("the event loop that it ran in ended"));
        throw LoopFinishedError(
                QStringLiteral("The application quit before the result of run() was there"));
    }
    if (call->outcome() != Outcome::Value)
        throwOutcome(*call);
}

} // namespace QFerry::Detail
