// SPDX-License-Identifier: MIT
#include "cancelable.h"

#include <QtCore/qfuturewatcher.h>

#include <thread>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

class tst_Futures : public QObject
{
    Q_OBJECT
private slots:
    void deliversResultsOfEveryType();
    void rethrowsErrorsThatQtDoesNotKnow();
    void convertsImplicitly();
    void everyFutureOfACallGetsTheResult();
    void theSecondFutureOfAMoveOnlyResultFails();
    void aWatcherSeesTheEndInItsThread();
    void aWatcherSeesProgress();
    void whenAllCollects();
    void continuationsRun();
    void waitForFinishedWorksOnTheLoopThread();
    void waitForFinishedWorksForADerivedFuture();
    void waitForFinishedWorksForManyFutures();
    void waitForFinishedWorksInAWorker();
    void theFutureOfAHandlerIsItsResult();
    void theFutureOfNoCallIsCanceled();
    void theFutureOfACanceledCallIsCanceled();
    void cancelReachesACallInTheQueue();
    void cancelReachesARunningCall();
    void cancelAbandonsAnAbandonableCall();
    void cancelReachesTheRootOfAChain();
    void cancelOfADerivedFutureIsHarmless();
    void cancelOfAFinishedCallIsHarmless();
    void cancelIsHonouredWhileTheLoopIsBlocked();
    void aCancelReachesAmongManyFutures();
    void aPromiseFunctionGivesItsResults();
    void aPromiseFunctionSeesTheCancel();
    void aPromiseFunctionWithoutResultFails();
    void aPromiseFunctionLeavesNothingBehind();
    void anAbandonedPromiseFunctionKeepsItsPromise();
    void attachingThenWhileCallsFinishNeverCrashes();
    void attachingThenWithContextWhileCallsFinishNeverCrashes();
};

namespace {

template <typename T>
bool waitForFuture(const QFuture<T> &future)
{
    return spinUntil([&] { return future.isFinished(); });
}

int callsToMake()
{
    return qEnvironmentVariableIsSet("QFERRY_LONG_TESTS") ? 1'000'000 : 200'000;
}

} // namespace

void tst_Futures::deliversResultsOfEveryType()
{
    forEachResultType([]<typename T>() {
        QFuture<T> future = toThread(&Sample<T>::make).future();
        QVERIFY(waitForFuture(future));
        if constexpr (!std::is_void_v<T>)
            QVERIFY(Sample<T>::matches(future.takeResult()));
    });
}

void tst_Futures::rethrowsErrorsThatQtDoesNotKnow()
{
    forEachResultType([]<typename T>() {
        QFuture<T> future = toThread([]() -> T { throw std::domain_error("no"); });
        QVERIFY(waitForFuture(future));
        QVERIFY_EXCEPTION_THROWN(future.waitForFinished(), std::domain_error);
    });
    QFuture<void> future = toThread([] { throw 42; });
    QVERIFY_EXCEPTION_THROWN(future.waitForFinished(), int);
}

void tst_Futures::convertsImplicitly()
{
    const auto start = []() -> QFuture<int> { return toThread([] { return 42; }); };
    QCOMPARE(start().result(), 42);
}

void tst_Futures::everyFutureOfACallGetsTheResult()
{
    const auto call = toThread(&Sample<QString>::make);
    const QFuture<QString> first = call;
    const QFuture<QString> second = call;
    QVERIFY(waitForFuture(first) && waitForFuture(second));
    QCOMPARE(first.result(), Sample<QString>::make());
    QCOMPARE(second.result(), Sample<QString>::make());
    QCOMPARE(call.future().result(), Sample<QString>::make());
}

void tst_Futures::theSecondFutureOfAMoveOnlyResultFails()
{
    const auto call = toThread(&Sample<MoveOnly>::make);
    QFuture<MoveOnly> first = call;
    QFuture<MoveOnly> second = call;
    QVERIFY(waitForFuture(first) && waitForFuture(second));
    QVERIFY(Sample<MoveOnly>::matches(first.takeResult()));
    QVERIFY_EXCEPTION_THROWN(second.waitForFinished(), InvalidUseError);
}

void tst_Futures::aWatcherSeesTheEndInItsThread()
{
    QFutureWatcher<int> watcher;
    QThread *finishedIn = nullptr;
    connect(&watcher, &QFutureWatcherBase::finished, this,
            [&] { finishedIn = QThread::currentThread(); });
    watcher.setFuture(toThread([] { return 42; }));
    QVERIFY(spinUntil([&] { return finishedIn; }));
    QCOMPARE(finishedIn, QThread::currentThread());
    QCOMPARE(watcher.result(), 42);
}

void tst_Futures::aWatcherSeesProgress()
{
    QFutureWatcher<void> watcher;
    Blocker blocker;
    watcher.setFuture(toThread([block = blocker.function()] {
        reportProgress(3, 10, QStringLiteral("three"));
        block();
    }));
    QVERIFY(blocker.hasStarted());
    QVERIFY(spinUntil([&] { return watcher.progressValue() == 3; }));
    QCOMPARE(watcher.progressMaximum(), 10);
    QCOMPARE(watcher.progressText(), QStringLiteral("three"));
}

void tst_Futures::whenAllCollects()
{
    QList<QFuture<int>> futures;
    for (int i = 0; i < 20; ++i)
        futures << toThread([i] { return i; }).future();
    int sum = 0;
    auto all = QtFuture::whenAll(futures.begin(), futures.end())
                       .then(this, [&sum](const QList<QFuture<int>> &finished) {
                           for (const auto &future : finished)
                               sum += future.result();
                       });
    QVERIFY(waitForFuture(all));
    QCOMPARE(sum, 190);
}

void tst_Futures::continuationsRun()
{
    auto result = toThread([] { return 20; }).future().then([](int n) { return n + 1; });
    QVERIFY(waitForFuture(result));
    QCOMPARE(result.result(), 21);

    auto recovered = toThread([]() -> int { throw std::domain_error("no"); })
                             .future()
                             .onFailed(this, [](const std::domain_error &) { return 22; });
    QVERIFY(waitForFuture(recovered));
    QCOMPARE(recovered.result(), 22);
}

void tst_Futures::waitForFinishedWorksOnTheLoopThread()
{
    QFuture<int> future = toThread([] { return 42; });
    future.waitForFinished();
    QCOMPARE(future.result(), 42);

    const auto finished = toThread([] { return 43; });
    QVERIFY(waitFor(finished));
    QCOMPARE(finished.future().result(), 43);

    Blocker blocker;
    QFuture<int> slow = toThread(blocker.returning(44));
    QVERIFY(blocker.hasStarted());
    std::thread releaser([&] { blocker.release(); });
    QCOMPARE(slow.result(), 44);
    releaser.join();
}

void tst_Futures::waitForFinishedWorksForADerivedFuture()
{
    QElapsedTimer timer;
    timer.start();
    QFuture<int> derived = toThread([] { return 41; }).future().then([](int n) { return n + 1; });
    derived.waitForFinished();
    QCOMPARE(derived.result(), 42);
    QVERIFY(timer.elapsed() < 2000);
}

void tst_Futures::waitForFinishedWorksForManyFutures()
{
    QList<QFuture<int>> futures;
    for (int i = 0; i < 1000; ++i)
        futures << toThread([i] { return i; }).future();
    for (int i = 999; i >= 0; --i)
        QCOMPARE(futures.at(i).result(), i);
}

void tst_Futures::waitForFinishedWorksInAWorker()
{
    const auto call = toThread([] { return toThread([] { return 42; }).future().result(); });
    QCOMPARE(resultOf(call), 42);
}

void tst_Futures::theFutureOfAHandlerIsItsResult()
{
    QFuture<QString> future =
            toThread([] { return 42; }).then(this, [](int n) { return QString::number(n); });
    QVERIFY(waitForFuture(future));
    QCOMPARE(future.result(), QStringLiteral("42"));
}

void tst_Futures::theFutureOfNoCallIsCanceled()
{
    const QFuture<int> future = PendingCall<int>();
    QVERIFY(future.isCanceled());
    QVERIFY(future.isFinished());
}

void tst_Futures::theFutureOfACanceledCallIsCanceled()
{
    CapacityLimiter closed(0);
    const auto call = toThread({ .limiter = &closed }, [] {});
    const QFuture<void> before = call;
    call.cancel();
    const QFuture<void> after = call;
    QVERIFY(waitForFuture(before) && waitForFuture(after));
    QVERIFY(before.isCanceled());
    QVERIFY(after.isCanceled());
}

void tst_Futures::cancelReachesACallInTheQueue()
{
    CapacityLimiter closed(0);
    const auto call = toThread({ .limiter = &closed }, [] {});
    QFuture<void> future = call;
    future.cancel();
    QElapsedTimer timer;
    timer.start();
    QVERIFY(waitForFuture(future));
    QVERIFY(call.isCanceled());
    QVERIFY(timer.elapsed() < 2000);
    QCOMPARE(closed.statistics().waiting, 0);
}

void tst_Futures::cancelReachesARunningCall()
{
    Gate started;
    const auto call = toThread(openAndRunUntilCanceled(started));
    QFuture<void> future = call;
    QVERIFY(started.tryPass());
    future.cancel();
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
    QVERIFY(waitForFuture(future));
}

void tst_Futures::cancelAbandonsAnAbandonableCall()
{
    Blocker blocker;
    const auto call = toThread({ .abandonOnCancel = true }, blocker.function());
    QFuture<void> future = call;
    QVERIFY(blocker.hasStarted());
    future.cancel();
    QVERIFY(waitForFuture(future));
    QVERIFY(call.isCanceled());
}

void tst_Futures::cancelReachesTheRootOfAChain()
{
    Gate started;
    const auto root = toThread(openAndRunUntilCanceled(started));
    QFuture<int> future = root.then(this, [] { return 1; }).then(this, [](int n) { return n; });
    QVERIFY(started.tryPass());
    future.cancel();
    QVERIFY(waitFor(root));
    QVERIFY(root.isCanceled());
    QVERIFY(waitForFuture(future));
}

// Qt does not pass this cancel on. It must not disturb the call, either.
void tst_Futures::cancelOfADerivedFutureIsHarmless()
{
    Blocker blocker;
    const auto call = toThread(blocker.returning(42));
    QFuture<void> derived = call.future().then(this, [](int) {});
    derived.cancel();
    blocker.release();
    QCOMPARE(resultOf(call), 42);
}

void tst_Futures::cancelOfAFinishedCallIsHarmless()
{
    const auto call = toThread([] { return 42; });
    QFuture<int> future = call;
    QVERIFY(waitForFuture(future));
    future.cancel();
    QVERIFY(!call.isCanceled());
    QCOMPARE(resultOf(call), 42);
}

void tst_Futures::cancelIsHonouredWhileTheLoopIsBlocked()
{
    Gate started;
    QFuture<void> future = toThread(openAndRunUntilCanceled(started));
    QVERIFY(started.tryPass());
    std::thread canceler([&] { future.cancel(); });
    future.waitForFinished();
    canceler.join();
    QVERIFY(future.isCanceled());
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
}

void tst_Futures::aCancelReachesAmongManyFutures()
{
    CapacityLimiter closed(0);
    std::vector<QFuture<void>> futures;
    for (int i = 0; i < 20'000; ++i)
        futures.push_back(toThread({ .limiter = &closed }, [] {}).future());
    QElapsedTimer timer;
    timer.start();
    for (auto &future : futures)
        future.cancel();
    for (const auto &future : futures)
        QVERIFY(waitForFuture(future));
    QCOMPARE(closed.statistics().waiting, 0);
    QVERIFY(std::chrono::milliseconds(timer.elapsed()) < watchdog);
}

void tst_Futures::aPromiseFunctionGivesItsResults()
{
    const auto call = toThread(
            [](QPromise<int> &promise, int count) {
                promise.setProgressRange(0, count);
                for (int i = 0; i < count; ++i) {
                    promise.addResult(i * i);
                    promise.setProgressValue(i + 1);
                }
            },
            4);
    static_assert(std::is_same_v<decltype(call), const PendingCall<int>>);
    const QFuture<int> future = call;
    QVERIFY(waitForFuture(future));
    QCOMPARE(future.results(), QList<int>({ 0, 1, 4, 9 }));
    QCOMPARE(future.progressValue(), 4);
    QCOMPARE(resultOf(call), 0);
}

void tst_Futures::aPromiseFunctionSeesTheCancel()
{
    const auto makeCall = [](Gate &started) {
        return toThread([&started](QPromise<void> &promise) {
            const QDeadlineTimer deadline(watchdog);
            started.open();
            while (!promise.isCanceled() && !deadline.hasExpired())
                std::this_thread::yield();
            if (!promise.isCanceled())
                throw std::runtime_error("not canceled");
        });
    };
    Gate started;
    QFuture<void> future = makeCall(started);
    QVERIFY(started.tryPass());
    future.cancel();
    QVERIFY(waitForFuture(future));
    QVERIFY(future.isCanceled());

    const auto call = makeCall(started);
    QVERIFY(started.tryPass());
    call.cancel();
    QVERIFY(waitFor(call));
    call.onFailed(this, [](const std::exception &error) { QFAIL(error.what()); });
    QCoreApplication::processEvents();
}

void tst_Futures::aPromiseFunctionWithoutResultFails()
{
    QVERIFY_EXCEPTION_THROWN(resultOf(toThread([](QPromise<int> &) {})), InvalidUseError);
}

void tst_Futures::aPromiseFunctionLeavesNothingBehind()
{
    const int before = Counted::alive();
    {
        const auto call = toThread([captured = Counted()](QPromise<Counted> &promise) {
            promise.addResult(captured);
        });
        const QFuture<Counted> future = call;
        QVERIFY(waitForFuture(future));
    }
    QVERIFY(spinUntil([&] { return Counted::alive() == before; }));
}

void tst_Futures::anAbandonedPromiseFunctionKeepsItsPromise()
{
    const int before = Counted::alive();
    Blocker blocker;
    {
        const auto work = [block = blocker.function()](QPromise<Counted> &promise) {
            block();
            promise.addResult(Counted());
        };
        const auto call = toThread({ .abandonOnCancel = true }, work);
        QVERIFY(blocker.hasStarted());
        call.cancel();
        QVERIFY(waitFor(call));
        QVERIFY(call.isCanceled());
    }
    QCoreApplication::processEvents();
    blocker.release();
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
    QVERIFY(spinUntil([&] { return Counted::alive() == before; }));
}

/// Makes short calls and gives each one's future to `attach`, with at most 10,000 in flight.
template <typename Attach>
static void attachToManyCalls(const std::atomic<int> &finished, Attach &&attach)
{
    const int calls = callsToMake();
    for (int i = 0; i < calls; ++i) {
        attach(toThread([i] { return i; }).future());
        if (i % 10'000 == 0)
            QVERIFY(spinUntil([&] { return finished > i - 10'000; }));
    }
    QVERIFY(spinUntil([&] { return finished == calls; }));
}

void tst_Futures::attachingThenWhileCallsFinishNeverCrashes()
{
    std::atomic<int> finished{ 0 };
    attachToManyCalls(finished,
                      [&](QFuture<int> future) { future.then([&finished](int) { ++finished; }); });
}

void tst_Futures::attachingThenWithContextWhileCallsFinishNeverCrashes()
{
    QObject context;
    std::atomic<int> finished{ 0 };
    attachToManyCalls(finished, [&](QFuture<int> future) {
        future.then(&context, [&finished](int) { ++finished; });
    });
}

QTEST_GUILESS_MAIN(tst_Futures)
#include "tst_futures.moc"
