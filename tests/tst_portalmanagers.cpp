// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "portals.h"
#include "task.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

ContextVar<QString> user("user", QStringLiteral("nobody"));

/// Notes what is done with it.
struct Session
{
    PendingCall<int> asyncEnter()
    {
        ++enters;
        enterThread = here();
        enterName = user.get();
        if (failsToEnter)
            return toThread([]() -> int { throw std::domain_error("enter"); });
        return toThread([] { return 7; });
    }
    EagerTask<bool> asyncExit(std::exception_ptr error)
    {
        ++exits;
        exitThread = here();
        exitName = user.get();
        exitError = error;
        co_await toThread([] {});
        if (failsToExit)
            throw std::range_error("exit");
        hasLeft = true;
        co_return suppresses.load();
    }

    bool failsToEnter = false;
    bool failsToExit = false;
    std::atomic<bool> suppresses = false;

    std::atomic<int> enters = 0;
    std::atomic<int> exits = 0;
    std::atomic<bool> hasLeft = false;
    QThread *enterThread = nullptr;
    QThread *exitThread = nullptr;
    QString enterName;
    QString exitName;
    std::exception_ptr exitError;
};

/// Another shape: a QFuture of nothing, and of bool.
struct Quiet
{
    QFuture<void> asyncEnter() { return QtFuture::makeReadyFuture(); }
    QFuture<bool> asyncExit(const std::exception_ptr &) { return QtFuture::makeReadyFuture(true); }
};

/// Its enter ends when a test says so.
struct Slow
{
    QFuture<int> asyncEnter() { return operation.function()(); }
    QFuture<bool> asyncExit(const std::exception_ptr &)
    {
        ++exits;
        return QtFuture::makeReadyFuture(false);
    }
    Operation<int> operation;
    std::atomic<int> exits = 0;
};

static_assert(AsyncContextManager<Session> && AsyncContextManager<Quiet>);
static_assert(!AsyncContextManager<int> && !AsyncContextManager<QObject>);

template <typename E>
bool isA(const std::exception_ptr &error)
{
    return error && throws<E>([&] { std::rethrow_exception(error); });
}

} // namespace

/// BlockingPortal::wrapAsyncContextManager().
class tst_PortalManagers : public QObject
{
    Q_OBJECT

private slots:
    // enter and exit
    void valueOfEnterComesBack();
    void guardLeavesAtTheEndOfItsScope();
    void guardTellsThatAnExceptionEndedItsScope();
    void exitSeesTheErrorAndMaySuppressIt();
    void bodysErrorReachesExit();
    void bodysErrorMayBeSuppressed();
    void bodysResultReturns();
    void managersOfEveryShapeWork();
    void enterAndExitRunInTheLoopInOneContext();
    void errorOfEnterIsThrown();
    void errorOfExitIsThrown();
    void managerMayBeUsedAgain();
    void managerCannotBeLeftTwice();
    void managerCannotBeUsedInThePortalsThread();
    // cancel
    void exitRunsOnceWhenTheTaskIsCanceled();
    void exitDoesNotRunIfEnterDidNotSucceed();
    void canceledExitCanStillWork();
    void cancelOfTheEnteringWorkerLeaves();
    // the end of the portal
    void closeWithAnOpenManagerDoesNotHang_data();
    void closeWithAnOpenManagerDoesNotHang();
    void endOfTheLoopWithAnOpenManagerDoesNotHang();
    void exitAfterTheCloseSaysSo();
};

void tst_PortalManagers::valueOfEnterComesBack()
{
    auto portal = startBlockingPortal();
    Session session;
    auto guard = portal.wrapAsyncContextManager(session).enter();
    QCOMPARE(guard.value(), 7);
    QCOMPARE(*guard, 7);
    QCOMPARE(session.enters, 1);
    QCOMPARE(session.exits, 0);
}

void tst_PortalManagers::guardLeavesAtTheEndOfItsScope()
{
    auto portal = startBlockingPortal();
    Session session;
    {
        auto guard = portal.wrapAsyncContextManager(session).enter();
        auto moved = std::move(guard);
        QCOMPARE(session.exits, 0);
    }
    QCOMPARE(session.exits, 1);
    QVERIFY(session.hasLeft); // to its end
    QVERIFY(!session.exitError);
}

void tst_PortalManagers::guardTellsThatAnExceptionEndedItsScope()
{
    auto portal = startBlockingPortal();
    Session session;
    QVERIFY(throws<std::domain_error>([&] {
        auto guard = portal.wrapAsyncContextManager(session).enter();
        throw std::domain_error("scope");
    }));
    QVERIFY(session.hasLeft);
    QVERIFY(isA<CanceledError>(session.exitError));
}

void tst_PortalManagers::exitSeesTheErrorAndMaySuppressIt()
{
    auto portal = startBlockingPortal();
    for (const bool suppresses : { false, true }) {
        Session session;
        session.suppresses = suppresses;
        auto guard = portal.wrapAsyncContextManager(session).enter();
        const auto error = std::make_exception_ptr(std::domain_error("mine"));
        QCOMPARE(guard.exit(error), suppresses);
        QVERIFY(isA<std::domain_error>(session.exitError));
        QCOMPARE(session.exits, 1);
    }
}

void tst_PortalManagers::bodysErrorReachesExit()
{
    auto portal = startBlockingPortal();
    Session session;
    const auto body = [](int) { throw std::domain_error("body"); };
    QVERIFY(throws<std::domain_error>([&] { portal.wrapAsyncContextManager(session).run(body); }));
    QVERIFY(isA<std::domain_error>(session.exitError));
    QCOMPARE(session.exits, 1);
}

void tst_PortalManagers::bodysErrorMayBeSuppressed()
{
    auto portal = startBlockingPortal();
    Session session;
    session.suppresses = true;
    const auto fail = []() -> int { throw std::domain_error("body"); };
    const std::optional<int> result = portal.wrapAsyncContextManager(session).run(fail);
    QVERIFY(!result);
    QVERIFY(isA<std::domain_error>(session.exitError));
    QCOMPARE(portal.wrapAsyncContextManager(session).run([] { throw 42; }), false);
}

void tst_PortalManagers::bodysResultReturns()
{
    auto portal = startBlockingPortal();
    Session session;
    QThread *bodyThread = nullptr;
    const auto body = [&](int &value) {
        bodyThread = here();
        return std::make_unique<int>(++value);
    };
    const std::optional<MoveOnly> result = portal.wrapAsyncContextManager(session).run(body);
    QCOMPARE(**result, 8);
    QCOMPARE(bodyThread, here());
    QVERIFY(!session.exitError);
    QCOMPARE(portal.wrapAsyncContextManager(session).run([] {}), true);
}

void tst_PortalManagers::managersOfEveryShapeWork()
{
    auto portal = startBlockingPortal();
    QCOMPARE(portal.wrapAsyncContextManager(Quiet()).run([] {}), true);
    QCOMPARE(portal.wrapAsyncContextManager(Quiet()).run([] { throw 42; }), false);
    auto guard = portal.wrapAsyncContextManager(Quiet()).enter();
    QVERIFY(guard.exit());
}

void tst_PortalManagers::enterAndExitRunInTheLoopInOneContext()
{
    auto portal = startBlockingPortal();
    Session session;
    const ContextToken token = user.set(QStringLiteral("ada"));
    auto guard = portal.wrapAsyncContextManager(session).enter();
    user.reset(token);
    guard.exit();
    QThread *thread = portal.call(here);
    QCOMPARE(session.enterThread, thread);
    QCOMPARE(session.exitThread, thread);
    QCOMPARE(session.enterName, QStringLiteral("ada"));
    QCOMPARE(session.exitName, QStringLiteral("ada"));
}

void tst_PortalManagers::errorOfEnterIsThrown()
{
    auto portal = startBlockingPortal();
    Session session;
    session.failsToEnter = true;
    QVERIFY(throws<std::domain_error>(
            [&] { (void)portal.wrapAsyncContextManager(session).enter(); }));
    bool hasRun = false;
    QVERIFY(throws<std::domain_error>(
            [&] { portal.wrapAsyncContextManager(session).run([&] { hasRun = true; }); }));
    QVERIFY(!hasRun);
    QCOMPARE(session.exits, 0);
}

void tst_PortalManagers::errorOfExitIsThrown()
{
    auto portal = startBlockingPortal();
    Session session;
    session.failsToExit = true;
    const QFerryMessages messages;
    QVERIFY(throws<std::range_error>(
            [&] { portal.wrapAsyncContextManager(session).run([] { throw 42; }); }));
    QVERIFY(throws<std::range_error>(
            [&] { portal.wrapAsyncContextManager(session).enter().exit(); }));
    QCOMPARE(messages.count(), 0);
    {
        auto guard = portal.wrapAsyncContextManager(session).enter();
    }
    QCOMPARE(messages.count(), 1); // a destructor cannot throw
}

void tst_PortalManagers::managerMayBeUsedAgain()
{
    auto portal = startBlockingPortal();
    Session session;
    auto manager = portal.wrapAsyncContextManager(session);
    manager.run([] {});
    manager.run([] {});
    QCOMPARE(session.enters, 2);
    QCOMPARE(session.exits, 2);
}

void tst_PortalManagers::managerCannotBeLeftTwice()
{
    auto portal = startBlockingPortal();
    Session session;
    auto guard = portal.wrapAsyncContextManager(session).enter();
    guard.exit();
    QVERIFY(throws<InvalidUseError>([&] { guard.exit(); }));
    QCOMPARE(session.exits, 1);
}

void tst_PortalManagers::managerCannotBeUsedInThePortalsThread()
{
    auto portal = startBlockingPortal();
    Session session;
    auto manager = portal.wrapAsyncContextManager(session);
    QVERIFY(throws<InvalidUseError>([&] { portal.call([&] { (void)manager.enter(); }); }));
    auto guard = manager.enter();
    QVERIFY(throws<InvalidUseError>([&] { portal.call([&] { guard.exit(); }); }));
    QCOMPARE(session.exits, 0);
    guard.exit();
    QCOMPARE(session.exits, 1);
}

void tst_PortalManagers::exitRunsOnceWhenTheTaskIsCanceled()
{
    auto portal = startBlockingPortal();
    Session session;
    auto guard = portal.wrapAsyncContextManager(session).enter();
    portal.stop(true);
    QVERIFY(spinUntil([&] { return session.hasLeft.load(); }));
    QVERIFY(isA<CanceledError>(session.exitError));
    QVERIFY(throws<CanceledError>([&] { guard.exit(); }));
    QCOMPARE(session.exits, 1);
}

void tst_PortalManagers::exitDoesNotRunIfEnterDidNotSucceed()
{
    auto portal = startBlockingPortal();
    Slow manager;
    OutsideThread caller([&] {
        return throws<CanceledError>(
                [&] { (void)portal.wrapAsyncContextManager(manager).enter(); });
    });
    QVERIFY(manager.operation.hasStarted());
    portal.stop(true);
    QVERIFY(manager.operation.isCanceledInTime());
    manager.operation.finish(1);
    QVERIFY(caller.result());
    QCOMPARE(manager.exits, 0);
}

void tst_PortalManagers::canceledExitCanStillWork()
{
    Session session; // its exit makes a call
    {
        auto portal = startBlockingPortal();
        auto guard = portal.wrapAsyncContextManager(session).enter();
        portal.stop(true);
    }
    QVERIFY(session.hasLeft);
}

void tst_PortalManagers::cancelOfTheEnteringWorkerLeaves()
{
    auto portal = startBlockingPortal();
    Slow manager;
    const auto call = toThread([&] { (void)portal.wrapAsyncContextManager(manager).enter(); });
    QVERIFY(manager.operation.hasStarted());
    call.cancel();
    QVERIFY(manager.operation.isCanceledInTime());
    manager.operation.finish(1);
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
}

void tst_PortalManagers::closeWithAnOpenManagerDoesNotHang_data()
{
    QTest::addColumn<bool>("ownThread");
    QTest::newRow("its own thread") << true;
    QTest::newRow("this thread") << false;
}

void tst_PortalManagers::closeWithAnOpenManagerDoesNotHang()
{
    QFETCH(bool, ownThread);
    Session session;
    std::optional<EnteredContext<int>> guard;
    const auto enter = [&](BlockingPortal &portal) {
        guard.emplace(portal.wrapAsyncContextManager(session).enter());
    };
    if (ownThread) {
        auto portal = startBlockingPortal();
        enter(portal);
    } else {
        BlockingPortal portal;
        runOutside([&] { enter(portal); });
    }
    QVERIFY(session.hasLeft);
    QVERIFY(isA<CanceledError>(session.exitError));
    guard.reset();
    QCOMPARE(session.exits, 1);
}

void tst_PortalManagers::endOfTheLoopWithAnOpenManagerDoesNotHang()
{
    Session session;
    std::optional<EnteredContext<int>> guard;
    std::unique_ptr<BlockingPortal> portal;
    {
        LoopThread thread;
        thread.call([&] { portal = std::make_unique<BlockingPortal>(); });
        guard.emplace(portal->wrapAsyncContextManager(session).enter());
    }
    QVERIFY(throws<CanceledError>([&] { guard->exit(); }));
    portal.reset();
    QCOMPARE(session.exits, 1);
}

void tst_PortalManagers::exitAfterTheCloseSaysSo()
{
    Session session;
    auto portal = std::make_unique<StartedPortal>(startBlockingPortal());
    const auto body = [&](int) { portal.reset(); };
    QVERIFY(throws<CanceledError>([&] { portal->wrapAsyncContextManager(session).run(body); }));
    QCOMPARE(session.exits, 1);
}

QTEST_GUILESS_MAIN(tst_PortalManagers)
#include "tst_portalmanagers.moc"
