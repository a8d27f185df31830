// SPDX-License-Identifier: MIT
// What happens at its time, and in which thread: foreign code keeps no deadline from passing.
#include "outside.h"
#include "refusedthreads.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

void compute(std::chrono::milliseconds time)
{
    const QDeadlineTimer end(time);
    while (!end.hasExpired())
        ;
}

/// Blocks the thread that destroys the last copy until the gate opens.
auto blockingCapture(Gate &blocks, Gate &release)
{
    return std::shared_ptr<void>(nullptr, [&](void *) {
        blocks.open();
        (void)release.tryPass();
    });
}

/// A call that never runs, and fails in time.
PendingCall<void> callThatTimesOut(CapacityLimiter &closed, auto &&function)
{
    return toThread({ .limiter = &closed, .timeout = 30ms }, std::move(function));
}

} // namespace

class tst_Alarms : public QObject
{
    Q_OBJECT

private slots:
    void aRefusedThreadMakesNoTimeoutFail(); // first: there is no thread for alarms yet
    void aRefusedThreadMakesNoCancelUnheard();
    void aBusyLoopFinishesItsFuturesItself_data();
    void aBusyLoopFinishesItsFuturesItself();
    void aBlockedLoopGetsTheFutureOfAFuture();
    void foreignCodeAtATimeoutStopsNoOther();
    void foreignCodeAtADeadlineStopsNoOther();
    void foreignCodeAtAChannelsTimeoutStopsNoOther();
    void foreignCodeAtACancelStopsNoOther();
    void manyTimeoutsTakeFewThreads();

private:
    void checkThatTimeoutsPass();
};

void tst_Alarms::checkThatTimeoutsPass()
{
    CapacityLimiter closed(0);
    QVERIFY(failsWith<TimeoutError>(callThatTimesOut(closed, [] {})));
}

void tst_Alarms::aRefusedThreadMakesNoTimeoutFail()
{
    if (!RefusedThreads::arePossible())
        QSKIP("Threads cannot be refused here");
    CapacityLimiter closed(0);
    PendingCall<void> call;
    {
        const RefusedThreads refused;
        call = callThatTimesOut(closed, [] {});
    }
    QVERIFY(failsWith<TimeoutError>(call));
}

void tst_Alarms::aRefusedThreadMakesNoCancelUnheard()
{
    if (!RefusedThreads::arePossible())
        QSKIP("Threads cannot be refused here");
    QVERIFY(spinUntil([until = QDeadlineTimer(1500)] { return until.hasExpired(); })); // it goes
    CapacityLimiter closed(0);
    QFuture<void> future;
    {
        const RefusedThreads refused;
        future = toThread({ .limiter = &closed }, [] {}).future();
        future.cancel();
    }
    QVERIFY(spinUntil([&] { return future.isFinished(); }));
}

void tst_Alarms::aBusyLoopFinishesItsFuturesItself_data()
{
    QTest::addColumn<bool>("computes");
    QTest::addColumn<bool>("hasWaited");
    QTest::newRow("that computes") << true << false;
    QTest::newRow("that sleeps") << false << false;
    QTest::newRow("that computes after a wait") << true << true;
    QTest::newRow("that sleeps after a wait") << false << true;
}

void tst_Alarms::aBusyLoopFinishesItsFuturesItself()
{
    QFETCH(bool, computes);
    QFETCH(bool, hasWaited);
    Blocker blocker;
    std::atomic<QThread *> ranIn = nullptr;
    const auto call = toThread(blocker.function());
    call.future().then([&] { ranIn = QThread::currentThread(); });
    if (hasWaited)
        toThread([] {}).future().waitForFinished();
    blocker.release();
    if (computes)
        compute(250ms);
    else
        QThread::msleep(250);
    QVERIFY(!ranIn.load());
    QVERIFY(spinUntil([&] { return ranIn.load() != nullptr; }));
    QCOMPARE(ranIn.load(), QThread::currentThread());
}

// Of which the loop's thread cannot tell that it waits for it.
void tst_Alarms::aBlockedLoopGetsTheFutureOfAFuture()
{
    QFuture<int> derived = toThread([] { return 1; }).future().then([](int n) { return n + 1; });
    QCOMPARE(derived.result(), 2);
}

void tst_Alarms::foreignCodeAtATimeoutStopsNoOther()
{
    CapacityLimiter closed(0);
    Gate blocks;
    Gate release;
    const auto call = callThatTimesOut(closed, [c = blockingCapture(blocks, release)] {});
    QVERIFY(blocks.tryPass());
    checkThatTimeoutsPass();
    release.open();
    QVERIFY(failsWith<TimeoutError>(call));
}

void tst_Alarms::foreignCodeAtADeadlineStopsNoOther()
{
    CapacityLimiter closed(0);
    Gate blocks;
    Gate release;
    CancelScope scope;
    scope.setDeadline(QDeadlineTimer(30));
    const auto call = toThread({ .limiter = &closed, .scope = &scope },
                               [c = blockingCapture(blocks, release)] {});
    QVERIFY(blocks.tryPass());
    checkThatTimeoutsPass();
    release.open();
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
}

void tst_Alarms::foreignCodeAtAChannelsTimeoutStopsNoOther()
{
    FromThreadChannel<int> channel;
    Gate blocks;
    Gate release;
    // A handler that is not wanted is dropped where the call finishes.
    const auto item = channel.get(30ms);
    item.then(this, [c = blockingCapture(blocks, release)](int) {});
    QVERIFY(blocks.tryPass());
    checkThatTimeoutsPass();
    release.open();
    QVERIFY(failsWith<ChannelTimeoutError>(item));
}

void tst_Alarms::foreignCodeAtACancelStopsNoOther()
{
    CapacityLimiter closed(0);
    Gate blocks;
    Gate release;
    QFuture<void> future = toThread({ .limiter = &closed },
                                    [c = blockingCapture(blocks, release)] {})
                                   .future();
    QFuture<void> other = toThread({ .limiter = &closed }, [] {}).future();
    future.cancel();
    QVERIFY(blocks.tryPass());
    other.cancel();
    QVERIFY(spinUntil([&] { return other.isFinished(); }));
    checkThatTimeoutsPass();
    release.open();
    QVERIFY(spinUntil([&] { return future.isFinished(); }));
}

void tst_Alarms::manyTimeoutsTakeFewThreads()
{
    const int before = processThreadCount();
    if (before < 0)
        QSKIP("The system does not tell how many threads there are");
    CapacityLimiter closed(0);
    std::vector<PendingCall<void>> calls;
    for (int i = 0; i < 2000; ++i)
        calls.push_back(callThatTimesOut(closed, [] {}));
    int most = 0;
    for (const auto &call : calls) {
        QVERIFY(spinUntil([&] {
            most = qMax(most, processThreadCount());
            return call.isFinished();
        }));
    }
    QVERIFY2(most < before + 20, qPrintable(QString::number(most)));
}

QTEST_GUILESS_MAIN(tst_Alarms)
#include "tst_alarms.moc"
