// SPDX-License-Identifier: MIT
#include "blocker.h"
#include "cancelable.h"
#include "outside.h"
#include "task.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace {

LoopToken tokenOf(LoopThread &thread)
{
    LoopToken token;
    thread.call([&token] { token = currentLoop(); });
    return token;
}

/// A loop of another thread.
struct OtherLoop
{
    LoopThread thread;
    LoopToken token = tokenOf(thread);
};

ContextVar<int> variable("a number", 0);

class Account : public QObject
{
public:
    using QObject::QObject;
    int balance() { return m_balance; }
    void add(int amount) { m_balance += amount; }

private:
    int m_balance = 10;
};

Task<int> awaitAndAdd(int number)
{
    co_return number + co_await toThread([] { return 1; });
}

} // namespace

class tst_ToLoop : public QObject
{
    Q_OBJECT
private slots:
    void plainFunctionRunsInTheLoop();
    void asynchronousFunctionsAreWaitedFor();
    void ownLoopRunsItLater();
    void workersAndOutsideThreadsMayCall();
    void errorsKeepTheirType();
    void argumentsAreCopiedAndMovedOn();
    void capturesLiveUntilTheEnd();
    void contextVariablesGoAlong();
    void functionsOfObjectsRunWhileTheseLive();

    void cancelKeepsItFromRunning();
    void cancelIsPassedOnAndWaitedFor();
    void scopeOfTheCallerCancels();
    void canceledScopeKeepsItFromRunning();
    void futureThatNeedNotEndIsLeft();
    void cancelsRaceWithEnds();

    void endOfTheLoopBeforeItRuns();
    void endOfTheLoopWhileItIsUnderWay();
    void wrongUseIsNamed();
};

void tst_ToLoop::plainFunctionRunsInTheLoop()
{
    OtherLoop loop;
    const auto call = toLoop(loop.token, [] { return QThread::currentThread(); });
    static_assert(std::is_same_v<decltype(call), const PendingCall<QThread *>>);
    QCOMPARE(resultOf(call), &loop.thread);
    resultOf(toLoop(loop.token, [] {}));
}

void tst_ToLoop::asynchronousFunctionsAreWaitedFor()
{
    OtherLoop loop;
    const Blocker blocker;
    const auto call = toLoop(loop.token, [&] { return toThread(blocker.returning(5)); });
    QVERIFY(blocker.hasStarted());
    QVERIFY(!call.isFinished());
    blocker.release();
    QCOMPARE(resultOf(call), 5);
    QCOMPARE(resultOf(toLoop(loop.token, &awaitAndAdd, 2)), 3);
    QCOMPARE(resultOf(toLoop(loop.token, [] { return QtFuture::makeReadyFuture(4); })), 4);
}

void tst_ToLoop::ownLoopRunsItLater()
{
    bool hasRun = false;
    const auto call = toLoop(currentLoop(), [&] { hasRun = true; });
    QVERIFY(!hasRun);
    resultOf(call);
    QVERIFY(hasRun);
}

void tst_ToLoop::workersAndOutsideThreadsMayCall()
{
    const LoopToken here = currentLoop();
    QCOMPARE(resultOf(toThread([&] { return waitInThread(toLoop(here, [] { return 6; })); })), 6);
    QCOMPARE(runOutside([&] { return waitInThread(toLoop(here, &awaitAndAdd, 6)); }), 7);
}

void tst_ToLoop::errorsKeepTheirType()
{
    OtherLoop loop;
    QVERIFY(failsWith<std::logic_error>(
            toLoop(loop.token, []() -> int { throw std::logic_error("wrong"); })));
    QVERIFY(failsWith<std::logic_error>(toLoop(loop.token, [] {
        return toThread([]() -> int { throw std::logic_error("wrong"); });
    })));
    const auto canceled = toLoop(loop.token, [] { throw CanceledError(); });
    QVERIFY(isCanceledInTime(canceled));
}

void tst_ToLoop::argumentsAreCopiedAndMovedOn()
{
    OtherLoop loop;
    auto number = std::make_unique<int>(8);
    const auto call = toLoop(
            loop.token, [](MoveOnly value) { return value; }, std::move(number));
    QVERIFY(waitFor(call));
    QCOMPARE(*resultOf(call), 8);
}

void tst_ToLoop::capturesLiveUntilTheEnd()
{
    OtherLoop loop;
    const int before = Counted::alive();
    const Blocker blocker;
    const auto call = toLoop(loop.token, [&, kept = Counted(3)]() -> Task<int> {
        co_await toThread(blocker.function());
        co_return kept.value;
    });
    QVERIFY(blocker.hasStarted());
    blocker.release();
    QCOMPARE(resultOf(call), 3);
    QCOMPARE(Counted::alive(), before);
}

void tst_ToLoop::contextVariablesGoAlong()
{
    OtherLoop loop;
    Context::current().run([&] {
        variable.set(9);
        QCOMPARE(resultOf(toLoop(loop.token, [] { return variable.get(); })), 9);
        resultOf(toLoop(loop.token, [] { variable.set(1); }));
        QCOMPARE(variable.get(), 9);
    });
    QCOMPARE(resultOf(toLoop(loop.token, [] { return variable.get(); })), 0);
}

void tst_ToLoop::functionsOfObjectsRunWhileTheseLive()
{
    OtherLoop loop;
    Account *account = nullptr;
    loop.thread.call([&] { account = new Account; });
    QCOMPARE(resultOf(toLoop(loop.token, account, &Account::balance)), 10);
    resultOf(toLoop(loop.token, account, &Account::add, 5));
    QPointer<Account> watched(account);
    QCOMPARE(resultOf(toLoop(loop.token, watched, [&] { return account->balance(); })), 15);
    QVERIFY(failsWith<InvalidUseError>(toLoop(loop.token, this, [] {})));
    loop.thread.call([&] { delete account; });
    const auto late = toLoop(loop.token, watched, &Account::balance);
    QVERIFY(isCanceledInTime(late));
}

// --- Cancels

void tst_ToLoop::cancelKeepsItFromRunning()
{
    bool hasRun = false;
    const int before = Counted::alive();
    const auto call =
            toLoop(currentLoop(), [&hasRun, kept = Counted()] { hasRun = kept.value == 0; });
    call.cancel();
    QVERIFY(call.isCanceled());
    QCOMPARE(Counted::alive(), before);
    QCoreApplication::processEvents();
    QVERIFY(!hasRun);
}

void tst_ToLoop::cancelIsPassedOnAndWaitedFor()
{
    OtherLoop loop;
    Gate running;
    std::atomic<bool> hasEnded{ false };
    const auto call = toLoop(loop.token, [&]() -> Task<int> {
        co_await toThread([&] {
            const auto ended = qScopeGuard([&] { hasEnded = true; });
            running.open();
            runUntilCanceled();
        });
        co_return 1;
    });
    running.pass();
    call.cancel();
    QVERIFY(isCanceledInTime(call));
    QVERIFY(hasEnded);
}

void tst_ToLoop::scopeOfTheCallerCancels()
{
    OtherLoop loop;
    Gate running;
    CancelScope scope;
    const auto call = scope.run([&] {
        return toLoop(loop.token, [&] { return toThread(openAndRunUntilCanceled(running)); });
    });
    running.pass();
    scope.cancel();
    QVERIFY(isCanceledInTime(call));
}

void tst_ToLoop::canceledScopeKeepsItFromRunning()
{
    bool hasRun = false;
    CancelScope scope;
    scope.cancel();
    const auto call = scope.run([&] { return toLoop(currentLoop(), [&] { hasRun = true; }); });
    QVERIFY(call.isCanceled());
    QCoreApplication::processEvents();
    QVERIFY(!hasRun);
}

void tst_ToLoop::futureThatNeedNotEndIsLeft()
{
    OtherLoop loop;
    EndlessFuture endless;
    Gate running;
    const auto call = toLoop(loop.token, [&] {
        running.open();
        return endless.future();
    });
    running.pass();
    call.cancel();
    QVERIFY(isCanceledInTime(call));
}

void tst_ToLoop::cancelsRaceWithEnds()
{
    OtherLoop loop;
    for (int i = 0; i < 300; ++i) {
        const auto plain = toLoop(loop.token, [i] { return i; });
        const auto asynchronous = toLoop(loop.token, [i] { return toThread([i] { return i; }); });
        plain.cancel();
        asynchronous.cancel();
        QVERIFY(waitFor(plain) && waitFor(asynchronous));
    }
}

// --- The end of the loop

void tst_ToLoop::endOfTheLoopBeforeItRuns()
{
    auto loop = std::make_unique<OtherLoop>();
    const LoopToken token = loop->token;
    loop.reset();
    QVERIFY(failsWith<LoopFinishedError>(toLoop(token, [] {})));
}

void tst_ToLoop::endOfTheLoopWhileItIsUnderWay()
{
    auto loop = std::make_unique<OtherLoop>();
    Gate running;
    const auto call =
            toLoop(loop->token, [&] { return toThread(openAndRunUntilCanceled(running)); });
    running.pass();
    loop.reset();
    QVERIFY(isCanceledInTime(call));
}

void tst_ToLoop::wrongUseIsNamed()
{
    QVERIFY(throws<NoEventLoopError>([] { (void)toLoop(LoopToken(), [] {}); }));
    const std::function<void()> empty;
    QVERIFY(throws<InvalidUseError>([&] { (void)toLoop(currentLoop(), empty); }));
}

QTEST_GUILESS_MAIN(tst_ToLoop)
#include "tst_toloop.moc"
