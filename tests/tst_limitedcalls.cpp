// SPDX-License-Identifier: MIT
#include "testing.h"

#include <QtCore/qset.h>

#include <thread>

using namespace QFerry;
using namespace Testing;

/// What a CapacityLimiter does to the calls that are made under it.
class tst_LimitedCalls : public QObject
{
    Q_OBJECT
private slots:
    void threeTokensMeanThreeCallsAtOnce();
    void callsStartInTheOrderTheyWereMade();
    void callsAndBorrowersShareOneQueue();
    void raisingTheTotalStartsWaitingCalls();
    void loweringTheTotalEndsNoCall();
    void eachCallIsABorrowerOfItsOwn();
    void aCanceledWaiterNeverRunsAndFinishes();
    void aCancelOfManyWaitersLeavesTheQueue();
    void aScopeCancelsItsWaiters();
    void aCanceledWaiterLetsTheNextOneRun();
    void anAbandonedCallKeepsItsToken();
    void aFailedCallReturnsItsToken();
    void theTokenIsBackWhenTheFunctionHasReturned();
    void limitersMayBeUsedFromManyThreads();
    void aLimiterMayBeDestroyedUnderItsCalls();
    void callsUnderADestroyedLimiterKeepItsRules();
};

void tst_LimitedCalls::threeTokensMeanThreeCallsAtOnce()
{
    CapacityLimiter limiter(3);
    Blocker blocker;
    std::vector<PendingCall<void>> calls;
    for (int i = 0; i < 4; ++i)
        calls.push_back(toThread({ .limiter = &limiter }, blocker.function()));
    QVERIFY(blocker.hasStarted(3));
    QVERIFY(!blocker.startsSoon());
    QCOMPARE(limiter.borrowedTokens(), 3);
    QCOMPARE(limiter.statistics().waiting, 1);
    blocker.release();
    QVERIFY(blocker.hasStarted());
    blocker.releaseAll();
    for (const auto &call : calls)
        QVERIFY(waitFor(call));
    QVERIFY(spinUntil([&] { return limiter.borrowedTokens() == 0; }));
}

void tst_LimitedCalls::callsStartInTheOrderTheyWereMade()
{
    CapacityLimiter limiter(1);
    Blocker blocker;
    toThread({ .limiter = &limiter }, blocker.function());
    QVERIFY(blocker.hasStarted());
    std::vector<int> order; // of one call at a time
    std::vector<PendingCall<void>> calls;
    for (int i = 0; i < 100; ++i)
        calls.push_back(toThread({ .limiter = &limiter }, [&order, i] { order.push_back(i); }));
    blocker.release();
    for (const auto &call : calls)
        resultOf(call);
    QCOMPARE(order.size(), size_t(100));
    QVERIFY(std::is_sorted(order.cbegin(), order.cend()));
}

void tst_LimitedCalls::callsAndBorrowersShareOneQueue()
{
    CapacityLimiter limiter(1);
    int holder = 0;
    int waiter = 0;
    QVERIFY(limiter.tryAcquire(&holder));
    Blocker blocker;
    const auto first = toThread({ .limiter = &limiter }, blocker.function());
    const auto second = limiter.acquire(&waiter);
    const auto third = toThread({ .limiter = &limiter }, [] {});
    QCOMPARE(limiter.statistics().waiting, 3);
    limiter.release(&holder);
    QVERIFY(blocker.hasStarted());
    QVERIFY(!second.isFinished());
    blocker.release();
    QVERIFY(spinUntil([&] { return second.isFinished(); }));
    QVERIFY(!third.isFinished());
    limiter.release(&waiter);
    QVERIFY(waitFor(third));
}

void tst_LimitedCalls::raisingTheTotalStartsWaitingCalls()
{
    CapacityLimiter limiter(0);
    Blocker blocker;
    for (int i = 0; i < 5; ++i)
        toThread({ .limiter = &limiter }, blocker.function());
    QVERIFY(!blocker.startsSoon());
    limiter.setTotalTokens(5);
    QVERIFY(blocker.hasStarted(5));
    blocker.releaseAll();
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
}

void tst_LimitedCalls::loweringTheTotalEndsNoCall()
{
    CapacityLimiter limiter(3);
    Blocker blocker;
    std::vector<PendingCall<void>> calls;
    for (int i = 0; i < 4; ++i)
        calls.push_back(toThread({ .limiter = &limiter }, blocker.function()));
    QVERIFY(blocker.hasStarted(3));
    limiter.setTotalTokens(1);
    QCOMPARE(limiter.borrowedTokens(), 3);
    blocker.release(2);
    QVERIFY(spinUntil([&] { return limiter.borrowedTokens() == 1; }));
    QVERIFY(!blocker.startsSoon());
    blocker.releaseAll();
    for (const auto &call : calls)
        resultOf(call);
}

void tst_LimitedCalls::eachCallIsABorrowerOfItsOwn()
{
    CapacityLimiter limiter(3);
    Blocker blocker;
    const auto a = toThread({ .limiter = &limiter }, blocker.function());
    const auto b = toThread({ .limiter = &limiter }, blocker.function());
    QVERIFY(blocker.hasStarted(2));
    QVERIFY(limiter.tryAcquire(this));
    const auto borrowers = limiter.statistics().borrowers;
    QCOMPARE(QSet(borrowers.cbegin(), borrowers.cend()).size(), 3);
    QVERIFY(borrowers.contains(this));
    limiter.release(this);
    blocker.releaseAll();
    QVERIFY(waitFor(a) && waitFor(b));
}

void tst_LimitedCalls::aCanceledWaiterNeverRunsAndFinishes()
{
    CapacityLimiter limiter(0);
    std::atomic<bool> ran{ false };
    const auto call = toThread({ .limiter = &limiter }, [&ran] { ran = true; });
    call.cancel();
    QVERIFY(call.isFinished());
    QVERIFY(call.isCanceled());
    QCOMPARE(limiter.statistics().waiting, 0);
    limiter.setTotalTokens(1);
    resultOf(toThread({ .limiter = &limiter }, [] {}));
    QVERIFY(!ran);
}

void tst_LimitedCalls::aCancelOfManyWaitersLeavesTheQueue()
{
    CapacityLimiter limiter(0);
    std::vector<PendingCall<void>> calls;
    for (int i = 0; i < 10'000; ++i)
        calls.push_back(toThread({ .limiter = &limiter }, [] {}));
    QCOMPARE(limiter.statistics().waiting, 10'000);
    for (size_t i = 0; i < calls.size(); i += 2)
        calls.at(i).cancel();
    QCOMPARE(limiter.statistics().waiting, 5000);
    limiter.setTotalTokens(4);
    for (size_t i = 0; i < calls.size(); ++i) {
        QVERIFY(waitFor(calls.at(i)));
        QCOMPARE(calls.at(i).isCanceled(), i % 2 == 0);
    }
}

void tst_LimitedCalls::aScopeCancelsItsWaiters()
{
    CapacityLimiter limiter(0);
    CancelScope scope;
    const auto call = toThread({ .limiter = &limiter, .scope = &scope }, [] {});
    scope.cancel();
    QVERIFY(call.isCanceled());
    QCOMPARE(limiter.statistics().waiting, 0);
}

void tst_LimitedCalls::aCanceledWaiterLetsTheNextOneRun()
{
    CapacityLimiter limiter(1);
    Blocker blocker;
    toThread({ .limiter = &limiter }, blocker.function());
    const auto canceled = toThread({ .limiter = &limiter }, [] {});
    const auto next = toThread({ .limiter = &limiter }, [] { return 1; });
    QVERIFY(blocker.hasStarted());
    canceled.cancel();
    blocker.release();
    QCOMPARE(resultOf(next), 1);
    QVERIFY(canceled.isCanceled());
}

void tst_LimitedCalls::anAbandonedCallKeepsItsToken()
{
    CapacityLimiter limiter(1);
    Blocker blocker;
    const auto abandoned =
            toThread({ .limiter = &limiter, .abandonOnCancel = true }, blocker.function());
    const auto next = toThread({ .limiter = &limiter }, [] { return 1; });
    QVERIFY(blocker.hasStarted());
    abandoned.cancel();
    QVERIFY(waitFor(abandoned));
    QCOMPARE(limiter.borrowedTokens(), 1);
    QVERIFY(!next.isFinished());
    blocker.release();
    QCOMPARE(resultOf(next), 1);
    QVERIFY(spinUntil([&] { return limiter.borrowedTokens() == 0; }));
}

void tst_LimitedCalls::aFailedCallReturnsItsToken()
{
    CapacityLimiter limiter(1);
    for (int i = 0; i < 10; ++i)
        QVERIFY_EXCEPTION_THROWN(resultOf(toThread({ .limiter = &limiter }, [] { throw 42; })),
                                 int);
    QVERIFY(spinUntil([&] { return limiter.borrowedTokens() == 0; }));
}

void tst_LimitedCalls::theTokenIsBackWhenTheFunctionHasReturned()
{
    CapacityLimiter limiter(1);
    Blocker blocker;
    const auto call = toThread({ .limiter = &limiter }, blocker.function());
    QVERIFY(blocker.hasStarted());
    QVERIFY(!limiter.tryAcquire(this));
    blocker.release();
    QVERIFY(waitFor(call));
    QVERIFY(spinUntil([&] { return limiter.tryAcquire(this); }));
    limiter.release(this);
}

void tst_LimitedCalls::limitersMayBeUsedFromManyThreads()
{
    CapacityLimiter limiter(3);
    std::atomic<int> inside{ 0 };
    std::atomic<bool> tooMany{ false };
    std::atomic<int> runs{ 0 };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            std::vector<PendingCall<void>> calls;
            for (int n = 0; n < 500; ++n) {
                calls.push_back(toThread({ .limiter = &limiter }, [&] {
                    if (++inside > 3)
                        tooMany = true;
                    ++runs;
                    --inside;
                }));
                if (n % 7 == 0)
                    limiter.setTotalTokens(1 + n % 3);
            }
            for (const auto &call : calls)
                call.future().waitForFinished();
        });
    }
    for (auto &thread : threads)
        thread.join();
    QCOMPARE(runs, 2000);
    QVERIFY(!tooMany);
}

void tst_LimitedCalls::aLimiterMayBeDestroyedUnderItsCalls()
{
    Blocker blocker;
    std::vector<PendingCall<int>> calls;
    {
        CapacityLimiter limiter(2);
        for (int i = 0; i < 6; ++i)
            calls.push_back(toThread({ .limiter = &limiter }, blocker.returning(i)));
        QVERIFY(blocker.hasStarted(2));
    }
    calls.back().cancel();
    QVERIFY(calls.back().isCanceled());
    calls.pop_back();
    blocker.releaseAll();
    for (size_t i = 0; i < calls.size(); ++i)
        QCOMPARE(resultOf(calls.at(i)), int(i));
}

void tst_LimitedCalls::callsUnderADestroyedLimiterKeepItsRules()
{
    Blocker blocker;
    {
        CapacityLimiter limiter(1);
        toThread({ .limiter = &limiter }, blocker.function());
        toThread({ .limiter = &limiter }, blocker.function());
    }
    QVERIFY(blocker.hasStarted());
    QVERIFY(!blocker.startsSoon());
    blocker.release();
    QVERIFY(blocker.hasStarted());
    blocker.releaseAll();
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
}

QTEST_GUILESS_MAIN(tst_LimitedCalls)
#include "tst_limitedcalls.moc"
