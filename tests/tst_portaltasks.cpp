// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "portals.h"
#include "task.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

/// Says when it has unwound, and how.
struct Unwinding
{
    Gate running;
    std::atomic<bool> isCanceled = false;
};

EagerTask<int> waitUntilCanceled(Unwinding &unwinding)
{
    try {
        co_await toThread(openAndRunUntilCanceled(unwinding.running));
    } catch (const CanceledError &) {
        unwinding.isCanceled = true;
        throw;
    }
    co_return 0;
}

/// Can be moved into the task, but not out of it again.
struct Stuck
{
    Stuck() = default;
    Stuck(Stuck &&other) : moves(other.moves + 1)
    {
        if (moves > 1)
            throw std::domain_error("stuck");
    }
    static Stuck make() { return {}; }

    int moves = 0;
};

EagerTask<QStringList> namesAroundASuspension()
{
    QStringList names{ currentTaskName() };
    names << co_await toThread([] { return currentTaskName(); });
    names << currentTaskName();
    co_return names;
}

struct Server
{
    void serve(TaskStatus<int> &status, int port) { status.started(port); }
};

} // namespace

/// BlockingPortal::startTaskSoon() and startTask().
class tst_PortalTasks : public QObject
{
    Q_OBJECT

private slots:
    void functionRunsInTheLoopThread();
    void resultsOfEveryKindArrive();
    void argumentsAreMovedInAndDestroyedAtTheEnd();
    void startDoesNotWaitForTheLoop();
    void futureIsUsualInAThreadWithoutALoop();
    // several at a time
    void tasksOverlap();
    void resultStaysReadableAfterThePortal();
    // canceling a task
    void cancelReachesAFuture();
    void cancelReachesACall();
    void cancelReachesACoroutine();
    void cancelAtOnceReachesTheOperation();
    void cancelAfterStopReachesTheOperation();
    void functionThatWasCanceledBeforeItsTurnDoesNotRun_data();
    void functionThatWasCanceledBeforeItsTurnDoesNotRun();
    void canceledTaskNeedNotWaitForAFutureThatNeverEnds();
    // stop()
    void stopWakesThreadsBlockedOnFutures();
    void stopSkipsFunctionsThatHaveNotRun();
    void endOfTheLoopEndsFutures();
    void functionThatTheLoopDoesNotReachFails();
    // failures
    void failingTaskHarmsOnlyItself();
    void selfCancelingTaskHarmsOnlyItself();
    void resultThatCannotBeMovedIsTheTasksError();
    // startTask()
    void startTaskReturnsTheValueAndTheFuture();
    void startedMayCarryAnyValue();
    void startedMayComeLater();
    // ends before started()
    void errorBeforeStartedIsThrown();
    void returnWithoutStartedIsAnError();
    void cancelBeforeStartedIsThrown();
    void stopBeforeStartedIsACancel();
    void cancelOfTheWaitingWorkerCancelsTheTask();
    void cancelOfTheWaitingWorkerWaitsForTheCoroutine();
    void cancelAfterStartedIsNotWaitedFor();
    // after started()
    void laterErrorIsInTheFutureOnly();
    void secondStartedIsInvalidUse();
    void startedAfterACancelDoesNothing();
    // the task's name
    void nameIsVisibleInTheTask();
    void nameIsTheTasksOwn();
    void nameReachesTheCallsOfTheTask();
};

void tst_PortalTasks::functionRunsInTheLoopThread()
{
    auto portal = startBlockingPortal();
    QThread *thread = portal.call(here);
    QVERIFY(thread != here());
    QCOMPARE(outcomeOf(portal.startTaskSoon(here)), thread);
    QCOMPARE(outcomeOf(portal.startTaskSoon([] { return QtFuture::makeReadyFuture(here()); })),
             thread);
}

void tst_PortalTasks::resultsOfEveryKindArrive()
{
    auto portal = startBlockingPortal();
    const auto use = [&](auto sample) {
        using T = typename decltype(sample)::type;
        using Made = Sample<T>;
        const auto make = [] { return toThread(&Made::make); };
        if constexpr (std::is_void_v<T>) {
            outcomeOf(portal.startTaskSoon(&Made::make));
            outcomeOf(portal.startTaskSoon(make));
            return true;
        } else {
            return Made::matches(outcomeOf(portal.startTaskSoon(&Made::make)))
                   && Made::matches(outcomeOf(portal.startTaskSoon(make)));
        }
    };
    forEachResultType([&]<typename T>() {
        QVERIFY(use(std::type_identity<T>()));
        QVERIFY(runOutside([&] { // where the future is another one
            auto future = portal.startTaskSoon(&Sample<T>::make);
            future.waitForFinished();
            portal.call([] {}); // behind the task: ThreadSanitizer cannot see into QFuture
            if constexpr (std::is_void_v<T>)
                return !future.isCanceled();
            else
                return Sample<T>::matches(future.takeResult());
        }));
    });
}

void tst_PortalTasks::argumentsAreMovedInAndDestroyedAtTheEnd()
{
    auto portal = startBlockingPortal();
    Counted::resetCounts();
    const int before = Counted::alive();
    const auto take = [captured = Counted(2)](const Counted &c) {
        return c.value + captured.value;
    };
    QCOMPARE(outcomeOf(portal.startTaskSoon(take, Counted(40))), 42);
    portal.call([] {});                     // behind the end of the task
    QCOMPARE(Counted::alive(), before + 1); // take's own
    QCOMPARE(Counted::copies(), 1);         // of take, an lvalue
    outcomeOf(portal.startTaskSoon([c = std::make_unique<Counted>()](MoveOnly) {}, MoveOnly()));
    portal.call([] {});
    QCOMPARE(Counted::alive(), before + 1);
}

void tst_PortalTasks::startDoesNotWaitForTheLoop()
{
    auto portal = startBlockingPortal();
    Blocker blocker;
    const QFuture<void> first = portal.startTaskSoon(blocker.function());
    QVERIFY(blocker.hasStarted());
    const QFuture<int> second = portal.startTaskSoon([] { return 2; }); // returns
    QVERIFY(!first.isFinished() && !second.isFinished());
    blocker.release();
    QCOMPARE(outcomeOf(second), 2);
    QVERIFY(first.isFinished());
}

void tst_PortalTasks::futureIsUsualInAThreadWithoutALoop()
{
    auto portal = startBlockingPortal();
    const auto use = [&] {
        QFuture<int> future = portal.startTaskSoon([] { return 20; });
        future.waitForFinished();
        portal.call([] {}); // behind the task: ThreadSanitizer cannot see into QFuture
        if (future.result() != 20 || !future.isFinished() || future.isCanceled())
            return false;
        QFuture<int> failing = portal.startTaskSoon([]() -> int { throw std::domain_error("x"); });
        if (!throws<std::domain_error>([&] { failing.waitForFinished(); }))
            return false;
        QFuture<int> canceled = portal.startTaskSoon([]() -> int { throw CanceledError(); });
        canceled.waitForFinished();
        return canceled.isCanceled() && canceled.isFinished();
    };
    QVERIFY(runOutside(use));
}

void tst_PortalTasks::tasksOverlap()
{
    auto portal = startBlockingPortal();
    const Operation<int> first;
    const Operation<int> second;
    const QFuture<int> firstFuture = portal.startTaskSoon(first.function());
    const QFuture<int> secondFuture = portal.startTaskSoon(second.function());
    QVERIFY(first.hasStarted() && second.hasStarted());
    second.finish(2);
    QCOMPARE(outcomeOf(secondFuture), 2);
    QVERIFY(!firstFuture.isFinished());
    first.finish(1);
    QCOMPARE(outcomeOf(firstFuture), 1);
}

void tst_PortalTasks::resultStaysReadableAfterThePortal()
{
    QFuture<QString> future;
    {
        auto portal = startBlockingPortal();
        future = portal.startTaskSoon([] { return QStringLiteral("kept"); });
        QVERIFY(finishes(future));
    }
    QCOMPARE(future.result(), QStringLiteral("kept"));
}

void tst_PortalTasks::cancelReachesAFuture()
{
    auto portal = startBlockingPortal();
    const Operation<int> operation;
    QFuture<int> future = portal.startTaskSoon(operation.function());
    QVERIFY(operation.hasStarted());
    future.cancel();
    QVERIFY(operation.isCanceledInTime());
    QVERIFY(isCanceledInTime(future));
}

void tst_PortalTasks::cancelReachesACall()
{
    auto portal = startBlockingPortal();
    Gate running;
    QFuture<void> future =
            portal.startTaskSoon([&] { return toThread(openAndRunUntilCanceled(running)); });
    running.pass();
    future.cancel();
    QVERIFY(isCanceledInTime(future));
    portal.stop();
    // The end of the portal, which waits for the call, comes in time.
}

void tst_PortalTasks::cancelReachesACoroutine()
{
    Unwinding unwinding;
    {
        auto portal = startBlockingPortal();
        QFuture<int> future = portal.startTaskSoon(waitUntilCanceled, std::ref(unwinding));
        unwinding.running.pass();
        future.cancel();
        QVERIFY(isCanceledInTime(future));
    }
    QVERIFY(unwinding.isCanceled); // the portal waited for that
}

void tst_PortalTasks::cancelAtOnceReachesTheOperation()
{
    auto portal = startBlockingPortal();
    for (int i = 0; i < 50; ++i) {
        Unwinding unwinding;
        std::atomic<int> begun = 0;
        QFuture<int> future = portal.startTaskSoon([&] {
            ++begun;
            return waitUntilCanceled(unwinding);
        });
        future.cancel();
        QVERIFY(isCanceledInTime(future));
        QVERIFY(spinUntil([&] { return begun == 0 || unwinding.isCanceled; }));
        portal.call([] {});
    }
}

void tst_PortalTasks::cancelAfterStopReachesTheOperation()
{
    auto portal = startBlockingPortal();
    const Operation<int> operation;
    QFuture<int> future = portal.startTaskSoon(operation.function());
    QVERIFY(operation.hasStarted());
    portal.stop();
    QVERIFY(!future.isFinished());
    future.cancel();
    QVERIFY(operation.isCanceledInTime());
    QVERIFY(isCanceledInTime(future));
}

void tst_PortalTasks::functionThatWasCanceledBeforeItsTurnDoesNotRun_data()
{
    QTest::addColumn<bool>("inLoopThread");
    QTest::newRow("in a thread with a loop") << true;
    QTest::newRow("in a thread without one") << false;
}

void tst_PortalTasks::functionThatWasCanceledBeforeItsTurnDoesNotRun()
{
    QFETCH(bool, inLoopThread);
    auto portal = startBlockingPortal();
    Blocker blocker;
    (void)portal.startTaskSoon(blocker.function());
    QVERIFY(blocker.hasStarted());
    std::atomic<int> runs = 0;
    const auto startAndCancel = [&] {
        QFuture<void> plain = portal.startTaskSoon([&] { ++runs; });
        QFuture<int> operation = portal.startTaskSoon([&] {
            ++runs;
            return QtFuture::makeReadyFuture(1);
        });
        plain.cancel();
        operation.cancel();
        return std::pair(plain, operation);
    };
    const auto [plain, operation] = inLoopThread ? startAndCancel() : runOutside(startAndCancel);
    blocker.release();
    QVERIFY(isCanceledInTime(plain));
    QVERIFY(isCanceledInTime(operation));
    portal.call([] {});
    QCOMPARE(runs, 0);
}

void tst_PortalTasks::canceledTaskNeedNotWaitForAFutureThatNeverEnds()
{
    const Operation<int> operation;
    {
        auto portal = startBlockingPortal();
        QFuture<int> future = portal.startTaskSoon(operation.function());
        QVERIFY(operation.hasStarted());
        future.cancel();
        QVERIFY(isCanceledInTime(future));
    }
    operation.finish(1);
}

void tst_PortalTasks::stopWakesThreadsBlockedOnFutures()
{
    auto portal = startBlockingPortal();
    const Operation<int> operation;
    Gate isStarted;
    OutsideThread caller([&] {
        QFuture<int> future = portal.startTaskSoon(operation.function());
        isStarted.open();
        future.waitForFinished();
        return future.isCanceled();
    });
    isStarted.pass();
    QVERIFY(operation.hasStarted());
    portal.stop(true);
    QVERIFY(caller.result());
    QVERIFY(operation.isCanceledInTime());
}

void tst_PortalTasks::stopSkipsFunctionsThatHaveNotRun()
{
    auto portal = startBlockingPortal();
    Blocker blocker;
    (void)portal.startTaskSoon(blocker.function());
    QVERIFY(blocker.hasStarted());
    std::atomic<int> runs = 0;
    const auto start = [&] { return portal.startTaskSoon([&] { ++runs; }); };
    const QFuture<void> future = start();
    const QFuture<void> ofThreadWithoutLoop = runOutside(start);
    portal.stop(true);
    blocker.release();
    QVERIFY(isCanceledInTime(future));
    QVERIFY(isCanceledInTime(ofThreadWithoutLoop));
    QCOMPARE(runs, 0);
}

void tst_PortalTasks::endOfTheLoopEndsFutures()
{
    LoopThread thread;
    std::unique_ptr<BlockingPortal> portal;
    thread.call([&] { portal = std::make_unique<BlockingPortal>(); });
    const Operation<int> operation;
    const QFuture<int> underWay = portal->startTaskSoon(operation.function());
    QVERIFY(operation.hasStarted());
    Blocker blocker;
    const QFuture<void> running = portal->startTaskSoon(blocker.function());
    QVERIFY(blocker.hasStarted());
    thread.quit();
    blocker.release();
    thread.finish();
    QVERIFY(isCanceledInTime(underWay));
    QVERIFY(operation.isCanceledInTime());
    outcomeOf(running);
}

void tst_PortalTasks::functionThatTheLoopDoesNotReachFails()
{
    std::unique_ptr<BlockingPortal> portal;
    Gate isMade;
    Gate mayEnd;
    OutsideThread thread([&] {
        const QEventLoop neverTurns;
        portal = std::make_unique<BlockingPortal>();
        isMade.open();
        mayEnd.pass();
    });
    isMade.pass();
    const auto startPlain = [&] { return portal->startTaskSoon([] { return 1; }); };
    const QFuture<int> plain = startPlain();
    const QFuture<int> ofThreadWithoutLoop = runOutside(startPlain);
    const QFuture<int> operation = portal->startTaskSoon([] { return toThread([] { return 1; }); });
    mayEnd.open();
    thread.result();
    QVERIFY(throws<LoopFinishedError>([&] { outcomeOf(plain); }));
    QVERIFY(throws<LoopFinishedError>([&] { outcomeOf(ofThreadWithoutLoop); }));
    QVERIFY(throws<LoopFinishedError>([&] { outcomeOf(operation); }));
}

void tst_PortalTasks::failingTaskHarmsOnlyItself()
{
    auto portal = startBlockingPortal();
    const Operation<int> other;
    const QFuture<int> otherFuture = portal.startTaskSoon(other.function());
    const auto fail = [] { throw std::domain_error("this one"); };
    QVERIFY(throws<std::domain_error>([&] { outcomeOf(portal.startTaskSoon(fail)); }));
    QVERIFY(throws<std::domain_error>(
            [&] { outcomeOf(portal.startTaskSoon([&] { return toThread(fail); })); }));
    QVERIFY(other.hasStarted());
    other.finish(3);
    QCOMPARE(outcomeOf(otherFuture), 3);
    QCOMPARE(portal.call([] { return 1; }), 1);
}

void tst_PortalTasks::selfCancelingTaskHarmsOnlyItself()
{
    auto portal = startBlockingPortal();
    QVERIFY(isCanceledInTime(portal.startTaskSoon([] { throw CanceledError(); })));
    const auto cancelItself = [] {
        const PendingCall<void> call = toThread(runUntilCanceled);
        call.cancel();
        return call;
    };
    QVERIFY(isCanceledInTime(portal.startTaskSoon(cancelItself)));
    QCOMPARE(portal.call([] { return 1; }), 1);
}

void tst_PortalTasks::resultThatCannotBeMovedIsTheTasksError()
{
    auto portal = startBlockingPortal();
    const auto isError = [&] {
        return throws<std::domain_error>(
                [&] { portal.startTaskSoon(&Stuck::make).waitForFinished(); });
    };
    QVERIFY(isError());
    QVERIFY(runOutside(isError)); // where the future is another one
    QCOMPARE(portal.call([] { return 1; }), 1);
}

void tst_PortalTasks::startTaskReturnsTheValueAndTheFuture()
{
    auto portal = startBlockingPortal();
    const Operation<QString> operation;
    auto [future, port] = portal.startTask(
            [&](TaskStatus<int> &status, int base) {
                status.started(base + 1);
                return operation.future();
            },
            80);
    QCOMPARE(port, 81);
    QVERIFY(!future.isFinished());
    operation.finish(QStringLiteral("done"));
    QCOMPARE(outcomeOf(future), QStringLiteral("done"));
}

void tst_PortalTasks::startedMayCarryAnyValue()
{
    auto portal = startBlockingPortal();
    const auto nothing = portal.startTask([](TaskStatus<void> &status) { status.started(); });
    outcomeOf(nothing.future);
    Server server;
    const auto member = portal.startTask(&Server::serve, &server, 5);
    QCOMPARE(member.value, 5);
    QVERIFY(finishes(member.future));
    const auto owned = portal.startTask(
            [](TaskStatus<MoveOnly> &status) { status.started(std::make_unique<int>(4)); });
    QCOMPARE(*owned.value, 4);
    const auto text = portal.startTask([](TaskStatus<QString> &status) {
        status.started(QStringLiteral("text"));
        return 5;
    });
    QCOMPARE(text.value, QStringLiteral("text"));
    QCOMPARE(outcomeOf(text.future), 5);
}

void tst_PortalTasks::startedMayComeLater()
{
    auto portal = startBlockingPortal();
    const auto task = [](TaskStatus<int> &status) -> EagerTask<int> {
        const int value = co_await toThread([] { return 6; });
        status.started(value);
        co_return co_await toThread([] { return 7; });
    };
    const auto [future, value] = portal.startTask(task);
    QCOMPARE(value, 6);
    QCOMPARE(outcomeOf(future), 7);
}

void tst_PortalTasks::errorBeforeStartedIsThrown()
{
    auto portal = startBlockingPortal();
    QVERIFY(throws<std::domain_error>([&] {
        (void)portal.startTask([](TaskStatus<int> &) { throw std::domain_error("own"); });
    }));
    QVERIFY(throws<std::domain_error>([&] {
        (void)portal.startTask([](TaskStatus<int> &) { return failedFuture("own"); });
    }));
}

void tst_PortalTasks::returnWithoutStartedIsAnError()
{
    auto portal = startBlockingPortal();
    try {
        (void)portal.startTask([](TaskStatus<int> &) { return 3; });
        QFAIL("nothing was thrown");
    } catch (const InvalidUseError &error) {
        QVERIFY(error.message().contains(QStringLiteral("exited without calling started()")));
    }
    QVERIFY(throws<InvalidUseError>(
            [&] { (void)portal.startTask([](TaskStatus<void> &) { return toThread([] {}); }); }));
}

void tst_PortalTasks::cancelBeforeStartedIsThrown()
{
    auto portal = startBlockingPortal();
    QVERIFY(throws<CanceledError>(
            [&] { (void)portal.startTask([](TaskStatus<int> &) { throw CanceledError(); }); }));
}

void tst_PortalTasks::stopBeforeStartedIsACancel()
{
    auto portal = startBlockingPortal();
    const Operation<int> operation;
    OutsideThread caller([&] {
        return throws<CanceledError>([&] {
            (void)portal.startTask([&](TaskStatus<int> &) { return operation.function()(); });
        });
    });
    QVERIFY(operation.hasStarted());
    portal.stop(true);
    QVERIFY(caller.result());
    QVERIFY(operation.isCanceledInTime());
}

void tst_PortalTasks::cancelOfTheWaitingWorkerCancelsTheTask()
{
    auto portal = startBlockingPortal();
    const Operation<int> operation;
    const auto call = toThread([&] {
        (void)portal.startTask([&](TaskStatus<int> &) { return operation.function()(); });
    });
    QVERIFY(operation.hasStarted());
    call.cancel();
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
    QVERIFY(operation.isCanceledInTime());
}

void tst_PortalTasks::cancelOfTheWaitingWorkerWaitsForTheCoroutine()
{
    auto portal = startBlockingPortal();
    Unwinding unwinding;
    std::atomic<int> unwound = -1;
    const auto call = toThread([&] {
        const auto body = [&](TaskStatus<int> &) { return waitUntilCanceled(unwinding); };
        try {
            (void)portal.startTask(body);
        } catch (const CanceledError &) {
            unwound = unwinding.isCanceled; // which could be on this stack
            throw;
        }
    });
    unwinding.running.pass();
    call.cancel();
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
    QCOMPARE(unwound.load(), 1);
}

void tst_PortalTasks::cancelAfterStartedIsNotWaitedFor()
{
    auto portal = startBlockingPortal();
    Gate unwind;
    Gate running;
    const auto body = [&](TaskStatus<int> &status) -> EagerTask<int> {
        const auto call = toThread([&] {
            running.open();
            unwind.pass(); // whatever is canceled
        });
        status.started(1);
        co_await call;
        co_return 0;
    };
    auto [future, value] = portal.startTask(body);
    running.pass();
    future.cancel();
    QVERIFY(isCanceledInTime(future));
    unwind.open();
}

void tst_PortalTasks::laterErrorIsInTheFutureOnly()
{
    auto portal = startBlockingPortal();
    const auto [future, value] = portal.startTask([](TaskStatus<int> &status) -> QString {
        status.started(1);
        throw std::domain_error("later");
    });
    QCOMPARE(value, 1);
    const QFuture<QString> failed = future;
    QVERIFY(throws<std::domain_error>([&] { outcomeOf(failed); }));
}

void tst_PortalTasks::secondStartedIsInvalidUse()
{
    auto portal = startBlockingPortal();
    const auto [future, value] = portal.startTask([](TaskStatus<int> &status) {
        status.started(1);
        status.started(2);
    });
    QCOMPARE(value, 1);
    const QFuture<void> failed = future;
    QVERIFY(throws<InvalidUseError>([&] { outcomeOf(failed); }));
}

void tst_PortalTasks::startedAfterACancelDoesNothing()
{
    auto portal = startBlockingPortal();
    Gate isStarting;
    std::atomic<bool> isSafe = false;
    const auto task = [&](TaskStatus<int> &status) -> EagerTask<int> {
        try {
            co_await toThread(openAndRunUntilCanceled(isStarting));
        } catch (const CanceledError &) {
            status.started(1);
            isSafe = true;
        }
        co_return 1;
    };
    OutsideThread caller(
            [&] { return throws<CanceledError>([&] { (void)portal.startTask(task); }); });
    isStarting.pass();
    portal.stop(true);
    QVERIFY(caller.result());
    QVERIFY(spinUntil([&] { return isSafe.load(); }));
}

void tst_PortalTasks::nameIsVisibleInTheTask()
{
    auto portal = startBlockingPortal();
    const QString name = QStringLiteral("poll");
    QCOMPARE(outcomeOf(portal.startTaskSoon({ .name = name }, currentTaskName)), name);
    QCOMPARE(outcomeOf(portal.startTaskSoon({ .name = name }, namesAroundASuspension)),
             QStringList({ name, name, name }));
    const auto start = [](TaskStatus<QString> &status, int) { status.started(currentTaskName()); };
    QCOMPARE(portal.startTask({ .name = name }, start, 1).value, name);
}

void tst_PortalTasks::nameIsTheTasksOwn()
{
    auto portal = startBlockingPortal();
    auto other = startBlockingPortal();
    QCOMPARE(currentTaskName(), QString());
    const auto startAnother = [&] { return other.startTaskSoon(currentTaskName); };
    const TaskOptions options{ .name = QStringLiteral("outer") };
    QCOMPARE(outcomeOf(portal.startTaskSoon(options, startAnother)), QString());
}

void tst_PortalTasks::nameReachesTheCallsOfTheTask()
{
    auto portal = startBlockingPortal();
    auto other = startBlockingPortal();
    const auto callPlain = [&] { return other.call(currentTaskName); };
    const auto callAsync = [&] { return other.call([] { return toThread(currentTaskName); }); };
    const TaskOptions options{ .name = QStringLiteral("outer") };
    QCOMPARE(outcomeOf(portal.startTaskSoon(options, callPlain)), options.name);
    QCOMPARE(outcomeOf(portal.startTaskSoon(options, callAsync)), options.name);
}

QTEST_GUILESS_MAIN(tst_PortalTasks)
#include "tst_portaltasks.moc"
