// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "outside.h"
#include "task.h"

#include <QtCore/qelapsedtimer.h>
#include <QtCore/qpromise.h>
#include <QtCore/qtimer.h>

#include <ctime>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

template <typename T>
bool isCanceledInTime(const PendingCall<T> &call)
{
    return waitFor(call) && call.isCanceled();
}

/// A future that nobody finishes while this lives.
class EndlessFuture
{
public:
    EndlessFuture() { m_promise.start(); }
    ~EndlessFuture() { m_promise.finish(); }
    QFuture<int> future() { return m_promise.future(); }

private:
    QPromise<int> m_promise;
};

} // namespace

class tst_Cancellation : public QObject
{
    Q_OBJECT

private slots:
    // C1
    void canceledBeforeTheStartNeverRuns_data();
    void canceledBeforeTheStartNeverRuns();
    void canceledQueuedCallDropsItsFunctionAtOnce();
    void futuresKeepNothingAlive_data();
    void futuresKeepNothingAlive();
    // C2, C3
    void runningCallStaysPendingAndDeliversItsValue();
    // C4
    void abandonedCallFinishesAtOnce();
    void lateOutcomeOfAnAbandonedCallIsDroppedSilently_data();
    void lateOutcomeOfAnAbandonedCallIsDroppedSilently();
    // C5
    void checkCanceledSeesCallScopeAndAncestors_data();
    void checkCanceledSeesCallScopeAndAncestors();
    void checkCanceledSeesAScopeEnteredInTheWorker();
    // C6
    void canceledErrorMakesTheCallCanceled();
    void canceledErrorWithoutACancelMakesTheCallCanceled();
    void reasonReachesTheWorker();
    void reasonIsThereAsSoonAsTheCancelIs();
    void reasonOfAnAncestorIsThereAsSoonAsItsCancelIs();
    // C7
    void outsideOfWorkersThereIsNothingToCheck();
    // C8
    void shieldHidesTheAncestors();
    void clearingAShieldRevealsTheAncestors();
    void shieldDoesNotHideItsOwnCancel();
    void shieldEnteredInTheWorkerHidesTheCallsCancel();
    // C9, C10, C11
    void asyncWaitOfACanceledHostIsCanceled();
    void asyncWaitIsCanceledWithItsHost();
    void asyncOperationIsCanceledWithItsHost();
    void waitInThreadIsCanceledWithItsHost();
    void abandonableWorkersAsyncWaitGoesOn();
    void plainFromThreadIsNoCancellationPoint();
    // C12
    void callInACanceledScopeIsCanceledOnEntry();
    void cancelingTwiceIsHarmless();
    // C14
    void abandonOnCancelDoesNotLeakIntoNestedCalls();
    // scopes
    void cancelReachesNestedScopesAndNotOuterOnes();
    void scopeIsNestedInTheCurrentOneOrItsParent();
    void destroyedScopeCancelsItsCalls();
    void scopeCancelsWithItsOwner();
    void scopeMayBeCanceledInAnyThread();
    void scopeMayBeDestroyedByAHandler();
    void nestedCallsBelongToTheScopeOfTheirCaller();
    void dedicatedThreadsObeyScopes();
    // C15
    void deadlineIsSeenWhileTheLoopIsBlocked();
    void deadlineOfAnAncestorIsSeen();
    void deadlineMayBeMovedAndCleared();
    void pastDeadlineCancelsOnEntry();
    // timeout
    void timeoutOfAQueuedCall();
    void timeoutOfARunningCall();
    void timeoutOfACallThatReturnsAllTheSame();
    void timeoutOfAnAbandonedCall();
    void timeoutOfADedicatedThread();
    void timeoutThatDoesNotPassIsForgotten();
    void timeoutMustBePositive_data();
    void timeoutMustBePositive();
    void veryLongTimesNeverPass();
    void canceledCallWithATimeoutIsCanceled();
    // C16
    void nothingSpinsWhileAnUncancelableWorkerFinishes();
    // C17
    void hookRunsOnceAtTheCancel();
    void hookOfACanceledCallRunsAtOnce();
    void hookRunsForScopeAndDeadline_data();
    void hookRunsForScopeAndDeadline();
    void hookRunsForAScopeEnteredInTheWorker();
    void hookDoesNotRunAfterItsRegistration();
    void hookOfAnAbandonedCallRuns();
    void hookThatRunsIsWaitedFor();
    void hookMayEndItsOwnRegistration();
    void registrationMayBeMoved();
    void emptyHookIsInvalidUse();
    // moveOnAfter, failAfter
    void deadlinesInAWorker();
    void deadlinesInAWorkerEndWaits();
    void deadlinesPassOnWhatTheBodyDoes();
    void deadlinesNest();
    void cancelFromOutsideIsNoDeadline();
    void asynchronousDeadlines();
    void asynchronousDeadlinesPassOnResultsAndErrors();
    void asynchronousDeadlineThatIsCanceled();
    void deadlineInThePastEndsTheFirstWait();
};

void tst_Cancellation::canceledBeforeTheStartNeverRuns_data()
{
    QTest::addColumn<int>("way");
    QTest::newRow("handle") << 0;
    QTest::newRow("QFuture") << 1;
    QTest::newRow("scope") << 2;
    QTest::newRow("handler") << 3;
    QTest::newRow("context") << 4;
}

void tst_Cancellation::canceledBeforeTheStartNeverRuns()
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

void tst_Cancellation::canceledQueuedCallDropsItsFunctionAtOnce()
{
    CapacityLimiter none(0);
    const int before = Counted::alive();
    const auto call = toThread({ .limiter = &none }, [counted = Counted()] { (void)counted; });
    QCOMPARE(Counted::alive(), before + 1);
    call.cancel();
    QCOMPARE(Counted::alive(), before);
    QVERIFY(call.isCanceled());
}

void tst_Cancellation::futuresKeepNothingAlive_data()
{
    QTest::addColumn<QString>("ending");
    for (const char *ending :
         { "value", "error", "canceled", "canceled while queued", "abandoned", "refused" })
        QTest::newRow(ending) << ending;
}

void tst_Cancellation::futuresKeepNothingAlive()
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

void tst_Cancellation::runningCallStaysPendingAndDeliversItsValue()
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

void tst_Cancellation::abandonedCallFinishesAtOnce()
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

void tst_Cancellation::lateOutcomeOfAnAbandonedCallIsDroppedSilently_data()
{
    QTest::addColumn<bool>("fails");
    QTest::newRow("value") << false;
    QTest::newRow("error") << true;
}

void tst_Cancellation::lateOutcomeOfAnAbandonedCallIsDroppedSilently()
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

void tst_Cancellation::checkCanceledSeesCallScopeAndAncestors_data()
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

void tst_Cancellation::checkCanceledSeesCallScopeAndAncestors()
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

void tst_Cancellation::checkCanceledSeesAScopeEnteredInTheWorker()
{
    const auto work = [] {
        CancelScope scope;
        scope.cancel(QStringLiteral("inner"));
        const bool inside =
                scope.run([] { return throws<CanceledError>([] { checkCanceled(); }); });
        return inside && !isCanceled();
    };
    QVERIFY(resultOf(toThread(work)));
}

void tst_Cancellation::canceledErrorMakesTheCallCanceled()
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

void tst_Cancellation::canceledErrorWithoutACancelMakesTheCallCanceled()
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

void tst_Cancellation::reasonIsThereAsSoonAsTheCancelIs()
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

void tst_Cancellation::reasonOfAnAncestorIsThereAsSoonAsItsCancelIs()
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

void tst_Cancellation::reasonReachesTheWorker()
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

void tst_Cancellation::outsideOfWorkersThereIsNothingToCheck()
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

void tst_Cancellation::shieldHidesTheAncestors()
{
    CancelScope outer;
    CancelScope inner(&outer);
    inner.setShielded(true);
    Gate running;
    Gate release;
    const auto call = toThread({ .scope = &inner }, [&] {
        running.open();
        release.pass();
        checkCanceled();
        return 1;
    });
    running.pass();
    outer.cancel();
    QVERIFY(outer.isCanceled());
    QVERIFY(!inner.isCanceled());
    release.open();
    QCOMPARE(resultOf(call), 1);
    QCOMPARE(resultOf(toThread({ .scope = &inner }, [] { return 2; })), 2);
}

void tst_Cancellation::clearingAShieldRevealsTheAncestors()
{
    CancelScope outer;
    CancelScope inner(&outer);
    inner.setShielded(true);
    QVERIFY(inner.isShielded());
    Gate running;
    const auto call = toThread({ .scope = &inner }, openAndRunUntilCanceled(running));
    CapacityLimiter none(0);
    const auto queued = toThread({ .limiter = &none, .scope = &inner }, [] {});
    running.pass();
    outer.cancel();
    QVERIFY(!queued.isFinished());
    inner.setShielded(false);
    QVERIFY(inner.isCanceled());
    QVERIFY(isCanceledInTime(call));
    QVERIFY(isCanceledInTime(queued));
}

void tst_Cancellation::shieldDoesNotHideItsOwnCancel()
{
    CancelScope scope;
    scope.setShielded(true);
    Gate running;
    const auto call = toThread({ .scope = &scope }, openAndRunUntilCanceled(running));
    running.pass();
    scope.cancel();
    QVERIFY(isCanceledInTime(call));
}

void tst_Cancellation::shieldEnteredInTheWorkerHidesTheCallsCancel()
{
    CancelScope outer;
    Gate running;
    Gate look;
    const auto call = toThread({ .scope = &outer }, [&] {
        CancelScope shield;
        shield.setShielded(true);
        const bool hidden = shield.run([&] {
            running.open();
            look.pass();
            return !isCanceled();
        });
        return hidden && isCanceled();
    });
    running.pass();
    outer.cancel();
    look.open();
    QVERIFY(resultOf(call));
}

void tst_Cancellation::asyncWaitOfACanceledHostIsCanceled()
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

void tst_Cancellation::asyncWaitIsCanceledWithItsHost()
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

void tst_Cancellation::asyncOperationIsCanceledWithItsHost()
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

void tst_Cancellation::waitInThreadIsCanceledWithItsHost()
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

void tst_Cancellation::abandonableWorkersAsyncWaitGoesOn()
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

void tst_Cancellation::plainFromThreadIsNoCancellationPoint()
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

void tst_Cancellation::callInACanceledScopeIsCanceledOnEntry()
{
    CancelScope scope;
    scope.cancel();
    std::atomic<bool> ran = false;
    const int before = Counted::alive();
    const auto option = toThread({ .scope = &scope },
                                 [&ran, counted = Counted()] { ran = counted.value == 0; });
    const auto current = scope.run([&] { return toThread([&] { ran = true; }); });
    const auto dedicated =
            toThread({ .scope = &scope, .thread = Thread::Dedicated }, [&] { ran = true; });
    QVERIFY(option.isCanceled());
    QVERIFY(current.isCanceled());
    QVERIFY(dedicated.isCanceled());
    QCOMPARE(Counted::alive(), before);
    resultOf(toThread([] {}));
    QVERIFY(!ran);
    QCOMPARE(defaultThreadLimiter().statistics().waiting, 0);
}

void tst_Cancellation::cancelingTwiceIsHarmless()
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

void tst_Cancellation::abandonOnCancelDoesNotLeakIntoNestedCalls()
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

void tst_Cancellation::cancelReachesNestedScopesAndNotOuterOnes()
{
    CancelScope outer;
    CancelScope middle(&outer);
    CancelScope inner(&middle);
    middle.cancel();
    QVERIFY(!outer.isCanceled());
    QVERIFY(middle.isCanceled());
    QVERIFY(inner.isCanceled());
    QCOMPARE(resultOf(toThread({ .scope = &outer }, [] { return 1; })), 1);
    QVERIFY(isCanceledInTime(toThread({ .scope = &inner }, [] {})));
}

void tst_Cancellation::scopeIsNestedInTheCurrentOneOrItsParent()
{
    CancelScope outer;
    CancelScope other;
    outer.run([&] {
        CancelScope current;
        CancelScope ofParent(&other);
        QObject window;
        CancelScope ofWindow(&window);
        outer.cancel();
        QVERIFY(current.isCanceled());
        QVERIFY(!ofParent.isCanceled());
        QVERIFY(ofWindow.isCanceled());
    });
    other.cancel();
}

void tst_Cancellation::destroyedScopeCancelsItsCalls()
{
    Gate running;
    CapacityLimiter none(0);
    auto scope = std::make_unique<CancelScope>();
    const auto call = toThread({ .scope = scope.get() }, openAndRunUntilCanceled(running));
    const auto queued = toThread({ .limiter = &none, .scope = scope.get() }, [] {});
    running.pass();
    scope.reset();
    QVERIFY(isCanceledInTime(call));
    QVERIFY(isCanceledInTime(queued));
}

void tst_Cancellation::scopeCancelsWithItsOwner()
{
    Gate running;
    auto window = std::make_unique<QObject>();
    auto *scope = new CancelScope(window.get());
    const auto call = scope->run([&] { return toThread(openAndRunUntilCanceled(running)); });
    running.pass();
    window.reset();
    QVERIFY(isCanceledInTime(call));
}

void tst_Cancellation::scopeMayBeCanceledInAnyThread()
{
    CancelScope scope;
    Gate running;
    const auto call = toThread({ .scope = &scope }, openAndRunUntilCanceled(running));
    running.pass();
    OutsideThread([&] { scope.cancel(); }).result();
    QVERIFY(isCanceledInTime(call));
}

void tst_Cancellation::scopeMayBeDestroyedByAHandler()
{
    Gate running;
    auto scope = std::make_unique<CancelScope>();
    const auto sibling = toThread({ .scope = scope.get() }, openAndRunUntilCanceled(running));
    running.pass();
    toThread({ .scope = scope.get() }, [] {}).then(this, [&] { scope.reset(); });
    QVERIFY(isCanceledInTime(sibling));
    QVERIFY(!scope);
}

void tst_Cancellation::nestedCallsBelongToTheScopeOfTheirCaller()
{
    CancelScope scope;
    Gate running;
    PendingCall<void> nested;
    PendingCall<void> fromLoop;
    resultOf(toThread({ .scope = &scope }, [&] {
        nested = toThread(openAndRunUntilCanceled(running));
        fromThread([&] { fromLoop = toThread(openAndRunUntilCanceled(running)); });
        running.pass(2);
    }));
    scope.cancel();
    QVERIFY(isCanceledInTime(nested));
    QVERIFY(isCanceledInTime(fromLoop));
}

void tst_Cancellation::dedicatedThreadsObeyScopes()
{
    CancelScope scope;
    Gate running;
    const auto call = toThread({ .scope = &scope, .thread = Thread::Dedicated },
                               openAndRunUntilCanceled(running));
    running.pass();
    scope.cancel();
    QVERIFY(isCanceledInTime(call));
}

void tst_Cancellation::deadlineIsSeenWhileTheLoopIsBlocked()
{
    CancelScope scope;
    Gate running;
    Gate seen;
    const auto call = toThread({ .scope = &scope }, [&] {
        running.open();
        try {
            runUntilCanceled();
        } catch (const CanceledError &) {
            seen.open();
            throw;
        }
    });
    running.pass();
    QElapsedTimer timer;
    timer.start();
    scope.setDeadline(QDeadlineTimer(30ms));
    QVERIFY(!scope.deadline().isForever());
    QVERIFY(seen.tryPass()); // the loop does not turn
    QVERIFY(std::chrono::milliseconds(timer.elapsed()) >= 25ms);
    QVERIFY(scope.isCanceled());
    QVERIFY(scope.isPastDeadline());
    QVERIFY(isCanceledInTime(call));
}

void tst_Cancellation::deadlineOfAnAncestorIsSeen()
{
    CancelScope outer;
    CancelScope inner(&outer);
    CancelScope shielded(&outer);
    shielded.setShielded(true);
    outer.setDeadline(QDeadlineTimer(10ms));
    Gate running;
    QVERIFY(isCanceledInTime(toThread({ .scope = &inner }, openAndRunUntilCanceled(running))));
    QVERIFY(inner.isCanceled());
    QVERIFY(!shielded.isCanceled());
}

void tst_Cancellation::deadlineMayBeMovedAndCleared()
{
    CancelScope scope;
    QVERIFY(scope.deadline().isForever());
    scope.setDeadline(1h);
    scope.setDeadline(QDeadlineTimer(QDeadlineTimer::Forever));
    QVERIFY(scope.deadline().isForever());
    QCOMPARE(resultOf(toThread({ .scope = &scope }, [] { return 1; })), 1);
    scope.setDeadline(1h);
    Gate running;
    const auto call = toThread({ .scope = &scope }, openAndRunUntilCanceled(running));
    running.pass();
    scope.setDeadline(5ms);
    QVERIFY(isCanceledInTime(call));
}

void tst_Cancellation::pastDeadlineCancelsOnEntry()
{
    CancelScope scope;
    scope.setDeadline(QDeadlineTimer(0));
    QVERIFY(scope.isCanceled());
    std::atomic<bool> ran = false;
    QVERIFY(isCanceledInTime(toThread({ .scope = &scope }, [&] { ran = true; })));
    QVERIFY(!ran);
}

void tst_Cancellation::timeoutOfAQueuedCall()
{
    CapacityLimiter none(0);
    std::atomic<bool> ran = false;
    const auto call =
            toThread({ .limiter = &none, .timeout = 10ms, .name = QStringLiteral("slow") },
                     [&] { ran = true; });
    QString message;
    call.onFailed(this, [&](const TimeoutError &error) { message = error.message(); });
    QVERIFY(spinUntil([&] { return !message.isEmpty(); }));
    QVERIFY2(message.contains(u"slow"), qPrintable(message));
    QCOMPARE(none.statistics().waiting, 0);
    QVERIFY(!ran);
}

void tst_Cancellation::timeoutOfARunningCall()
{
    Gate running;
    QVERIFY(failsWith<TimeoutError>(
            toThread({ .timeout = 10ms }, openAndRunUntilCanceled(running))));
    QVERIFY(running.tryPass(1, 0ms));
}

void tst_Cancellation::timeoutOfACallThatReturnsAllTheSame()
{
    Gate canceled;
    // long enough for the call to start before
    const auto call = toThread({ .timeout = 200ms }, [&] {
        const auto hook = onCancel([&] { canceled.open(); });
        canceled.pass();
        return 2;
    });
    QCOMPARE(resultOf(call), 2);
}

void tst_Cancellation::timeoutOfAnAbandonedCall()
{
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); })); // those of other tests have ended
    Gate started;
    Gate release;
    const auto call = toThread({ .abandonOnCancel = true, .timeout = 200ms }, [&] {
        started.open();
        release.pass();
    });
    QVERIFY(failsWith<TimeoutError>(call));
    if (!started.tryPass(1, 0ms))
        QSKIP("This machine did not start a call in 200 ms");
    QCOMPARE(activeCalls().size(), 1);
    release.open();
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
}

void tst_Cancellation::timeoutOfADedicatedThread()
{
    Gate running;
    QVERIFY(failsWith<TimeoutError>(toThread({ .timeout = 10ms, .thread = Thread::Dedicated },
                                             openAndRunUntilCanceled(running))));
}

void tst_Cancellation::timeoutThatDoesNotPassIsForgotten()
{
    QCOMPARE(resultOf(toThread({ .timeout = 1h }, [] { return 1; })), 1);
    const auto future = toThread({ .timeout = 1h }, [] { return 2; }).future();
    QCOMPARE(future.result(), 2);
}

void tst_Cancellation::timeoutMustBePositive_data()
{
    QTest::addColumn<qint64>("nanoseconds");
    QTest::newRow("zero") << qint64(0);
    QTest::newRow("negative") << qint64(-1);
    QTest::newRow("most negative") << std::numeric_limits<qint64>::min();
}

void tst_Cancellation::timeoutMustBePositive()
{
    QFETCH(qint64, nanoseconds);
    std::atomic<bool> ran = false;
    const auto call =
            toThread({ .timeout = std::chrono::nanoseconds(nanoseconds) }, [&] { ran = true; });
    QVERIFY(failsWith<InvalidUseError>(call));
    QVERIFY(!ran);
}

void tst_Cancellation::veryLongTimesNeverPass()
{
    constexpr auto endOfTime = std::chrono::nanoseconds::max();
    QCOMPARE(resultOf(toThread({ .timeout = endOfTime }, [] { return 1; })), 1);
    const auto work = [] {
        return moveOnAfter(endOfTime, [] { checkCanceled(); }) && failAfter(endOfTime, [] {
                   checkCanceled();
                   return true;
               });
    };
    QVERIFY(resultOf(toThread(work)));
    CancelScope scope;
    scope.setDeadline(QDeadlineTimer(std::numeric_limits<qint64>::max() - 1));
    QVERIFY(!scope.isCanceled());
}

void tst_Cancellation::canceledCallWithATimeoutIsCanceled()
{
    Gate running;
    const auto call = toThread({ .timeout = 1h }, openAndRunUntilCanceled(running));
    running.pass();
    call.cancel();
    QVERIFY(isCanceledInTime(call));
}

void tst_Cancellation::nothingSpinsWhileAnUncancelableWorkerFinishes()
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

void tst_Cancellation::hookRunsOnceAtTheCancel()
{
    Gate running;
    Gate hooked;
    std::atomic<int> runs = 0;
    QThread *hookThread = nullptr;
    const auto call = toThread([&] {
        const auto hook = onCancel([&] {
            ++runs;
            hookThread = QThread::currentThread();
            hooked.open();
        });
        running.open();
        hooked.pass();
        hooked.open();
        return runs.load();
    });
    running.pass();
    QCOMPARE(runs.load(), 0);
    call.cancel();
    QVERIFY(hooked.tryPass()); // the loop does not turn
    hooked.open();
    call.cancel();
    QCOMPARE(resultOf(call), 1);
    QCOMPARE(runs.load(), 1);
    QCOMPARE(hookThread, QThread::currentThread());
}

void tst_Cancellation::hookOfACanceledCallRunsAtOnce()
{
    Gate running;
    Gate canceled;
    const auto call = toThread([&] {
        running.open();
        canceled.pass();
        int runs = 0;
        const auto hook = onCancel([&] { ++runs; });
        return runs;
    });
    running.pass();
    call.cancel();
    canceled.open();
    QCOMPARE(resultOf(call), 1);
}

void tst_Cancellation::hookRunsForScopeAndDeadline_data()
{
    QTest::addColumn<QString>("way");
    for (const char *way :
         { "scope", "ancestor", "deadline", "timeout", "destroyed scope", "QFuture" })
        QTest::newRow(way) << way;
}

void tst_Cancellation::hookRunsForScopeAndDeadline()
{
    QFETCH(QString, way);
    CancelScope outer;
    auto scope = std::make_unique<CancelScope>(&outer);
    Gate running;
    Gate hooked;
    std::atomic<int> runs = 0;
    CallOptions options{ .scope = scope.get() };
    if (way == u"timeout")
        options.timeout = 20ms;
    const auto call = toThread(options, [&] {
        const auto hook = onCancel([&] {
            ++runs;
            hooked.open();
        });
        running.open();
        hooked.pass();
    });
    QFuture<void> future = call;
    running.pass();
    if (way == u"scope")
        scope->cancel();
    else if (way == u"ancestor")
        outer.cancel();
    else if (way == u"deadline")
        scope->setDeadline(10ms);
    else if (way == u"destroyed scope")
        scope.reset();
    else if (way == u"QFuture")
        future.cancel();
    QVERIFY(waitFor(call));
    QCOMPARE(runs.load(), 1);
}

void tst_Cancellation::hookRunsForAScopeEnteredInTheWorker()
{
    Gate hooked;
    const auto call = toThread([&] {
        std::atomic<int> runs = 0;
        const auto result = moveOnAfter(10ms, [&] {
            const auto hook = onCancel([&] {
                ++runs;
                hooked.open();
            });
            hooked.pass();
            checkCanceled();
        });
        return !result && runs == 1 && !isCanceled();
    });
    QVERIFY(resultOf(call));
}

void tst_Cancellation::hookDoesNotRunAfterItsRegistration()
{
    Gate running;
    Gate release;
    std::atomic<int> runs = 0;
    const int before = Counted::alive();
    CancelScope scope;
    const auto call = toThread({ .scope = &scope }, [&] {
        {
            const auto hook = onCancel([&runs, counted = Counted()] { runs += 1 + counted.value; });
            CancelScope inner;
            inner.run([&] { const auto other = onCancel([&] { ++runs; }); });
            inner.cancel();
        }
        const bool dropped = Counted::alive() == before;
        running.open();
        release.pass();
        return dropped;
    });
    running.pass();
    scope.cancel();
    call.cancel();
    release.open();
    QVERIFY(resultOf(call));
    QCOMPARE(runs.load(), 0);
}

void tst_Cancellation::hookOfAnAbandonedCallRuns()
{
    Gate running;
    Gate hooked;
    const auto call = toThread({ .abandonOnCancel = true }, [&] {
        const auto hook = onCancel([&] { hooked.open(); });
        running.open();
        hooked.pass();
    });
    running.pass();
    call.cancel();
    QVERIFY(call.isCanceled());
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
}

void tst_Cancellation::hookThatRunsIsWaitedFor()
{
    Gate running;
    Gate inHook;
    Gate leaveHook;
    std::atomic<bool> hookEnded = false;
    const auto call = toThread([&] {
        {
            const auto hook = onCancel([&] {
                inHook.open();
                leaveHook.pass();
                hookEnded = true;
            });
            running.open();
            inHook.pass();
            leaveHook.open();
        }
        return hookEnded.load();
    });
    running.pass();
    OutsideThread([&] { call.cancel(); }).result();
    QVERIFY(resultOf(call));
}

void tst_Cancellation::hookMayEndItsOwnRegistration()
{
    Gate running;
    Gate canceled;
    const auto call = toThread([&] {
        std::optional<CancelRegistration> hook;
        int runs = 0;
        running.open();
        canceled.pass();
        hook = onCancel([&] {
            ++runs;
            hook.reset();
        });
        hook.reset();
        return runs;
    });
    running.pass();
    call.cancel();
    canceled.open();
    QCOMPARE(resultOf(call), 1);
}

void tst_Cancellation::registrationMayBeMoved()
{
    Gate running;
    Gate release;
    std::atomic<int> kept = 0;
    std::atomic<int> replaced = 0;
    const auto call = toThread([&] {
        CancelRegistration registration = onCancel([&] { ++replaced; });
        CancelRegistration other = onCancel([&] { ++kept; });
        registration = std::move(other);
        const CancelRegistration moved(std::move(registration));
        running.open();
        release.pass();
    });
    running.pass();
    call.cancel();
    release.open();
    QVERIFY(waitFor(call));
    QCOMPARE(kept.load(), 1);
    QCOMPARE(replaced.load(), 0);
}

void tst_Cancellation::emptyHookIsInvalidUse()
{
    QVERIFY(resultOf(toThread([] { return throws<InvalidUseError>([] { (void)onCancel({}); }); })));
}

void tst_Cancellation::deadlinesInAWorker()
{
    const auto work = [] {
        const std::optional<int> nothing = moveOnAfter(10ms, [] {
            runUntilCanceled();
            return 1;
        });
        const bool ended = moveOnAfter(10ms, &runUntilCanceled);
        const bool failed = throws<TimeoutError>([] { failAfter(10ms, &runUntilCanceled); });
        checkCanceled(); // only the bodies were
        return !nothing && !ended && failed;
    };
    QVERIFY(resultOf(toThread(work)));
}

void tst_Cancellation::deadlinesInAWorkerEndWaits()
{
    EndlessFuture endless;
    EndlessFuture another;
    Gate running;
    const auto work = [&] {
        const auto nothing =
                moveOnAfter(10ms, [&] { return fromThread([&] { return endless.future(); }); });
        const bool failed = throws<TimeoutError>([&] {
            failAfter(10ms, [&] { waitInThread(toThread(openAndRunUntilCanceled(running))); });
        });
        const bool moved = moveOnAfter(10ms, [&] { waitInThread(another.future()); });
        return !nothing && failed && !moved;
    };
    QVERIFY(resultOf(toThread(work)));
}

void tst_Cancellation::deadlinesPassOnWhatTheBodyDoes()
{
    const auto work = [] {
        return moveOnAfter(1h, [] { return 1; }) == 1 && moveOnAfter(1h, [] {})
               && failAfter(1h, [] { return std::make_unique<int>(3); })
               && throws<std::domain_error>(
                       [] { moveOnAfter(1h, [] { throw std::domain_error("body"); }); })
               && throws<std::domain_error>(
                       [] { failAfter(1h, [] { throw std::domain_error("body"); }); });
    };
    QVERIFY(resultOf(toThread(work)));
    QCOMPARE(moveOnAfter(1h, [] { return 2; }), 2); // blocking, in a loop thread: nothing to cancel
}

void tst_Cancellation::deadlinesNest()
{
    const auto work = [] {
        const bool outer = throws<TimeoutError>(
                [] { failAfter(10ms, [] { (void)moveOnAfter(1h, [] { runUntilCanceled(); }); }); });
        bool innerMovedOn = false;
        const bool inner =
                moveOnAfter(1h, [&] { innerMovedOn = !moveOnAfter(10ms, &runUntilCanceled); });
        return outer && inner && innerMovedOn;
    };
    QVERIFY(resultOf(toThread(work)));
}

void tst_Cancellation::cancelFromOutsideIsNoDeadline()
{
    Gate running;
    const auto call = toThread([&] {
        return throws<CanceledError>([&] { failAfter(1h, openAndRunUntilCanceled(running)); });
    });
    running.pass();
    call.cancel();
    QVERIFY(resultOf(call));
}

void tst_Cancellation::asynchronousDeadlines()
{
    Gate running;
    CapacityLimiter none(0);
    const PendingCall<int> failed =
            failAfter(10ms, [&] { return toThread({ .limiter = &none }, [] { return 1; }); });
    QVERIFY(failsWith<TimeoutError>(failed));
    const PendingCall<bool> moved =
            moveOnAfter(10ms, [&] { return toThread(openAndRunUntilCanceled(running)); });
    QCOMPARE(resultOf(moved), false);
    const PendingCall<std::optional<int>> none2 = moveOnAfter(10ms, [&]() -> Task<int> {
        co_return co_await toThread({ .limiter = &none }, [] { return 1; });
    });
    QCOMPARE(resultOf(none2), std::optional<int>());
    QCOMPARE(none.statistics().waiting, 0);
}

void tst_Cancellation::asynchronousDeadlinesPassOnResultsAndErrors()
{
    QCOMPARE(resultOf(failAfter(1h, [] { return toThread([] { return 1; }); })), 1);
    QCOMPARE(resultOf(moveOnAfter(1h, [] { return toThread([] { return 2; }); })),
             std::optional(2));
    QCOMPARE(resultOf(moveOnAfter(1h, [] { return toThread([] {}); })), true);
    QCOMPARE(*resultOf(failAfter(1h,
                                 [] { return toThread([] { return std::make_unique<int>(3); }); })),
             3);
    QCOMPARE(resultOf(failAfter(1h, [] { return QtFuture::makeReadyFuture(4); })), 4);
    QVERIFY(failsWith<std::domain_error>(
            failAfter(1h, [] { return toThread([] { throw std::domain_error("body"); }); })));
}

void tst_Cancellation::asynchronousDeadlineThatIsCanceled()
{
    Gate running;
    PendingCall<void> inner;
    const auto outer = failAfter(1h, [&] {
        inner = toThread(openAndRunUntilCanceled(running));
        return inner;
    });
    running.pass();
    outer.cancel();
    QVERIFY(isCanceledInTime(outer));
    QVERIFY(isCanceledInTime(inner));

    CancelScope scope;
    const auto inScope = scope.run([&] {
        return moveOnAfter(1h, [&] { return toThread(openAndRunUntilCanceled(running)); });
    });
    running.pass();
    scope.cancel();
    QVERIFY(isCanceledInTime(inScope));
}

void tst_Cancellation::deadlineInThePastEndsTheFirstWait()
{
    const auto work = [] {
        const bool moved = !moveOnAfter(0ms, [] { checkCanceled(); });
        const bool failed = throws<TimeoutError>([] { failAfter(-1s, [] { checkCanceled(); }); });
        return moved && failed && failAfter(0s, [] { return 1; }) == 1; // looks at nothing
    };
    QVERIFY(resultOf(toThread(work)));
    std::atomic<bool> ran = false;
    QVERIFY(failsWith<TimeoutError>(failAfter(0s, [&] { return toThread([&] { ran = true; }); })));
    QVERIFY(!ran);
}

QTEST_GUILESS_MAIN(tst_Cancellation)
#include "tst_canceledcalls.moc"
