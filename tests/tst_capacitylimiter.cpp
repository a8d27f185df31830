// SPDX-License-Identifier: MIT
#include "testing.h"

#include <thread>

using namespace QFerry;
using namespace Testing;

namespace {

/// Made, and used, before there is a QCoreApplication.
struct EarlyLimiter
{
    EarlyLimiter() { acquired = limiter.tryAcquire(this); }

    CapacityLimiter limiter{ 2 };
    bool acquired = false;
} early;

/// Names a borrower by its address.
struct Borrower
{
    char address = 0;
};

} // namespace

/// Tokens, and those who borrow them by hand; for calls see tst_limitedcalls.cpp.
class tst_CapacityLimiter : public QObject
{
    Q_OBJECT
private slots:
    void theDefaultHasFortyTokens();
    void countsExactly();
    void negativeTotalsAreErrors();
    void zeroAdmitsNobodyUntilRaised();
    void unlimitedAdmitsEverybody();
    void tokensGoToWhoWaitedLongest();
    void raisingWakesAsManyAsThereAreTokens();
    void loweringRevokesNothing();
    void loweringAndRaisingGrantsNoMoreThanTheTotal();
    void tryAcquireFailsWhileSomebodyWaits();
    void aWaiterCanceledInTheQueuePassesItsTokenOn();
    void aWaiterCanceledAfterTheGrantPassesItsTokenOn();
    void aCanceledWaiterMayAcquireAgain();
    void acquiringTwiceIsAnError();
    void queueingTwiceIsAnError();
    void releasingWhatOneDoesNotHoldIsAnError();
    void aNullBorrowerIsAnError();
    void anErrorLeavesTheLimiterAsItWas();
    void statisticsAreASnapshot();
    void statisticsAreConsistentUnderLoad();
    void worksBeforeTheApplication();
    void acquireWorksWithoutEventLoop();
    void acquireMayBeAwaitedInWorkers();
    void isSafeFromAnyThread();
    void mayBeDestroyedWhileSomebodyWaits();
};

static bool isGranted(const QFuture<void> &future)
{
    return spinUntil([&] { return future.isFinished(); }) && !future.isCanceled();
}

static bool waitsStill(const QFuture<void> &future)
{
    QCoreApplication::processEvents();
    return !future.isFinished();
}

void tst_CapacityLimiter::theDefaultHasFortyTokens()
{
    QCOMPARE(defaultThreadLimiter().totalTokens(), 40);
    QCOMPARE(&defaultThreadLimiter(), &defaultThreadLimiter());
}

void tst_CapacityLimiter::countsExactly()
{
    CapacityLimiter limiter(2);
    Borrower a, b, c;
    const auto counts = [&] {
        return QList<int>{ limiter.totalTokens(), limiter.borrowedTokens(),
                           limiter.availableTokens() };
    };
    QCOMPARE(counts(), QList({ 2, 0, 2 }));
    QVERIFY(limiter.tryAcquire(&a));
    QCOMPARE(counts(), QList({ 2, 1, 1 }));
    QVERIFY(isGranted(limiter.acquire(&b)));
    QCOMPARE(counts(), QList({ 2, 2, 0 }));
    QVERIFY(!limiter.tryAcquire(&c));
    limiter.setTotalTokens(1);
    QCOMPARE(counts(), QList({ 1, 2, 0 }));
    limiter.release(&a);
    limiter.release(&b);
    QCOMPARE(counts(), QList({ 1, 0, 1 }));
}

void tst_CapacityLimiter::negativeTotalsAreErrors()
{
    QVERIFY_EXCEPTION_THROWN(CapacityLimiter(-1), InvalidUseError);
    CapacityLimiter limiter(1);
    QVERIFY_EXCEPTION_THROWN(limiter.setTotalTokens(-1), InvalidUseError);
    QCOMPARE(limiter.totalTokens(), 1);
}

void tst_CapacityLimiter::zeroAdmitsNobodyUntilRaised()
{
    CapacityLimiter limiter(0);
    Borrower borrowers[6];
    QVERIFY(!limiter.tryAcquire(&borrowers[0]));
    QList<QFuture<void>> futures;
    for (Borrower &borrower : borrowers)
        futures << limiter.acquire(&borrower);
    QVERIFY(waitsStill(futures.constFirst()));
    limiter.setTotalTokens(5);
    for (int i = 0; i < 5; ++i)
        QVERIFY(isGranted(futures.at(i)));
    QVERIFY(waitsStill(futures.at(5)));
}

void tst_CapacityLimiter::unlimitedAdmitsEverybody()
{
    CapacityLimiter limiter(CapacityLimiter::Unlimited);
    Borrower borrowers[100];
    for (Borrower &borrower : borrowers)
        QVERIFY(limiter.tryAcquire(&borrower));
    QCOMPARE(limiter.availableTokens(), CapacityLimiter::Unlimited - 100);
    limiter.setTotalTokens(0);
    limiter.setTotalTokens(CapacityLimiter::Unlimited);
    Borrower another;
    QVERIFY(limiter.tryAcquire(&another));
}

void tst_CapacityLimiter::tokensGoToWhoWaitedLongest()
{
    CapacityLimiter limiter(1);
    Borrower holder, borrowers[10];
    QVERIFY(limiter.tryAcquire(&holder));
    QList<int> order;
    for (int i = 0; i < 10; ++i) {
        limiter.acquire(&borrowers[i]).then(this, [&, i] {
            order << i;
            limiter.release(&borrowers[i]);
        });
    }
    limiter.release(&holder);
    QVERIFY(spinUntil([&] { return order.size() == 10; }));
    QVERIFY(std::is_sorted(order.cbegin(), order.cend()));
}

void tst_CapacityLimiter::raisingWakesAsManyAsThereAreTokens()
{
    CapacityLimiter limiter(1);
    Borrower holder, borrowers[5];
    QVERIFY(limiter.tryAcquire(&holder));
    QList<QFuture<void>> futures;
    for (Borrower &borrower : borrowers)
        futures << limiter.acquire(&borrower);
    limiter.setTotalTokens(4);
    QCOMPARE(limiter.borrowedTokens(), 4); // at once
    QCOMPARE(limiter.statistics().waiting, 2);
    limiter.setTotalTokens(10);
    QCOMPARE(limiter.borrowedTokens(), 6);
    for (const auto &future : futures)
        QVERIFY(isGranted(future));
}

void tst_CapacityLimiter::loweringRevokesNothing()
{
    CapacityLimiter limiter(3);
    Borrower a, b, c, waiter;
    QVERIFY(limiter.tryAcquire(&a) && limiter.tryAcquire(&b) && limiter.tryAcquire(&c));
    limiter.setTotalTokens(1);
    QCOMPARE(limiter.borrowedTokens(), 3);
    const auto future = limiter.acquire(&waiter);
    limiter.release(&a);
    limiter.release(&b);
    QVERIFY(waitsStill(future));
    limiter.release(&c);
    QVERIFY(isGranted(future));
    QCOMPARE(limiter.borrowedTokens(), 1);
}

void tst_CapacityLimiter::loweringAndRaisingGrantsNoMoreThanTheTotal()
{
    CapacityLimiter limiter(3);
    Borrower holders[3], waiters[3];
    for (Borrower &holder : holders)
        QVERIFY(limiter.tryAcquire(&holder));
    for (Borrower &waiter : waiters)
        std::ignore = limiter.acquire(&waiter);
    for (int i = 0; i < 10; ++i) {
        limiter.setTotalTokens(1);
        limiter.setTotalTokens(3);
        QCOMPARE(limiter.borrowedTokens(), 3);
    }
    limiter.setTotalTokens(1);
    limiter.release(&holders[0]);
    limiter.setTotalTokens(3);
    QCOMPARE(limiter.borrowedTokens(), 3);
    QCOMPARE(limiter.statistics().waiting, 2);
}

void tst_CapacityLimiter::tryAcquireFailsWhileSomebodyWaits()
{
    CapacityLimiter limiter(0);
    Borrower waiter, late;
    auto future = limiter.acquire(&waiter);
    QVERIFY(!limiter.tryAcquire(&late));
    limiter.setTotalTokens(1); // goes to the waiter, resumed or not
    QVERIFY(!limiter.tryAcquire(&late));
    QVERIFY(isGranted(future));
    limiter.release(&waiter);
    QVERIFY(limiter.tryAcquire(&late));
}

void tst_CapacityLimiter::aWaiterCanceledInTheQueuePassesItsTokenOn()
{
    CapacityLimiter limiter(1);
    Borrower holder, first, second;
    QVERIFY(limiter.tryAcquire(&holder));
    auto canceled = limiter.acquire(&first);
    const auto next = limiter.acquire(&second);
    canceled.cancel();
    QVERIFY(spinUntil([&] { return limiter.statistics().waiting == 1; }));
    limiter.release(&holder);
    QVERIFY(isGranted(next));
    QCOMPARE(limiter.borrowedTokens(), 1);
}

void tst_CapacityLimiter::aWaiterCanceledAfterTheGrantPassesItsTokenOn()
{
    CapacityLimiter limiter(1);
    Borrower holder, first, second;
    QVERIFY(limiter.tryAcquire(&holder));
    auto canceled = limiter.acquire(&first);
    const auto next = limiter.acquire(&second);
    limiter.release(&holder); // granted to the first, which this loop has yet to tell
    canceled.cancel();
    QVERIFY(isGranted(next));
    QCOMPARE(limiter.borrowedTokens(), 1);
    limiter.release(&second);
    QCOMPARE(limiter.borrowedTokens(), 0);
    QVERIFY_EXCEPTION_THROWN(limiter.release(&first), InvalidUseError);
}

void tst_CapacityLimiter::aCanceledWaiterMayAcquireAgain()
{
    CapacityLimiter limiter(0);
    Borrower borrower;
    auto canceled = limiter.acquire(&borrower);
    canceled.cancel();
    QVERIFY(spinUntil([&] { return canceled.isFinished(); }));
    const auto again = limiter.acquire(&borrower);
    limiter.setTotalTokens(1);
    QVERIFY(isGranted(again));
}

void tst_CapacityLimiter::acquiringTwiceIsAnError()
{
    CapacityLimiter limiter(5);
    Borrower borrower;
    QVERIFY(limiter.tryAcquire(&borrower));
    QVERIFY_EXCEPTION_THROWN(std::ignore = limiter.tryAcquire(&borrower), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(std::ignore = limiter.acquire(&borrower), InvalidUseError);
    QCOMPARE(limiter.borrowedTokens(), 1);

    CapacityLimiter another(1);
    QVERIFY(another.tryAcquire(&borrower));
}

void tst_CapacityLimiter::queueingTwiceIsAnError()
{
    CapacityLimiter limiter(0);
    Borrower borrower;
    const auto future = limiter.acquire(&borrower);
    QVERIFY_EXCEPTION_THROWN(std::ignore = limiter.acquire(&borrower), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(std::ignore = limiter.tryAcquire(&borrower), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(limiter.release(&borrower), InvalidUseError);
    QCOMPARE(limiter.statistics().waiting, 1);
}

void tst_CapacityLimiter::releasingWhatOneDoesNotHoldIsAnError()
{
    CapacityLimiter limiter(1);
    Borrower holder, other;
    QVERIFY_EXCEPTION_THROWN(limiter.release(&holder), InvalidUseError);
    QVERIFY(limiter.tryAcquire(&holder));
    QVERIFY_EXCEPTION_THROWN(limiter.release(&other), InvalidUseError);
    limiter.release(&holder);
    QVERIFY_EXCEPTION_THROWN(limiter.release(&holder), InvalidUseError);
}

void tst_CapacityLimiter::aNullBorrowerIsAnError()
{
    CapacityLimiter limiter(1);
    QVERIFY_EXCEPTION_THROWN(std::ignore = limiter.tryAcquire(nullptr), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(std::ignore = limiter.acquire(nullptr), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(limiter.release(nullptr), InvalidUseError);
}

void tst_CapacityLimiter::anErrorLeavesTheLimiterAsItWas()
{
    CapacityLimiter limiter(1);
    Borrower holder, waiter;
    QVERIFY(limiter.tryAcquire(&holder));
    const auto future = limiter.acquire(&waiter);
    QVERIFY_EXCEPTION_THROWN(std::ignore = limiter.acquire(&waiter), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(limiter.setTotalTokens(-1), InvalidUseError);
    limiter.release(&holder);
    QVERIFY(isGranted(future));
    limiter.release(&waiter);
    QCOMPARE(limiter.availableTokens(), 1);
}

void tst_CapacityLimiter::statisticsAreASnapshot()
{
    CapacityLimiter limiter(2);
    Borrower a, b, c;
    QVERIFY(limiter.tryAcquire(&a) && limiter.tryAcquire(&b));
    const auto future = limiter.acquire(&c);
    const auto before = limiter.statistics();
    limiter.release(&a);
    limiter.release(&b);
    QCOMPARE(before.totalTokens, 2);
    QCOMPARE(before.borrowedTokens, 2);
    QCOMPARE(before.waiting, 1);
    QCOMPARE(before.borrowers.size(), 2);
    QVERIFY(before.borrowers.contains(&a) && before.borrowers.contains(&b));
    QVERIFY(isGranted(future));
    QCOMPARE(limiter.statistics().borrowers, QList<const void *>({ &c }));
}

void tst_CapacityLimiter::statisticsAreConsistentUnderLoad()
{
    CapacityLimiter limiter(3);
    std::atomic<bool> done{ false };
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] {
            Borrower borrower;
            while (!done) {
                if (limiter.tryAcquire(&borrower))
                    limiter.release(&borrower);
            }
        });
    }
    bool consistent = true;
    for (int i = 0; i < 10'000; ++i) {
        const auto now = limiter.statistics();
        consistent &= now.borrowers.size() == now.borrowedTokens && now.borrowedTokens <= 3;
    }
    done = true;
    for (auto &thread : threads)
        thread.join();
    QVERIFY(consistent);
}

void tst_CapacityLimiter::worksBeforeTheApplication()
{
    QVERIFY(early.acquired);
    QCOMPARE(early.limiter.borrowedTokens(), 1);
    QCOMPARE(resultOf(toThread({ .limiter = &early.limiter }, [] { return 1; })), 1);
}

void tst_CapacityLimiter::acquireWorksWithoutEventLoop()
{
    CapacityLimiter limiter(1);
    Borrower holder;
    QVERIFY(limiter.tryAcquire(&holder));
    Gate waiting;
    std::atomic<bool> granted{ false };
    std::thread outside([&] {
        Borrower borrower;
        auto future = limiter.acquire(&borrower);
        waiting.open();
        future.waitForFinished();
        granted = !future.isCanceled();
        limiter.release(&borrower);
    });
    const bool waits = waiting.tryPass();
    limiter.release(&holder);
    outside.join();
    QVERIFY(waits);
    QVERIFY(granted);
}

void tst_CapacityLimiter::acquireMayBeAwaitedInWorkers()
{
    CapacityLimiter limiter(1);
    const auto call = toThread([&limiter] {
        Borrower borrower;
        waitInThread(limiter.acquire(&borrower));
        const int borrowed = limiter.borrowedTokens();
        limiter.release(&borrower);
        return borrowed;
    });
    QCOMPARE(resultOf(call), 1);
}

void tst_CapacityLimiter::isSafeFromAnyThread()
{
    CapacityLimiter limiter(2);
    std::atomic<int> inside{ 0 };
    std::atomic<int> most{ 0 };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            Borrower borrower;
            for (int round = 0; round < 300; ++round) {
                limiter.acquire(&borrower).waitForFinished();
                most = qMax(most.load(), ++inside);
                --inside;
                limiter.release(&borrower);
            }
        });
    }
    for (int i = 0; i < 1000; ++i)
        limiter.setTotalTokens(1 + i % 2);
    for (auto &thread : threads)
        thread.join();
    QCOMPARE(limiter.borrowedTokens(), 0);
    QVERIFY(most <= 2);
}

void tst_CapacityLimiter::mayBeDestroyedWhileSomebodyWaits()
{
    Borrower holder, waiter;
    auto limiter = std::make_unique<CapacityLimiter>(1);
    QVERIFY(limiter->tryAcquire(&holder));
    auto future = limiter->acquire(&waiter);
    QVERIFY(waitsStill(future));
    limiter.reset(); // nobody can release the token any more
    QVERIFY(spinUntil([&] { return future.isFinished(); }));
    QVERIFY(!future.isCanceled());
}

QTEST_GUILESS_MAIN(tst_CapacityLimiter)
#include "tst_capacitylimiter.moc"
