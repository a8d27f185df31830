// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "portals.h"
#include "refusedthreads.h"
#include "task.h"

#include <set>

#if defined(Q_OS_LINUX)
#    include <sys/prctl.h>
#endif

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

QString systemThreadName()
{
#if defined(Q_OS_LINUX)
    char name[16] = {};
    prctl(PR_GET_NAME, name);
    return QString::fromUtf8(name);
#else
    return QThread::currentThread()->objectName();
#endif
}

EagerTask<int> unwindSlowly(Gate &running, std::atomic<bool> &hasUnwound)
{
    try {
        co_await toThread(openAndRunUntilCanceled(running));
    } catch (const CanceledError &) {
        hasUnwound = true;
    }
    co_return 0;
}

} // namespace

/// How portals begin and end.
class tst_PortalLife : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    // closing
    void closeWaitsForRunningTasks_data();
    void closeWaitsForRunningTasks();
    void closeWhileUnwindingCancels_data();
    void closeWhileUnwindingCancels();
    void stopThatCancelsLetsTasksUnwind();
    void closeMayComeFromAnotherThread();
    void functionMayCloseItsOwnPortal();
    void closeAfterTheLoopDoesNotHang();
    void closeServesWhoIsInside();
    void closeDoesNotWaitForATaskThatWaitsForThisLoop();
    // a thread of its own
    void startedPortalHasAThreadOfItsOwn();
    void timersFireInTheThread();
    void threadHasTheName();
    void threadHasANameOfItsOwnByDefault();
    void severalPortalsRunAtATime();
    void portalWorksWithoutARunningApplication();
    // failed starts
    void failedStartReachesTheCaller();
    // the end of the handle
    void endOfTheHandleJoins();
    void handleMayBeMoved();
    void handleMayGoInItsOwnThread();
    void joinDoesNotWaitForAThreadThatWaitsForThisLoop();
    void portalWhoseThreadIsToldToQuitEnds();
    // who may start one
    void anotherLoopsThreadMayStartOne();
    void workerMayStartOne();
    // stop()
    void stopIsIdempotent();
    void stopMayComeFromAnyThread();
    void sleepUntilStoppedEndsAtStop();
    void runSleepsUntilStopped();
};

void tst_PortalLife::initTestCase()
{
    startLastingThreads();
}

void tst_PortalLife::closeWaitsForRunningTasks_data()
{
    QTest::addColumn<bool>("ownThread");
    QTest::newRow("its own thread") << true;
    QTest::newRow("this thread") << false;
}

void tst_PortalLife::closeWaitsForRunningTasks()
{
    QFETCH(bool, ownThread);
    Blocker blocker;
    QFuture<int> future;
    Gate isStarted;
    std::thread releaser([&] {
        isStarted.pass();
        blocker.hasStarted() ? blocker.release() : qFatal("the watchdog bit");
    });
    const auto start = [&](BlockingPortal &portal) {
        future = portal.startTaskSoon([&] { return toThread(blocker.returning(1)); });
        isStarted.open();
    };
    if (ownThread) {
        auto portal = startBlockingPortal();
        start(portal);
    } else {
        BlockingPortal portal;
        runOutside([&] { start(portal); });
    }
    releaser.join();
    QVERIFY(finishes(future));
    QCOMPARE(future.result(), 1);
}

void tst_PortalLife::closeWhileUnwindingCancels_data()
{
    closeWaitsForRunningTasks_data();
}

void tst_PortalLife::closeWhileUnwindingCancels()
{
    QFETCH(bool, ownThread);
    const Operation<int> operation;
    QFuture<int> future;
    QVERIFY(throws<std::domain_error>([&] {
        if (ownThread) {
            auto portal = startBlockingPortal();
            future = portal.startTaskSoon(operation.function());
            if (operation.hasStarted())
                throw std::domain_error("unwind");
        } else {
            BlockingPortal portal;
            runOutside([&] { future = portal.startTaskSoon(operation.function()); });
            if (operation.startsWhileTheLoopTurns())
                throw std::domain_error("unwind");
        }
    }));
    QVERIFY(isCanceledInTime(future));
    QVERIFY(operation.isCanceledInTime());
}

void tst_PortalLife::stopThatCancelsLetsTasksUnwind()
{
    std::atomic<bool> hasUnwound = false;
    Gate running;
    {
        BlockingPortal portal;
        runOutside([&] {
            (void)portal.startTaskSoon(unwindSlowly, std::ref(running), std::ref(hasUnwound));
        });
        QVERIFY(spinUntil([&] { return running.tryPass(1, 0ms); }));
        portal.stop(true);
    }
    QVERIFY(hasUnwound);
}

void tst_PortalLife::closeMayComeFromAnotherThread()
{
    auto portal = std::make_unique<BlockingPortal>();
    Blocker blocker;
    runOutside([&] { (void)portal->startTaskSoon([&] { return toThread(blocker.function()); }); });
    QVERIFY(spinUntil([&] { return blocker.hasStartedAlready(); }));
    OutsideThread closer([&] {
        portal.reset();
        return true;
    });
    QVERIFY(!closer.isFinished());
    blocker.release();
    QVERIFY(closer.resultWhileTheLoopTurns());
}

void tst_PortalLife::functionMayCloseItsOwnPortal()
{
    auto portal = std::make_unique<BlockingPortal>();
    QVERIFY(runOutside([&] {
        portal->call([&] { portal.reset(); });
        return true;
    }));
    auto another = std::make_unique<BlockingPortal>();
    const QFuture<void> future =
            runOutside([&] { return another->startTaskSoon([&] { another.reset(); }); });
    outcomeOf(future);
    QVERIFY(!another);
}

void tst_PortalLife::closeAfterTheLoopDoesNotHang()
{
    std::unique_ptr<BlockingPortal> portal;
    const Operation<int> operation;
    {
        LoopThread thread;
        thread.call([&] { portal = std::make_unique<BlockingPortal>(); });
        (void)portal->startTaskSoon(operation.function());
        QVERIFY(operation.hasStarted());
    }
    portal.reset();
    QVERIFY(operation.isCanceledInTime());
}

void tst_PortalLife::closeServesWhoIsInside()
{
    // One function is in the loop, and closes the portal; what came before that is served.
    auto portal = std::make_unique<BlockingPortal>();
    std::atomic<int> served = 0;
    runOutside([&] {
        for (int i = 0; i < 10; ++i)
            (void)portal->startTaskSoon([&] { ++served; });
        return true;
    });
    portal.reset();
    QCOMPARE(served, 10);
}

void tst_PortalLife::closeDoesNotWaitForATaskThatWaitsForThisLoop()
{
    const LoopToken mine = currentLoop();
    LoopThread thread;
    std::unique_ptr<BlockingPortal> portal;
    thread.call([&] { portal = std::make_unique<BlockingPortal>(); });
    const QFuture<void> future = portal->startTaskSoon([mine] { fromThread(mine, [] {}); });
    portal.reset();
    QVERIFY(throws<LoopFinishedError>([&] { outcomeOf(future); }));
}

void tst_PortalLife::startedPortalHasAThreadOfItsOwn()
{
    auto portal = startBlockingPortal();
    auto other = startBlockingPortal();
    QThread *thread = portal.call(here);
    QVERIFY(thread != here() && thread != other.call(here));
    QCOMPARE(portal.call(here), thread);
    QCOMPARE(portal.call([] { return here()->loopLevel(); }), 1);
}

void tst_PortalLife::timersFireInTheThread()
{
    auto portal = startBlockingPortal();
    const auto wait = [] {
        const auto promise = std::make_shared<QPromise<QThread *>>();
        promise->start();
        QTimer::singleShot(1ms, [promise] {
            promise->addResult(here());
            promise->finish();
        });
        return promise->future();
    };
    QCOMPARE(portal.call(wait), portal.call(here));
}

void tst_PortalLife::threadHasTheName()
{
    auto portal = startBlockingPortal("fähre nummer eins");
    QCOMPARE(portal.call([] { return here()->objectName(); }), QStringLiteral("fähre nummer eins"));
    QVERIFY(QStringLiteral("fähre nummer eins").startsWith(portal.call(systemThreadName)));
    QVERIFY(portal.call(systemThreadName).size() >= 13 || !RefusedThreads::arePossible());
}

void tst_PortalLife::threadHasANameOfItsOwnByDefault()
{
    auto one = startBlockingPortal();
    auto other = startBlockingPortal("");
    BlockingPortalProvider provider;
    const auto third = provider.acquire();
    const std::set<QString> names = { one.call(systemThreadName), other.call(systemThreadName),
                                      third->call(systemThreadName) };
    QCOMPARE(names.size(), size_t(3));
    for (const QString &name : names)
        QVERIFY2(name.startsWith(QStringLiteral("portal-")), qPrintable(name));
    QVERIFY(one.call([] { return here()->objectName(); }).startsWith(QStringLiteral("portal-")));
}

void tst_PortalLife::severalPortalsRunAtATime()
{
    std::vector<StartedPortal> portals;
    for (int i = 0; i < 8; ++i)
        portals.push_back(startBlockingPortal());
    Blocker blocker;
    std::vector<QFuture<void>> futures;
    for (StartedPortal &portal : portals)
        futures.push_back(portal.startTaskSoon(blocker.function()));
    QVERIFY(blocker.hasStarted(8)); // all at once
    blocker.releaseAll();
    for (const auto &future : futures)
        outcomeOf(future);
}

void tst_PortalLife::portalWorksWithoutARunningApplication()
{
    // This thread's loop does not turn: the application has not begun its exec().
    auto portal = startBlockingPortal();
    QCOMPARE(portal.call([] { return toThread([] { return 3; }); }), 3);
    QCOMPARE(portal.startTaskSoon([] { return 4; }).result(), 4);
}

void tst_PortalLife::failedStartReachesTheCaller()
{
    if (!RefusedThreads::arePossible())
        QSKIP("threads cannot be refused here");
    {
        QTest::ignoreMessage(QtCriticalMsg,
                             QRegularExpression(QStringLiteral("Thread creation error")));
        const RefusedThreads refused;
        QVERIFY(throws<ThreadStartError>([] { (void)startBlockingPortal(); }));
    }
    QCOMPARE(startBlockingPortal().call([] { return 1; }), 1);
}

void tst_PortalLife::endOfTheHandleJoins()
{
    const int before = processThreadCount();
    {
        std::vector<StartedPortal> portals;
        for (int i = 0; i < 4; ++i)
            portals.push_back(startBlockingPortal());
    }
    QVERIFY(threadsVanishDownTo(before));
}

void tst_PortalLife::handleMayBeMoved()
{
    auto portal = startBlockingPortal();
    QThread *thread = portal.call(here);
    StartedPortal moved(std::move(portal));
    QCOMPARE(moved.call(here), thread);
    // NOLINTBEGIN(bugprone-use-after-move)
    const auto isRefused = [](auto &&use) { return throws<PortalNotRunningError>(use); };
    QVERIFY(!portal.isRunning());
    QVERIFY(isRefused([&] { portal.call([] {}); }));
    QVERIFY(isRefused([&] { (void)portal.startTaskSoon([] {}); }));
    QVERIFY(isRefused([&] { (void)portal.sleepUntilStopped(); }));
    portal.stop(true); // harms nobody
    // NOLINTEND(bugprone-use-after-move)
    QVERIFY(moved.isRunning());
}

void tst_PortalLife::handleMayGoInItsOwnThread()
{
    const int before = processThreadCount();
    auto portal = std::make_unique<StartedPortal>(startBlockingPortal());
    BlockingPortal &used = *portal;
    const QFuture<void> future = used.startTaskSoon([&portal] { portal.reset(); });
    outcomeOf(future);
    QVERIFY(threadsVanishDownTo(before));
}

void tst_PortalLife::joinDoesNotWaitForAThreadThatWaitsForThisLoop()
{
    const LoopToken mine = currentLoop();
    QFuture<void> future;
    {
        auto portal = startBlockingPortal();
        future = portal.startTaskSoon([mine] { fromThread(mine, [] {}); });
    }
    QVERIFY(throws<LoopFinishedError>([&] { outcomeOf(future); }));
}

void tst_PortalLife::portalWhoseThreadIsToldToQuitEnds()
{
    auto portal = startBlockingPortal();
    portal.call([] { here()->quit(); });
    QVERIFY(spinUntil([&] { return !portal.isRunning(); }));
    QVERIFY(throws<PortalNotRunningError>([&] { portal.call([] {}); }));
}

void tst_PortalLife::anotherLoopsThreadMayStartOne()
{
    LoopThread other;
    int result = 0;
    other.call([&] {
        auto portal = startBlockingPortal();
        result = portal.call([] { return 4; });
    });
    QCOMPARE(result, 4);
    auto outer = startBlockingPortal();
    QCOMPARE(outer.call([] { return startBlockingPortal().call([] { return 5; }); }), 5);
}

void tst_PortalLife::workerMayStartOne()
{
    QCOMPARE(resultOf(toThread([] { return startBlockingPortal().call([] { return 4; }); })), 4);
}

void tst_PortalLife::stopIsIdempotent()
{
    auto portal = startBlockingPortal();
    const Operation<int> operation;
    const QFuture<int> future = portal.startTaskSoon(operation.function());
    QVERIFY(operation.hasStarted());
    portal.stop();
    portal.stop();
    QVERIFY(!future.isFinished());
    portal.stop(true); // cancels, though it had been stopped
    QVERIFY(isCanceledInTime(future));
    portal.stop();
    portal.stop(true);
}

void tst_PortalLife::stopMayComeFromAnyThread()
{
    auto first = startBlockingPortal();
    first.call([&] { first.stop(true); }); // its own
    QVERIFY(!first.isRunning());
    auto second = startBlockingPortal();
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&, i] { second.stop(i % 2); });
    for (std::thread &thread : threads)
        thread.join();
    QVERIFY(!second.isRunning());
}

void tst_PortalLife::sleepUntilStoppedEndsAtStop()
{
    BlockingPortal portal;
    const PendingCall<void> first = portal.sleepUntilStopped();
    const QFuture<void> second = portal.sleepUntilStopped();
    QCoreApplication::processEvents();
    QVERIFY(!first.isFinished() && !second.isFinished());
    runOutside([&] { portal.stop(); });
    QVERIFY(waitFor(first) && !first.isCanceled());
    QVERIFY(finishes(second));
    QVERIFY(portal.sleepUntilStopped().isFinished());
}

void tst_PortalLife::runSleepsUntilStopped()
{
    BlockingPortal portal;
    OutsideThread outside([&] {
        const int result = portal.call([] { return 5; });
        portal.stop();
        return result;
    });
    run([&] { return portal.sleepUntilStopped(); });
    QCOMPARE(outside.result(), 5);
}

QTEST_GUILESS_MAIN(tst_PortalLife)
#include "tst_portallife.moc"
