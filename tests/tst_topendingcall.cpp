// SPDX-License-Identifier: MIT
#include "outside.h"
#include "task.h"
#include "testing.h"

#include <QtConcurrent/qtconcurrentrun.h>
#include <QtCore/qpromise.h>

using namespace QFerry;
using namespace Testing;

/// Whatever is asynchronous has handlers: toPendingCall().
class tst_ToPendingCall : public QObject
{
    Q_OBJECT
private slots:
    void aFutureGetsHandlers();
    void theErrorOfAFutureKeepsItsType();
    void aCanceledFutureIsACanceledCall();
    void aFutureWithoutAResultIsAnError();
    void cancelReachesTheFuture();
    void anAwaitableGetsHandlers();
    void aLazyOneBegins();
    void aCallIsOne();
    void withoutALoopItThrows();
    void whoCannotWaitIsToldWhatToDo();
};

void tst_ToPendingCall::aFutureGetsHandlers()
{
    QPromise<int> promise;
    promise.start();
    int got = 0;
    const auto end = toPendingCall(promise.future()).then(this, [&got](int value) { got = value; });
    promise.addResult(42);
    promise.finish();
    QVERIFY(waitFor(end));
    QCOMPARE(got, 42);
    QVERIFY(waitFor(toPendingCall(QtConcurrent::run([] {}))));
}

void tst_ToPendingCall::theErrorOfAFutureKeepsItsType()
{
    const auto call = toPendingCall(QtConcurrent::run([] { throw std::domain_error("broken"); }));
    QVERIFY_EXCEPTION_THROWN(resultOf(call), std::domain_error);
}

void tst_ToPendingCall::aCanceledFutureIsACanceledCall()
{
    QPromise<int> promise;
    promise.start();
    const auto call = toPendingCall(promise.future());
    promise.future().cancel();
    promise.finish();
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
}

void tst_ToPendingCall::aFutureWithoutAResultIsAnError()
{
    QPromise<int> promise;
    promise.start();
    const auto call = toPendingCall(promise.future());
    promise.finish();
    QVERIFY_EXCEPTION_THROWN(resultOf(call), InvalidUseError);
}

void tst_ToPendingCall::cancelReachesTheFuture()
{
    QPromise<int> promise;
    promise.start();
    const auto call = toPendingCall(promise.future());
    call.cancel();
    QVERIFY(promise.isCanceled());
    promise.finish();
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
}

static EagerTask<int> answer()
{
    co_return co_await toThread([] { return 42; });
}

static LazyTask<int> lazyAnswer(bool &begun)
{
    begun = true;
    co_return co_await toThread([] { return 42; });
}

void tst_ToPendingCall::anAwaitableGetsHandlers()
{
    QCOMPARE(resultOf(toPendingCall(answer()).then(this, [](int value) { return value + 1; })), 43);
}

void tst_ToPendingCall::aLazyOneBegins()
{
    bool begun = false;
    auto task = lazyAnswer(begun);
    QVERIFY(!begun);
    const auto call = toPendingCall(std::move(task));
    QVERIFY(begun);
    QCOMPARE(resultOf(call), 42);
}

void tst_ToPendingCall::aCallIsOne()
{
    const auto call = toThread([] { return 42; });
    QCOMPARE(toPendingCall(call).core(), call.core());
    QCOMPARE(resultOf(call), 42);
}

/// What waitInThread(future) says, called here.
static QByteArray refusalToWait()
{
    try {
        waitInThread(QFuture<int>());
    } catch (const NoEventLoopError &error) {
        return error.what();
    }
    return {};
}

void tst_ToPendingCall::withoutALoopItThrows()
{
    QPromise<int> promise;
    promise.start();
    const auto future = promise.future();
    QVERIFY(runOutside([future] {
        return throws<NoEventLoopError>([&] { static_cast<void>(toPendingCall(future)); });
    }));
}

void tst_ToPendingCall::whoCannotWaitIsToldWhatToDo()
{
    QVERIFY(runOutside(&refusalToWait).contains("future.result()"));
    QVERIFY(refusalToWait().contains("toPendingCall(future).then()"));
}

QTEST_GUILESS_MAIN(tst_ToPendingCall)
#include "tst_topendingcall.moc"
