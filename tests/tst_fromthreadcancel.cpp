// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "portals.h"
#include "task.h"

#include <QtCore/qelapsedtimer.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

/// How a worker's call is canceled.
enum class Cancel { ByHandle, ByFuture, ByTimeout, ByScope };

void addCancels()
{
    QTest::addColumn<Cancel>("cancel");
    QTest::newRow("by its handle") << Cancel::ByHandle;
    QTest::newRow("by its QFuture") << Cancel::ByFuture;
    QTest::newRow("by its timeout") << Cancel::ByTimeout;
    QTest::newRow("by its scope") << Cancel::ByScope;
}

/// How a worker calls a loop.
enum class Way { FromThread, PortalCall };

/// Takes its time to unwind.
struct Unwinding
{
    explicit Unwinding(std::atomic<bool> &done) : isDone(done) {}
    ~Unwinding()
    {
        QThread::msleep(30);
        isDone = true;
    }
    std::atomic<bool> &isDone;
};

} // namespace

class tst_FromThreadCancel : public QObject
{
    Q_OBJECT

private slots:
    void functionOfACanceledWorkerDoesNotRun_data();
    void functionOfACanceledWorkerDoesNotRun();
    void cancelReachesTheCallsOfACoroutine_data();
    void cancelReachesTheCallsOfACoroutine();
    void canceledCallerWaitsForACoroutineToUnwind_data();
    void canceledCallerWaitsForACoroutineToUnwind();
    void canceledCallerWaitsForAPendingCall_data();
    void canceledCallerWaitsForAPendingCall();
    void canceledCallerDoesNotWaitForAFuture_data();
    void canceledCallerDoesNotWaitForAFuture();
    void endOfTheThreadLetsACoroutineUnwindFirst();
    void loopsEndAmongCallsThatFinish();

private:
    /// Makes a call, waits until it says that it is under way, and cancels it as the row says.
    PendingCall<void> canceledOnceRunning(Gate &running, const std::function<void()> &function)
    {
        QFETCH(Cancel, cancel);
        CallOptions options;
        if (cancel == Cancel::ByTimeout)
            options.timeout = 100ms;
        if (cancel == Cancel::ByScope)
            options.scope = &m_scope.emplace();
        const auto call = toThread(options, function);
        const bool isRunning =
                spinUntil([&] { return running.tryPass(1, std::chrono::milliseconds(0)); });
        if (!isRunning)
            qFatal("the function did not start");
        if (cancel == Cancel::ByHandle)
            call.cancel();
        else if (cancel == Cancel::ByFuture)
            call.future().cancel();
        else if (cancel == Cancel::ByScope)
            m_scope->cancel();
        return call;
    }

    std::optional<CancelScope> m_scope;
};

Q_DECLARE_METATYPE(Way)

static void addWays()
{
    QTest::addColumn<Way>("way");
    QTest::newRow("fromThread") << Way::FromThread;
    QTest::newRow("portal.call") << Way::PortalCall;
}

/// Calls the loop in the way that the row says.
template <typename F>
static auto callLoop(BlockingPortal &portal, Way way, F &&fn)
{
    return way == Way::FromThread ? fromThread(fn) : portal.call(fn);
}

void tst_FromThreadCancel::functionOfACanceledWorkerDoesNotRun_data()
{
    QTest::addColumn<QString>("what");
    for (const char *what : { "fromThread of a call", "fromThread of a future",
                              "portal.call of a call", "portal.startTask" })
        QTest::newRow(what) << what;
}

void tst_FromThreadCancel::functionOfACanceledWorkerDoesNotRun()
{
    QFETCH(QString, what);
    constexpr int rounds = 2000;
    BlockingPortal portal;
    std::atomic<int> ran = 0;
    const auto startCall = [&] {
        ++ran;
        return toThread([] {});
    };
    const auto startFuture = [&] {
        ++ran;
        return toThread([] {}).future();
    };
    const auto startTask = [&](TaskStatus<void> &status) {
        ++ran;
        status.started();
        return toThread([] {});
    };
    for (int round = 0; round < rounds; ++round) {
        Gate running;
        Gate canceled;
        const auto call = toThread([&] {
            running.open();
            canceled.pass();
            if (what == u"fromThread of a call")
                fromThread(startCall);
            else if (what == u"fromThread of a future")
                fromThread(startFuture);
            else if (what == u"portal.call of a call")
                portal.call(startCall);
            else
                portal.startTask(startTask);
        });
        running.pass();
        call.cancel();
        canceled.open();
        QVERIFY(waitFor(call));
        QVERIFY(call.isCanceled());
    }
    QCOMPARE(ran.load(), 0);
}

void tst_FromThreadCancel::cancelReachesTheCallsOfACoroutine_data()
{
    addCancels();
}

void tst_FromThreadCancel::cancelReachesTheCallsOfACoroutine()
{
    Gate running;
    PendingCall<void> awaited;
    PendingCall<void> aside;
    const auto coroutine = [&]() -> EagerTask<int> {
        aside = toThread([] { runUntilCanceled(); });
        awaited = toThread(openAndRunUntilCanceled(running));
        co_await awaited;
        co_return 1;
    };
    const auto call = canceledOnceRunning(running, [&] { fromThread(coroutine); });
    QVERIFY(waitFor(call));
    QVERIFY(waitFor(awaited));
    QVERIFY(waitFor(aside));
    QVERIFY(awaited.isCanceled());
    QVERIFY(aside.isCanceled());
}

/// A worker that waits for what start(running, hasUnwound) gives, and that has the latter on its
/// stack.
template <typename Start>
static void canceledCallerWaits(Way way, const Start &start)
{
    BlockingPortal portal;
    Gate running;
    std::atomic<bool> wasInTime = false;
    const auto call = toThread([&] {
        std::atomic<bool> hasUnwound = false;
        try {
            callLoop(portal, way, start(running, hasUnwound));
        } catch (const CanceledError &) {
            wasInTime = hasUnwound.load();
            throw;
        }
    });
    QVERIFY(spinUntil([&] { return running.tryPass(1, std::chrono::milliseconds(0)); }));
    call.cancel();
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
    QVERIFY(wasInTime);
}

void tst_FromThreadCancel::canceledCallerWaitsForACoroutineToUnwind_data()
{
    addWays();
}

void tst_FromThreadCancel::canceledCallerWaitsForACoroutineToUnwind()
{
    QFETCH(Way, way);
    canceledCallerWaits(way, [](Gate &running, std::atomic<bool> &hasUnwound) {
        return [&]() -> EagerTask<int> {
            const Unwinding unwinding(hasUnwound);
            const auto inner = toThread(openAndRunUntilCanceled(running));
            co_await inner;
            co_return 1;
        };
    });
}

void tst_FromThreadCancel::canceledCallerWaitsForAPendingCall_data()
{
    addWays();
}

void tst_FromThreadCancel::canceledCallerWaitsForAPendingCall()
{
    QFETCH(Way, way);
    canceledCallerWaits(way, [](Gate &running, std::atomic<bool> &hasUnwound) {
        return [&] {
            return toThread([&] {
                const Unwinding unwinding(hasUnwound);
                running.open();
                runUntilCanceled();
            });
        };
    });
}

void tst_FromThreadCancel::canceledCallerDoesNotWaitForAFuture_data()
{
    addWays();
}

void tst_FromThreadCancel::canceledCallerDoesNotWaitForAFuture()
{
    QFETCH(Way, way);
    BlockingPortal portal;
    const Operation<void> operation;
    const auto call = toThread([&] { callLoop(portal, way, operation.function()); });
    QVERIFY(operation.startsWhileTheLoopTurns());
    call.cancel();
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
    QVERIFY(operation.isCanceledInTime());
    operation.finish();
}

void tst_FromThreadCancel::endOfTheThreadLetsACoroutineUnwindFirst()
{
    LoopThread thread;
    LoopToken token;
    thread.call([&] { token = currentLoop(); });
    Gate running;
    Gate release;
    std::atomic<bool> wasInTime = false;
    PendingCall<void> inner;
    OutsideThread<void> caller([&] {
        std::atomic<bool> hasUnwound = false;
        const auto coroutine = [&]() -> EagerTask<int> {
            const Unwinding unwinding(hasUnwound);
            inner = toThread([&] {
                running.open();
                release.pass();
            });
            co_await inner;
            co_return 1;
        };
        try {
            fromThread(token, coroutine);
        } catch (const CanceledError &) {
            wasInTime = hasUnwound.load();
        }
    });
    running.pass();
    thread.finish();
    caller.result();
    release.open();
    QVERIFY(waitFor(inner)); // which uses the gates
    QVERIFY(wasInTime);
}

void tst_FromThreadCancel::loopsEndAmongCallsThatFinish()
{
    for (int round = 0; round < 200; ++round) {
        LoopThread thread;
        LoopToken token;
        std::optional<BlockingPortal> portal;
        thread.call([&] {
            token = currentLoop();
            portal.emplace();
        });
        const auto callUntilItEnds = [](auto &&call) {
            try {
                for (;;)
                    call();
            } catch (const Error &) {
            }
        };
        const auto start = [] { return toThread([] {}); };
        std::vector<PendingCall<void>> workers;
        for (int i = 0; i < 2; ++i) {
            workers.push_back(
                    toThread([&] { callUntilItEnds([&] { fromThread(token, start); }); }));
            workers.push_back(toThread([&] { callUntilItEnds([&] { portal->call(start); }); }));
        }
        QThread::usleep(200);
        thread.finish();
        for (const auto &worker : workers)
            QVERIFY(waitFor(worker));
    }
}

QTEST_GUILESS_MAIN(tst_FromThreadCancel)
#include "tst_fromthreadcancel.moc"
