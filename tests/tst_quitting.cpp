// SPDX-License-Identifier: MIT
#include "outside.h"
#include "testing.h"

#include <QtCore/qelapsedtimer.h>

#include <thread>

#if defined(Q_OS_UNIX)
#    include <sys/wait.h>
#    include <unistd.h>
#endif

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {
class Application : public QCoreApplication
{
public:
    Application() : QCoreApplication(s_argc, s_argv) {}

    void execAndQuit()
    {
        QTimer::singleShot(0, this, &QCoreApplication::quit);
        exec();
    }

private:
    static inline int s_argc = 1;
    static inline char s_name[5] = "test";
    static inline char *s_argv[2] = { s_name, nullptr };
};

/// While it lives, quitting waits so long.
class QuitTimeout
{
public:
    explicit QuitTimeout(std::chrono::milliseconds timeout) { setQuitTimeout(timeout); }
    ~QuitTimeout() { setQuitTimeout(3s); }
    Q_DISABLE_COPY_MOVE(QuitTimeout)
};

[[nodiscard]] bool untilNoCallIsActive()
{
    return spinUntil([] { return activeCalls().isEmpty(); });
}

Task<> sleepForDays()
{
    co_await QFerry::sleep(24h * 7);
}

/// Says in the end that it has cleared up, which takes a worker and time.
Task<> clearUpInTheEnd(std::atomic<bool> &isCleared)
{
    const auto clear = [&]() -> Task<> {
        co_await QFerry::sleep(1ms);
        co_await toThread([&] { isCleared = true; });
    };
    co_await asyncFinally(&sleepForDays, clear);
}

/// Does not end before the blocker has been released.
PendingCall<void> startStuckTask(const QString &name, const Blocker &blocker)
{
    const auto run = [](std::function<void()> block) -> Task<> { co_await toThread(block); };
    return startTask({ .name = name }, run, std::function<void()>(blocker.function()));
}
} // namespace

/// What happens to calls when the application leaves.
class tst_Quitting : public QObject
{
    Q_OBJECT
private slots:
    void whatIsToBeDoneFirstIsDoneInOrder();
    void whatIsToBeDoneFirstMayHaveAThreadOfItsOwn();
    void whatCouldNotBeDoneInTimeIsNamed();
    void shutdownDoesFirstWhatIsToBeDone();
    void quittingNamesWhatItDrops();
    void quittingNamesWhatRunsOn();
    void quittingWithoutCallsIsSilent();
    void quittingDoesNotWaitForWhatWasGivenUp();
    void theLongestTimesAreLong_data();
    void theLongestTimesAreLong();
    void nothingStartsOnceShutdownHasReturned();
    void aForkedChildFailsAtOnce();
    // tasks
    void quittingEndsTasksWhoseCleanupAwaits();
    void quittingEndsTasksOfAllThreads();
    void quittingNamesTasksThatDoNotEnd();
    void quittingDoesNotWaitForTasksThatWereGivenUp();
    void shutdownEndsTasks_data();
    void shutdownEndsTasks();
    void shutdownNamesTasksThatDoNotEnd();
    void shutdownInATaskLeavesThatAlone();
    void tasksThatAreStartedMeanwhileEndToo();
    void activeCallsListTasks();
};

void tst_Quitting::whatIsToBeDoneFirstIsDoneInOrder()
{
    Application app;
    const QFerryMessages messages;
    CapacityLimiter limiter(1);
    Blocker blocker;
    std::mutex mutex;
    QList<int> done;
    const CallOptions save{ .limiter = &limiter, .finishBeforeQuit = true };
    toThread(save, blocker.function());
    for (int i = 0; i < 3; ++i) {
        toThread(save, [&, i] {
            const std::lock_guard lock(mutex);
            done << i;
        });
    }
    const auto other = toThread({ .limiter = &limiter, .name = QStringLiteral("other") }, [] {});
    QVERIFY(blocker.hasStarted());
    OutsideThread releaser([&] {
        while (!other.isFinished()) // canceled: the application leaves
            std::this_thread::yield();
        blocker.release();
    });
    app.execAndQuit();
    {
        const std::lock_guard lock(mutex);
        QCOMPARE(done, QList<int>({ 0, 1, 2 }));
    }
    QVERIFY(other.isCanceled());
    QCOMPARE(messages.count(), 1); // of the other
    QVERIFY2(messages.all().first().contains("other"), qPrintable(messages.all().first()));
}

void tst_Quitting::whatIsToBeDoneFirstMayHaveAThreadOfItsOwn()
{
    Application app;
    Blocker blocker;
    const auto call =
            toThread({ .thread = QFerry::Thread::Dedicated, .finishBeforeQuit = true }, [&] {
                blocker.function()();
                return isCanceled();
            });
    const auto other = toThread({ .abandonOnCancel = true }, blocker.function());
    QVERIFY(blocker.hasStarted(2));
    OutsideThread releaser([&] {
        while (!other.isFinished()) // canceled: the application leaves
            std::this_thread::yield();
        blocker.releaseAll();
    });
    app.execAndQuit();
    QVERIFY(call.isFinished());
    QVERIFY(!resultOf(call));
}

void tst_Quitting::whatCouldNotBeDoneInTimeIsNamed()
{
    Application app;
    const QuitTimeout timeout(30ms);
    const QFerryMessages messages;
    CapacityLimiter none(0);
    const auto call = toThread(
            { .limiter = &none, .name = QStringLiteral("save"), .finishBeforeQuit = true }, [] {});
    app.execAndQuit();
    QVERIFY(call.isCanceled());
    QCOMPARE(messages.count(), 1);
    QVERIFY2(messages.all().first().contains("not done in time: save"),
             qPrintable(messages.all().first()));
}

void tst_Quitting::shutdownDoesFirstWhatIsToBeDone()
{
    Application app;
    CapacityLimiter limiter(1);
    std::atomic<int> done = 0;
    for (int i = 0; i < 100; ++i)
        toThread({ .limiter = &limiter, .finishBeforeQuit = true }, [&] { ++done; });
    QCOMPARE(shutdown(watchdog), QStringList());
    QCOMPARE(done.load(), 100);
}

void tst_Quitting::quittingNamesWhatItDrops()
{
    Application app;
    const QFerryMessages messages;
    CapacityLimiter limiter(0);
    for (const char *name : { "first", "second", "second" })
        toThread({ .limiter = &limiter, .name = QString::fromLatin1(name) }, [] {});
    app.execAndQuit();
    QCOMPARE(messages.count(), 1);
    QVERIFY2(messages.all().first().contains("first, second (2 times)"),
             qPrintable(messages.all().first()));
}

void tst_Quitting::quittingNamesWhatRunsOn()
{
    Application app;
    const QuitTimeout timeout(10ms);
    const QFerryMessages messages;
    Blocker blocker;
    toThread({ .name = QStringLiteral("stuck") }, blocker.function());
    QVERIFY(blocker.hasStarted());
    app.execAndQuit();
    QCOMPARE(messages.count(), 1);
    QVERIFY2(messages.all().first().contains("Still running: stuck"),
             qPrintable(messages.all().first()));
    blocker.releaseAll();
    QVERIFY(untilNoCallIsActive());
}

void tst_Quitting::quittingWithoutCallsIsSilent()
{
    Application app;
    const QFerryMessages messages;
    resultOf(toThread([] {}));
    app.execAndQuit();
    QCOMPARE(messages.all(), QStringList());
}

void tst_Quitting::quittingDoesNotWaitForWhatWasGivenUp()
{
    Application app;
    const QuitTimeout timeout(watchdog);
    const QFerryMessages messages;
    Blocker blocker;
    toThread({ .name = QStringLiteral("pooled") }, blocker.function());
    toThread({ .name = QStringLiteral("own"), .thread = QFerry::Thread::Dedicated },
             blocker.function());
    QVERIFY(blocker.hasStarted(2));
    QCOMPARE(shutdown(10ms).size(), 2);
    QElapsedTimer time;
    time.start();
    app.execAndQuit();
    QVERIFY(time.elapsed() < std::chrono::milliseconds(watchdog).count() / 2);
    QCOMPARE(messages.count(), 1);
    QVERIFY2(messages.all().first().contains("pooled")
                     && messages.all().first().contains("own"),
             qPrintable(messages.all().first()));
    blocker.releaseAll();
    QCOMPARE(shutdown(watchdog), QStringList());
}

void tst_Quitting::theLongestTimesAreLong_data()
{
    QTest::addColumn<bool>("quit");
    QTest::addRow("shutdown()") << false;
    QTest::addRow("setQuitTimeout()") << true;
}

void tst_Quitting::theLongestTimesAreLong()
{
    QFETCH(bool, quit);
    Application app;
    const QuitTimeout timeout(std::chrono::milliseconds::max());
    Gate running;
    std::atomic<bool> ended = false;
    toThread([&] {
        running.open();
        while (!isCanceled())
            std::this_thread::yield();
        std::this_thread::sleep_for(20ms); // longer than who does not wait takes
        ended = true;
    });
    running.pass();
    if (quit)
        app.execAndQuit();
    else
        QCOMPARE(shutdown(std::chrono::milliseconds::max()), QStringList());
    QVERIFY(ended);
}

void tst_Quitting::nothingStartsOnceShutdownHasReturned()
{
    const QFerryMessages messages; // of refused calls
    for (int round = 0; round < 30; ++round) {
        const Application app;
        std::atomic<bool> isOver = false;
        std::atomic<bool> startedLate = false;
        Gate calling;
        const auto call = [&] {
            calling.open();
            for (int i = 0; i < 10'000; ++i) {
                const auto late = toThread([&] { startedLate = startedLate || isOver; });
                if (late.isFinished() && isOver)
                    return;
            }
        };
        OutsideThread first(call);
        OutsideThread second(call);
        calling.pass(2);
        QCOMPARE(shutdown(watchdog), QStringList());
        isOver = true;
        first.result();
        second.result();
        QVERIFY(!startedLate);
    }
}

void tst_Quitting::aForkedChildFailsAtOnce()
{
#if defined(Q_OS_UNIX)
    const Application app;
    resultOf(toThread([] {})); // there are threads now
    const pid_t child = fork();
    if (child == 0) {
        const auto *call = new PendingCall<void>(toThread([] {})); // its error is not to be told
        _exit(call->isFinished() && shutdown(watchdog).isEmpty() ? 0 : 1);
    }
    QVERIFY(child > 0);
    int status = -1;
    QVERIFY(spinUntil([&] { return waitpid(child, &status, WNOHANG) == child; }));
    QVERIFY(WIFEXITED(status));
    QCOMPARE(WEXITSTATUS(status), 0);
    QCOMPARE(resultOf(toThread([] { return 1; })), 1);
#else
    QSKIP("This system knows no fork()");
#endif
}

void tst_Quitting::quittingEndsTasksWhoseCleanupAwaits()
{
    Application app;
    const QFerryMessages messages;
    std::atomic<bool> isCleared = false;
    const auto call = clearUpInTheEnd(isCleared).start();
    app.execAndQuit();
    QVERIFY(call.isCanceled());
    QVERIFY(isCleared);
    QCOMPARE(messages.all(), QStringList());
}

void tst_Quitting::quittingEndsTasksOfAllThreads()
{
    Application app;
    const QFerryMessages messages;
    std::atomic<bool> isCleared = false;
    LoopThread thread;
    PendingCall<void> call;
    thread.call([&] { call = clearUpInTheEnd(isCleared).start(); });
    app.execAndQuit();
    QVERIFY(call.isCanceled());
    QVERIFY(isCleared);
    QCOMPARE(messages.all(), QStringList());
}

void tst_Quitting::quittingNamesTasksThatDoNotEnd()
{
    Application app;
    const QuitTimeout timeout(10ms);
    const QFerryMessages messages;
    Blocker blocker;
    const auto named = startStuckTask(QStringLiteral("poll"), blocker);
    const auto unnamed = startStuckTask({}, blocker);
    QVERIFY(blocker.hasStarted(2));
    app.execAndQuit();
    QVERIFY(!named.isFinished());
    QCOMPARE(messages.count(), 1);
    const QString text = messages.all().first();
    QVERIFY2(text.contains("poll") && text.contains("unnamed task"), qPrintable(text));
    blocker.releaseAll();
    QVERIFY(waitFor(named) && waitFor(unnamed));
    QVERIFY(untilNoCallIsActive());
}

void tst_Quitting::quittingDoesNotWaitForTasksThatWereGivenUp()
{
    Application app;
    const QuitTimeout timeout(watchdog);
    const QFerryMessages messages;
    Blocker blocker;
    const auto call = startStuckTask(QStringLiteral("poll"), blocker);
    QVERIFY(blocker.hasStarted());
    QVERIFY(shutdown(10ms).contains(QStringLiteral("poll")));
    QElapsedTimer time;
    time.start();
    app.execAndQuit();
    QVERIFY(time.elapsed() < std::chrono::milliseconds(watchdog).count() / 2);
    QCOMPARE(messages.count(), 1);
    blocker.releaseAll();
    QVERIFY(waitFor(call));
    QCOMPARE(shutdown(watchdog), QStringList());
}

void tst_Quitting::shutdownEndsTasks_data()
{
    QTest::addColumn<bool>("isTheirs");
    QTest::newRow("in their thread") << true;
    QTest::newRow("in another one") << false;
}

void tst_Quitting::shutdownEndsTasks()
{
    QFETCH(const bool, isTheirs);
    const Application app;
    std::atomic<bool> isCleared = false;
    LoopThread thread;
    PendingCall<void> call;
    PendingCall<void> unbegun;
    QStringList stuck{ QStringLiteral("nobody has asked") };
    const auto start = [&] {
        call = clearUpInTheEnd(isCleared).start();
        unbegun = sleepForDays().startSoon();
    };
    if (isTheirs) {
        start();
        stuck = shutdown(watchdog);
    } else {
        thread.call(start);
        stuck = shutdown(watchdog);
    }
    QCOMPARE(stuck, QStringList());
    QVERIFY(call.isCanceled());
    QVERIFY(unbegun.isCanceled());
    QVERIFY(isCleared);
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, resultOf(toThread([] {})));
}

void tst_Quitting::shutdownNamesTasksThatDoNotEnd()
{
    const Application app;
    Blocker blocker;
    const auto call = startStuckTask(QStringLiteral("poll"), blocker);
    QVERIFY(blocker.hasStarted());
    QCOMPARE(shutdown(0ms), QStringList({ "poll", "unnamed call" }));
    QCOMPARE(OutsideThread([] { return shutdown(1ms); }).result(),
             QStringList({ "poll", "unnamed call" }));
    blocker.releaseAll();
    QCOMPARE(shutdown(watchdog), QStringList());
    QVERIFY(call.isFinished());
}

void tst_Quitting::shutdownInATaskLeavesThatAlone()
{
    const Application app;
    const auto other = sleepForDays().start();
    const auto run = []() -> Task<QStringList> {
        co_await checkpoint();
        const QStringList stuck = shutdown(watchdog);
        co_await checkpoint();
        co_return stuck;
    };
    QCOMPARE(resultOf(run().start()), QStringList());
    QVERIFY(other.isCanceled());
}

void tst_Quitting::tasksThatAreStartedMeanwhileEndToo()
{
    const Application app;
    PendingCall<void> second;
    const auto run = [&]() -> Task<> {
        try {
            co_await sleepForDays();
        } catch (const CanceledError &) {
            CancelScope other;
            other.setShielded(true);
            second = other.run([] { return sleepForDays().start(); });
        }
    };
    const auto first = run().start();
    QCOMPARE(shutdown(watchdog), QStringList());
    QVERIFY(first.isFinished());
    QVERIFY(second.isCanceled());
}

void tst_Quitting::activeCallsListTasks()
{
    const Application app;
    QVERIFY(untilNoCallIsActive());
    const auto named = startTask({ .name = QStringLiteral("poll") }, &sleepForDays);
    const auto unbegun = sleepForDays().startSoon();
    QMap<QString, bool> running;
    for (const ActiveCall &call : activeCalls())
        running[call.name] = call.running;
    QCOMPARE(running, (QMap<QString, bool>{ { "poll", true }, { "unnamed task", false } }));
    named.cancel();
    unbegun.cancel();
    QVERIFY(untilNoCallIsActive());
}

QTEST_APPLESS_MAIN(tst_Quitting)
#include "tst_quitting.moc"
