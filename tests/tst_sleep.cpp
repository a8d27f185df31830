// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "outside.h"
#include "task.h"

#include <QtCore/qeventloop.h>
#include <QtCore/qfile.h>
#include <QtCore/qrandom.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

static_assert(std::is_same_v<decltype(sleep(1s)), PendingCall<void>>);
static_assert(std::is_same_v<decltype(sleepUntil(QDeadlineTimer())), PendingCall<void>>);

/// Calls that end after a time.
class tst_Sleep : public QObject
{
    Q_OBJECT
private slots:
    void itLastsItsTime();
    void itLastsUntilAPointInTime();
    void sleepsEndInTheOrderOfTheirTimes();
    void sleepsToOneTimeEndInTheirOwnOrder();
    void anEarlierOneMayComeLater();
    void aTimeThatIsNotPositiveIsATurnOfTheLoop();
    void anEnormousTimeIsForever();
    void coroutinesAwaitIt();
    void aCancelEndsItAtOnce();
    void anotherThreadMayCancelIt();
    void itsScopeEndsIt();
    void aScopeThatIsCanceledLetsNoneBegin();
    void aDeadlineEndsIt();
    void handlersGoWithTheirContext();
    void aDroppedHandleIsNoCancel();
    void theEndOfItsLoopCancelsIt();
    void aSleepThatBeginsInThatEndIsRefused();
    void itEndsInANestedLoop();
    void aHandlerMayRunALoopThatSleeps();
    void itGoesOnInTheNextLoop();
    void twoLoopsDoNotMeet();
    void aThreadWithoutALoopIsToldWhatToUse();
    void aWorkerWaitsForOneOfItsLoop();
    void tenThousandAtATime();
    void canceledOnesDoNotPileUp();
    void canceledOnesAreGivenBack_data();
    void canceledOnesAreGivenBack();
};

using Clock = std::chrono::steady_clock;

void tst_Sleep::itLastsItsTime()
{
    for (const auto time :
         std::initializer_list<std::chrono::nanoseconds>{ 1ns, 1ms, 1500us, 7ms }) {
        const auto began = Clock::now();
        resultOf(sleep(time));
        QVERIFY(Clock::now() - began >= time);
    }
}

void tst_Sleep::itLastsUntilAPointInTime()
{
    const auto time = Clock::now() + 5ms;
    resultOf(sleepUntil(time));
    QVERIFY(Clock::now() >= time);
    const QDeadlineTimer deadline(5, Qt::PreciseTimer);
    resultOf(sleepUntil(deadline));
    QVERIFY(deadline.hasExpired());
    resultOf(sleepUntil(std::chrono::system_clock::now() + 1ms));
    resultOf(sleepUntil(Clock::now() - 1h));
    resultOf(sleepUntil(QDeadlineTimer(-5)));
}

void tst_Sleep::sleepsEndInTheOrderOfTheirTimes()
{
    QList<int> ends;
    QObject context;
    for (const int time : { 9, 3, 12, 6, 1 })
        sleep(std::chrono::milliseconds(time)).then(&context, [&ends, time] { ends << time; });
    QVERIFY(spinUntil([&] { return ends.size() == 5; }));
    QCOMPARE(ends, (QList<int>{ 1, 3, 6, 9, 12 }));
}

void tst_Sleep::sleepsToOneTimeEndInTheirOwnOrder()
{
    QList<int> ends;
    QList<int> begun;
    QObject context;
    const QDeadlineTimer past(0);
    for (int number = 0; number < 100; ++number) {
        sleepUntil(past).then(&context, [&ends, number] { ends << number; });
        begun << number;
    }
    QVERIFY(spinUntil([&] { return ends.size() == 100; }));
    QCOMPARE(ends, begun);
}

void tst_Sleep::anEarlierOneMayComeLater()
{
    const auto longest = sleep(1h);
    for (const auto time : { 30s, 20s, 1s })
        sleep(time).cancel();
    resultOf(sleep(2ms));
    QVERIFY(!longest.isFinished());
    longest.cancel();
}

void tst_Sleep::aTimeThatIsNotPositiveIsATurnOfTheLoop()
{
    for (const auto time : { 0ns, -1ns, std::chrono::nanoseconds::min() }) {
        bool isOthersTurn = false;
        QObject context;
        toThread([] {}).then(&context, [] {});
        const auto others = sleep(0s).then(&context, [&isOthersTurn] { isOthersTurn = true; });
        const auto call = sleep(time);
        QVERIFY(!call.isFinished());
        const auto ended = call.then(&context, [&isOthersTurn] { return isOthersTurn; });
        QVERIFY(resultOf(ended));
    }
}

void tst_Sleep::anEnormousTimeIsForever()
{
    for (const auto &call : { sleep(std::chrono::nanoseconds::max()), sleep(24h * 365 * 290),
                              sleepUntil(QDeadlineTimer(QDeadlineTimer::Forever)),
                              sleepUntil(Clock::time_point::max()),
                              sleepUntil(std::chrono::system_clock::time_point::max()) }) {
        resultOf(sleep(1ms));
        QVERIFY(!call.isFinished());
        call.cancel();
        QVERIFY(call.isCanceled());
    }
}

void tst_Sleep::coroutinesAwaitIt()
{
    const auto count = []() -> Task<int> {
        int turns = 0;
        for (; turns < 5; ++turns)
            co_await sleep(std::chrono::milliseconds(turns));
        co_return turns;
    };
    QCOMPARE(resultOf(toPendingCall(count())), 5);
}

void tst_Sleep::aCancelEndsItAtOnce()
{
    const auto call = sleep(1h);
    call.cancel();
    QVERIFY(call.isCanceled());
    const auto turn = sleep(0s);
    turn.cancel();
    QVERIFY(turn.isCanceled());
    resultOf(sleep(0s)); // what is left of them is delivered
    QVERIFY(turn.isCanceled());
    const auto ended = sleep(0s);
    resultOf(ended);
    ended.cancel();
    QVERIFY(!ended.isCanceled());
}

void tst_Sleep::anotherThreadMayCancelIt()
{
    const auto call = sleep(1h);
    QObject context;
    const auto end = call.onCanceled(&context, [] {});
    runOutside([call] { call.cancel(); });
    resultOf(end);
    QVERIFY(call.isCanceled());
}

void tst_Sleep::itsScopeEndsIt()
{
    CancelScope scope;
    PendingCall<void> inside = scope.run([] { return sleep(1h); });
    const auto turn = scope.run([] { return sleep(0s); });
    const auto outside = sleep(2ms);
    scope.cancel();
    QVERIFY(inside.isCanceled());
    QVERIFY(turn.isCanceled());
    resultOf(outside);
}

void tst_Sleep::aScopeThatIsCanceledLetsNoneBegin()
{
    CancelScope scope;
    scope.cancel();
    QVERIFY(scope.run([] { return sleep(1h); }).isCanceled());
    QVERIFY(scope.run([] { return sleep(0s); }).isCanceled());
    resultOf(sleep(0s));
}

void tst_Sleep::aDeadlineEndsIt()
{
    QVERIFY(failsWith<TimeoutError>(failAfter(1ms, [] { return sleep(1h); })));
    QVERIFY(!resultOf(moveOnAfter(1ms, [] { return sleep(1h); })));
    QVERIFY(resultOf(moveOnAfter(1h, [] { return sleep(1ms); })));
}

void tst_Sleep::handlersGoWithTheirContext()
{
    const auto call = sleep(1h);
    auto context = std::make_unique<QObject>();
    const auto handler = call.then(context.get(), [] { QFAIL("its context has gone"); });
    context.reset();
    QVERIFY(handler.isCanceled());
    QVERIFY(call.isCanceled());
}

void tst_Sleep::aDroppedHandleIsNoCancel()
{
    Gate ended;
    QObject context;
    sleep(1ms).then(&context, [&ended] { ended.open(); });
    QVERIFY(spinUntil([&] { return ended.tryPass(1, 0ms); }));
}

void tst_Sleep::theEndOfItsLoopCancelsIt()
{
    PendingCall<void> call;
    PendingCall<void> other;
    {
        LoopThread thread;
        thread.call([&] {
            call = sleep(1h);
            other = sleep(1h);
            other.cancel();
        });
        QVERIFY(!call.isFinished());
    }
    QVERIFY(call.isCanceled());
    QVERIFY(other.isCanceled());
}

void tst_Sleep::aSleepThatBeginsInThatEndIsRefused()
{
    bool isRefused = false;
    {
        LoopThread thread;
        thread.call([&isRefused] {
            const auto sleeper = [](bool &refused) -> Task<int> {
                bool isOver = false;
                try {
                    co_await sleep(1h);
                } catch (const std::exception &) {
                    isOver = true;
                }
                refused = isOver && throws<NoEventLoopError>([] { (void)sleep(1ms); });
                co_return 0;
            };
            toPendingCall(sleeper(isRefused));
        });
    }
    QVERIFY(isRefused);
}

void tst_Sleep::itEndsInANestedLoop()
{
    QObject context;
    const auto outer = sleep(2ms);
    bool hasTurned = false;
    QTimer::singleShot(0, &context, [&] {
        const auto inner = sleep(4ms);
        hasTurned = waitFor(inner) && outer.isFinished();
    });
    QVERIFY(spinUntil([&hasTurned] { return hasTurned; }));
}

void tst_Sleep::aHandlerMayRunALoopThatSleeps()
{
    QObject context;
    const QDeadlineTimer time(2, Qt::PreciseTimer);
    QList<int> ends;
    for (int depth = 1; depth <= 3; ++depth)
        sleepUntil(time).then(&context, [&ends, depth] {
            resultOf(sleep(1ms));
            ends << depth;
        });
    QVERIFY(spinUntil([&ends] { return ends.size() == 3; }));
}

void tst_Sleep::itGoesOnInTheNextLoop()
{
    const auto call = sleep(20ms);
    QEventLoop first;
    QTimer::singleShot(1, &first, &QEventLoop::quit);
    first.exec();
    QVERIFY(waitFor(call));
    QVERIFY(!call.isCanceled());
}

void tst_Sleep::twoLoopsDoNotMeet()
{
    LoopThread thread;
    PendingCall<void> theirs;
    thread.call([&theirs] { theirs = sleep(1ms); });
    resultOf(sleep(2ms));
    QVERIFY(waitFor(theirs));
    QVERIFY(!theirs.isCanceled());
}

void tst_Sleep::aThreadWithoutALoopIsToldWhatToUse()
{
    const auto advice = [] {
        try {
            (void)sleep(1ms);
        } catch (const NoEventLoopError &error) {
            return QString::fromUtf8(error.what());
        }
        return QString();
    };
    QVERIFY(runOutside(advice).contains(u"sleep()"));
    QVERIFY(resultOf(toThread(advice)).contains(u"fromThread("));
}

void tst_Sleep::aWorkerWaitsForOneOfItsLoop()
{
    resultOf(toThread([] { fromThread([] { return sleep(1ms); }); }));
    Gate asleep;
    const auto worker = toThread([&asleep] {
        fromThread([&asleep] {
            asleep.open();
            return sleep(1h);
        });
    });
    QVERIFY(spinUntil([&asleep] { return asleep.tryPass(1, 0ms); }));
    worker.cancel();
    QVERIFY(isCanceledInTime(worker));
}

void tst_Sleep::tenThousandAtATime()
{
    constexpr int count = 10'000;
    QRandomGenerator random(1);
    QList<PendingCall<void>> calls;
    QObject context;
    int ends = 0;
    for (int i = 0; i < count; ++i) {
        calls << sleep(std::chrono::microseconds(random.bounded(20'000)));
        calls.last().finally(&context, [&ends] { ++ends; });
    }
    OutsideThread canceler([&calls] {
        QRandomGenerator victims(2);
        for (int i = 0; i < count / 2; ++i)
            calls.at(victims.bounded(count)).cancel();
    });
    QVERIFY(spinUntil([&ends] { return ends == count; }));
    canceler.resultWhileTheLoopTurns();
    resultOf(sleep(0s));
    QCOMPARE(ends, count);
}

/// In pages; 0 where the system does not tell.
static qint64 residentMemory()
{
    QFile statm(QStringLiteral("/proc/self/statm"));
    return statm.open(QIODevice::ReadOnly) ? statm.readAll().split(' ').value(1).toLongLong() : 0;
}

void tst_Sleep::canceledOnesDoNotPileUp()
{
#ifdef TESTING_SANITIZED
    QSKIP("what is freed is kept for a while");
#endif
    const auto kept = sleep(1h);
    const qint64 before = residentMemory();
    for (int i = 0; i < 300'000; ++i)
        sleep(1h).cancel();
    QVERIFY(residentMemory() - before < 4000);
    QVERIFY(!kept.isFinished());
    kept.cancel();
}

void tst_Sleep::canceledOnesAreGivenBack_data()
{
    QTest::addColumn<bool>("isHere");
    QTest::newRow("canceled in their thread") << true;
    QTest::newRow("canceled in another one") << false;
}

void tst_Sleep::canceledOnesAreGivenBack()
{
    QFETCH(const bool, isHere);
    constexpr int count = 10'000;
    const auto kept = sleep(1h);
    QList<PendingCall<void>> calls;
    for (int i = 0; i < count; ++i)
        calls << sleep(1h);
    const auto cancelAll = [&calls] {
        for (const auto &call : calls)
            call.cancel();
    };
    if (isHere)
        cancelAll();
    else
        OutsideThread(cancelAll).result();
    const auto heldByOthers = [&calls] {
        int held = 0;
        for (const auto &call : calls)
            held += int(!call.core()->isSoleOwner());
        return held;
    };
    QVERIFY(spinUntil([&] { return heldByOthers() < 100; }));
    QVERIFY(!kept.isFinished());
    kept.cancel();
}

QTEST_GUILESS_MAIN(tst_Sleep)
#include "tst_sleep.moc"
