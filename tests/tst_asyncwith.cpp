// SPDX-License-Identifier: MIT
// Cleanups that may await: asyncFinally() and asyncWith().
#include "cancelable.h"
#include "outside.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

Task<int> answer()
{
    co_await checkpoint();
    co_return 42;
}
Task<int> failing()
{
    co_await checkpoint();
    throw std::logic_error("broken");
    co_return 0;
}
Task<> waitForEver()
{
    co_await toThread([] { runUntilCanceled(); });
}

/// Writes down what is done with it.
struct Manager
{
    QStringList log;
    bool suppresses = false;

    Task<QString> asyncEnter()
    {
        log << QStringLiteral("enter");
        co_await checkpoint();
        co_return QStringLiteral("value");
    }
    Task<bool> asyncExit(std::exception_ptr error)
    {
        log << (error ? QStringLiteral("exit with an error") : QStringLiteral("exit"));
        co_await checkpoint(); // would throw if it were canceled
        log << QStringLiteral("left");
        co_return suppresses;
    }
    QString text() const { return log.join(u", "); }
};

} // namespace

class tst_AsyncWith : public QObject
{
    Q_OBJECT

private slots:
    void cleanupRunsBehindTheBody();
    void resultsOfTheBodyReturn();
    void errorOfTheBodyGoesOn();
    void errorOfTheCleanupReplacesIt();
    void cleanupOfACanceledBodyMayAwait();
    void scopeIsTheOldOneBehindTheCleanup();
    void cancelWhileTheCleanupRunsIsSeenBehindIt();
    void emptyFunctionsFailBeforeTheBodyRuns();
    void functionsLiveAsLongAsTheTask();
    void managerIsEnteredAndLeft();
    void managerSeesTheError();
    void managerMaySuppressTheError();
    void canceledBodyIsLeftInAShield();
    void managerThatFailsToEnterIsNotLeft();
    void errorOfTheExitReplacesIt();
    void managersOfCallsAndWithoutAValueAreTaken();
    void managerMayBeHandedOver();
};

void tst_AsyncWith::cleanupRunsBehindTheBody()
{
    QStringList log;
    const auto body = [&]() -> Task<> {
        co_await checkpoint();
        log << QStringLiteral("body");
    };
    const auto cleanup = [&]() -> Task<> {
        co_await checkpoint();
        log << QStringLiteral("cleanup");
    };
    resultOfTask(asyncFinally(body, cleanup));
    QCOMPARE(log.join(u' '), QStringLiteral("body cleanup"));
}

void tst_AsyncWith::resultsOfTheBodyReturn()
{
    int cleanups = 0;
    const auto cleanup = [&]() -> Task<> {
        ++cleanups;
        co_return;
    };
    QCOMPARE(resultOfTask(asyncFinally(&answer, cleanup)), 42);
    const auto moveOnly = []() -> Task<MoveOnly> { co_return std::make_unique<int>(7); };
    QCOMPARE(*resultOfTask(asyncFinally(moveOnly, cleanup)), 7);
    const auto calling = [] { return toThread([] { return QStringLiteral("text"); }); };
    QCOMPARE(resultOfTask(asyncFinally(calling, cleanup)), QStringLiteral("text"));
    QCOMPARE(cleanups, 3);
}

void tst_AsyncWith::errorOfTheBodyGoesOn()
{
    bool isClean = false;
    const auto cleanup = [&]() -> Task<> {
        co_await checkpoint();
        isClean = true;
    };
    QVERIFY(throws<std::logic_error>([&] { resultOfTask(asyncFinally(&failing, cleanup)); }));
    QVERIFY(isClean);
}

void tst_AsyncWith::errorOfTheCleanupReplacesIt()
{
    const auto cleanup = []() -> Task<> {
        throw std::range_error("not clean");
        co_return;
    };
    QVERIFY(throws<std::range_error>([&] { resultOfTask(asyncFinally(&failing, cleanup)); }));
    QVERIFY(throws<std::range_error>([&] { resultOfTask(asyncFinally(&answer, cleanup)); }));
}

void tst_AsyncWith::cleanupOfACanceledBodyMayAwait()
{
    int worked = 0;
    const auto cleanup = [&]() -> Task<> { worked = co_await toThread([] { return 1; }); };
    const auto call = asyncFinally(&waitForEver, cleanup).start();
    call.cancel();
    QVERIFY(isCanceledInTime(call));
    QCOMPARE(worked, 1);
    const auto atOnce = [&]() -> Task<> {
        CancelScope scope;
        const EnterScope entered(scope);
        scope.cancel();
        co_await asyncFinally(&waitForEver, cleanup);
    };
    worked = 0;
    QVERIFY(isCanceledInTime(atOnce().start()));
    QCOMPARE(worked, 1);
}

void tst_AsyncWith::scopeIsTheOldOneBehindTheCleanup()
{
    const auto run = [&]() -> Task<bool> {
        const auto *scope = Detail::ScopeState::current();
        const auto *inCleanup = scope;
        const auto cleanup = [&]() -> Task<> {
            inCleanup = Detail::ScopeState::current();
            co_return;
        };
        co_await asyncFinally(&answer, cleanup);
        co_return inCleanup != scope &&scope == Detail::ScopeState::current();
    };
    QVERIFY(resultOfTask(run()));
}

void tst_AsyncWith::cancelWhileTheCleanupRunsIsSeenBehindIt()
{
    Gate running;
    const Blocker blocker;
    QStringList log;
    const auto cleanup = [&]() -> Task<> {
        co_await toThread(blocker.function());
        log << QStringLiteral("clean");
    };
    const auto run = [&]() -> Task<> {
        co_await asyncFinally(&answer, cleanup);
        log << QStringLiteral("behind");
        co_await checkpoint();
        log << QStringLiteral("not here");
    };
    const auto call = run().start();
    QVERIFY(spinUntil([&] { return blocker.hasStartedAlready(); }));
    call.cancel();
    QCoreApplication::processEvents();
    QVERIFY(!call.isFinished());
    blocker.release();
    QVERIFY(isCanceledInTime(call));
    QCOMPARE(log.join(u' '), QStringLiteral("clean behind"));
}

void tst_AsyncWith::emptyFunctionsFailBeforeTheBodyRuns()
{
    bool hasRun = false;
    const auto body = [&]() -> Task<> {
        hasRun = true;
        co_return;
    };
    const std::function<Task<>()> none;
    QVERIFY(throws<InvalidUseError>([&] { resultOfTask(asyncFinally(body, none)); }));
    QVERIFY(!hasRun);
}

void tst_AsyncWith::functionsLiveAsLongAsTheTask()
{
    PendingCall<int> call;
    {
        const auto body = [counted = Counted(1)]() -> Task<int> {
            co_await checkpoint();
            co_return counted.value;
        };
        const auto cleanup = [counted = Counted(2)]() -> Task<> { co_await checkpoint(); };
        call = asyncFinally(body, cleanup).start();
    }
    QCOMPARE(resultOf(call), 1);
    QCOMPARE(Counted::alive(), 0);
}

void tst_AsyncWith::managerIsEnteredAndLeft()
{
    Manager manager;
    const auto body = [&](QString &value) -> Task<int> {
        manager.log << value;
        co_return co_await answer();
    };
    QCOMPARE(resultOfTask(asyncWith(manager, body)), std::optional(42));
    QCOMPARE(manager.text(), QStringLiteral("enter, value, exit, left"));
}

void tst_AsyncWith::managerSeesTheError()
{
    Manager manager;
    QVERIFY(throws<std::logic_error>([&] { resultOfTask(asyncWith(manager, &failing)); }));
    QCOMPARE(manager.text(), QStringLiteral("enter, exit with an error, left"));
}

void tst_AsyncWith::managerMaySuppressTheError()
{
    Manager manager;
    manager.suppresses = true;
    QCOMPARE(resultOfTask(asyncWith(manager, &failing)), std::optional<int>());
    const auto fails = []() -> Task<> { co_await failing(); };
    QVERIFY(!resultOfTask(asyncWith(manager, fails)));
    const auto succeeds = []() -> Task<> { co_await answer(); };
    QVERIFY(resultOfTask(asyncWith(manager, succeeds)));
}

void tst_AsyncWith::canceledBodyIsLeftInAShield()
{
    Manager manager;
    const auto call = asyncWith(manager, &waitForEver).start();
    QVERIFY(spinUntil([&] { return !manager.log.isEmpty(); }));
    QCoreApplication::processEvents();
    call.cancel();
    QVERIFY(isCanceledInTime(call));
    QCOMPARE(manager.text(), QStringLiteral("enter, exit with an error, left"));
}

void tst_AsyncWith::managerThatFailsToEnterIsNotLeft()
{
    struct Failing
    {
        Task<> asyncEnter()
        {
            co_await checkpoint();
            throw std::range_error("closed");
        }
        Task<bool> asyncExit(std::exception_ptr)
        {
            wasLeft = true;
            co_return false;
        }
        bool wasLeft = false;
    } manager;
    QVERIFY(throws<std::range_error>([&] { resultOfTask(asyncWith(manager, &answer)); }));
    QVERIFY(!manager.wasLeft);
}

void tst_AsyncWith::errorOfTheExitReplacesIt()
{
    struct Failing
    {
        Task<> asyncEnter() { co_return; }
        Task<bool> asyncExit(std::exception_ptr)
        {
            throw std::range_error("not clean");
            co_return true;
        }
    } manager;
    QVERIFY(throws<std::range_error>([&] { resultOfTask(asyncWith(manager, &failing)); }));
    QVERIFY(throws<std::range_error>([&] { resultOfTask(asyncWith(manager, &answer)); }));
}

void tst_AsyncWith::managersOfCallsAndWithoutAValueAreTaken()
{
    struct OfCalls
    {
        PendingCall<void> asyncEnter()
        {
            return toThread([] {});
        }
        QFuture<bool> asyncExit(std::exception_ptr)
        {
            return toThread([] { return false; }).future();
        }
    } manager;
    const auto body = [] { return toThread([] { return 42; }); };
    QCOMPARE(resultOfTask(asyncWith(manager, body)), std::optional(42));
}

void tst_AsyncWith::managerMayBeHandedOver()
{
    struct Owned
    {
        Task<int> asyncEnter() { co_return *number; }
        Task<bool> asyncExit(std::exception_ptr) { co_return *number == 0; }
        MoveOnly number = std::make_unique<int>(42);
    };
    const auto body = [](int number) -> Task<int> { co_return number; };
    QCOMPARE(resultOfTask(asyncWith(Owned(), body)), std::optional(42));
}

QTEST_GUILESS_MAIN(tst_AsyncWith)
#include "tst_asyncwith.moc"
