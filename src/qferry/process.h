// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/pendingcall.h>

#include <QtCore/qprocess.h>

#include <optional>

namespace QFerry {

/// How runProcess() runs a program.
struct ProcessOptions
{
    /// What it reads from its standard input.
    QByteArray input = {};
    /// Where it runs; in the caller's directory if this is empty.
    QString workingDirectory = {};
    /// Instead of the caller's environment.
    std::optional<QProcessEnvironment> environment = std::nullopt;
    /// Whether an exit code other than 0 is an error.
    bool check = true;
};

/// What a program has left.
struct ProcessResult
{
    int exitCode = 0;
    QByteArray output;      ///< of its standard output
    QByteArray errorOutput; ///< of its standard error
};

/// A program could not be started, or did not end as it should.
class QFERRY_EXPORT ProcessError : public Error
{
public:
    enum class Reason { FailedToStart, Crashed, ExitCode };

    ProcessError(const QString &message, Reason reason, ProcessResult result);
    ~ProcessError() override;

    Reason reason() const { return m_reason; }
    /// What it has left, if it was started.
    const ProcessResult &result() const { return m_result; }

private:
    Reason m_reason;
    ProcessResult m_result;
};

/**
 * Runs a program without blocking, and ends when it has ended:
 *
 *     const auto result = co_await runProcess(u"git"_s, arguments);
 *
 * Fails with ProcessError if the program cannot be started, crashes, or ends with another exit code
 * than 0, unless the options say that this is no error. Canceling the call, its scope or the end of
 * its loop kills the program.
 *
 * Throws NoEventLoopError in a thread without event loop.
 */
[[nodiscard]] QFERRY_EXPORT PendingCall<ProcessResult> runProcess(
        const QString &program, const QStringList &arguments = {},
        const ProcessOptions &options = {});

} // namespace QFerry
