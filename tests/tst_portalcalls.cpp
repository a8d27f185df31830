// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "portals.h"
#include "task.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

ContextVar<QString> user("user", QStringLiteral("nobody"));

EagerTask<QString> doubled(QString text)
{
    co_return co_await toThread([](const QString &t) { return t + t; }, text);
}

/// Who it is, before and after a suspension.
EagerTask<QStringList> usersAroundASuspension()
{
    QStringList users{ user.get() };
    co_await toThread([] {});
    users << user.get();
    co_return users;
}

} // namespace

/// BlockingPortal::call(), and what goes with every function into a portal.
class tst_PortalCalls : public QObject
{
    Q_OBJECT

private slots:
    // calls
    void plainFunctionRunsInTheLoopThread();
    void valuesOfEveryKindReturn();
    void argumentsArePassedOn();
    void memberFunctionsCanBeCalled();
    void asynchronousFunctionIsAwaited();
    void errorsReachTheCaller();
    void cancelByOthersIsACancel();
    void emptyFunctionIsInvalidUse();
    void loopGoesOnWhileACallIsAwaited();
    void manyThreadsCallAtOnce();
    void workersCallToo();
    void anotherLoopsThreadCallsIn();
    // misuse
    void portalsOwnThreadCannotUseIt();
    void portalNeedsALoop();
    // stop()
    void stoppedPortalIsNotRunning();
    void callThatRacesAStopRunsOrThrows_data();
    void callThatRacesAStopRunsOrThrows();
    void stopWakesThreadsThatCall();
    void cancelThatRacesTheEndOfAnOperationIsNotLost();
    void endOfTheLoopEndsCalls();
    void cancelOfTheCallingWorkerEndsItsCall();
    // tokens
    void nestedCallSharesTheBlockedToken();
    // context
    void contextOfTheCallerIsCarried();
    void contextOfTheCallerIsKeptAcrossSuspensions();
    void writesDoNotComeBack();
    void callersScopeDoesNotReachIn();
};

void tst_PortalCalls::plainFunctionRunsInTheLoopThread()
{
    BlockingPortal portal;
    QThread *thread = runOutside([&] { return portal.call([] { return here(); }); });
    QCOMPARE(thread, here());
}

void tst_PortalCalls::valuesOfEveryKindReturn()
{
    auto portal = startBlockingPortal();
    forEachResultType([&]<typename T>() {
        using Made = Sample<T>;
        if constexpr (std::is_void_v<T>) {
            portal.call(&Made::make);
            portal.call([] { return toThread(&Made::make); });
        } else {
            QVERIFY(Made::matches(portal.call(&Made::make)));
            QVERIFY(Made::matches(portal.call([] { return toThread(&Made::make); })));
        }
    });
}

void tst_PortalCalls::argumentsArePassedOn()
{
    auto portal = startBlockingPortal();
    int counter = 1;
    const auto add = [](int &n, std::unique_ptr<int> p) { return ++n + *p; };
    QCOMPARE(portal.call(add, std::ref(counter), std::make_unique<int>(40)), 42);
    QCOMPARE(counter, 2);
    const auto addLater = [](int n, std::unique_ptr<int> p) {
        return toThread([n, q = std::move(p)] { return n + *q; });
    };
    QCOMPARE(portal.call(addLater, 2, std::make_unique<int>(40)), 42);
}

void tst_PortalCalls::memberFunctionsCanBeCalled()
{
    auto portal = startBlockingPortal();
    QObject object;
    object.setObjectName(QStringLiteral("mine"));
    QCOMPARE(portal.call(&QObject::objectName, &object), QStringLiteral("mine"));
}

void tst_PortalCalls::asynchronousFunctionIsAwaited()
{
    auto portal = startBlockingPortal();
    QCOMPARE(portal.call([] { return toThread([] { return 7; }); }), 7);
    QCOMPARE(portal.call([] { return QtFuture::makeReadyFuture(8); }), 8);
    QCOMPARE(portal.call(doubled, QStringLiteral("ab")), QStringLiteral("abab"));
}

void tst_PortalCalls::errorsReachTheCaller()
{
    auto portal = startBlockingPortal();
    const auto fail = []() -> int { throw std::domain_error("plain"); };
    QVERIFY(throws<std::domain_error>([&] { portal.call(fail); }));
    QVERIFY(throws<std::domain_error>([&] { portal.call([&] { return toThread(fail); }); }));
    QVERIFY(throws<std::domain_error>([&] { portal.call(failedFuture, "future"); }));
    QVERIFY(throws<int>([&] { portal.call([] { throw 42; }); }));
    QVERIFY(throws<std::domain_error>([&] {
        portal.call([]() -> QFuture<int> { throw std::domain_error("before the operation"); });
    }));
    QCOMPARE(portal.call([] { return 1; }), 1); // goes on
}

void tst_PortalCalls::cancelByOthersIsACancel()
{
    auto portal = startBlockingPortal();
    const Operation<int> operation;
    OutsideThread caller(
            [&] { return throws<CanceledError>([&] { portal.call(operation.function()); }); });
    QVERIFY(operation.hasStarted());
    operation.future().cancel();
    operation.finish(0);
    QVERIFY(caller.result());
    QVERIFY(throws<CanceledError>([&] { portal.call([] { return PendingCall<int>(); }); }));
}

void tst_PortalCalls::emptyFunctionIsInvalidUse()
{
    auto portal = startBlockingPortal();
    void (*none)() = nullptr;
    QVERIFY(throws<InvalidUseError>([&] { portal.call(none); }));
    QVERIFY(throws<InvalidUseError>([&] { (void)portal.startTaskSoon(std::function<void()>()); }));
    void (*noTask)(TaskStatus<int> &) = nullptr;
    QVERIFY(throws<InvalidUseError>([&] { (void)portal.startTask(noTask); }));
}

void tst_PortalCalls::loopGoesOnWhileACallIsAwaited()
{
    BlockingPortal portal;
    int ticks = 0;
    QTimer ticker;
    connect(&ticker, &QTimer::timeout, this, [&] { ++ticks; });
    ticker.start(0);
    const Operation<int> operation;
    OutsideThread caller([&] { return portal.call(operation.function()); });
    QVERIFY(spinUntil([&] { return ticks > 10; }));
    operation.finish(5);
    QCOMPARE(caller.resultWhileTheLoopTurns(), 5);
}

void tst_PortalCalls::manyThreadsCallAtOnce()
{
    constexpr int threads = 16;
    constexpr int callsEach = 500;
    auto portal = startBlockingPortal();
    int counter = 0; // the loop's alone
    std::vector<std::thread> callers;
    for (int i = 0; i < threads; ++i) {
        callers.emplace_back([&] {
            for (int n = 0; n < callsEach; ++n)
                portal.call([&counter] { ++counter; });
        });
    }
    for (std::thread &caller : callers)
        caller.join();
    QCOMPARE(portal.call([&counter] { return counter; }), threads * callsEach);
}

void tst_PortalCalls::workersCallToo()
{
    auto portal = startBlockingPortal();
    const auto work = [&] {
        return portal.call([] { return 1; })
               + portal.call([] { return toThread([] { return 2; }); });
    };
    QCOMPARE(resultOf(toThread(work)), 3);
}

void tst_PortalCalls::anotherLoopsThreadCallsIn()
{
    auto portal = startBlockingPortal();
    LoopThread other;
    int sum = 0;
    other.call([&] {
        sum = portal.call([] { return 1; })
              + portal.call([] { return toThread([] { return 2; }); });
    });
    QCOMPARE(sum, 3);
}

void tst_PortalCalls::portalsOwnThreadCannotUseIt()
{
    BlockingPortal portal;
    const auto isInvalid = [](auto &&use) { return throws<InvalidUseError>(use); };
    QVERIFY(isInvalid([&] { portal.call([] {}); }));
    QVERIFY(isInvalid([&] { portal.call([] { return toThread([] {}); }); }));
    QVERIFY(isInvalid([&] { (void)portal.startTaskSoon([] {}); }));
    QVERIFY(isInvalid([&] { (void)portal.startTask([](TaskStatus<void> &) {}); }));
    auto started = startBlockingPortal();
    QVERIFY(isInvalid([&] { started.call([&] { started.call([] {}); }); }));
    QCOMPARE(started.call([] { return 1; }), 1);
}

void tst_PortalCalls::portalNeedsALoop()
{
    const auto make = [] { const BlockingPortal portal; };
    QVERIFY(runOutside([&] { return throws<NoEventLoopError>(make); }));
    QVERIFY(resultOf(toThread([&] { return throws<NoEventLoopError>(make); })));
}

void tst_PortalCalls::stoppedPortalIsNotRunning()
{
    auto portal = startBlockingPortal();
    QVERIFY(portal.isRunning());
    portal.stop();
    QVERIFY(!portal.isRunning());
    const auto isRefused = [](auto &&use) { return throws<PortalNotRunningError>(use); };
    QVERIFY(isRefused([&] { portal.call([] {}); }));
    QVERIFY(isRefused([&] { portal.call([] { return toThread([] {}); }); }));
    QVERIFY(isRefused([&] { (void)portal.startTaskSoon([] {}); }));
    QVERIFY(isRefused([&] { (void)portal.startTask([](TaskStatus<int> &) {}); }));
}

void tst_PortalCalls::callThatRacesAStopRunsOrThrows_data()
{
    QTest::addColumn<bool>("cancel");
    QTest::newRow("stop()") << false;
    QTest::newRow("stop(true)") << true;
}

void tst_PortalCalls::callThatRacesAStopRunsOrThrows()
{
    QFETCH(bool, cancel);
    for (int round = 0; round < 100; ++round) {
        auto portal = std::make_unique<StartedPortal>(startBlockingPortal());
        Gate isCalling;
        std::atomic<int> served = 0;
        OutsideThread caller([&] {
            int returned = 0;
            try {
                for (;; ++returned) {
                    portal->call([&] { ++served; });
                    isCalling.open();
                    portal->call([&] { return toThread([] {}); });
                }
            } catch (const PortalNotRunningError &) {
            } catch (const CanceledError &) { // of the asynchronous one
                return cancel;
            }
            return served == returned || served == returned + 1;
        });
        isCalling.pass();
        portal->stop(cancel);
        QVERIFY(caller.result());
    }
}

void tst_PortalCalls::stopWakesThreadsThatCall()
{
    auto portal = startBlockingPortal();
    const Operation<int> operation;
    OutsideThread caller(
            [&] { return throws<CanceledError>([&] { portal.call(operation.function()); }); });
    QVERIFY(operation.hasStarted());
    portal.stop(true);
    QVERIFY(caller.result());
    QVERIFY(operation.isCanceledInTime());
}

void tst_PortalCalls::cancelThatRacesTheEndOfAnOperationIsNotLost()
{
    auto portal = startBlockingPortal();
    for (int round = 0; round < 2000; ++round) {
        Gate isInside;
        std::atomic<bool> goes = false;
        const auto spin = [&] {
            isInside.open();
            while (!goes)
                ;
        };
        auto caller = toThread([&] { portal.call([&] { return toThread(spin); }); });
        isInside.pass();
        goes = true;
        caller.cancel();
        try {
            resultOf(caller); // or is canceled; but ends
        } catch (const CanceledError &) {
        }
    }
}

void tst_PortalCalls::endOfTheLoopEndsCalls()
{
    auto thread = std::make_unique<LoopThread>();
    std::unique_ptr<BlockingPortal> portal;
    thread->call([&] { portal = std::make_unique<BlockingPortal>(); });
    const Operation<int> operation;
    OutsideThread underWay(
            [&] { return throws<CanceledError>([&] { portal->call(operation.function()); }); });
    QVERIFY(operation.hasStarted());
    Blocker blocker;
    OutsideThread running([&] { return portal->call(blocker.returning(true)); });
    QVERIFY(blocker.hasStarted());
    OutsideThread unserved([&] { // may even be served, or come after the end
        try {
            return portal->call([] { return toThread([] { return true; }); });
        } catch (const LoopFinishedError &) {
            return true;
        } catch (const CanceledError &) {
            return true;
        } catch (const PortalNotRunningError &) {
            return true;
        }
    });
    thread->quit();
    blocker.release();
    thread.reset();
    QVERIFY(underWay.result());
    QVERIFY(running.result());
    QVERIFY(unserved.result());
    QVERIFY(throws<PortalNotRunningError>([&] { portal->call([] {}); }));
}

void tst_PortalCalls::cancelOfTheCallingWorkerEndsItsCall()
{
    auto portal = startBlockingPortal();
    const Operation<int> operation;
    const auto call = toThread([&] { portal.call(operation.function()); });
    QVERIFY(operation.hasStarted());
    call.cancel();
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
    QVERIFY(operation.isCanceledInTime());
}

void tst_PortalCalls::nestedCallSharesTheBlockedToken()
{
    auto portal = startBlockingPortal();
    CapacityLimiter one(1);
    const CallOptions options{ .limiter = &one };
    const auto nested = [&] { return toThread(options, [] { return 3; }); };
    QCOMPARE(resultOf(toThread(options, [&] { return portal.call(nested); })), 3);
}

void tst_PortalCalls::contextOfTheCallerIsCarried()
{
    auto portal = startBlockingPortal();
    const ContextToken token = user.set(QStringLiteral("ada"));
    const auto read = [] { return user.get(); };
    const QString expected = QStringLiteral("ada");
    QCOMPARE(portal.call(read), expected);
    QCOMPARE(portal.call([&] { return toThread(read); }), expected);
    QCOMPARE(outcomeOf(portal.startTaskSoon(read)), expected);
    QCOMPARE(outcomeOf(portal.startTaskSoon([&] { return toThread(read); })), expected);
    const auto start = [&](TaskStatus<QString> &status) { status.started(read()); };
    QCOMPARE(portal.startTask(start).value, expected);
    user.reset(token);
    QCOMPARE(portal.call(read), QStringLiteral("nobody"));
}

void tst_PortalCalls::contextOfTheCallerIsKeptAcrossSuspensions()
{
    auto portal = startBlockingPortal();
    const ContextToken token = user.set(QStringLiteral("ada"));
    const QStringList expected(2, QStringLiteral("ada"));
    QCOMPARE(portal.call(usersAroundASuspension), expected);
    QCOMPARE(outcomeOf(portal.startTaskSoon(usersAroundASuspension)), expected);
    user.reset(token);
}

void tst_PortalCalls::writesDoNotComeBack()
{
    auto portal = startBlockingPortal();
    const auto write = [] { user.set(QStringLiteral("root")); };
    portal.call(write);
    outcomeOf(portal.startTaskSoon(write));
    QCOMPARE(user.get(), QStringLiteral("nobody"));
    QCOMPARE(portal.call([] { return user.get(); }), QStringLiteral("nobody"));
}

void tst_PortalCalls::callersScopeDoesNotReachIn()
{
    auto portal = startBlockingPortal();
    CancelScope scope;
    Blocker blocker;
    const QFuture<int> future = scope.run(
            [&] { return portal.startTaskSoon([&] { return toThread(blocker.returning(1)); }); });
    QVERIFY(blocker.hasStarted());
    scope.cancel();
    blocker.release();
    QCOMPARE(outcomeOf(future), 1); // the task is the portal's
}

QTEST_GUILESS_MAIN(tst_PortalCalls)
#include "tst_portalcalls.moc"
