// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "outside.h"

#include <qferry/process.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace {

/// The error that a program ends with.
std::optional<ProcessError> errorOf(const PendingCall<ProcessResult> &call)
{
    try {
        resultOf(call);
    } catch (const ProcessError &error) {
        return error;
    }
    return {};
}

/// A program that runs until it is killed, and has started.
PendingCall<ProcessResult> runForever()
{
    return runProcess(u"sleep"_s, { u"3600"_s });
}

} // namespace

class tst_Process : public QObject
{
    Q_OBJECT
private slots:
    void outputIsTheResult();
    void inputIsRead();
    void optionsAreKept();
    void exitCodeIsAnError();
    void exitCodeMayBeAResult();
    void programThatCannotBeStarted();
    void programThatCrashes();
    void cancelKillsIt();
    void canceledScopeStartsNothing();
    void needsALoop();
};

void tst_Process::outputIsTheResult()
{
    const auto result = resultOf(runProcess(u"echo"_s, { u"hello"_s }));
    QCOMPARE(result.exitCode, 0);
    QCOMPARE(result.output, "hello\n");
    QCOMPARE(result.errorOutput, "");
}

void tst_Process::inputIsRead()
{
    const QByteArray input(100'000, 'x');
    QCOMPARE(resultOf(runProcess(u"cat"_s, {}, { .input = input })).output, input);
}

void tst_Process::optionsAreKept()
{
    QProcessEnvironment environment;
    environment.insert(u"NUMBER"_s, u"7"_s);
    const auto call = runProcess(u"/bin/sh"_s, { u"-c"_s, u"echo $NUMBER $(pwd) >&2"_s },
                                 { .workingDirectory = u"/"_s, .environment = environment });
    QCOMPARE(resultOf(call).errorOutput, "7 /\n");
}

void tst_Process::exitCodeIsAnError()
{
    const auto error = errorOf(runProcess(u"/bin/sh"_s, { u"-c"_s, u"echo no; exit 3"_s }));
    QVERIFY(error);
    QCOMPARE(error->reason(), ProcessError::Reason::ExitCode);
    QCOMPARE(error->result().exitCode, 3);
    QCOMPARE(error->result().output, "no\n");
}

void tst_Process::exitCodeMayBeAResult()
{
    QCOMPARE(resultOf(runProcess(u"false"_s, {}, { .check = false })).exitCode, 1);
}

void tst_Process::programThatCannotBeStarted()
{
    const auto error = errorOf(runProcess(u"/no/such/program"_s));
    QVERIFY(error);
    QCOMPARE(error->reason(), ProcessError::Reason::FailedToStart);
}

void tst_Process::programThatCrashes()
{
    const auto error = errorOf(runProcess(u"/bin/sh"_s, { u"-c"_s, u"kill -KILL $$"_s }));
    QVERIFY(error);
    QCOMPARE(error->reason(), ProcessError::Reason::Crashed);
}

void tst_Process::cancelKillsIt()
{
    const auto call = runForever();
    call.cancel();
    QVERIFY(isCanceledInTime(call));
    const auto other = runForever();
    OutsideThread([&] { other.cancel(); }).result();
    QVERIFY(isCanceledInTime(other));
    QVERIFY(failsWith<TimeoutError>(failAfter(1ms, [] { return runForever(); })));
}

void tst_Process::canceledScopeStartsNothing()
{
    CancelScope scope;
    scope.cancel();
    const auto call = scope.run([] { return runForever(); });
    QVERIFY(isCanceledInTime(call));
}

void tst_Process::needsALoop()
{
    OutsideThread([] { QVERIFY(throws<NoEventLoopError>([] { (void)runForever(); })); }).result();
}

QTEST_GUILESS_MAIN(tst_Process)
#include "tst_process.moc"
