// SPDX-License-Identifier: MIT
#include "portals.h"
#include "sleepsign.h"
#include "task.h"

#include <QtCore/qelapsedtimer.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

LoopToken tokenOf(LoopThread &thread)
{
    LoopToken token;
    thread.call([&] { token = currentLoop(); });
    return token;
}

/// The watchdog would bite later.
bool isSoon(const QElapsedTimer &begin)
{
    return begin.elapsed() < 2000;
}

/// The loop has stood still, and does its work as before.
bool servesAsBefore()
{
    const auto call = toThread([] {
        return fromThread([] { return 1; }) + fromThread([] { return toThread([] { return 2; }); });
    });
    return resultOf(call) == 3;
}

/// So many results are ready to be handed over to a context of the running thread.
void letResultsWait(int count, QObject *context)
{
    for (int i = 0; i < count; ++i)
        toThread([] {}).then(context, [] {});
    while (!activeCalls().isEmpty())
        QThread::msleep(1);
}

} // namespace

class tst_Standstill : public QObject
{
    Q_OBJECT

private slots:
    // a wait in a loop thread, and who waits for that loop
    void waitForFinishedEndsACallThatWaitsForThisLoop_data();
    void waitForFinishedEndsACallThatWaitsForThisLoop();
    void waitForFinishedEndsAfterACancel();
    void waitForFinishedEndsTasksOfPortals();
    void callThatComesWhileALoopHasLongStoodStillFails();
    void shortWaitHarmsNobody();
    void waitOfALoopThreadEndsACallThatWaitsForThatLoop_data();
    void waitOfALoopThreadEndsACallThatWaitsForThatLoop();
    void putInALoopThreadEndsWhoWaitsForThatLoop();
    // loops that wait for each other
    void loopsDoNotWaitForEachOther_data();
    void loopsDoNotWaitForEachOther();
    void threeLoopsDoNotWaitForEachOther();
    void loopsThatCallEachOtherAtOnceDoNotHang();
    // wake-ups
    void handlerMayWaitForAThreadThatWasServed();
    void requestMayWaitForAThreadThatWasServed();
    // nested waits
    void loanOfATokenOutlivesAnInnerWait();
};

void tst_Standstill::waitForFinishedEndsACallThatWaitsForThisLoop_data()
{
    QTest::addColumn<bool>("isAsync");
    QTest::newRow("plain") << false;
    QTest::newRow("asynchronous") << true;
}

void tst_Standstill::waitForFinishedEndsACallThatWaitsForThisLoop()
{
    QFETCH(bool, isAsync);
    const auto call = toThread([isAsync] {
        if (isAsync)
            fromThread([] { return toThread([] {}); });
        else
            fromThread([] {});
    });
    QElapsedTimer time;
    time.start();
    QVERIFY_THROWS_EXCEPTION(LoopFinishedError, call.future().waitForFinished());
    QVERIFY(isSoon(time));
    QVERIFY(servesAsBefore());
}

void tst_Standstill::waitForFinishedEndsAfterACancel()
{
    Gate calling;
    const auto call = toThread([&] {
        calling.open();
        fromThread([] {});
    });
    calling.pass();
    auto future = call.future();
    future.cancel();
    QElapsedTimer time;
    time.start();
    try {
        future.waitForFinished();
    } catch (const LoopFinishedError &) { // or nothing, as it is canceled
    }
    QVERIFY(isSoon(time));
}

void tst_Standstill::waitForFinishedEndsTasksOfPortals()
{
    BlockingPortal portal;
    const auto call = toThread([&] { return portal.startTaskSoon([] { return 1; }).result(); });
    QElapsedTimer time;
    time.start();
    QVERIFY_THROWS_EXCEPTION(LoopFinishedError, call.future().waitForFinished());
    QVERIFY(isSoon(time));
    QVERIFY(servesAsBefore());
}

void tst_Standstill::callThatComesWhileALoopHasLongStoodStillFails()
{
    const auto call = toThread([] {
        QThread::msleep(300);
        fromThread([] {});
    });
    QVERIFY_THROWS_EXCEPTION(LoopFinishedError, call.future().waitForFinished());
    QVERIFY(servesAsBefore());
}

void tst_Standstill::shortWaitHarmsNobody()
{
    for (int round = 0; round < 20; ++round) {
        const auto asking = toThread([] { return fromThread([] { return 5; }); });
        toThread([] {}).future().waitForFinished();
        QCOMPARE(resultOf(asking), 5);
    }
}

void tst_Standstill::waitOfALoopThreadEndsACallThatWaitsForThatLoop_data()
{
    QTest::addColumn<QString>("how");
    QTest::newRow("fromThread, plain") << "plain";
    QTest::newRow("fromThread, asynchronous") << "async";
    QTest::newRow("portal.call, plain") << "portal, plain";
    QTest::newRow("portal.call, asynchronous") << "portal, async";
    QTest::newRow("portal.startTask") << "startTask";
}

void tst_Standstill::waitOfALoopThreadEndsACallThatWaitsForThatLoop()
{
    QFETCH(QString, how);
    LoopThread other;
    const LoopToken there = tokenOf(other);
    const LoopToken here = currentLoop();
    auto portal = startBlockingPortal();
    // The loop that is called waits for a worker, which waits for this one.
    const auto ask = [here] {
        return toThread([here] { return fromThread(here, [] { return 1; }); });
    };
    const auto askAndWait = [ask] { return ask().future().result(); };
    const auto start = [ask](TaskStatus<int> &status) -> EagerTask<int> {
        const auto call = ask();
        status.started(co_await call);
        co_return 0;
    };
    QElapsedTimer time;
    time.start();
    QVERIFY(throws<LoopFinishedError>([&] {
        if (how == u"plain")
            fromThread(there, askAndWait);
        else if (how == u"async")
            fromThread(there, ask);
        else if (how == u"portal, plain")
            portal.call(askAndWait);
        else if (how == u"portal, async")
            portal.call(ask);
        else
            portal.startTask(start);
    }));
    QVERIFY(isSoon(time));
    QVERIFY(servesAsBefore());
}

void tst_Standstill::putInALoopThreadEndsWhoWaitsForThatLoop()
{
    LoopThread consumer;
    const LoopToken here = currentLoop();
    std::optional<FromThreadChannel<int>> channel;
    PendingCall<void> asking;
    bool hasFailed = false;
    consumer.call([&] { channel.emplace(1); });
    channel->put(1);
    const auto takeOnceAnswered = [&] {
        asking = toThread([here] { fromThread(here, [] {}); });
        asking.onFailed(consumer.context(), [&](const LoopFinishedError &) {
            hasFailed = true;
            (void)channel->takeAvailable();
        });
    };
    consumer.call(takeOnceAnswered);
    QElapsedTimer time;
    time.start();
    channel->put(2); // full until this loop has answered, which it cannot
    QVERIFY(isSoon(time));
    QVERIFY(servesAsBefore());
    consumer.call([&] { channel.reset(); });
    QVERIFY(hasFailed);
}

void tst_Standstill::loopsDoNotWaitForEachOther_data()
{
    QTest::addColumn<QString>("how");
    QTest::newRow("fromThread, plain") << "plain";
    QTest::newRow("fromThread, asynchronous") << "async";
    QTest::newRow("portal.call, plain") << "portal, plain";
    QTest::newRow("portal.call, asynchronous") << "portal, async";
}

void tst_Standstill::loopsDoNotWaitForEachOther()
{
    QFETCH(QString, how);
    LoopThread other;
    const LoopToken there = tokenOf(other);
    const LoopToken here = currentLoop();
    auto portal = startBlockingPortal();
    const auto callBack = [here] { fromThread(here, [] {}); };
    const auto callBackLater = [here] {
        fromThread(here, [] {});
        return toThread([] {});
    };
    QElapsedTimer time;
    time.start();
    QVERIFY(throws<InvalidUseError>([&] {
        if (how == u"plain")
            fromThread(there, callBack);
        else if (how == u"async")
            fromThread(there, callBackLater);
        else if (how == u"portal, plain")
            portal.call(callBack);
        else
            portal.call(callBackLater);
    }));
    QVERIFY(isSoon(time));
    QVERIFY(servesAsBefore());
}

void tst_Standstill::threeLoopsDoNotWaitForEachOther()
{
    LoopThread second;
    LoopThread third;
    const LoopToken tokens[] = { currentLoop(), tokenOf(second), tokenOf(third) };
    const auto callFirst = [&] { fromThread(tokens[0], [] {}); };
    const auto callThird = [&] { fromThread(tokens[2], callFirst); };
    QVERIFY(throws<InvalidUseError>([&] { fromThread(tokens[1], callThird); }));
    QVERIFY(servesAsBefore());
}

void tst_Standstill::loopsThatCallEachOtherAtOnceDoNotHang()
{
    for (int round = 0; round < 50; ++round) {
        LoopThread other;
        const LoopToken there = tokenOf(other);
        const LoopToken here = currentLoop();
        QElapsedTimer time;
        time.start();
        const auto call = [](const LoopToken &token) {
            try {
                fromThread(token, [] {});
            } catch (const Error &) {
            }
        };
        std::atomic<bool> isCalling = false;
        std::atomic<bool> hasCalled = false;
        QTimer::singleShot(0, other.context(), [&] {
            isCalling = true;
            call(here);
            hasCalled = true;
        });
        while (!isCalling)
            QThread::yieldCurrentThread();
        call(there);
        QVERIFY(isSoon(time));
        QVERIFY(spinUntil([&] { return hasCalled.load(); }));
    }
}

void tst_Standstill::handlerMayWaitForAThreadThatWasServed()
{
    constexpr int count = 8;
    LoopThread thread;
    const LoopToken token = tokenOf(thread);
    std::vector<std::unique_ptr<OutsideThread<void>>> callers;
    std::vector<Gate> gates(count);
    std::atomic<int> passed = 0;
    Gate done;
    thread.call([&] {
        letResultsWait(40, thread.context()); // quick ones: the loop is in full swing
        for (int i = 0; i < count; ++i) {
            Gate &gate = gates[size_t(i)];
            SleepSign asks;
            callers.push_back(std::make_unique<OutsideThread<void>>([&] {
                asks.aboutToSleep();
                fromThread(token, [] {});
                gate.open();
            }));
            asks.waitUntilGiven();
            const auto call = toThread([] {});
            call.future().waitForFinished();
            call.then(thread.context(), [&] {
                passed += gate.tryPass();
                done.open();
            });
        }
    });
    for (int i = 0; i < count; ++i)
        QVERIFY(done.tryPass());
    QCOMPARE(passed.load(), count);
    thread.call([] {});
}

void tst_Standstill::requestMayWaitForAThreadThatWasServed()
{
    constexpr int count = 8;
    LoopThread thread;
    const LoopToken token = tokenOf(thread);
    std::vector<std::unique_ptr<OutsideThread<void>>> callers;
    std::vector<Gate> gates(count);
    std::atomic<int> passed = 0;
    thread.call([&] {
        letResultsWait(40, thread.context());
        for (int i = 0; i < count; ++i) {
            Gate &gate = gates[size_t(i)];
            SleepSign first;
            callers.push_back(std::make_unique<OutsideThread<void>>([&] {
                first.aboutToSleep();
                fromThread(token, [] {});
                gate.open();
            }));
            first.waitUntilGiven();
            SleepSign second;
            callers.push_back(std::make_unique<OutsideThread<void>>([&] {
                second.aboutToSleep();
                fromThread(token, [&] { passed += gate.tryPass(); });
            }));
            second.waitUntilGiven();
        }
    });
    callers.clear();
    QCOMPARE(passed.load(), count);
}

void tst_Standstill::loanOfATokenOutlivesAnInnerWait()
{
    CapacityLimiter one(1);
    const auto nested = [&]() -> EagerTask<int> {
        const auto first = toThread({ .limiter = &one }, [] {});
        co_await first;
        fromThread([] {}); // blocks while run() does
        const auto second = toThread({ .limiter = &one }, [] { return 5; });
        co_return co_await second;
    };
    const auto call = toThread({ .limiter = &one }, [&] { return run(nested); });
    QCOMPARE(resultOf(call), 5);
}

QTEST_GUILESS_MAIN(tst_Standstill)
#include "tst_standstill.moc"
