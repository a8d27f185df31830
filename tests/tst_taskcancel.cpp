// SPDX-License-Identifier: MIT
// How tasks are canceled, and the scopes that they are in.
#include "cancelable.h"
#include "outside.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

class tst_TaskCancel : public QObject
{
    Q_OBJECT

private slots:
    void canceledBeforeItBeganNeverRuns();
    void cancelThrowsAtTheAwaitWithItsReason();
    void cancelComesFromAnywhere_data();
    void cancelComesFromAnywhere();
    void cancelIsLevelTriggered();
    void readyAwaitsAreCheckpoints();
    void awaitOfATaskIsNoCheckpoint();
    void canceledAwaitLastsUntilTheWorkerHasEnded();
    void valueThatComesAllTheSameIsDelivered();
    void callUnderWayInACanceledScopeIsWaitedFor();
    void canceledFutureIsNotWaitedFor();
    void foreignAwaitableIsWaitedFor();
    void canceledErrorOutOfATaskIsACancel();
    void tasksAskWhetherTheyAreCanceled();
    void tasksOfOneThreadDoNotSeeEachOthersScopes();
    void enteredScopeCancelsTheAwait();
    void enteredScopeIsLeft();
    void scopeOfTheOptionsCancelsTheTask_data();
    void scopeOfTheOptionsCancelsTheTask();
    void scopeOfTheOptionsEndsNothingElse();
    void objectsTasksHaveOptions();
    void portalsRefuseAScope();
    void shieldedScopeHidesTheCancel();
    void shieldThatIsLeftShowsTheCancel();
    void cancelThatEndsInAShieldIsForgotten();
    void deadlineIsSeenThoughTheLoopWasBlocked();
    void deadlinesOfTheOutsideReachTasks();
    void deadlineWaitsForWhatATaskAwaits();
    void cancelThatRacesTheEndOfACallIsNotLost();
    void loopsEndThrowsOnceAndDestroysWhatAwaitsAgain();
    void loopsEndDoesNotWaitForAWorker();
};

namespace {

Task<int> waitForever()
{
    EndlessFuture never;
    co_return co_await never.future();
}

Task<QString> reasonOfCancel()
{
    try {
        co_await waitForever();
    } catch (const CanceledError &error) {
        co_return error.reason();
    }
    co_return {};
}

} // namespace

void tst_TaskCancel::canceledBeforeItBeganNeverRuns()
{
    bool hasRun = false;
    const auto run = [&]() -> Task<> {
        hasRun = true;
        co_return;
    };
    const auto call = run().startSoon();
    call.cancel();
    QVERIFY(isCanceledInTime(call));
    CancelScope scope;
    scope.cancel();
    QVERIFY(scope.run([&] { return run().start(); }).isCanceled());
    QVERIFY(isCanceledInTime(scope.run([&] { return run().startSoon(); })));
    QVERIFY(!hasRun);
}

void tst_TaskCancel::cancelThrowsAtTheAwaitWithItsReason()
{
    const auto call = reasonOfCancel().start();
    call.cancel(QStringLiteral("no more"));
    QCOMPARE(resultOf(call), QStringLiteral("no more"));
}

void tst_TaskCancel::cancelComesFromAnywhere_data()
{
    QTest::addColumn<QString>("from");
    for (const char *from : { "handle", "thread", "future", "scope", "deadline", "outer task" })
        QTest::newRow(from) << QString::fromLatin1(from);
}

void tst_TaskCancel::cancelComesFromAnywhere()
{
    QFETCH(QString, from);
    CancelScope scope;
    PendingCall<QString> call;
    if (from == u"outer task") {
        const auto outer = []() -> Task<QString> { co_return co_await reasonOfCancel().start(); };
        const auto outerCall = outer().start();
        outerCall.cancel(QStringLiteral("outer task"));
        QVERIFY(failsWith<CanceledError>(outerCall) || resultOf(outerCall) == from);
        return;
    }
    call = scope.run([] { return reasonOfCancel().start(); });
    const QFuture<QString> future = call.future();
    if (from == u"handle")
        call.cancel(from);
    else if (from == u"thread")
        OutsideThread<void>([&] { call.cancel(from); }).result();
    else if (from == u"future")
        QFuture<QString>(future).cancel();
    else if (from == u"scope")
        scope.cancel(from);
    else
        scope.setDeadline(1ms);
    const QString reason = resultOf(call);
    if (from != u"future" && from != u"deadline")
        QCOMPARE(reason, from);
}

void tst_TaskCancel::cancelIsLevelTriggered()
{
    int thrown = 0;
    const auto run = [&]() -> Task<> {
        for (int i = 0; i < 3; ++i) {
            try {
                co_await waitForever();
            } catch (const CanceledError &) {
                ++thrown;
            }
        }
        co_await checkpoint();
    };
    const auto call = run().start();
    call.cancel();
    QVERIFY(isCanceledInTime(call));
    QCOMPARE(thrown, 3);
}

void tst_TaskCancel::readyAwaitsAreCheckpoints()
{
    CancelScope scope;
    const auto run = [&](PendingCall<int> finished) -> Task<> {
        co_await finished;
        scope.cancel();
        co_await finished;
    };
    const auto finished = toThread([] { return 1; });
    QVERIFY(waitFor(finished));
    QVERIFY(scope.run([&] { return startTask(run, finished); }).isCanceled());
}

void tst_TaskCancel::awaitOfATaskIsNoCheckpoint()
{
    CancelScope scope;
    const auto plain = []() -> Task<int> { co_return 1; };
    const auto run = [&]() -> Task<int> {
        scope.cancel();
        co_return co_await plain();
    };
    QCOMPARE(resultOf(scope.run([&] { return run().start(); })), 1);
}

void tst_TaskCancel::canceledAwaitLastsUntilTheWorkerHasEnded()
{
    Gate isRunning;
    const auto run = [&]() -> Task<bool> {
        std::atomic<bool> hasEnded = false;
        try {
            co_await toThread([&] {
                isRunning.open();
                try {
                    runUntilCanceled();
                } catch (const CanceledError &) {
                    hasEnded = true; // of the coroutine's frame
                    throw;
                }
            });
        } catch (const CanceledError &) {
            co_return hasEnded;
        }
        co_return false;
    };
    const auto call = run().start();
    isRunning.pass();
    call.cancel();
    QVERIFY(resultOf(call));
}

void tst_TaskCancel::valueThatComesAllTheSameIsDelivered()
{
    const Blocker blocker;
    bool nextThrows = false;
    const auto run = [&]() -> Task<int> {
        const auto call = toThread(blocker.returning(7));
        const int value = co_await call;
        try {
            co_await checkpoint();
        } catch (const CanceledError &) {
            nextThrows = true;
        }
        co_return value;
    };
    const auto call = run().start();
    QVERIFY(blocker.hasStarted());
    call.cancel();
    blocker.release();
    QCOMPARE(resultOf(call), 7);
    QVERIFY(nextThrows);
}

void tst_TaskCancel::callUnderWayInACanceledScopeIsWaitedFor()
{
    const Blocker blocker;
    CancelScope scope;
    bool hasReleased = false;
    const auto run = [&]() -> Task<int> {
        const auto call = toThread(blocker.returning(7));
        if (!blocker.hasStarted())
            co_return 0;
        scope.cancel(); // so this await begins in a scope that is canceled
        QMetaObject::invokeMethod(
                this,
                [&] {
                    hasReleased = true;
                    blocker.release();
                },
                Qt::QueuedConnection);
        co_return co_await call;
    };
    QCOMPARE(resultOf(scope.run([&] { return run().start(); })), 7);
    QVERIFY(hasReleased);
}

void tst_TaskCancel::canceledFutureIsNotWaitedFor()
{
    EndlessFuture never;
    const auto run = [&]() -> Task<int> { co_return co_await never.future(); };
    const auto call = run().start();
    call.cancel();
    QVERIFY(isCanceledInTime(call));
    QVERIFY(never.future().isCanceled());
}

void tst_TaskCancel::foreignAwaitableIsWaitedFor()
{
    struct Foreign
    {
        bool await_ready() { return false; }
        void await_suspend(std::coroutine_handle<> handle) { *waiting = handle; }
        int await_resume() { return 7; }
        std::coroutine_handle<> *waiting;
    };
    std::coroutine_handle<> waiting;
    const auto run = [&]() -> Task<int> {
        const int value = co_await Foreign{ &waiting };
        co_return value;
    };
    const auto call = run().start();
    QVERIFY(waiting);
    call.cancel();
    QCoreApplication::processEvents();
    QVERIFY(!call.isFinished());
    waiting.resume();
    QCOMPARE(resultOf(call), 7);
}

void tst_TaskCancel::canceledErrorOutOfATaskIsACancel()
{
    const auto run = []() -> Task<> {
        throw CanceledError();
        co_return;
    };
    QVERIFY(run().start().isCanceled());
}

void tst_TaskCancel::tasksAskWhetherTheyAreCanceled()
{
    CancelScope scope;
    bool isHooked = false;
    const auto run = [&]() -> Task<> {
        const auto hook = onCancel([&] { isHooked = true; });
        if (isCanceled())
            co_return;
        checkCanceled();
        scope.cancel();
        if (isCanceled())
            checkCanceled();
        co_return;
    };
    QVERIFY(scope.run([&] { return run().start(); }).isCanceled());
    QVERIFY(isHooked);
    QVERIFY(throws<NoEventLoopError>([] { checkCanceled(); }));
    QVERIFY(throws<NoEventLoopError>([] { (void)isCanceled(); }));
}

void tst_TaskCancel::tasksOfOneThreadDoNotSeeEachOthersScopes()
{
    CancelScope a;
    CancelScope b;
    const auto run = []() -> Task<int> {
        co_await checkpoint();
        co_await checkpoint();
        co_return co_await toThread([] { return 1; });
    };
    const auto inA = a.run([&] { return run().start(); });
    const auto inB = b.run([&] { return run().start(); });
    a.cancel();
    QVERIFY(isCanceledInTime(inA));
    QCOMPARE(resultOf(inB), 1);
}

void tst_TaskCancel::enteredScopeCancelsTheAwait()
{
    CancelScope scope;
    const auto run = [&]() -> Task<QString> {
        {
            const EnterScope entered(scope);
            try {
                co_await waitForever();
            } catch (const CanceledError &error) {
                co_return error.reason();
            }
        }
        co_return {};
    };
    const auto call = run().start();
    scope.cancel(QStringLiteral("why"));
    QCOMPARE(resultOf(call), QStringLiteral("why"));
}

void tst_TaskCancel::enteredScopeIsLeft()
{
    CancelScope scope;
    scope.cancel();
    const auto run = [&]() -> Task<int> {
        bool hasThrown = false;
        {
            const EnterScope entered(scope);
            try {
                co_await checkpoint();
            } catch (const CanceledError &) {
                hasThrown = true;
            }
        }
        co_await checkpoint();
        co_return hasThrown ? co_await toThread([] { return 1; }) : 0;
    };
    QCOMPARE(resultOf(run().start()), 1);
}

void tst_TaskCancel::scopeOfTheOptionsCancelsTheTask_data()
{
    QTest::addColumn<QString>("how");
    for (const char *how : { "startTask", "of an object", "of a TaskScope", "in a group",
                             "in a group, with a start" })
        QTest::newRow(how) << QString::fromLatin1(how);
}

void tst_TaskCancel::scopeOfTheOptionsCancelsTheTask()
{
    QFETCH(const QString, how);
    CancelScope scope;
    TaskScope tasks;
    const TaskOptions options{ .name = QStringLiteral("optional"), .scope = &scope };
    QString name;
    QString reason;
    const auto run = [&]() -> Task<> {
        name = currentTaskName();
        reason = co_await reasonOfCancel();
    };
    const auto runWithStatus = [&](TaskStatus<void> &status) -> Task<> {
        status.started();
        co_await run();
    };
    const auto runInGroup = [&]() -> Task<> {
        co_await taskGroup([&](TaskGroup &group) -> Task<> {
            if (how == u"in a group")
                group.startSoon(options, run);
            else
                co_await group.start(options, runWithStatus);
        });
    };
    PendingCall<void> call;
    if (how == u"startTask")
        call = startTask(options, run);
    else if (how == u"of an object")
        call = startTask(this, options, run);
    else if (how == u"of a TaskScope")
        call = tasks.start(options, run);
    else
        call = runInGroup().start();
    QVERIFY(spinUntil([&] { return !name.isEmpty(); }));
    QCOMPARE(name, options.name);
    scope.cancel(QStringLiteral("no more"));
    QVERIFY(waitFor(call));
    QCOMPARE(reason, QStringLiteral("no more"));

    bool hasRun = false;
    const auto note = [&]() -> Task<> {
        hasRun = true;
        co_return;
    };
    QVERIFY(startTask(options, note).isCanceled()); // the scope is
    QVERIFY(!hasRun);
}

void tst_TaskCancel::scopeOfTheOptionsEndsNothingElse()
{
    CancelScope outer;
    CancelScope scope(nullptr);
    const auto run = [&]() -> Task<QString> { co_return co_await reasonOfCancel(); };
    const auto call = outer.run([&] { return startTask({ .scope = &scope }, run); });
    const auto other = outer.run([&] { return run().start(); });
    outer.cancel(QStringLiteral("outer"));
    QCOMPARE(resultOf(other), QStringLiteral("outer"));
    QVERIFY(!call.isFinished());
    scope.cancel(QStringLiteral("its own"));
    QCOMPARE(resultOf(call), QStringLiteral("its own"));
}

void tst_TaskCancel::objectsTasksHaveOptions()
{
    auto object = std::make_unique<QObject>();
    const auto run = [](QString *name) -> Task<> {
        *name = currentTaskName();
        co_await waitForever();
    };
    QString name;
    const auto call = startTask(object.get(), { .name = QStringLiteral("poll") }, run, &name);
    QCOMPARE(name, QStringLiteral("poll"));
    object.reset();
    QVERIFY(isCanceledInTime(call));
}

void tst_TaskCancel::portalsRefuseAScope()
{
    BlockingPortal portal;
    CancelScope scope;
    QVERIFY(OutsideThread([&] {
                return throws<InvalidUseError>(
                        [&] { portal.startTaskSoon({ .scope = &scope }, [] {}); });
            }).result());
}

void tst_TaskCancel::shieldThatIsLeftShowsTheCancel()
{
    QStringList log;
    const auto run = [&]() -> Task<> {
        {
            CancelScope scope;
            scope.setShielded(true);
            const EnterScope entered(scope);
            co_await checkpoint(); // lets the cancel come
            co_await checkpoint();
            log << QStringLiteral("shielded");
        }
        co_await checkpoint();
        log << QStringLiteral("never");
    };
    const auto call = run().start();
    call.cancel();
    QVERIFY(isCanceledInTime(call));
    QCOMPARE(log, QStringList{ QStringLiteral("shielded") });
}

void tst_TaskCancel::cancelThatEndsInAShieldIsForgotten()
{
    CancelScope outer;
    const auto run = [&]() -> Task<int> {
        {
            const EnterScope enteredOuter(outer);
            CancelScope shield;
            shield.setShielded(true);
            const EnterScope entered(shield);
            outer.cancel(); // which the task hears of, and is hidden from
            co_await checkpoint();
            co_await checkpoint();
        }
        co_await checkpoint(); // not in the canceled scope any more
        co_return co_await toThread([] { return 7; });
    };
    QCOMPARE(resultOf(run().start()), 7);
}

void tst_TaskCancel::shieldedScopeHidesTheCancel()
{
    const auto run = [&]() -> Task<int> {
        bool isCanceled = false;
        try {
            co_await waitForever();
        } catch (const CanceledError &) {
            isCanceled = true;
        }
        CancelScope scope;
        scope.setShielded(true);
        const EnterScope entered(scope);
        co_await checkpoint();
        co_return co_await toThread([&] { return isCanceled ? 7 : 0; });
    };
    const auto call = run().start();
    call.cancel();
    QCOMPARE(resultOf(call), 7);
}

void tst_TaskCancel::deadlineIsSeenThoughTheLoopWasBlocked()
{
    CancelScope scope;
    scope.setDeadline(1ms);
    const auto run = [&]() -> Task<> {
        while (!scope.isPastDeadline())
            ; // the loop is blocked
        co_await checkpoint();
    };
    QVERIFY(scope.run([&] { return run().start(); }).isCanceled());
}

void tst_TaskCancel::deadlinesOfTheOutsideReachTasks()
{
    QVERIFY(failsWith<TimeoutError>(failAfter(1ms, [] { return waitForever(); })));
    QVERIFY(!resultOf(moveOnAfter(1ms, [] { return waitForever(); })));
    const auto run = []() -> Task<int> {
        const auto value = co_await moveOnAfter(1ms, [] { return waitForever(); });
        co_return value ? *value : -1;
    };
    QCOMPARE(resultOf(run().start()), -1);
}

void tst_TaskCancel::deadlineWaitsForWhatATaskAwaits()
{
    Gate isCanceledThere;
    Gate mayEnd;
    const auto body = [&]() -> Task<> {
        co_await toThread([&] {
            try {
                runUntilCanceled();
            } catch (const CanceledError &) {
                isCanceledThere.open();
                mayEnd.pass();
                throw;
            }
        });
    };
    const auto call = moveOnAfter(1ms, body);
    QVERIFY(spinUntil([&] { return isCanceledThere.tryPass(1, 0ms); }));
    QCoreApplication::processEvents();
    const bool isWaited = !call.isFinished();
    mayEnd.open();
    QVERIFY(!resultOf(call));
    QVERIFY(isWaited);
}

void tst_TaskCancel::cancelThatRacesTheEndOfACallIsNotLost()
{
    int values = 0;
    for (int round = 0; round < 500; ++round) {
        const auto run = []() -> Task<int> { co_return co_await toThread([] { return 1; }); };
        const auto call = run().start();
        OutsideThread<void> canceler([&] { call.cancel(); });
        try {
            values += resultOf(call);
        } catch (const CanceledError &) {
        }
        canceler.result();
    }
    qInfo("%d of 500 ended with a value", values);
}

void tst_TaskCancel::loopsEndThrowsOnceAndDestroysWhatAwaitsAgain()
{
    int thrown = 0;
    bool goesOn = false;
    PendingCall<void> call;
    {
        LoopThread thread;
        const auto run = [&]() -> Task<> {
            const Counted guard;
            try {
                co_await waitForever();
            } catch (const CanceledError &) {
                ++thrown;
            }
            co_await checkpoint();
            goesOn = true;
        };
        thread.call([&] { call = startTask(run); });
    }
    QVERIFY(call.isCanceled());
    QCOMPARE(thrown, 1);
    QVERIFY(!goesOn);
    QCOMPARE(Counted::alive(), 0);
}

void tst_TaskCancel::loopsEndDoesNotWaitForAWorker()
{
    const Blocker blocker;
    int thrown = 0;
    PendingCall<void> call;
    PendingCall<void> workers;
    {
        LoopThread thread;
        const auto run = [&]() -> Task<> {
            const Counted guard;
            workers = toThread(blocker.function());
            try {
                co_await workers;
            } catch (const CanceledError &) {
                ++thrown;
            }
        };
        thread.call([&] { call = startTask(run); });
        QVERIFY(blocker.hasStarted());
    }
    QVERIFY(call.isFinished());
    QVERIFY(!workers.isFinished());
    QCOMPARE(thrown, 1);
    QCOMPARE(Counted::alive(), 0);
    blocker.releaseAll();
    QVERIFY(waitFor(workers));
}

QTEST_GUILESS_MAIN(tst_TaskCancel)
#include "tst_taskcancel.moc"
