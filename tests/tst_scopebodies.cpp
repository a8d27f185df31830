// SPDX-License-Identifier: MIT
// Bodies that run in a given scope, or in a shielded one.
#include "cancelable.h"
#include "outside.h"
#include "task.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

class tst_ScopeBodies : public QObject
{
    Q_OBJECT
private slots:
    // withScope()
    void aBodyReturnsItsResult();
    void itsErrorIsPassedOn();
    void theScopesCancelEndsTheBodyQuietly();
    void soDoesItsDeadline();
    void aCancelFromOutsideIsNoneOfTheScope();
    void aCancelOfTheBodyItselfIsPassedOn();
    void aCancelOfTheCallIsNoneOfTheScope();
    void aScopeThatIsCanceledEndsTheFirstWait();
    void severalBodiesMayRunInAScope();
    void theScopesEndEndsTheBody();
    void blockingBodiesRunInTheirWorker();
    void aLazyBodyBeginsInTheScope();
    void theBodyIsKeptUntilItsEnd();
    void whatIsForeignGoesOnUnheard();
    void aShieldHidesTheCancelOfWhoWaits();
    // shielded()
    void aShieldedBodyReturnsItsResult();
    void noCancelReachesIt();
    void noCancelReachesABlockingOne();
    void aDeadlineInsideEndsIt();
    // tasks
    void tasksAreWaitedFor();
    void aTaskBehindAShieldEndsFirst();
    // failAfter()
    void aVoidBodyThatEndsIsInTime();
};

void tst_ScopeBodies::aBodyReturnsItsResult()
{
    CancelScope scope;
    const PendingCall<std::optional<int>> call =
            withScope(scope, [] { return toThread([] { return 1; }); });
    QCOMPARE(resultOf(call), std::optional(1));
    const PendingCall<bool> nothing = withScope(scope, [] { return toThread([] {}); });
    QCOMPARE(resultOf(nothing), true);
    QCOMPARE(resultOf(withScope(scope, [] { return QtFuture::makeReadyFuture(2); })),
             std::optional(2));
    QVERIFY(resultOf(withScope(scope, [] { return sleep(1ms); })));
    QCOMPARE(withScope(scope, [] { return 3; }), std::optional(3));
    QVERIFY(withScope(scope, [] {}));
    QCOMPARE(**resultOf(withScope(
                     scope, [] { return toThread([] { return std::make_unique<int>(4); }); })),
             4);
}

void tst_ScopeBodies::itsErrorIsPassedOn()
{
    CancelScope scope;
    QVERIFY(failsWith<std::domain_error>(
            withScope(scope, [] { return toThread([] { throw std::domain_error("body"); }); })));
    QVERIFY(throws<std::domain_error>(
            [&] { (void)withScope(scope, [] { throw std::domain_error("body"); }); }));
}

void tst_ScopeBodies::theScopesCancelEndsTheBodyQuietly()
{
    CancelScope scope;
    const auto moved = withScope(scope, [] { return sleep(1h); });
    const auto empty = withScope(scope, []() -> EagerTask<int> {
        co_await sleep(1h);
        co_return 1;
    });
    scope.cancel();
    QCOMPARE(resultOf(moved), false);
    QCOMPARE(resultOf(empty), std::optional<int>());
}

void tst_ScopeBodies::soDoesItsDeadline()
{
    CancelScope scope;
    scope.setDeadline(5ms);
    QCOMPARE(resultOf(withScope(scope, [] { return sleep(1h); })), false);
}

void tst_ScopeBodies::aCancelFromOutsideIsNoneOfTheScope()
{
    CancelScope outer;
    CancelScope inner(&outer);
    const auto call = withScope(inner, [] { return sleep(1h); });
    outer.cancel();
    QVERIFY(isCanceledInTime(call));
    QVERIFY(throws<CanceledError>([&] { (void)withScope(inner, [] { throw CanceledError(); }); }));

    CancelScope both;
    CancelScope nested(&both);
    const auto canceledTwice = withScope(nested, [] { return sleep(1h); });
    both.cancel();
    nested.cancel();
    QVERIFY(isCanceledInTime(canceledTwice));
}

void tst_ScopeBodies::aCancelOfTheBodyItselfIsPassedOn()
{
    CancelScope scope;
    PendingCall<void> inside;
    const auto call = withScope(scope, [&inside] {
        inside = sleep(1h);
        return inside;
    });
    inside.cancel();
    QVERIFY(isCanceledInTime(call));
    QVERIFY(!scope.isCanceled());
}

void tst_ScopeBodies::aCancelOfTheCallIsNoneOfTheScope()
{
    CancelScope scope;
    PendingCall<void> inside;
    const auto call = withScope(scope, [&inside] {
        inside = sleep(1h);
        return inside;
    });
    const auto other = withScope(scope, [] { return sleep(5ms); });
    call.cancel();
    QVERIFY(isCanceledInTime(call));
    QVERIFY(inside.isCanceled());
    QVERIFY(!scope.isCanceled());
    QCOMPARE(resultOf(other), true);
}

void tst_ScopeBodies::aScopeThatIsCanceledEndsTheFirstWait()
{
    CancelScope scope;
    scope.cancel();
    bool hasBegun = false;
    const auto call = withScope(scope, [&hasBegun] {
        hasBegun = true;
        return sleep(1h);
    });
    QVERIFY(hasBegun);
    QCOMPARE(resultOf(call), false);
    QCOMPARE(withScope(scope, [] { return 1; }), std::optional(1)); // looks at nothing
}

void tst_ScopeBodies::severalBodiesMayRunInAScope()
{
    CancelScope scope;
    QVERIFY(resultOf(withScope(scope, [] { return sleep(1ms); })));
    const auto first = withScope(scope, [] { return sleep(1h); });
    const auto second =
            withScope(scope, [&scope] { return withScope(scope, [] { return sleep(1h); }); });
    const auto beside = scope.run([] { return sleep(1h); });
    scope.cancel();
    QCOMPARE(resultOf(first), false);
    QCOMPARE(resultOf(second), std::optional(false));
    QVERIFY(beside.isCanceled());
}

void tst_ScopeBodies::theScopesEndEndsTheBody()
{
    auto scope = std::make_unique<CancelScope>();
    const auto call = withScope(*scope, [] { return sleep(1h); });
    scope.reset();
    QCOMPARE(resultOf(call), false);
}

void tst_ScopeBodies::blockingBodiesRunInTheirWorker()
{
    CancelScope scope;
    Gate running;
    const auto worker = toThread([&] {
        const auto result = withScope(scope, [&running] {
            running.open();
            runUntilCanceled();
            return 1;
        });
        const bool ended = withScope(scope, &runUntilCanceled);
        checkCanceled(); // only the bodies were
        return !result && !ended;
    });
    running.pass();
    scope.cancel();
    QVERIFY(resultOf(worker));
}

void tst_ScopeBodies::aLazyBodyBeginsInTheScope()
{
    CancelScope scope;
    const auto body = []() -> LazyTask<int> {
        co_await sleep(1h);
        co_return 1;
    };
    const auto call = withScope(scope, body);
    QVERIFY(!call.isFinished());
    scope.cancel();
    QCOMPARE(resultOf(call), std::optional<int>());
}

void tst_ScopeBodies::theBodyIsKeptUntilItsEnd()
{
    const int before = Counted::alive();
    CancelScope scope;
    const auto body = [counted = Counted()]() -> EagerTask<int> {
        co_await sleep(1ms);
        co_return counted.value + 1;
    };
    const auto call = withScope(scope, std::decay_t<decltype(body)>(body));
    const auto hidden = shielded(std::decay_t<decltype(body)>(body));
    QCOMPARE(Counted::alive(), before + 3);
    QCOMPARE(resultOf(call), std::optional(1));
    QCOMPARE(resultOf(hidden), 1);
    QCOMPARE(Counted::alive(), before + 1);
}

/// What no cancel of ours reaches.
struct Endless
{
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> coroutine) { *waiting = coroutine; }
    void await_resume() {}
    std::coroutine_handle<> *waiting;
};

void tst_ScopeBodies::whatIsForeignGoesOnUnheard()
{
    CancelScope scope;
    std::coroutine_handle<> waiting;
    const auto call = withScope(scope, [&waiting]() -> EagerTask<int> {
        Endless endless{ &waiting };
        co_await endless;
        co_return 1;
    });
    scope.cancel();
    QCOMPARE(resultOf(call), std::optional<int>());
    waiting.resume();
    QCOMPARE(resultOf(call), std::optional<int>());
}

void tst_ScopeBodies::aShieldHidesTheCancelOfWhoWaits()
{
    CancelScope outer;
    CancelScope scope(&outer);
    scope.setShielded(true);
    const auto call = withScope(scope, [] { return sleep(5ms); });
    const auto other = withScope(scope, [] { return sleep(1h); });
    call.cancel();
    other.cancel();
    outer.cancel();
    QCOMPARE(resultOf(call), true);
    QVERIFY(!other.isFinished());
    scope.cancel();
    QVERIFY(isCanceledInTime(other) || !resultOf(other));
}

void tst_ScopeBodies::aShieldedBodyReturnsItsResult()
{
    const PendingCall<int> call = shielded([] { return toThread([] { return 1; }); });
    QCOMPARE(resultOf(call), 1);
    const PendingCall<void> nothing = shielded([] { return sleep(1ms); });
    resultOf(nothing);
    QCOMPARE(shielded([] { return 2; }), 2);
    shielded([] {});
    QVERIFY(failsWith<std::domain_error>(
            shielded([] { return toThread([] { throw std::domain_error("body"); }); })));
    QVERIFY(throws<std::domain_error>([] { shielded([] { throw std::domain_error("body"); }); }));
}

void tst_ScopeBodies::noCancelReachesIt()
{
    CancelScope scope;
    const auto call = scope.run([] { return shielded([] { return sleep(5ms); }); });
    call.cancel();
    scope.cancel();
    resultOf(call);
    const auto inCanceled = scope.run([] { return shielded([] { return sleep(1ms); }); });
    resultOf(inCanceled);
    QVERIFY(scope.run([] { return sleep(1h); }).isCanceled());
}

void tst_ScopeBodies::noCancelReachesABlockingOne()
{
    Gate running;
    Gate canceled;
    const auto worker = toThread([&] {
        const bool isHidden = shielded([&] {
            running.open();
            canceled.pass();
            checkCanceled();
            waitInThread(toThread([] {}));
            return !isCanceled();
        });
        return isHidden && isCanceled();
    });
    running.pass();
    worker.cancel();
    canceled.open();
    QVERIFY(resultOf(worker));
}

void tst_ScopeBodies::aDeadlineInsideEndsIt()
{
    QVERIFY(failsWith<TimeoutError>(
            shielded([] { return failAfter(5ms, [] { return sleep(1h); }); })));
}

void tst_ScopeBodies::tasksAreWaitedFor()
{
    CancelScope scope;
    bool hasClearedUp = false;
    const auto body = [&hasClearedUp]() -> Task<int> {
        try {
            co_await sleep(1h);
        } catch (const CanceledError &) {
            hasClearedUp = true;
            throw;
        }
        co_return 1;
    };
    const auto call = withScope(scope, body);
    scope.cancel();
    QCOMPARE(resultOf(call), std::optional<int>());
    QVERIFY(hasClearedUp);
    hasClearedUp = false;
    QVERIFY(failsWith<TimeoutError>(failAfter(5ms, body)));
    QVERIFY(hasClearedUp);
}

void tst_ScopeBodies::aTaskBehindAShieldEndsFirst()
{
    CancelScope scope;
    bool hasClearedUp = false;
    const auto body = [&hasClearedUp]() -> Task<> {
        co_await shielded([] { return sleep(5ms); });
        hasClearedUp = true;
        co_await sleep(1h);
    };
    const auto call = withScope(scope, body);
    scope.cancel();
    QCOMPARE(resultOf(call), false);
    QVERIFY(hasClearedUp);
}

void tst_ScopeBodies::aVoidBodyThatEndsIsInTime()
{
    int runs = 0;
    failAfter(1h, [&runs] { ++runs; });
    failAt(QDeadlineTimer(QDeadlineTimer::Forever), [&runs] { ++runs; });
    QCOMPARE(runs, 2);
}

QTEST_GUILESS_MAIN(tst_ScopeBodies)
#include "tst_scopebodies.moc"
