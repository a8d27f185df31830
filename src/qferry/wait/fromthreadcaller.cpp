// SPDX-License-Identifier: MIT
// What is wrong with a caller of fromThread(), and which loop it means. The thread that calls
// enters, but for checkContext(), which runs in the loop's.
#include "fromthreadcaller.h"

#include <qferry/loop/loopinbox_p.h>
#include <qferry/worker/cancelwatch_p.h>

#include <QtCore/qthread.h>

namespace QFerry {

namespace Detail {

void requireValid(const LoopToken &loop)
{
    if (!loop.isValid())
        throw NoEventLoopError(QStringLiteral("This LoopToken names no event loop. Get one with "
                                              "currentLoop() in the loop's thread"));
}

void checkLoop(const LoopToken &loop)
{
    requireValid(loop);
    if (loop.inbox()->isCurrent())
        throw InvalidUseError(QStringLiteral(
                "fromThread() was called in the loop's own thread, where it would wait "
                "for itself. Call the function directly"));
}

void checkCaller()
{
    if (CancelWatch::isCanceled())
        throw CanceledError(CancelWatch::reason());
}

void checkContext(const QObject *context)
{
    if (!context)
        throw CanceledError(
                QStringLiteral("the object that a worker called back for was destroyed"));
    if (context->thread() != QThread::currentThread())
        throw InvalidUseError(QStringLiteral(
                "fromThread() was given a context that does not live in the loop's thread, and so "
                "may go at any time. Pass the token of the loop where it lives"));
}

void requireWorkerToWait()
{
    if (WorkerCall::current())
        return;
    throw NoEventLoopError(
            LoopInbox::current()
                    ? QStringLiteral("waitInThread(future) was called in a thread with an event "
                                     "loop, which must not block. Use toPendingCall(future).then() "
                                     "or co_await there")
                    : QStringLiteral("waitInThread(future) works in workers, with the help of the "
                                     "loop that made their call. In a thread without an event loop "
                                     "use future.result() or future.waitForFinished()"));
}

const LoopToken &originLoop()
{
    const WorkerCall *call = WorkerCall::current();
    if (!call)
        throw NoEventLoopError(QStringLiteral(
                "fromThread() without a LoopToken works in workers, for the loop that made "
                "their call. Elsewhere pass the token of a loop: currentLoop(), called in the "
                "loop's thread"));
    if (!call->origin().isValid())
        throw NoEventLoopError(QStringLiteral(
                "This call was made in a thread without an event loop, so there is none "
                "to call back into"));
    return call->origin();
}

std::exception_ptr loopFinishedError()
{
    return std::make_exception_ptr(
            LoopFinishedError(QStringLiteral("The event loop ended before it could run the "
                                             "function. Stop calling it before it ends")));
}

} // namespace Detail

LoopToken currentLoop()
{
    const Detail::WorkerCall *call = Detail::WorkerCall::current();
    if (call && QThread::currentThread()->loopLevel() == 0)
        return Detail::originLoop();
    Detail::LoopInbox *inbox = Detail::LoopInbox::current();
    if (!inbox)
        throw NoEventLoopError(QStringLiteral(
                "This thread has no event loop. Call currentLoop() in the loop's thread and "
                "hand the token over"));
    return LoopToken(Detail::LoopInbox::Ptr(inbox));
}

} // namespace QFerry
