// SPDX-License-Identifier: MIT
// What ends at its time: scopes, calls, and the bodies of moveOnAfter() and failAfter().
#include "cancelable.h"
#include "outside.h"
#include "task.h"

#include <QtCore/qelapsedtimer.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

constexpr auto shortTime = 30ms;
const QString longText = QStringLiteral("a text that is too long to be kept in the object itself");

} // namespace

class tst_Deadlines : public QObject
{
    Q_OBJECT

private slots:
    // a scope's deadline
    void deadlineIsSeenWhileTheLoopIsBlocked();
    void deadlineOfAnAncestorIsSeen();
    void deadlineMayBeMovedAndCleared();
    void pastDeadlineCancelsOnEntry();
    // a call's timeout
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
    // moveOnAfter(), failAfter()
    void deadlinesInAWorker();
    void deadlinesInAWorkerEndWaits();
    void deadlinesPassOnWhatTheBodyDoes();
    void deadlinesNest();
    void cancelFromOutsideIsNoDeadline();
    void asynchronousDeadlines();
    void asynchronousDeadlinesPassOnResultsAndErrors();
    void asynchronousDeadlineThatIsCanceled();
    void deadlineInThePastEndsTheFirstWait();
    // asynchronous bodies
    void asynchronousBodyIsKeptUntilItsEnd();
    void asynchronousBodyIsGoneWhenItsResultArrives();
    void asynchronousBodyThatThrowsIsGone();
    void lazyBodyIsUnderTheDeadline();
    void deadlineThatPassesWhileTheBodyBeginsIsTheReason();
};

void tst_Deadlines::deadlineIsSeenWhileTheLoopIsBlocked()
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

void tst_Deadlines::deadlineOfAnAncestorIsSeen()
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

void tst_Deadlines::deadlineMayBeMovedAndCleared()
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

void tst_Deadlines::pastDeadlineCancelsOnEntry()
{
    CancelScope scope;
    scope.setDeadline(QDeadlineTimer(0));
    QVERIFY(scope.isCanceled());
    std::atomic<bool> ran = false;
    QVERIFY(isCanceledInTime(toThread({ .scope = &scope }, [&] { ran = true; })));
    QVERIFY(!ran);
}

void tst_Deadlines::timeoutOfAQueuedCall()
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

void tst_Deadlines::timeoutOfARunningCall()
{
    Gate running;
    // long enough for the call to start before
    QVERIFY(failsWith<TimeoutError>(
            toThread({ .timeout = 200ms }, openAndRunUntilCanceled(running))));
    QVERIFY(running.tryPass(1, 0ms));
}

void tst_Deadlines::timeoutOfACallThatReturnsAllTheSame()
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

void tst_Deadlines::timeoutOfAnAbandonedCall()
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

void tst_Deadlines::timeoutOfADedicatedThread()
{
    Gate running;
    QVERIFY(failsWith<TimeoutError>(toThread({ .timeout = 10ms, .thread = Thread::Dedicated },
                                             openAndRunUntilCanceled(running))));
}

void tst_Deadlines::timeoutThatDoesNotPassIsForgotten()
{
    QCOMPARE(resultOf(toThread({ .timeout = 1h }, [] { return 1; })), 1);
    const auto future = toThread({ .timeout = 1h }, [] { return 2; }).future();
    QCOMPARE(future.result(), 2);
}

void tst_Deadlines::timeoutMustBePositive_data()
{
    QTest::addColumn<qint64>("nanoseconds");
    QTest::newRow("zero") << qint64(0);
    QTest::newRow("negative") << qint64(-1);
    QTest::newRow("most negative") << std::numeric_limits<qint64>::min();
}

void tst_Deadlines::timeoutMustBePositive()
{
    QFETCH(qint64, nanoseconds);
    std::atomic<bool> ran = false;
    const auto call =
            toThread({ .timeout = std::chrono::nanoseconds(nanoseconds) }, [&] { ran = true; });
    QVERIFY(failsWith<InvalidUseError>(call));
    QVERIFY(!ran);
}

void tst_Deadlines::veryLongTimesNeverPass()
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

void tst_Deadlines::canceledCallWithATimeoutIsCanceled()
{
    Gate running;
    const auto call = toThread({ .timeout = 1h }, openAndRunUntilCanceled(running));
    running.pass();
    call.cancel();
    QVERIFY(isCanceledInTime(call));
}

void tst_Deadlines::deadlinesInAWorker()
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

void tst_Deadlines::deadlinesInAWorkerEndWaits()
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

void tst_Deadlines::deadlinesPassOnWhatTheBodyDoes()
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

void tst_Deadlines::deadlinesNest()
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

void tst_Deadlines::cancelFromOutsideIsNoDeadline()
{
    Gate running;
    const auto call = toThread([&] {
        return throws<CanceledError>([&] { failAfter(1h, openAndRunUntilCanceled(running)); });
    });
    running.pass();
    call.cancel();
    QVERIFY(resultOf(call));
}

void tst_Deadlines::asynchronousDeadlines()
{
    Gate running;
    CapacityLimiter none(0);
    const PendingCall<int> failed =
            failAfter(10ms, [&] { return toThread({ .limiter = &none }, [] { return 1; }); });
    QVERIFY(failsWith<TimeoutError>(failed));
    const PendingCall<bool> moved =
            moveOnAfter(10ms, [&] { return toThread(openAndRunUntilCanceled(running)); });
    QCOMPARE(resultOf(moved), false);
    const PendingCall<std::optional<int>> none2 = moveOnAfter(10ms, [&]() -> EagerTask<int> {
        co_return co_await toThread({ .limiter = &none }, [] { return 1; });
    });
    QCOMPARE(resultOf(none2), std::optional<int>());
    QCOMPARE(none.statistics().waiting, 0);
}

void tst_Deadlines::asynchronousDeadlinesPassOnResultsAndErrors()
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

void tst_Deadlines::asynchronousDeadlineThatIsCanceled()
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

void tst_Deadlines::deadlineInThePastEndsTheFirstWait()
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

void tst_Deadlines::asynchronousBodyIsKeptUntilItsEnd()
{
    Gate release;
    const auto body = [&release](const QString &text) {
        return [&release, text, counted = Counted()]() -> EagerTask<QString> {
            co_await toThread([&release] { release.pass(); });
            co_return text + QString::number(counted.value);
        };
    };
    const int before = Counted::alive();
    const auto failing = failAfter(1h, body(longText));
    const auto moving = moveOnAfter(1h, body(longText));
    QCOMPARE(Counted::alive(), before + 2);
    release.open(2);
    QCOMPARE(resultOf(failing), longText + u'0');
    QCOMPARE(resultOf(moving), std::optional(QString(longText + u'0')));
}

void tst_Deadlines::asynchronousBodyIsGoneWhenItsResultArrives()
{
    const int before = Counted::alive();
    int alive = -1;
    const auto call = failAfter(1h, [counted = Counted()] { return toThread([] {}); });
    QObject context;
    const auto handled = call.then(&context, [&alive] { alive = Counted::alive(); });
    QVERIFY(waitFor(handled));
    QCOMPARE(alive, before);
}

void tst_Deadlines::asynchronousBodyThatThrowsIsGone()
{
    const int before = Counted::alive();
    QVERIFY(throws<std::domain_error>([] {
        (void)failAfter(1h, [counted = Counted()]() -> PendingCall<void> {
            throw std::domain_error("body");
        });
    }));
    QCOMPARE(Counted::alive(), before);
}

void tst_Deadlines::lazyBodyIsUnderTheDeadline()
{
    Gate running;
    const auto body = [&running]() -> LazyTask<int> {
        co_await toThread(openAndRunUntilCanceled(running));
        co_return 1;
    };
    QVERIFY(failsWith<TimeoutError>(failAfter(shortTime, body)));
    QCOMPARE(resultOf(moveOnAfter(shortTime, body)), std::optional<int>());
}

void tst_Deadlines::deadlineThatPassesWhileTheBodyBeginsIsTheReason()
{
    for (int i = 0; i < 1000; ++i) {
        const auto timeout = std::chrono::nanoseconds(i % 200 * 500);
        QVERIFY(failsWith<TimeoutError>(
                failAfter(timeout, [] { return toThread([] { runUntilCanceled(); }); })));
    }
}

QTEST_GUILESS_MAIN(tst_Deadlines)
#include "tst_deadlines.moc"
