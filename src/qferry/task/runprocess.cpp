// SPDX-License-Identifier: MIT
// runProcess(): a QProcess, of the thread that calls, until its program has ended.
#include <qferry/loop/ownloop_p.h>
#include <qferry/process.h>
#include <qferry/signal.h>

#include <memory>

namespace QFerry {

ProcessError::ProcessError(const QString &message, Reason reason, ProcessResult result)
    : Error(message), m_reason(reason), m_result(std::move(result))
{}

ProcessError::~ProcessError() = default;

namespace {

using ProcessPtr = std::shared_ptr<QProcess>;

/// Goes in its own thread, whoever has it last.
ProcessPtr makeProcess(const ProcessOptions &options)
{
    const ProcessPtr process(new QProcess, [](QProcess *it) { it->deleteLater(); });
    process->setWorkingDirectory(options.workingDirectory);
    if (options.environment)
        process->setProcessEnvironment(*options.environment);
    // What could not be started has finished, too.
    QProcess *it = process.get();
    QObject::connect(it, &QProcess::errorOccurred, it, [it](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            Q_EMIT it->finished(-1, QProcess::CrashExit);
    });
    return process;
}

/// The object stays until the program has gone; not beyond the end of its loop.
void kill(const ProcessPtr &process)
{
    constexpr auto once = Qt::ConnectionType(Qt::AutoConnection | Qt::SingleShotConnection);
    process->kill();
    if (process->state() != QProcess::NotRunning && Detail::ownLoop())
        QObject::connect(
                process.get(), &QProcess::finished, process.get(), [process] {}, once);
}

ProcessResult takeResult(QProcess &process, bool check)
{
    using Reason = ProcessError::Reason;
    ProcessResult result{ process.exitCode(), process.readAllStandardOutput(),
                          process.readAllStandardError() };
    const QString program = process.program();
    if (process.error() == QProcess::FailedToStart)
        throw ProcessError(
                QStringLiteral("%1 could not be started: %2").arg(program, process.errorString()),
                Reason::FailedToStart, {});
    if (process.exitStatus() != QProcess::NormalExit)
        throw ProcessError(QStringLiteral("%1 crashed").arg(program), Reason::Crashed,
                           std::move(result));
    if (check && result.exitCode != 0)
        throw ProcessError(
                QStringLiteral("%1 ended with exit code %2").arg(program).arg(result.exitCode),
                Reason::ExitCode, std::move(result));
    return result;
}

} // namespace

PendingCall<ProcessResult> runProcess(const QString &program, const QStringList &arguments,
                                      const ProcessOptions &options)
{
    if (!Detail::ownLoop())
        throw NoEventLoopError(QStringLiteral(
                "runProcess() needs an event loop to wait in, and this thread has none. In a "
                "worker, use QProcess::waitForFinished()"));
    const ProcessPtr process = makeProcess(options);
    const PendingCall<std::tuple<int, QProcess::ExitStatus>> ended =
            signal(process.get(), &QProcess::finished).onCancel([process] { kill(process); });
    auto result = ended.then(process.get(), [process, check = options.check] {
        return takeResult(*process, check);
    });
    if (ended.isFinished())
        return result; // canceled
    process->start(program, arguments);
    if (process->isOpen()) {
        process->write(options.input);
        process->closeWriteChannel();
    }
    return result;
}

} // namespace QFerry
