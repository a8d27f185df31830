// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "outside.h"
#include "task.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

/// Calls that a cancel ends at once, whatever becomes of what they follow.
class tst_AbandonOnCancel : public QObject
{
    Q_OBJECT
private slots:
    void itEndsAsItsSource();
    void aCancelEndsItAtOnce();
    void itsScopeEndsItAtOnce();
    void inACanceledScopeItDoesNotWait();
    void itsSourceIsAskedToEnd();
    void aLateErrorIsSilent();
    void anErrorInTimeIsNot();
    void noItemIsLost();
    void whatIsForeignIsLeft();
    void progressIsPassedOn();
    void deadlinesDoNotWait();
    void tasksDoNotWait();
    void anotherThreadMayCancelIt();
};

void tst_AbandonOnCancel::itEndsAsItsSource()
{
    QCOMPARE(resultOf(abandonOnCancel(toThread([] { return 1; }))), 1);
    resultOf(abandonOnCancel(sleep(1ms)));
    QCOMPARE(*resultOf(abandonOnCancel(toThread([] { return std::make_unique<int>(2); }))), 2);
    QCOMPARE(resultOf(abandonOnCancel(QtFuture::makeReadyFuture(3))), 3);
    const auto lazy = []() -> LazyTask<int> { co_return 4; };
    QCOMPARE(resultOf(abandonOnCancel(lazy())), 4);
    const auto task = []() -> Task<int> { co_return co_await toThread([] { return 5; }); };
    QCOMPARE(resultOf(abandonOnCancel(task())), 5);
    QVERIFY(failsWith<std::domain_error>(
            abandonOnCancel(toThread([] { throw std::domain_error("source"); }))));
    const auto canceled = sleep(1h);
    const auto call = abandonOnCancel(canceled);
    canceled.cancel();
    QVERIFY(call.isCanceled());
    QVERIFY(abandonOnCancel(PendingCall<int>()).isCanceled());
}

void tst_AbandonOnCancel::aCancelEndsItAtOnce()
{
    const Blocker blocker;
    const auto source = toThread(blocker.returning(1));
    const auto call = abandonOnCancel(source);
    QVERIFY(blocker.hasStarted());
    call.cancel();
    QVERIFY(call.isCanceled());
    QVERIFY(!source.isFinished());
    blocker.releaseAll();
    QCOMPARE(resultOf(source), 1);
    QVERIFY(call.isCanceled());
}

void tst_AbandonOnCancel::itsScopeEndsItAtOnce()
{
    const Blocker blocker;
    CancelScope scope;
    const auto source = toThread(blocker.function());
    const auto call = scope.run([&source] { return abandonOnCancel(source); });
    QVERIFY(blocker.hasStarted());
    scope.cancel();
    QVERIFY(call.isCanceled());
    QVERIFY(!source.isFinished());
}

void tst_AbandonOnCancel::inACanceledScopeItDoesNotWait()
{
    const Blocker blocker;
    CancelScope scope;
    scope.cancel();
    const auto source = toThread(blocker.function());
    QVERIFY(blocker.hasStarted());
    QVERIFY(scope.run([&source] { return abandonOnCancel(source); }).isCanceled());
    const auto ended = toThread([] { return 1; });
    QVERIFY(waitFor(ended));
    QCOMPARE(resultOf(scope.run([&ended] { return abandonOnCancel(ended); })), 1);
}

void tst_AbandonOnCancel::itsSourceIsAskedToEnd()
{
    Gate running;
    const auto source = toThread(openAndRunUntilCanceled(running));
    const auto call = abandonOnCancel(source);
    running.pass();
    call.cancel();
    QVERIFY(isCanceledInTime(source));
    EndlessFuture endless;
    const auto future = endless.future();
    abandonOnCancel(future).cancel();
    QVERIFY(future.isCanceled());
}

void tst_AbandonOnCancel::aLateErrorIsSilent()
{
    const QFerryMessages log;
    {
        const Blocker blocker;
        auto source = toThread([block = blocker.function()] {
            block();
            throw std::domain_error("late");
        });
        const auto call = abandonOnCancel(source);
        QVERIFY(blocker.hasStarted());
        call.cancel();
        blocker.releaseAll();
        QVERIFY(waitFor(source));
    }
    QCOMPARE(log.count(), 0);
}

void tst_AbandonOnCancel::anErrorInTimeIsNot()
{
    const QFerryMessages log;
    {
        const auto call = abandonOnCancel(toThread([] { throw std::domain_error("in time"); }));
        QVERIFY(waitFor(call));
    }
    QCOMPARE(log.count(), 1);
}

void tst_AbandonOnCancel::noItemIsLost()
{
    FromThreadChannel<int> channel;
    {
        const auto unseen = abandonOnCancel(channel.get());
        abandonOnCancel(channel.get()).cancel();
        QVERIFY(runOutside([&channel] { return channel.tryPut(1); }));
        QVERIFY(waitFor(unseen));
    }
    QCOMPARE(resultOf(abandonOnCancel(channel.get())), 1);
}

/// What no cancel of ours reaches.
struct Endless
{
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> coroutine) { *waiting = coroutine; }
    void await_resume() {}
    std::coroutine_handle<> *waiting;
};

void tst_AbandonOnCancel::whatIsForeignIsLeft()
{
    std::coroutine_handle<> waiting;
    const auto call = abandonOnCancel(Endless{ &waiting });
    call.cancel();
    QVERIFY(call.isCanceled());
    waiting.resume();
    QVERIFY(call.isCanceled());
}

void tst_AbandonOnCancel::progressIsPassedOn()
{
    QObject context;
    int reports = 0;
    const auto call = abandonOnCancel(toThread([] { reportProgress(1); }));
    call.onProgress(&context, [&reports] { ++reports; });
    resultOf(call);
    QVERIFY(spinUntil([&reports] { return reports > 0; }));
}

void tst_AbandonOnCancel::deadlinesDoNotWait()
{
    const Blocker blocker;
    QVERIFY(failsWith<TimeoutError>(
            failAfter(5ms, [&] { return abandonOnCancel(toThread(blocker.function())); })));
}

void tst_AbandonOnCancel::tasksDoNotWait()
{
    const Blocker blocker;
    const auto body = [&blocker]() -> Task<> {
        const auto source = toThread(blocker.function());
        co_await abandonOnCancel(source);
    };
    const auto task = body().start();
    QVERIFY(blocker.hasStarted());
    task.cancel();
    QVERIFY(isCanceledInTime(task));
}

void tst_AbandonOnCancel::anotherThreadMayCancelIt()
{
    for (int i = 0; i < 200; ++i) {
        const auto call = abandonOnCancel(toThread([i] { return i; }));
        runOutside([call] { call.cancel(); });
        QVERIFY(waitFor(call));
        QVERIFY(call.isCanceled() || resultOf(call) == i);
    }
}

QTEST_GUILESS_MAIN(tst_AbandonOnCancel)
#include "tst_abandononcancel.moc"
