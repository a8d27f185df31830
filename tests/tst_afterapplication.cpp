// SPDX-License-Identifier: MIT
#include "portals.h"
#include "task.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

/// A QCoreApplication that is there for a part of a test.
class Application
{
public:
    Application() : m_app(m_argc, m_argv) {}

private:
    char m_name[5] = "test";
    char *m_argv[2] = { m_name, nullptr };
    int m_argc = 1;
    QCoreApplication m_app;
};

} // namespace

/// What goes on when the QCoreApplication has gone, and when another one has come. The threads of
/// this test outlive the first; the program has none but what its functions make.
class tst_AfterApplication : public QObject
{
    Q_OBJECT

private slots:
    void portalThatOutlivesTheApplicationEnds_data();
    void portalThatOutlivesTheApplicationEnds();
    void callIntoALoopThatOutlivesTheApplicationFails();
    void callThatWaitsWhenTheApplicationGoesFails();
    void tasksOfAPortalThatOutlivesTheApplicationEnd();
    void loopsWorkInASecondApplication();
    void resultThatCameBetweenTwoApplicationsIsDelivered();
    void nothingIsLoggedOnceTheApplicationHasGone();
};

void tst_AfterApplication::portalThatOutlivesTheApplicationEnds_data()
{
    QTest::addColumn<QString>("what");
    for (const char *what : { "nothing", "a coroutine", "a future", "a function" })
        QTest::newRow(what) << what;
}

void tst_AfterApplication::portalThatOutlivesTheApplicationEnds()
{
    QFETCH(QString, what);
    std::optional<StartedPortal> portal;
    const Operation<void> operation;
    Blocker blocker;
    {
        const Application application;
        portal.emplace(startBlockingPortal());
        if (what == u"a coroutine") {
            const auto coroutine = [&]() -> EagerTask<int> {
                const auto call = toThread(blocker.function());
                co_await call;
                co_return 1;
            };
            portal->startTaskSoon(coroutine);
            QVERIFY(blocker.hasStarted());
        } else if (what == u"a future") {
            portal->startTaskSoon(operation.function());
            QVERIFY(operation.hasStarted());
        } else if (what == u"a function") {
            portal->startTaskSoon(blocker.function());
            QVERIFY(blocker.hasStarted());
            blocker.release();
        } else {
            portal->call([] {});
        }
        blocker.releaseAll();
    }
    OutsideThread<void>([&] { portal.reset(); }).result(); // ends the program if that hangs
}

void tst_AfterApplication::callIntoALoopThatOutlivesTheApplicationFails()
{
    std::optional<LoopThread> thread;
    LoopToken token;
    {
        const Application application;
        thread.emplace();
        thread->call([&] { token = currentLoop(); });
    }
    QVERIFY(throws<LoopFinishedError>(
            [&] { OutsideThread<void>([&] { fromThread(token, [] {}); }).result(); }));
    QVERIFY(throws<LoopFinishedError>([&] {
        OutsideThread<void>([&] { fromThread(token, [] { return toThread([] {}); }); }).result();
    }));
}

void tst_AfterApplication::callThatWaitsWhenTheApplicationGoesFails()
{
    std::optional<LoopThread> thread;
    LoopToken token;
    Operation<void> operation;
    std::optional<OutsideThread<void>> caller;
    {
        const Application application;
        thread.emplace();
        thread->call([&] { token = currentLoop(); });
        caller.emplace([&] { fromThread(token, operation.function()); });
        QVERIFY(operation.hasStarted());
    }
    QVERIFY(throws<CanceledError>([&] { caller->result(); }));
}

void tst_AfterApplication::tasksOfAPortalThatOutlivesTheApplicationEnd()
{
    std::optional<StartedPortal> portal;
    {
        const Application application;
        portal.emplace(startBlockingPortal());
        portal->call([] {});
    }
    // They fail, unless the loop is still about what came before; what hangs ends the program.
    const auto callAndWait = [&] { OutsideThread<void>([&] { portal->call([] {}); }).result(); };
    const auto startAndWait = [&] {
        OutsideThread<void>([&] {
            QFuture<void> task = portal->startTaskSoon([] {});
            while (!task.isFinished()) // as Qt's own wait needs its thread pool, which has gone
                std::this_thread::yield();
            task.waitForFinished(); // throws what the task failed with
        }).result();
    };
    (void)throws<LoopFinishedError>(callAndWait);
    (void)throws<LoopFinishedError>(startAndWait);
    QVERIFY(throws<LoopFinishedError>(callAndWait));
    QVERIFY(throws<LoopFinishedError>(startAndWait));
    OutsideThread<void>([&] { portal.reset(); }).result();
}

void tst_AfterApplication::loopsWorkInASecondApplication()
{
    std::optional<LoopThread> thread;
    std::optional<StartedPortal> portal;
    LoopToken token;
    for (int round = 0; round < 3; ++round) {
        {
            const Application application;
            if (!thread) {
                thread.emplace();
                thread->call([&] { token = currentLoop(); });
                portal.emplace(startBlockingPortal());
            }
            QCOMPARE(resultOf(toThread([] { return fromThread([] { return 1; }); })), 1);
            QCOMPARE(fromThread(token, [] { return 2; }), 2);
            QCOMPARE(portal->call([] { return toThread([] { return 3; }); }), 3);
            Gate delivered;
            toThread([] {}).then(thread->context(), [&] { delivered.open(); });
            QVERIFY(delivered.tryPass());
        }
        (void)throws<LoopFinishedError>([&] { fromThread(token, [] {}); });
    }
}

void tst_AfterApplication::resultThatCameBetweenTwoApplicationsIsDelivered()
{
    std::optional<LoopThread> thread;
    Gate delivered;
    Gate release;
    PendingCall<void> call;
    {
        const Application application;
        thread.emplace();
        thread->call([] { (void)currentLoop(); });
    }
    call = toThread([] {});
    call.then(thread->context(), [&] { delivered.open(); });
    QVERIFY(!delivered.tryPass(1, 50ms));
    {
        const Application application;
        QVERIFY(delivered.tryPass());
    }
}

void tst_AfterApplication::nothingIsLoggedOnceTheApplicationHasGone()
{
    const QFerryMessages messages;
    const auto fail = [](const Blocker &blocker) {
        toThread([block = blocker.function()] {
            block();
            throw std::domain_error("nobody handles this");
        });
        QVERIFY(blocker.hasStarted());
    };
    const auto waitForAll = [] {
        const QDeadlineTimer deadline(watchdog);
        while (!activeCalls().isEmpty() && !deadline.hasExpired())
            QThread::msleep(1);
        QVERIFY(activeCalls().isEmpty());
    };
    Blocker blocker;
    {
        const Application application;
        fail(blocker);
    }
    blocker.release();
    waitForAll();
    QCOMPARE(messages.all(), QStringList());
    {
        const Application application;
        fail(blocker);
        blocker.release();
        QVERIFY(spinUntil([&] { return messages.count() == 1; }));
    }
}

QTEST_APPLESS_MAIN(tst_AfterApplication)
#include "tst_afterapplication.moc"
