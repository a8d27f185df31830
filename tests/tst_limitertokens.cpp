// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "outside.h"
#include "task.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

/// Tokens that give themselves back, and who holds one that is just coming.
class tst_LimiterTokens : public QObject
{
    Q_OBJECT

private slots:
    void tokenIsGivenBackWhenItGoes();
    void tokenMayBeMovedAndReleased();
    void tokensComeInOrder();
    void tokenOfADroppedCallIsGivenBack();
    void canceledCallGivesUpItsPlace();
    void loopThatEndsGivesUpItsPlaces();
    void tokenIsHeldByACoroutine();
    void tokenIsHeldByAWorker();
    void tokenShowsInTheStatistics();
    void tokenOutlivesItsLimiter();
    // the form with a QFuture
    void grantedBorrowerIsListedAtOnceAndMayRelease();
    void releasedBorrowerMayAcquireBeforeItsFutureFinishes();
    void cancelAfterTheGrantGivesTheTokenUp();
    void loopThatEndsGetsNoToken();
    void loopThatEndsAfterTheGrantGivesTheTokenUp();
    void borrowersOfADestroyedLimiterHoldNobodyUp();
};

void tst_LimiterTokens::tokenIsGivenBackWhenItGoes()
{
    CapacityLimiter limiter(1);
    {
        const LimiterToken token = resultOf(limiter.acquireToken());
        QVERIFY(token.isValid());
        QCOMPARE(limiter.borrowedTokens(), 1);
    }
    QCOMPARE(limiter.borrowedTokens(), 0);
}

void tst_LimiterTokens::tokenMayBeMovedAndReleased()
{
    CapacityLimiter limiter(2);
    LimiterToken token = resultOf(limiter.acquireToken());
    LimiterToken other = resultOf(limiter.acquireToken());
    QCOMPARE(limiter.borrowedTokens(), 2);
    other = std::move(token);
    QVERIFY(!token.isValid()); // NOLINT(bugprone-use-after-move)
    QCOMPARE(limiter.borrowedTokens(), 1);
    other.release();
    QVERIFY(!other.isValid());
    QCOMPARE(limiter.borrowedTokens(), 0);
    other.release();
    QVERIFY(!LimiterToken().isValid());
}

void tst_LimiterTokens::tokensComeInOrder()
{
    CapacityLimiter limiter(1);
    LimiterToken first = resultOf(limiter.acquireToken());
    const auto second = limiter.acquireToken();
    const auto call = toThread({ .limiter = &limiter }, [] {});
    const auto third = limiter.acquireToken();
    QCOMPARE(limiter.statistics().waiting, 3);
    first.release();
    QVERIFY(second.isFinished());
    QVERIFY(!call.isFinished());
    resultOf(second).release();
    QVERIFY(waitFor(call));
    QVERIFY(resultOf(third).isValid());
}

void tst_LimiterTokens::tokenOfADroppedCallIsGivenBack()
{
    CapacityLimiter limiter(1);
    std::ignore = limiter.acquireToken();
    QCOMPARE(limiter.borrowedTokens(), 0);
    {
        LimiterToken first = resultOf(limiter.acquireToken());
        auto second = limiter.acquireToken();
        first.release();
        QVERIFY(second.isFinished());
        second.cancel(); // too late, but nobody takes the token
    }
    QCOMPARE(limiter.borrowedTokens(), 0);
}

void tst_LimiterTokens::canceledCallGivesUpItsPlace()
{
    CapacityLimiter none(0);
    const auto first = none.acquireToken();
    const auto second = none.acquireToken();
    first.cancel();
    QVERIFY(first.isCanceled());
    QCOMPARE(none.statistics().waiting, 1);
    none.setTotalTokens(1);
    QVERIFY(resultOf(second).isValid());
}

void tst_LimiterTokens::loopThatEndsGivesUpItsPlaces()
{
    CapacityLimiter none(0);
    PendingCall<LimiterToken> waiting;
    LoopThread thread;
    thread.call([&] { waiting = none.acquireToken(); });
    QCOMPARE(none.statistics().waiting, 1);
    thread.finish();
    QVERIFY(waiting.isCanceled());
    QCOMPARE(none.statistics().waiting, 0);
}

void tst_LimiterTokens::tokenIsHeldByACoroutine()
{
    CapacityLimiter limiter(1);
    const Blocker blocker;
    const auto coroutine = [&]() -> EagerTask<int> {
        const LimiterToken token = co_await limiter.acquireToken();
        co_await toThread(blocker.function());
        co_return limiter.borrowedTokens();
    };
    {
        const EagerTask<int> task = coroutine();
        QVERIFY(blocker.hasStarted());
        QCOMPARE(limiter.borrowedTokens(), 1);
    }
    QCOMPARE(limiter.borrowedTokens(), 0); // the coroutine has been destroyed
}

void tst_LimiterTokens::tokenIsHeldByAWorker()
{
    CapacityLimiter limiter(1);
    OutsideThread outside([&] {
        const LimiterToken token = waitInThread(limiter.acquireToken());
        return limiter.borrowedTokens();
    });
    QCOMPARE(outside.result(), 1);
    QCOMPARE(limiter.borrowedTokens(), 0);
}

void tst_LimiterTokens::tokenShowsInTheStatistics()
{
    CapacityLimiter limiter(2);
    const LimiterToken token = resultOf(limiter.acquireToken());
    QVERIFY(limiter.tryAcquire(this));
    QCOMPARE(limiter.statistics().borrowers.size(), 2);
    QVERIFY(limiter.isBorrower(this));
    limiter.release(this);
    QVERIFY(!limiter.isBorrower(this));
    QCOMPARE(limiter.statistics().borrowers.size(), 1);
}

void tst_LimiterTokens::tokenOutlivesItsLimiter()
{
    auto limiter = std::make_unique<CapacityLimiter>(1);
    LimiterToken token = resultOf(limiter->acquireToken());
    const auto waiting = limiter->acquireToken();
    const auto call = toThread({ .limiter = limiter.get() }, [] {});
    limiter.reset();
    QVERIFY(!waiting.isFinished());
    token.release();
    QVERIFY(waiting.isFinished());
    resultOf(waiting).release();
    QVERIFY(waitFor(call));
}

void tst_LimiterTokens::grantedBorrowerIsListedAtOnceAndMayRelease()
{
    CapacityLimiter limiter(1);
    char holder = 0;
    char borrower = 0;
    QVERIFY(limiter.tryAcquire(&holder));
    const QFuture<void> future = limiter.acquire(&borrower);
    limiter.release(&holder);
    const auto now = limiter.statistics(); // this loop has not turned
    QCOMPARE(now.borrowedTokens, 1);
    QCOMPARE(now.borrowers, QList<const void *>({ &borrower }));
    QCOMPARE(now.waiting, 0);
    QVERIFY(limiter.isBorrower(&borrower));
    limiter.release(&borrower);
    QCOMPARE(limiter.borrowedTokens(), 0);
    QVERIFY(spinUntil([&] { return future.isFinished(); }));
    QCOMPARE(limiter.borrowedTokens(), 0);
}

void tst_LimiterTokens::releasedBorrowerMayAcquireBeforeItsFutureFinishes()
{
    CapacityLimiter limiter(1);
    char holder = 0;
    char borrower = 0;
    QVERIFY(limiter.tryAcquire(&holder));
    QFuture<void> first = limiter.acquire(&borrower);
    limiter.release(&holder);
    limiter.release(&borrower);
    QVERIFY(limiter.tryAcquire(&borrower));
    first.cancel(); // does not concern the new token
    QVERIFY(spinUntil([&] { return first.isFinished(); }));
    QVERIFY(limiter.isBorrower(&borrower));
    QCOMPARE(limiter.borrowedTokens(), 1);
}

void tst_LimiterTokens::cancelAfterTheGrantGivesTheTokenUp()
{
    CapacityLimiter limiter(1);
    char holder = 0;
    char borrower = 0;
    QVERIFY(limiter.tryAcquire(&holder));
    QFuture<void> future = limiter.acquire(&borrower);
    limiter.release(&holder);
    future.cancel();
    QVERIFY(spinUntil([&] { return future.isFinished(); }));
    QVERIFY(!limiter.isBorrower(&borrower));
    QCOMPARE(limiter.borrowedTokens(), 0);
}

void tst_LimiterTokens::loopThatEndsGetsNoToken()
{
    CapacityLimiter limiter(1);
    char holder = 0;
    char borrower = 0;
    QVERIFY(limiter.tryAcquire(&holder));
    QFuture<void> future;
    LoopThread thread;
    thread.call([&] { future = limiter.acquire(&borrower); });
    QCOMPARE(limiter.statistics().waiting, 1);
    thread.finish();
    QVERIFY(future.isFinished() && future.isCanceled());
    QCOMPARE(limiter.statistics().waiting, 0);
    limiter.release(&holder);
    QCOMPARE(limiter.borrowedTokens(), 0);
}

void tst_LimiterTokens::loopThatEndsAfterTheGrantGivesTheTokenUp()
{
    CapacityLimiter limiter(1);
    char holder = 0;
    char borrower = 0;
    QVERIFY(limiter.tryAcquire(&holder));
    QFuture<void> future;
    LoopThread thread;
    thread.call([&] {
        future = limiter.acquire(&borrower);
        limiter.release(&holder); // granted, which the loop does not hear of any more
        QThread::currentThread()->quit();
    });
    thread.finish();
    QVERIFY(future.isFinished());
    QCOMPARE(limiter.isBorrower(&borrower), !future.isCanceled());
    QCOMPARE(limiter.borrowedTokens(), future.isCanceled() ? 0 : 1);
}

void tst_LimiterTokens::borrowersOfADestroyedLimiterHoldNobodyUp()
{
    char holder = 0;
    char borrower = 0;
    auto limiter = std::make_unique<CapacityLimiter>(1);
    QVERIFY(limiter->tryAcquire(&holder));
    const QFuture<void> future = limiter->acquire(&borrower);
    const auto call = toThread({ .limiter = limiter.get() }, [] {});
    limiter.reset(); // nobody can give back the borrower's token
    QVERIFY(waitFor(call));
    QVERIFY(spinUntil([&] { return future.isFinished(); }));
}

QTEST_GUILESS_MAIN(tst_LimiterTokens)
#include "tst_limitertokens.moc"
