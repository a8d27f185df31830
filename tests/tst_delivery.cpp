// SPDX-License-Identifier: MIT
#include "cancelable.h"

#include <QtCore/qeventloop.h>
#include <QtCore/qtimer.h>

using namespace QFerry;
using namespace Testing;

/// When, where and whether handlers run.
class tst_Delivery : public QObject
{
    Q_OBJECT
private slots:
    void aFinishedCallStillPosts();
    void handlersRunInCompletionOrder();
    void handlersOfOneCallRunInTheOrderTheyWereAttached();
    void handlersRunInTheContextsThread();
    void handlersRunWhereTheContextHasMovedTo();
    void handlersFollowAContextThatMovesAfterTheEnd();
    void aContextWithoutRunningLoopHoldsTheHandler();
    void aDeadContextDropsTheHandler();
    void aDeadContextCancelsAQueuedCall();
    void aDeadContextCancelsARunningCall();
    void aContextThatDiesAfterTheEndDropsTheHandler();
    void aContextThatDiesSparesOtherHandlersOfAFinishedCall();
    void aHandlerMayDeleteItsContext();
    void aHandlerMayDeleteTheContextOfTheNext();
    void aHandlerMayDropItsCall();
    void aHandlerMayDeleteItsScope();
    void aHandlerMayDestroyTheLimiter();
    void aHandlerMayAttachToItsOwnCall();
    void aHandlerMayCancelItsOwnCall();
    void resultsArriveInsideANestedLoop();
    void fromThreadIsServedInsideANestedLoop();
    void nestedLoopsMayBeDeep();
    void resultsArriveAfterANestedLoop();
    void aThrowingHandlerHarmsNobodyAndIsLogged();
    void anErrorNobodyHandlesIsLoggedOnce();
    void anErrorOfAnotherKindIsLogged();
    void aHandledErrorIsNotLogged();
    void aCancelIsNotLogged();
    void aHandlerOfAThreadThatEndsIsCanceled();
};

static void runLoopUntil(QEventLoop &loop)
{
    QTimer timer;
    timer.callOnTimeout(&loop, &QEventLoop::quit);
    timer.start(watchdog);
    loop.exec();
}

void tst_Delivery::aFinishedCallStillPosts()
{
    const auto finished = toThread([] { return 1; });
    QVERIFY(waitFor(finished));
    bool delivered = false;
    finished.then(this, [&] { delivered = true; });
    QVERIFY(!delivered);
    QVERIFY(spinUntil([&] { return delivered; }));

    const PendingCall<int> none;
    delivered = false;
    none.onCanceled(this, [&] { return delivered = true; });
    QVERIFY(!delivered);
    QVERIFY(spinUntil([&] { return delivered; }));
}

void tst_Delivery::handlersRunInCompletionOrder()
{
    CapacityLimiter one(1); // so that calls complete in the order they were made
    Blocker blocker;
    toThread({ .limiter = &one }, blocker.function());
    std::vector<PendingCall<int>> calls;
    for (int i = 0; i < 1000; ++i)
        calls.push_back(toThread({ .limiter = &one }, [i] { return i; }));
    QObject contexts[3];
    std::vector<int> delivered;
    for (int i = 999; i >= 0; --i)
        calls.at(i).then(&contexts[i % 3], [&](int n) { delivered.push_back(n); });
    blocker.release();
    QVERIFY(spinUntil([&] { return delivered.size() == calls.size(); }));
    QVERIFY(std::is_sorted(delivered.begin(), delivered.end()));
}

void tst_Delivery::handlersOfOneCallRunInTheOrderTheyWereAttached()
{
    Blocker blocker;
    const auto call = toThread(blocker.function());
    std::vector<int> delivered;
    for (int i = 0; i < 10; ++i)
        call.then(this, [&, i] { delivered.push_back(i); });
    blocker.release();
    QVERIFY(spinUntil([&] { return delivered.size() == 10; }));
    QVERIFY(std::is_sorted(delivered.begin(), delivered.end()));
}

void tst_Delivery::handlersRunInTheContextsThread()
{
    LoopThread other;
    const auto thread = toThread([] {}).then(other.context(), &QThread::currentThread);
    QCOMPARE(resultOf(thread), &other);
    QCOMPARE(resultOf(toThread([] {}).then(this, &QThread::currentThread)),
             QThread::currentThread());
}

void tst_Delivery::handlersRunWhereTheContextHasMovedTo()
{
    LoopThread other;
    Blocker blocker;
    auto *context = new QObject;
    const auto thread = toThread(blocker.function()).then(context, &QThread::currentThread);
    context->moveToThread(&other);
    blocker.release();
    QCOMPARE(resultOf(thread), &other);
    context->deleteLater();
}

void tst_Delivery::handlersFollowAContextThatMovesAfterTheEnd()
{
    LoopThread other;
    const auto finished = toThread([] {});
    QVERIFY(waitFor(finished));
    auto *context = new QObject;
    const auto thread = finished.then(context, &QThread::currentThread); // posted to this thread
    context->moveToThread(&other);
    QCOMPARE(resultOf(thread), &other);
    context->deleteLater();
}

void tst_Delivery::aContextWithoutRunningLoopHoldsTheHandler()
{
    QThread idle;
    QObject context;
    context.moveToThread(&idle);
    const auto thread = toThread([] {}).then(&context, &QThread::currentThread);
    idle.start();
    QVERIFY(waitFor(thread));
    idle.quit();
    QVERIFY(idle.wait(QDeadlineTimer(watchdog)));
    QCOMPARE(resultOf(thread), &idle);
}

void tst_Delivery::aDeadContextDropsTheHandler()
{
    const int before = Counted::alive();
    Blocker blocker;
    auto context = std::make_unique<QObject>();
    bool delivered = false;
    const auto handler =
            toThread(blocker.function()).then(context.get(), [&, captured = Counted()] {
                delivered = true;
            });
    QVERIFY(blocker.hasStarted());
    context.reset();
    QCOMPARE(Counted::alive(), before);
    QVERIFY(handler.isCanceled());
    blocker.release();
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
    QCoreApplication::processEvents();
    QVERIFY(!delivered);
}

void tst_Delivery::aDeadContextCancelsAQueuedCall()
{
    CapacityLimiter closed(0);
    std::atomic<bool> ran{ false };
    auto context = std::make_unique<QObject>();
    const auto call = toThread({ .limiter = &closed }, [&ran] { ran = true; });
    call.then(context.get(), [] {});
    context.reset();
    QVERIFY(call.isCanceled());
    closed.setTotalTokens(1);
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
    QVERIFY(!ran);
}

void tst_Delivery::aDeadContextCancelsARunningCall()
{
    Gate started;
    auto context = std::make_unique<QObject>();
    const auto call = toThread(openAndRunUntilCanceled(started));
    call.then(context.get(), [] {}).then(this, [] {});
    QVERIFY(started.tryPass());
    context.reset();
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
}

void tst_Delivery::aContextThatDiesAfterTheEndDropsTheHandler()
{
    const auto finished = toThread([] {});
    QVERIFY(waitFor(finished));
    bool delivered = false;
    auto context = std::make_unique<QObject>();
    const auto handler = finished.then(context.get(), [&] { delivered = true; });
    context.reset();
    QVERIFY(handler.isCanceled());
    QCoreApplication::processEvents();
    QVERIFY(!delivered);
    QVERIFY(!finished.isCanceled());
}

void tst_Delivery::aContextThatDiesSparesOtherHandlersOfAFinishedCall()
{
    const auto finished = toThread([] { return 42; });
    QVERIFY(waitFor(finished));
    auto context = std::make_unique<QObject>();
    finished.then(context.get(), [] {});
    const auto other = finished.then(this, [](int n) { return n; });
    context.reset();
    QCOMPARE(resultOf(other), 42);
}

void tst_Delivery::aHandlerMayDeleteItsContext()
{
    auto *context = new QObject;
    const auto call = toThread([] { return 1; }).then(context, [context](int n) {
        delete context;
        return n + 1;
    });
    QCOMPARE(resultOf(call), 2);
}

void tst_Delivery::aHandlerMayDeleteTheContextOfTheNext()
{
    auto *context = new QObject;
    bool delivered = false;
    const auto call = toThread([] {});
    QVERIFY(waitFor(call));
    call.then(this, [context] { delete context; });
    const auto dropped = call.then(context, [&] { delivered = true; });
    QVERIFY(waitFor(dropped));
    QVERIFY(dropped.isCanceled());
    QVERIFY(!delivered);
}

void tst_Delivery::aHandlerMayDropItsCall()
{
    auto call = std::make_unique<PendingCall<int>>(toThread([] { return 1; }));
    auto handled = std::make_unique<PendingCall<int>>();
    int delivered = 0;
    *handled = call->then(this, [&](int n) {
        call.reset();
        handled.reset();
        delivered = n;
        return n;
    });
    QVERIFY(spinUntil([&] { return delivered == 1; }));
}

void tst_Delivery::aHandlerMayDeleteItsScope()
{
    auto scope = std::make_unique<CancelScope>();
    CapacityLimiter closed(0);
    const auto waiting = toThread({ .limiter = &closed, .scope = scope.get() }, [] {});
    const auto call = toThread({ .scope = scope.get() }, [] { return 1; }).then(this, [&](int n) {
        scope.reset();
        return n;
    });
    QCOMPARE(resultOf(call), 1);
    QVERIFY(waiting.isCanceled());
}

void tst_Delivery::aHandlerMayDestroyTheLimiter()
{
    auto limiter = std::make_unique<CapacityLimiter>(1);
    const auto call = toThread({ .limiter = limiter.get() }, [] { return 1; });
    const auto handled = call.then(this, [&](int n) {
        limiter.reset();
        return n;
    });
    QCOMPARE(resultOf(handled), 1);
}

void tst_Delivery::aHandlerMayAttachToItsOwnCall()
{
    const auto call = toThread([] { return 1; });
    int sum = 0;
    call.then(this, [&](int n) {
        sum += n;
        call.then(this, [&](int m) { sum += m; });
    });
    QVERIFY(spinUntil([&] { return sum == 2; }));
}

void tst_Delivery::aHandlerMayCancelItsOwnCall()
{
    PendingCall<int> handled;
    handled = toThread([] {}).then(this, [&] {
        handled.cancel();
        return 1;
    });
    QCOMPARE(resultOf(handled), 1); // it ran, so its result stands
}

void tst_Delivery::resultsArriveInsideANestedLoop()
{
    int inside = 0;
    bool outer = false;
    toThread([] {}).then(this, [&] {
        QEventLoop loop;
        toThread([] { return 42; }).then(&loop, [&](int n) {
            inside = n;
            loop.quit();
        });
        runLoopUntil(loop);
        outer = true;
    });
    QVERIFY(spinUntil([&] { return outer; }));
    QCOMPARE(inside, 42);
}

void tst_Delivery::fromThreadIsServedInsideANestedLoop()
{
    int inside = 0;
    bool outer = false;
    toThread([] {}).then(this, [&] {
        QEventLoop loop;
        toThread([] {
            return fromThread([] { return 1; })
                   + fromThread([] { return toThread([] { return 2; }); });
        }).then(&loop, [&](int n) {
            inside = n;
            loop.quit();
        });
        runLoopUntil(loop);
        outer = true;
    });
    QVERIFY(spinUntil([&] { return outer; }));
    QCOMPARE(inside, 3);
}

static PendingCall<int> nestedLoops(QObject *context, int depth)
{
    return toThread([] { return 1; }).then(context, [=](int n) {
        if (depth == 1)
            return n;
        QEventLoop loop;
        int result = 0;
        nestedLoops(context, depth - 1).then(&loop, [&](int m) {
            result = n + m;
            loop.quit();
        });
        runLoopUntil(loop);
        return result;
    });
}

void tst_Delivery::nestedLoopsMayBeDeep()
{
    QCOMPARE(resultOf(nestedLoops(this, 20)), 20);
}

void tst_Delivery::resultsArriveAfterANestedLoop()
{
    CapacityLimiter one(1);
    std::vector<int> delivered;
    bool nested = false;
    for (int i = 0; i < 100; ++i) {
        toThread({ .limiter = &one }, [i] { return i; }).then(this, [&](int n) {
            delivered.push_back(n);
            if (std::exchange(nested, true))
                return;
            QEventLoop loop;
            toThread([] {}).then(&loop, [&loop] { loop.quit(); });
            runLoopUntil(loop);
        });
    }
    QVERIFY(spinUntil([&] { return delivered.size() == 100; }));
    QVERIFY(std::is_sorted(delivered.begin(), delivered.end()));
}

void tst_Delivery::aThrowingHandlerHarmsNobodyAndIsLogged()
{
    const QFerryMessages messages;
    toThread([] {}).then(this, [] { throw std::runtime_error("oh dear"); });
    QVERIFY(spinUntil([&] { return messages.count() > 0; }));
    QVERIFY2(messages.all().constFirst().contains(QStringLiteral("oh dear")),
             qPrintable(messages.all().constFirst()));
    QCOMPARE(resultOf(toThread([] { return 1; })), 1);
    QCOMPARE(messages.count(), 1);
}

void tst_Delivery::anErrorNobodyHandlesIsLoggedOnce()
{
    const QFerryMessages messages;
    toThread([] { throw std::runtime_error("alone"); });
    QVERIFY(spinUntil([&] { return messages.count() > 0; }));
    toThread([] { throw std::runtime_error("at the end"); }).then(this, [] {}).then(this, [] {});
    QVERIFY(spinUntil([&] { return messages.count() > 1; }));
    {
        const auto call = toThread([] { throw std::runtime_error("held"); });
        QVERIFY(waitFor(call));
    }
    QVERIFY(spinUntil([&] { return messages.count() > 2; }));
    resultOf(toThread([] {}));
    QCOMPARE(messages.count(), 3);
    QVERIFY(messages.all().at(0).contains(QStringLiteral("alone")));
    QVERIFY(messages.all().at(1).contains(QStringLiteral("at the end")));
    QVERIFY(messages.all().at(2).contains(QStringLiteral("held")));
}

void tst_Delivery::anErrorOfAnotherKindIsLogged()
{
    const QFerryMessages messages;
    toThread([] { throw 42; });
    QVERIFY(spinUntil([&] { return messages.count() == 1; }));
}

void tst_Delivery::aHandledErrorIsNotLogged()
{
    const QFerryMessages messages;
    bool handled = false;
    const auto failing = [] { throw std::runtime_error("handled"); };
    toThread(failing).onFailed(this, [&] { handled = true; });
    QVERIFY(spinUntil([&] { return handled; }));
    QVERIFY_EXCEPTION_THROWN(resultOf(toThread(failing)), std::runtime_error);
    QVERIFY_EXCEPTION_THROWN(toThread(failing).future().waitForFinished(), std::runtime_error);
    QVERIFY_EXCEPTION_THROWN(resultOf(toThread([=] { waitInThread(toThread(failing)); })),
                             std::runtime_error);
    QCOMPARE(messages.all(), QStringList());
}

void tst_Delivery::aCancelIsNotLogged()
{
    const QFerryMessages messages;
    CapacityLimiter closed(0);
    toThread({ .limiter = &closed }, [] {}).cancel();
    toThread([] { throw CanceledError(); }).then(this, [] {});
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
    QCoreApplication::processEvents();
    QCOMPARE(messages.all(), QStringList());
}

void tst_Delivery::aHandlerOfAThreadThatEndsIsCanceled()
{
    const int before = Counted::alive();
    Blocker blocker;
    PendingCall<void> handled;
    {
        LoopThread other;
        const auto context = std::make_shared<QObject>();
        context->moveToThread(&other);
        handled = toThread(blocker.function()).then(context.get(), [context, captured = Counted()] {
        });
        other.finish();
    }
    blocker.release();
    QVERIFY(waitFor(handled));
    QVERIFY(handled.isCanceled());
    QCOMPARE(Counted::alive(), before);
}

QTEST_GUILESS_MAIN(tst_Delivery)
#include "tst_delivery.moc"
