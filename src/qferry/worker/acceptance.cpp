// SPDX-License-Identifier: MIT
// When calls may start: what the application, fork() and shutdown() have to say. Any thread enters.
#include "acceptance_p.h"

#include <qferry/errors.h>
#include <qferry/pool/dedicatedthreads_p.h>
#include <qferry/pool/workerpool_p.h>
#include <qferry/worker/shutdown_p.h>

#include <QtCore/qcoreapplication.h>

#include <atomic>

#if defined(Q_OS_UNIX)
#    include <pthread.h>
#endif

namespace QFerry::Detail {

namespace {

std::atomic<bool> s_accepting{ true };
std::atomic<bool> s_isForked{ false };

/// The application is being destroyed: some threads asked to be waited for.
void joinThreads()
{
    if (!isForked())
        DedicatedThreads::instance().joinAttached();
}

void watchApplication()
{
    if (isForked())
        return;
    qAddPostRoutine(joinThreads);
    setAccepting(true);
    QObject::connect(QCoreApplication::instance(), &QCoreApplication::aboutToQuit,
                     QCoreApplication::instance(), &leaveApplication, Qt::DirectConnection);
}

#if defined(Q_OS_UNIX)
/// A child of fork() has none of its parent's threads. Without any there was nothing to lose.
void afterFork()
{
    if (!hadThreads())
        return;
    s_isForked.store(true, std::memory_order_relaxed);
    s_accepting.store(false, std::memory_order_relaxed);
}
[[maybe_unused]] const int s_forkWatch = pthread_atfork(nullptr, nullptr, &afterFork);
#endif

} // namespace

// Beside what every call asks, so that no program that makes calls is linked without it.
Q_COREAPP_STARTUP_FUNCTION(watchApplication)

bool acceptsCalls()
{
    return s_accepting.load(std::memory_order_seq_cst);
}

void setAccepting(bool accepting)
{
    accepting = accepting && !isForked();
    s_accepting.store(accepting, std::memory_order_seq_cst);
    WorkerPool::instance().setOpen(accepting);
    DedicatedThreads::instance().setOpen(accepting);
}

std::exception_ptr refusalOfCalls()
{
    const QString text =
            isForked() ? QStringLiteral(
                    "toThread() was called in a child of fork(), where none of the "
                    "threads runs that its parent had started. Call exec() there, "
                    "or fork before the first call")
                       : QStringLiteral("toThread() was called during or after QFerry::shutdown(). "
                                        "Shut down last");
    return std::make_exception_ptr(InvalidUseError(text));
}

std::exception_ptr timeoutError()
{
    return std::make_exception_ptr(
            InvalidUseError(QStringLiteral("CallOptions::timeout must be positive. Leave it out "
                                           "for a call without timeout")));
}

std::exception_ptr threadStartError()
{
    return std::make_exception_ptr(
            ThreadStartError(QStringLiteral("The system refuses to start a thread for this call. "
                                            "Raise its limit, or run fewer threads")));
}

bool isForked()
{
    return s_isForked.load(std::memory_order_relaxed);
}

} // namespace QFerry::Detail
