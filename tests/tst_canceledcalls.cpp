// SPDX-License-Identifier: MIT
// What a cancel does to a call, and what the function sees of it.
#include "cancelable.h"
#include "outside.h"

#include <QtCore/qelapsedtimer.h>
#include <QtCore/qpromise.h>

#include <ctime>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

class tst_CanceledCalls : public QObject
{
    Q_OBJECT

private slots:
    // before the start
    void canceledBeforeTheStartNeverRuns_data();
    void canceledBeforeTheStartNeverRuns();
    void canceledQueuedCallDropsItsFunctionAtOnce();
    void futuresKeepNothingAlive_data();
    void futuresKeepNothingAlive();
    // while the function runs
    void runningCallStaysPendingAndDeliversItsValue();
    void nothingSpinsWhileAnUncancelableWorkerFinishes();
    void cancelingTwiceIsHarmless();
    // abandoned
    void abandonedCallFinishesAtOnce();
    void lateOutcomeOfAnAbandonedCallIsDroppedSilently_data();
    void lateOutcomeOfAnAbandonedCallIsDroppedSilently();
    void abandonOnCancelDoesNotLeakIntoNestedCalls();
    // what the function sees
    void checkCanceledSeesCallScopeAndAncestors_data();
    void checkCanceledSeesCallScopeAndAncestors();
    // CanceledError and its reason
    void canceledErrorMakesTheCallCanceled();
    void canceledErrorWithoutACancelMakesTheCallCanceled();
    void reasonReachesTheWorker();
    void reasonIsThereAsSoonAsTheCancelIs();
    void reasonOfAnAncestorIsThereAsSoonAsItsCancelIs();
    // outside of workers
    void outsideOfWorkersThereIsNothingToCheck();
    // the worker's waits
    void asyncWaitOfACanceledHostIsCanceled();
    void asyncWaitIsCanceledWithItsHost();
    void asyncOperationIsCanceledWithItsHost();
    void waitInThreadIsCanceledWithItsHost();
    void abandonableWorkersAsyncWaitGoesOn();
    void plainFromThreadIsNoCancellationPoint();
};

void tst_CanceledCalls::canceledBeforeTheStartNeverRuns_data()
{
    QTest::addColumn<int>("way");
    QTest::newRow("handle") << 0;
    QTest::newRow("QFuture") << 1;
    QTest::newRow("scope") << 2;
    QTest::newRow("handler") << 3;
    QTest::newRow("context") << 4;
}

void tst_CanceledCalls::canceledBeforeTheStartNeverRuns()
{
    QFETCH(int, way);
    CapacityLimiter none(0); // no token ever comes free
    CancelScope scope;
    auto context = std::make_unique<QObject>();
    std::atomic<bool> ran = false;
    const auto call = toThread({ .limiter = &none, .scope = &scope }, [&] { ran = true; });
    const QFuture<void> future = call.future();
    const auto handler = call.then(context.get(), [] {});
    QCOMPARE(none.statistics().waiting, 1);
    switch (way) {
    case 0:
        call.cancel();
        break;
    case 1:
        QFuture<void>(future).cancel();
        break;
    case 2:
        scope.cancel();
        break;
    case 3:
        handler.cancel();
        break;
    case 4:
        context.reset();
        break;
    }
    QVERIFY(isCanceledInTime(call));
    QVERIFY(isCanceledInTime(handler));
    QVERIFY(spinUntil([&] { return future.isFinished(); }));
    QVERIFY(future.isCanceled());
    QCOMPARE(none.statistics().waiting, 0);
    none.setTotalTokens(1);
    resultOf(toThread({ .limiter = &none }, [] {}));
    QVERIFY(!ran);
}

void tst_CanceledCalls::canceledQueuedCallDropsItsFunctionAtOnce()
{
    CapacityLimiter none(0);
    const int before = Counted::alive();
    const auto call = toThread({ .limiter = &none }, [counted = Counted()] { (void)counted; });
    QCOMPARE(Counted::alive(), before + 1);
    call.cancel();
    QCOMPARE(Counted::alive(), before);
    QVERIFY(call.isCanceled());
}

void tst_CanceledCalls::futuresKeepNothingAlive_data()
{
    QTest::addColumn<QString>("ending");
    for (const char *ending :
         { "value", "error", "canceled", "canceled while queued", "abandoned", "refused" })
        QTest::newRow(ending) << ending;
}

void tst_CanceledCalls::futuresKeepNothingAlive()
{
    QFETCH(QString, ending);
    const int before = Counted::alive();
    {
        CapacityLimiter limiter(ending == u"canceled while queued" ? 0 : 1);
        Gate running;
        Gate release;
        CallOptions options{ .limiter = &limiter, .abandonOnCancel = ending == u"abandoned" };
        if (ending == u"refused")
            options.timeout = 0s;
        const auto call = toThread(options, [&, result = Counted()] {
            running.open();
            release.pass();
            if (ending == u"error")
                throw std::runtime_error("expected");
            checkCanceled();
            return result;
        });
        QFuture<Counted> future = call;
        if (ending.startsWith(u"canceled") || ending == u"abandoned") {
            if (ending != u"canceled while queued")
                running.pass();
            future.cancel();
        }
        if (ending == u"abandoned")
            QVERIFY(waitFor(call));
        release.open();
        QVERIFY(waitFor(call));
        QVERIFY(spinUntil([&] { return future.isFinished() && activeCalls().isEmpty(); }));
    }
    QVERIFY(spinUntil([&] { return Counted::alive() == before; }));
}

void tst_CanceledCalls::runningCallStaysPendingAndDeliversItsValue()
{
    Gate running;
    Gate release;
    const auto call = toThread([&] {
        running.open();
        release.pass();
        return 5;
    });
    running.pass();
    call.cancel();
    QTest::qWait(20);
    QVERIFY(!call.isFinished());
    QVERIFY(!call.isCanceled());
    release.open();
    QCOMPARE(resultOf(call), 5);
}

void tst_CanceledCalls::abandonedCallFinishesAtOnce()
{
    CapacityLimiter one(1);
    Gate running;
    Gate release;
    Gate ended;
    bool delivered = false;
    const auto call = toThread({ .limiter = &one, .abandonOnCancel = true }, [&] {
        running.open();
        release.pass();
        ended.open();
    });
    call.onCanceled(this, [&] { delivered = true; });
    running.pass();
    call.cancel();
    QVERIFY(call.isCanceled());
    QVERIFY(spinUntil([&] { return delivered; }));
    QCOMPARE(one.borrowedTokens(), 1); // until the function returns
    release.open();
    ended.pass();
    QVERIFY(spinUntil([&] { return one.borrowedTokens() == 0; }));
}

void tst_CanceledCalls::lateOutcomeOfAnAbandonedCallIsDroppedSilently_data()
{
    QTest::addColumn<bool>("fails");
    QTest::newRow("value") << false;
    QTest::newRow("error") << true;
}

void tst_CanceledCalls::lateOutcomeOfAnAbandonedCallIsDroppedSilently()
{
    QFETCH(bool, fails);
    const QFerryMessages messages;
    const int before = Counted::alive();
    CapacityLimiter one(1);
    {
        Gate running;
        Gate release;
        const auto call = toThread({ .limiter = &one, .abandonOnCancel = true },
                                   [&running, &release, fails, argument = Counted()] {
                                       running.open();
                                       release.pass();
                                       if (fails)
                                           throw std::runtime_error("too late");
                                       return argument;
                                   });
        running.pass();
        call.cancel();
        release.open();
        QVERIFY(spinUntil([&] { return one.borrowedTokens() == 0; }));
        QVERIFY(call.isCanceled());
    }
    QVERIFY(spinUntil([&] { return Counted::alive() == before; }));
    QCOMPARE(messages.all(), QStringList());
}

void tst_CanceledCalls::checkCanceledSeesCallScopeAndAncestors_data()
{
    QTest::addColumn<QString>("what");
    QTest::addColumn<bool>("canceled");
    QTest::newRow("nothing") << "nothing" << false;
    QTest::newRow("call") << "call" << true;
    QTest::newRow("scope") << "scope" << true;
    QTest::newRow("parent") << "parent" << true;
    QTest::newRow("grandparent") << "grandparent" << true;
    QTest::newRow("sibling") << "sibling" << false;
    QTest::newRow("child") << "child" << false;
    QTest::newRow("ancestor behind a shield") << "shielded grandparent" << false;
    QTest::newRow("ancestor of a shielded scope") << "shielded parent" << false;
    QTest::newRow("shielded scope itself") << "shielded scope" << true;
}

void tst_CanceledCalls::checkCanceledSeesCallScopeAndAncestors()
{
    QFETCH(QString, what);
    QFETCH(bool, canceled);
    CancelScope grandparent;
    CancelScope parent(&grandparent);
    CancelScope scope(&parent);
    CancelScope sibling(&parent);
    CancelScope child(&scope);
    if (what == u"shielded grandparent")
        parent.setShielded(true);
    if (what == u"shielded parent" || what == u"shielded scope")
        scope.setShielded(true);
    Gate running;
    Gate look;
    const auto call = toThread({ .scope = &scope }, [&] {
        running.open();
        look.pass();
        return std::pair(isCanceled(), throws<CanceledError>([] { checkCanceled(); }));
    });
    running.pass();
    const QHash<QString, std::function<void()>> cancels{
        { "call", [&] { call.cancel(); } },
        { "scope", [&] { scope.cancel(); } },
        { "shielded scope", [&] { scope.cancel(); } },
        { "parent", [&] { parent.cancel(); } },
        { "shielded parent", [&] { parent.cancel(); } },
        { "grandparent", [&] { grandparent.cancel(); } },
        { "shielded grandparent", [&] { grandparent.cancel(); } },
        { "sibling", [&] { sibling.cancel(); } },
        { "child", [&] { child.cancel(); } },
        { "nothing", [] {} },
    };
    cancels[what]();
    look.open();
    QCOMPARE(resultOf(call), std::pair(canceled, canceled));
}

void tst_CanceledCalls::canceledErrorMakesTheCallCanceled()
{
    Gate running;
    QStringList heard;
    const auto call = toThread(openAndRunUntilCanceled(running));
    call.then(this, [&] {
            heard << "value";
        }).onFailed(this, [&] {
              heard << "error";
          }).onCanceled(this, [&] { heard << "canceled"; });
    const QFuture<void> future = call;
    running.pass();
    call.cancel();
    QVERIFY(spinUntil([&] { return !heard.isEmpty() && future.isFinished(); }));
    QCOMPARE(heard, QStringList("canceled"));
    QVERIFY(call.isCanceled());
    QVERIFY(future.isCanceled());
}

void tst_CanceledCalls::canceledErrorWithoutACancelMakesTheCallCanceled()
{
    const QFerryMessages messages;
    {
        const auto call = toThread([] { throw CanceledError(QStringLiteral("of my own")); });
        QVERIFY(isCanceledInTime(call));
    }
    QCOMPARE(messages.count(), 0);
}

/// For workers: looks without a pause, so as to see a cancel while it is going on.
static QString reasonSeenAtOnce(Gate &running)
{
    running.open();
    const QDeadlineTimer deadline(watchdog);
    try {
        while (!deadline.hasExpired()) {
            for (int i = 0; i < 1000; ++i)
                checkCanceled();
        }
    } catch (const CanceledError &error) {
        return error.reason();
    }
    return QString();
}

void tst_CanceledCalls::reasonIsThereAsSoonAsTheCancelIs()
{
    const QString reason = QStringLiteral("enough");
    for (int i = 0; i < 300; ++i) {
        Gate running;
        const auto call = toThread(reasonSeenAtOnce, std::ref(running));
        running.pass();
        call.cancel(reason);
        QCOMPARE(resultOf(call), reason);
    }
}

void tst_CanceledCalls::reasonOfAnAncestorIsThereAsSoonAsItsCancelIs()
{
    const QString reason = QStringLiteral("all of you");
    CancelScope outer;
    CancelScope inner(&outer);
    Gate running;
    Gate ended;
    const auto call = toThread({ .scope = &inner }, [&] {
        const QString seen = reasonSeenAtOnce(running);
        ended.open();
        return seen;
    });
    running.pass();
    // The younger call hears of the cancel first, and keeps it from the elder one meanwhile.
    const auto inTheWay = toThread({ .scope = &inner }, [&] {
        const auto hook = onCancel([&] { (void)ended.tryPass(); });
        openAndRunUntilCanceled(running)();
    });
    running.pass();
    outer.cancel(reason);
    QCOMPARE(resultOf(call), reason);
    QVERIFY(isCanceledInTime(inTheWay));
}

void tst_CanceledCalls::reasonReachesTheWorker()
{
    const auto reasonIn = [](Gate &running) {
        running.open();
        try {
            runUntilCanceled();
        } catch (const CanceledError &error) {
            return error.reason();
        }
        return QString();
    };
    Gate running;
    const auto call = toThread(reasonIn, std::ref(running));
    running.pass();
    call.cancel(QStringLiteral("enough"));
    QCOMPARE(resultOf(call), QStringLiteral("enough"));

    CancelScope scope;
    const auto inScope = toThread({ .scope = &scope }, reasonIn, std::ref(running));
    running.pass();
    scope.cancel(QStringLiteral("all of you"));
    QCOMPARE(resultOf(inScope), QStringLiteral("all of you"));
    QCOMPARE(scope.reason(), QStringLiteral("all of you"));
}

void tst_CanceledCalls::outsideOfWorkersThereIsNothingToCheck()
{
    QVERIFY_THROWS_EXCEPTION(NoEventLoopError, checkCanceled());
    QVERIFY_THROWS_EXCEPTION(NoEventLoopError, (void)isCanceled());
    QVERIFY_THROWS_EXCEPTION(NoEventLoopError, (void)onCancel([] {}));
    QVERIFY_THROWS_EXCEPTION(NoEventLoopError, reportProgress(1));
    QVERIFY(!isWorkerThread());
    // nor in the loop, for a function that a worker waits for
    const auto work = [] {
        return fromThread([] { return throws<NoEventLoopError>([] { checkCanceled(); }); });
    };
    QVERIFY(resultOf(toThread(work)));
}

void tst_CanceledCalls::asyncWaitOfACanceledHostIsCanceled()
{
    Gate running;
    Gate canceled;
    EndlessFuture endless;
    const auto call = toThread([&] {
        running.open();
        canceled.pass();
        fromThread([&] { return endless.future(); });
    });
    running.pass();
    call.cancel();
    canceled.open();
    QVERIFY(isCanceledInTime(call));
}

void tst_CanceledCalls::asyncWaitIsCanceledWithItsHost()
{
    CancelScope scope;
    for (const bool byScope : { false, true }) {
        Gate waiting;
        QPromise<int> promise;
        promise.start();
        const auto call = toThread({ .scope = &scope }, [&] {
            fromThread([&] {
                waiting.open();
                return promise.future();
            });
        });
        QVERIFY(spinUntil([&] { return waiting.tryPass(1, 0ms); }));
        if (byScope)
            scope.cancel();
        else
            call.cancel();
        QVERIFY(isCanceledInTime(call));
        QVERIFY(spinUntil([&] { return promise.isCanceled(); })); // what it waited for, too
        promise.finish();
    }
}

void tst_CanceledCalls::asyncOperationIsCanceledWithItsHost()
{
    Gate innerRunning;
    PendingCall<void> inner;
    const auto call = toThread([&] {
        fromThread([&] {
            inner = toThread(openAndRunUntilCanceled(innerRunning));
            return inner;
        });
    });
    QVERIFY(spinUntil([&] { return innerRunning.tryPass(1, 0ms); }));
    call.cancel();
    QVERIFY(isCanceledInTime(call));
    QVERIFY(isCanceledInTime(inner));
}

void tst_CanceledCalls::waitInThreadIsCanceledWithItsHost()
{
    Gate innerRunning;
    const auto call = toThread([&] {
        const auto inner = toThread(openAndRunUntilCanceled(innerRunning));
        try {
            waitInThread(inner);
        } catch (const CanceledError &) {
            return true;
        }
        return false;
    });
    innerRunning.pass();
    call.cancel();
    QVERIFY(resultOf(call));
}

void tst_CanceledCalls::abandonableWorkersAsyncWaitGoesOn()
{
    Gate waiting;
    Gate ended;
    QPromise<int> promise;
    promise.start();
    std::atomic<int> result = 0;
    const auto call = toThread({ .abandonOnCancel = true }, [&] {
        result = fromThread([&] {
            waiting.open();
            return promise.future();
        });
        ended.open();
    });
    QVERIFY(spinUntil([&] { return waiting.tryPass(1, 0ms); }));
    call.cancel();
    QVERIFY(call.isCanceled());
    QTest::qWait(20);
    QVERIFY(!promise.isCanceled());
    promise.addResult(6);
    promise.finish();
    QVERIFY(spinUntil([&] { return ended.tryPass(1, 0ms); }));
    QCOMPARE(result.load(), 6);
}

void tst_CanceledCalls::plainFromThreadIsNoCancellationPoint()
{
    Gate running;
    Gate canceled;
    const auto call = toThread([&] {
        running.open();
        canceled.pass();
        return fromThread([] { return 4; });
    });
    running.pass();
    call.cancel();
    canceled.open();
    QCOMPARE(resultOf(call), 4);
}

void tst_CanceledCalls::cancelingTwiceIsHarmless()
{
    CancelScope scope;
    Gate running;
    const auto call = toThread({ .scope = &scope }, openAndRunUntilCanceled(running));
    running.pass();
    scope.cancel(QStringLiteral("first"));
    scope.cancel(QStringLiteral("second"));
    call.cancel();
    call.cancel();
    QVERIFY(isCanceledInTime(call));
    call.cancel();
    QCOMPARE(scope.reason(), QStringLiteral("first"));
}

void tst_CanceledCalls::abandonOnCancelDoesNotLeakIntoNestedCalls()
{
    CancelScope scope;
    Gate innerRunning;
    Gate bothRunning;
    Gate release;
    PendingCall<int> inner;
    const auto outer = toThread({ .abandonOnCancel = true, .scope = &scope }, [&] {
        inner = toThread([&] {
            innerRunning.open();
            release.pass();
            return 3;
        });
        innerRunning.pass();
        bothRunning.open();
        release.pass();
    });
    bothRunning.pass();
    scope.cancel();
    QVERIFY(outer.isCanceled());
    QTest::qWait(20);
    QVERIFY(!inner.isFinished());
    release.open(2);
    QCOMPARE(resultOf(inner), 3);
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
}

void tst_CanceledCalls::nothingSpinsWhileAnUncancelableWorkerFinishes()
{
    Gate running;
    Gate release;
    CancelScope scope;
    const auto call = toThread({ .scope = &scope }, [&] {
        running.open();
        release.pass();
    });
    const QFuture<void> future = call;
    running.pass();
    scope.cancel();
    call.cancel();
    QFuture<void>(future).cancel();
    QElapsedTimer wall;
    wall.start();
    const std::clock_t before = std::clock();
    QTest::qWait(400);
    const double used = double(std::clock() - before) / CLOCKS_PER_SEC;
    QVERIFY2(used < 0.5 * double(wall.elapsed()) / 1000, qPrintable(QString::number(used)));
    release.open();
    QVERIFY(waitFor(call));
}

QTEST_GUILESS_MAIN(tst_CanceledCalls)
#include "tst_canceledcalls.moc"
