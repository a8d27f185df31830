// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "outside.h"

#include <QtCore/qelapsedtimer.h>
#include <QtCore/qprocess.h>
#include <QtCore/qtimer.h>

#include <latch>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

constexpr auto boundedTime = 3s;

/// Each test has an application of its own: shutdown() lasts until the next one.
class Application : public QCoreApplication
{
public:
    Application() : QCoreApplication(s_argc, s_argv) {}

    static void setArguments(int argc, char **argv)
    {
        s_argc = argc;
        s_argv = argv;
    }

private:
    static inline int s_argc = 0;
    static inline char **s_argv = nullptr;
};

/// Measures that something comes back in time.
class Stopwatch
{
public:
    Stopwatch() { m_timer.start(); }
    [[nodiscard]] bool isBelow(std::chrono::milliseconds limit) const
    {
        return m_timer.elapsed() < limit.count();
    }

private:
    QElapsedTimer m_timer;
};

/// A call that no cancel ends, until this goes.
class StuckCall
{
public:
    explicit StuckCall(const QString &name, Thread thread = Thread::Pooled)
        : m_call(toThread({ .name = name, .thread = thread }, [gates = m_gates] {
            gates->running.open();
            (void)gates->release.tryPass(1, 60s);
            gates->ended.open();
        }))
    {
        m_gates->running.pass();
    }
    ~StuckCall() { release(); }
    void release()
    {
        m_gates->release.open();
        m_gates->ended.pass();
        m_gates->ended.open();
    }
    const PendingCall<void> &call() const { return m_call; }

private:
    struct Gates
    {
        Gate running;
        Gate release;
        Gate ended;
    };
    const std::shared_ptr<Gates> m_gates = std::make_shared<Gates>();
    const PendingCall<void> m_call;
};

bool untilNoCallIsActive()
{
    const QDeadlineTimer deadline(watchdog);
    while (!activeCalls().isEmpty() && !deadline.hasExpired())
        QThread::yieldCurrentThread();
    return activeCalls().isEmpty();
}

template <typename T>
bool isRefused(const PendingCall<T> &call)
{
    return call.isFinished() && OutsideThread([&] {
                                    return throws<InvalidUseError>([&] { waitInThread(call); });
                                }).result();
}

// What this program does as its own child process, by name.

void sleepUntilKilled()
{
    QThread::sleep(600);
}

int quitWithAStuckWorker(Thread thread)
{
    Application app;
    setQuitTimeout(100ms);
    QTimer::singleShot(0, &app, [&] {
        toThread({ .thread = thread }, [] {
            QTimer::singleShot(0, qApp, &QCoreApplication::quit);
            sleepUntilKilled();
        });
    });
    return app.exec();
}

int returnWithAStuckWorker()
{
    const Application app;
    Gate running;
    toThread([&] {
        running.open();
        sleepUntilKilled();
    });
    running.pass();
    (void)shutdown(50ms);
    return 0;
}

int returnWithAStuckWorkerAndNoShutdown()
{
    static Gate running;
    const Application app;
    toThread([] {
        running.open();
        sleepUntilKilled();
    });
    running.pass();
    return 0;
}

int stuckWithoutAnApplication()
{
    static Gate running;
    toThread([] {
        running.open();
        sleepUntilKilled();
    });
    running.pass();
    return 0;
}

/// A worker that calls a loop that is gone, while the program ends.
int workerCallsInWhileTheProgramEnds()
{
    Application app;
    setQuitTimeout(0ms);
    for (int i = 0; i < 4; ++i) {
        toThread([] {
            for (;;) {
                try {
                    fromThread([] {});
                } catch (const LoopFinishedError &) {
                    QThread::yieldCurrentThread();
                }
            }
        });
    }
    QTimer::singleShot(20, &app, &QCoreApplication::quit);
    return app.exec();
}

/// Calls at every stage of a program's end: each runs or is refused.
struct CallsAtItsEnd
{
    ~CallsAtItsEnd()
    {
        toThread([] {}).future().waitForFinished();
    }
};

int callDuringTeardown()
{
    static const CallsAtItsEnd afterMain;
    {
        Application app;
        const CallsAtItsEnd beforeTheApplicationGoes;
        QObject::connect(&app, &QCoreApplication::aboutToQuit, &app,
                         [] { const CallsAtItsEnd now; });
        QObject::connect(&app, &QObject::destroyed, [] { const CallsAtItsEnd now; });
        qAddPostRoutine([] { const CallsAtItsEnd now; });
        QTimer::singleShot(0, &app, [&] { toThread([] {}).then(&app, &QCoreApplication::quit); });
        app.exec();
    }
    const CallsAtItsEnd afterTheApplication;
    return 0;
}

/// fn in many threads at once, as the first thing that the program does with the library.
int firstUse(int (*fn)())
{
    constexpr int threads = 16;
    std::latch start(threads);
    std::atomic<int> sum = 0;
    {
        std::vector<std::unique_ptr<OutsideThread<void>>> all;
        for (int i = 0; i < threads; ++i) {
            all.push_back(std::make_unique<OutsideThread<void>>([&] {
                start.arrive_and_wait();
                sum += fn();
            }));
        }
    }
    return sum == threads ? 0 : 1;
}

int callAndWait()
{
    CancelScope scope;
    scope.setDeadline(1h);
    CapacityLimiter limiter(1);
    const auto one =
            toThread({ .limiter = &limiter, .scope = &scope, .timeout = 1h }, [] { return 1; });
    return waitInThread(one) * one.future().result();
}

int firstUseWithAnApplication()
{
    const Application app;
    return firstUse([] {
        return callAndWait()
               * run([] { return toThread([] { return fromThread([] { return 1; }); }); });
    });
}

int firstUseWithoutAnApplication()
{
    return firstUse(&callAndWait);
}

const QHash<QString, std::function<int()>> &childPrograms()
{
    static const QHash<QString, std::function<int()>> programs{
        { "quit, pooled", [] { return quitWithAStuckWorker(Thread::Pooled); } },
        { "quit, dedicated", [] { return quitWithAStuckWorker(Thread::Dedicated); } },
        { "return after shutdown", &returnWithAStuckWorker },
        { "return", &returnWithAStuckWorkerAndNoShutdown },
        { "no application", &stuckWithoutAnApplication },
        { "worker that calls in", &workerCallsInWhileTheProgramEnds },
        { "teardown", &callDuringTeardown },
        { "first use", &firstUseWithAnApplication },
        { "first use without application", &firstUseWithoutAnApplication },
    };
    return programs;
}

/// Its exit code; -1 if it crashed or did not end in time.
int runAsChild(const QString &program)
{
    QProcess child;
    child.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    child.start(QCoreApplication::applicationFilePath(), { QStringLiteral("--child"), program });
    const bool ended = child.waitForFinished(20'000);
    if (!ended) {
        child.kill();
        child.waitForFinished();
    }
    return ended && child.exitStatus() == QProcess::NormalExit ? child.exitCode() : -1;
}

} // namespace

class tst_Shutdown : public QObject
{
    Q_OBJECT

private slots:
    // the end of the workers
    void idleWorkersExitByThemselves();
    void callHandedOverWhileTheWorkersExitRuns();
    // workers that outlive their loop
    void workerFinishingAfterItsLoopIsSilent();
    // calls while the application quits
    void callsDuringQuitAreRefusedAndRunAgainLater();
    // shutdown() and quitting
    void shutdownOfNothingReturnsAtOnce();
    void shutdownCancelsAndWaits();
    void shutdownNamesStuckCallsInTime_data();
    void shutdownNamesStuckCallsInTime();
    void shutdownNamesAbandonedCalls();
    void shutdownWithZeroDoesNotWait();
    void shutdownCancelsWhatIsQueued();
    void shutdownMayBeRepeated();
    void callsAfterShutdownAreRefused();
    void callsDuringShutdownAreRefused();
    void newApplicationAcceptsCallsAgain();
    void shutdownInAWorkerIsInvalidUse();
    void quittingCancelsAllAndWaits();
    void quittingWaitsNoLongerThanAllowed();
    void quitTimeoutMustNotBeNegative();
    // shutdown() among waits
    void shutdownInTheLoopThreadWithWorkersInFromThread();
    void shutdownInAnotherThread();
    // activeCalls()
    void activeCallsTellNamesAndStates();

    // What runs child processes comes last: QProcess uses vfork(), and ThreadSanitizer confuses
    // what the child does with what this process does.
    void callsDuringTeardownRunOrThrow();
    // what exits all the same
    void programWithAStuckWorkerExits_data();
    void programWithAStuckWorkerExits();
    // the first use
    void firstUseFromManyThreads_data();
    void firstUseFromManyThreads();
};

void tst_Shutdown::idleWorkersExitByThemselves()
{
    const Application app;
    const int before = processThreadCount();
    if (before < 0)
        QSKIP("This system does not tell how many threads there are");
    CapacityLimiter limiter(8);
    Gate running;
    Gate release;
    std::vector<PendingCall<void>> calls;
    for (int i = 0; i < 8; ++i) {
        calls.push_back(toThread({ .limiter = &limiter }, [&] {
            running.open();
            release.pass();
        }));
    }
    running.pass(8);
    QVERIFY(processThreadCount() >= before + 8);
    release.open(8);
    if (qEnvironmentVariableIsSet("QFERRY_LONG_TESTS")) {
        QVERIFY(QTest::qWaitFor([&] { return processThreadCount() <= before; }, 15'000));
    } else {
        QCOMPARE(shutdown(boundedTime), QStringList()); // does not wait for them to get bored
        QVERIFY(spinUntil([&] { return processThreadCount() <= before; }));
    }
}

void tst_Shutdown::callHandedOverWhileTheWorkersExitRuns()
{
    for (int round = 0; round < 100; ++round) {
        const Application app;
        CapacityLimiter limiter(4);
        std::atomic<int> ran = 0;
        for (int i = 0; i < 4; ++i)
            toThread({ .limiter = &limiter }, [&] { ++ran; });
        QVERIFY(untilNoCallIsActive());
        QCOMPARE(ran.load(), 4);
        OutsideThread leaving([] { return shutdown(boundedTime); });
        const auto call = toThread({ .limiter = &limiter }, [] { return 1; });
        QCOMPARE(leaving.result(), QStringList());
        QVERIFY(untilNoCallIsActive());
        QVERIFY(call.isFinished()); // it ran, or was canceled or refused
        call.onFailed(qApp, [] { return 0; });
    }
}

void tst_Shutdown::workerFinishingAfterItsLoopIsSilent()
{
    const Application app;
    const QFerryMessages messages;
    const int before = Counted::alive();
    Gate running;
    Gate release;
    {
        LoopThread thread;
        thread.call([&] {
            for (const bool fails : { false, true }) {
                toThread([&running, &release, fails, counted = Counted()] {
                    running.open();
                    release.pass();
                    if (fails)
                        throw std::runtime_error("expected");
                    return counted;
                }).then(thread.context(), [](const Counted &) {});
            }
        });
        running.pass(2);
    }
    release.open(2);
    QVERIFY(untilNoCallIsActive());
    QVERIFY(spinUntil([&] { return Counted::alive() == before; }));
    QCOMPARE(messages.all(), QStringList());
}

void tst_Shutdown::callsDuringTeardownRunOrThrow()
{
    const Application app;
    QCOMPARE(runAsChild(QStringLiteral("teardown")), 0);
}

void tst_Shutdown::callsDuringQuitAreRefusedAndRunAgainLater()
{
    Application app;
    Gate canceled;
    Gate quitting;
    PendingCall<void> during;
    toThread([&] {
        const auto hook = onCancel([&] { canceled.open(); });
        quitting.open();
        canceled.pass();
        during = toThread([] {});
    });
    quitting.pass();
    QTimer::singleShot(0, &app, &QCoreApplication::quit);
    app.exec();
    QVERIFY(isRefused(during));
    QCOMPARE(resultOf(toThread([] { return 1; })), 1);
}

void tst_Shutdown::shutdownOfNothingReturnsAtOnce()
{
    const Application app;
    const Stopwatch watch;
    QCOMPARE(shutdown(60s), QStringList());
    QVERIFY(watch.isBelow(boundedTime));
}

void tst_Shutdown::shutdownCancelsAndWaits()
{
    const Application app;
    Gate running;
    std::atomic<bool> ended = false;
    const auto call = toThread([&] {
        running.open();
        try {
            runUntilCanceled();
        } catch (const CanceledError &) {
            ended = true;
            throw;
        }
    });
    const auto dedicated =
            toThread({ .thread = Thread::Dedicated }, openAndRunUntilCanceled(running));
    running.pass(2);
    const Stopwatch watch;
    QCOMPARE(shutdown(60s), QStringList());
    QVERIFY(watch.isBelow(boundedTime));
    QVERIFY(ended);
    QVERIFY(call.isCanceled());
    QVERIFY(dedicated.isCanceled());
    QVERIFY(activeCalls().isEmpty());
}

void tst_Shutdown::shutdownNamesStuckCallsInTime_data()
{
    QTest::addColumn<Thread>("thread");
    QTest::newRow("pooled") << Thread::Pooled;
    QTest::newRow("dedicated") << Thread::Dedicated;
}

void tst_Shutdown::shutdownNamesStuckCallsInTime()
{
    QFETCH(Thread, thread);
    const Application app;
    StuckCall named(QStringLiteral("backup"), thread);
    StuckCall unnamed({}, thread);
    const Stopwatch watch;
    QStringList stuck = shutdown(50ms);
    QVERIFY(watch.isBelow(boundedTime));
    stuck.sort();
    QCOMPARE(stuck, (QStringList{ "backup", "unnamed call" }));
    named.release();
    unnamed.release();
    QCOMPARE(shutdown(boundedTime), QStringList());
}

void tst_Shutdown::shutdownNamesAbandonedCalls()
{
    const Application app;
    Gate running;
    Gate release;
    const auto call = toThread({ .abandonOnCancel = true, .name = QStringLiteral("left") }, [&] {
        running.open();
        release.pass();
    });
    running.pass();
    call.cancel();
    QVERIFY(call.isCanceled());
    QCOMPARE(shutdown(20ms), QStringList("left"));
    release.open();
    QCOMPARE(shutdown(boundedTime), QStringList());
}

void tst_Shutdown::shutdownWithZeroDoesNotWait()
{
    const Application app;
    const StuckCall stuck(QStringLiteral("slow"));
    const Stopwatch watch;
    QCOMPARE(shutdown(0ms), QStringList("slow"));
    QVERIFY(watch.isBelow(boundedTime));
}

void tst_Shutdown::shutdownCancelsWhatIsQueued()
{
    const Application app;
    CapacityLimiter none(0);
    std::atomic<bool> ran = false;
    const auto call = toThread({ .limiter = &none }, [&] { ran = true; });
    QCOMPARE(shutdown(boundedTime), QStringList());
    QVERIFY(call.isCanceled());
    QCOMPARE(none.statistics().waiting, 0);
    none.setTotalTokens(1);
    QVERIFY(!ran);
}

void tst_Shutdown::shutdownMayBeRepeated()
{
    const Application app;
    resultOf(toThread([] {}));
    QCOMPARE(shutdown(boundedTime), QStringList());
    QCOMPARE(shutdown(boundedTime), QStringList());
}

void tst_Shutdown::callsAfterShutdownAreRefused()
{
    const Application app;
    QCOMPARE(shutdown(boundedTime), QStringList());
    std::atomic<bool> ran = false;
    const auto call = toThread([&] { ran = true; });
    const auto dedicated = toThread({ .thread = Thread::Dedicated }, [&] { ran = true; });
    QVERIFY(isRefused(call));
    QVERIFY(isRefused(dedicated));
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, resultOf(toThread([] {})));
    QVERIFY(!ran);
}

void tst_Shutdown::callsDuringShutdownAreRefused()
{
    const Application app;
    Gate running;
    Gate canceled;
    PendingCall<void> during;
    const auto call = toThread([&] {
        const auto hook = onCancel([&] { canceled.open(); });
        running.open();
        canceled.pass();
        during = toThread([] {});
    });
    running.pass();
    QCOMPARE(shutdown(boundedTime), QStringList());
    QVERIFY(call.isFinished());
    QVERIFY(isRefused(during));
}

void tst_Shutdown::newApplicationAcceptsCallsAgain()
{
    for (int round = 0; round < 3; ++round) {
        const Application app;
        QCOMPARE(resultOf(toThread([] { return fromThread([] { return 6; }); })), 6);
        QCOMPARE(run([] { return toThread([] { return 7; }); }), 7);
        QCOMPARE(shutdown(boundedTime), QStringList());
    }
}

void tst_Shutdown::shutdownInAWorkerIsInvalidUse()
{
    const Application app;
    QVERIFY(resultOf(toThread([] { return throws<InvalidUseError>([] { (void)shutdown(1s); }); })));
    QCOMPARE(resultOf(toThread([] { return 1; })), 1); // nothing was shut down
}

void tst_Shutdown::quittingCancelsAllAndWaits()
{
    Application app;
    Gate running;
    std::atomic<bool> ended = false;
    bool atQuit = false;
    const auto call = toThread([&] {
        const auto leave = qScopeGuard([&] { ended = true; });
        running.open();
        runUntilCanceled();
    });
    running.pass();
    QTimer::singleShot(0, &app, &QCoreApplication::quit);
    connect(&app, &QCoreApplication::aboutToQuit, this, [&] { atQuit = ended; });
    app.exec();
    QVERIFY(atQuit);
    QVERIFY(call.isCanceled());
}

void tst_Shutdown::quittingWaitsNoLongerThanAllowed()
{
    Application app;
    setQuitTimeout(30ms);
    const auto restore = qScopeGuard([] { setQuitTimeout(3s); });
    const StuckCall stuck(QStringLiteral("stuck"));
    QTimer::singleShot(0, &app, &QCoreApplication::quit);
    const Stopwatch watch;
    app.exec();
    QVERIFY(watch.isBelow(2s)); // and not the usual 3 s
    QVERIFY(!stuck.call().isFinished());
}

void tst_Shutdown::quitTimeoutMustNotBeNegative()
{
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, setQuitTimeout(-1ms));
}

void tst_Shutdown::shutdownInTheLoopThreadWithWorkersInFromThread()
{
    const Application app;
    Gate calling;
    bool plain = false;
    bool async = false;
    toThread([&] {
        calling.open();
        plain = throws<LoopFinishedError>([] { fromThread([] {}); });
    });
    toThread([&] {
        calling.open();
        try {
            fromThread([] { return toThread([] {}); });
        } catch (const LoopFinishedError &) {
            async = true;
        } catch (const CanceledError &) {
            async = true; // its call was canceled first
        }
    });
    calling.pass(2);
    const Stopwatch watch;
    QCOMPARE(shutdown(60s), QStringList());
    QVERIFY(watch.isBelow(boundedTime));
    QVERIFY(plain);
    QVERIFY(async);
}

void tst_Shutdown::shutdownInAnotherThread()
{
    const Application app;
    Gate running;
    const auto call = toThread(openAndRunUntilCanceled(running));
    bool canceled = false;
    call.onCanceled(qApp, [&] { canceled = true; });
    running.pass();
    QCOMPARE(OutsideThread([] { return shutdown(boundedTime); }).result(), QStringList());
    QVERIFY(spinUntil([&] { return canceled; }));
}

void tst_Shutdown::programWithAStuckWorkerExits_data()
{
    QTest::addColumn<QString>("program");
    for (const char *program : { "quit, pooled", "quit, dedicated", "return after shutdown",
                                 "return", "no application", "worker that calls in" })
        QTest::newRow(program) << program;
}

void tst_Shutdown::programWithAStuckWorkerExits()
{
    QFETCH(QString, program);
    const Application app;
    QCOMPARE(runAsChild(program), 0);
}

void tst_Shutdown::firstUseFromManyThreads_data()
{
    QTest::addColumn<QString>("program");
    for (const char *program : { "first use", "first use without application" })
        QTest::newRow(program) << program;
}

void tst_Shutdown::firstUseFromManyThreads()
{
    QFETCH(QString, program);
    const Application app;
    for (int round = 0; round < 5; ++round)
        QCOMPARE(runAsChild(program), 0);
}

void tst_Shutdown::activeCallsTellNamesAndStates()
{
    const Application app;
    QVERIFY(untilNoCallIsActive());
    CapacityLimiter none(0);
    const auto waiting = toThread({ .limiter = &none, .name = QStringLiteral("waiting") }, [] {});
    {
        const StuckCall pooled(QStringLiteral("pooled"));
        const StuckCall dedicated(QStringLiteral("dedicated"), Thread::Dedicated);
        const StuckCall unnamed({});
        QMap<QString, bool> running;
        for (const ActiveCall &call : activeCalls())
            running[call.name] = call.running;
        const QMap<QString, bool> expected{ { "waiting", false },
                                            { "pooled", true },
                                            { "dedicated", true },
                                            { "unnamed call", true } };
        QCOMPARE(running, expected);
    }
    waiting.cancel();
    QVERIFY(untilNoCallIsActive());
}

int main(int argc, char *argv[])
{
    Application::setArguments(argc, argv);
    if (argc == 3 && qstrcmp(argv[1], "--child") == 0) {
        const auto program = childPrograms().value(QString::fromLocal8Bit(argv[2]));
        return program ? program() : 2;
    }
    tst_Shutdown test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_shutdown.moc"
