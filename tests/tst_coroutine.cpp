// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "outside.h"
#include "task.h"

#ifdef QFERRY_TEST_QCORO
#    include <QCoro/QCoroTask>
#endif

#include <QtCore/qtimer.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

ContextVar<int> depth("depth");

/// The value of a coroutine once it is done; the loop turns meanwhile.
template <typename T>
T resultOf(EagerTask<T> task)
{
    if (!spinUntil([&] { return task.isDone(); }))
        throw std::runtime_error("the watchdog ended a wait for a coroutine");
    return task.take();
}

template <typename E, typename T>
bool failsWith(EagerTask<T> task)
{
    return throws<E>([&] { resultOf(std::move(task)); });
}

EagerTask<int> answer()
{
    const int half = co_await toThread([] { return 21; });
    co_return half * 2;
}

} // namespace

class tst_Coroutine : public QObject
{
    Q_OBJECT

private slots:
    void resultOfACallIsAwaited();
    void resultsOfEveryKindAreAwaited();
    void coroutineResumesInTheThreadThatAwaited();
    void coroutineInALoopThreadResumesThere();
    void finishedCallIsAwaitedWithoutALoop();
    void finishedCallDoesNotSuspend();
    void severalCallsAreAwaitedInAnyOrder();
    void handlersAndCoroutinesShareACall();
    void manyCoroutinesAwaitOneCall();
    void longLoopsOfAwaitsDoNotRecurse();
    void errorOfACallIsThrown();
    void canceledCallThrows();
    void callCanceledWhileAwaitedThrows();
    void emptyHandleIsCanceled();
    void destroyingTheCoroutineCancelsTheCall();
    void destroyingTheCoroutineAfterTheCallFinishedIsHarmless();
    void awaitingWithoutALoopThrows();
    void awaitingInAWorkerThrows();
    void contextSurvivesTheSuspension();
    void scopeSurvivesTheSuspension();
    void contextSurvivesAForeignSuspension();
    void tokenOfAVariableIsGoodAfterTheSuspension();
    void loopThatEndsResumesTheCoroutineWithAnError();
    void coroutineMayDestroyWhatItAwaited();
    void runOfACoroutine();
    void runOfACoroutineThatFails();
#ifdef QFERRY_TEST_QCORO
    void qcoroTaskAwaitsACall();
    void qcoroTaskSeesErrors();
    void qcoroTaskIsRunAndCalledFromAThread();
    void qcoroTaskOfVoid();
#endif
};

void tst_Coroutine::resultOfACallIsAwaited()
{
    QCOMPARE(resultOf(answer()), 42);
}

void tst_Coroutine::resultsOfEveryKindAreAwaited()
{
    const auto coroutine = []() -> EagerTask<bool> {
        co_await toThread([] {});
        const QString text = co_await toThread([] { return QStringLiteral("text"); });
        const MoveOnly owned = co_await toThread([] { return std::make_unique<int>(1); });
        const CopyOnly copied = co_await toThread([] { return CopyOnly(2); });
        const int handled =
                co_await toThread([] { return 3; }).then(qApp, [](int n) { return n + 1; });
        co_return text == u"text" && *owned == 1 && copied.value == 2 && handled == 4;
    };
    QVERIFY(resultOf(coroutine()));
}

void tst_Coroutine::coroutineResumesInTheThreadThatAwaited()
{
    QThread *worker = nullptr;
    const auto coroutine = [&]() -> EagerTask<QThread *> {
        co_await toThread([&] { worker = QThread::currentThread(); });
        co_return QThread::currentThread();
    };
    QCOMPARE(resultOf(coroutine()), QThread::currentThread());
    QVERIFY(worker && worker != QThread::currentThread());
}

void tst_Coroutine::coroutineInALoopThreadResumesThere()
{
    LoopThread thread;
    Gate done;
    QThread *resumedIn = nullptr;
    std::optional<EagerTask<int>> task;
    const auto coroutine = [&]() -> EagerTask<int> {
        co_await toThread([] {});
        resumedIn = QThread::currentThread();
        done.open();
        co_return 0;
    };
    thread.call([&] { task.emplace(coroutine()); });
    done.pass();
    thread.finish();
    QCOMPARE(resumedIn, &thread);
    QVERIFY(task->isDone());
}

void tst_Coroutine::finishedCallIsAwaitedWithoutALoop()
{
    OutsideThread thread([] {
        const auto call = toThread([] { return 4; });
        waitInThread(call);
        const auto coroutine = [&]() -> EagerTask<int> { co_return co_await call; };
        return coroutine().take();
    });
    QCOMPARE(thread.result(), 4);
}

void tst_Coroutine::finishedCallDoesNotSuspend()
{
    const auto call = toThread([] { return 4; });
    QVERIFY(waitFor(call));
    const auto coroutine = [&]() -> EagerTask<int> { co_return co_await call; };
    const EagerTask<int> task = coroutine();
    QVERIFY(task.isDone());
}

void tst_Coroutine::severalCallsAreAwaitedInAnyOrder()
{
    const auto coroutine = []() -> EagerTask<int> {
        const auto first = toThread([] { return 1; });
        const auto second = toThread([] { return 10; });
        const int b = co_await second;
        const int a = co_await first;
        co_return a + b;
    };
    QCOMPARE(resultOf(coroutine()), 11);
}

void tst_Coroutine::handlersAndCoroutinesShareACall()
{
    Gate release;
    const auto call = toThread([&] {
        release.pass();
        return QStringLiteral("both");
    });
    QString handled;
    call.then(this, [&](const QString &text) { handled = text; });
    const auto coroutine = [&]() -> EagerTask<QString> { co_return co_await call; };
    EagerTask<QString> task = coroutine();
    release.open();
    QCOMPARE(resultOf(std::move(task)), QStringLiteral("both"));
    QVERIFY(spinUntil([&] { return handled == u"both"; }));
}

void tst_Coroutine::manyCoroutinesAwaitOneCall()
{
    Gate release;
    const auto call = toThread([&] {
        release.pass();
        return 1;
    });
    const auto coroutine = [&]() -> EagerTask<int> { co_return co_await call; };
    std::vector<EagerTask<int>> tasks;
    for (int i = 0; i < 100; ++i)
        tasks.push_back(coroutine());
    release.open();
    for (auto &task : tasks)
        QCOMPARE(resultOf(std::move(task)), 1);
}

void tst_Coroutine::longLoopsOfAwaitsDoNotRecurse()
{
    const auto coroutine = []() -> EagerTask<int> {
        int sum = 0;
        for (int i = 0; i < 20'000; ++i)
            sum += co_await toThread([] { return 1; });
        co_return sum;
    };
    QCOMPARE(run(coroutine), 20'000);
}

void tst_Coroutine::errorOfACallIsThrown()
{
    const auto coroutine = []() -> EagerTask<int> {
        co_return co_await toThread([]() -> int { throw std::out_of_range("far"); });
    };
    QVERIFY(failsWith<std::out_of_range>(coroutine()));
}

void tst_Coroutine::canceledCallThrows()
{
    CapacityLimiter none(0);
    const auto call = toThread({ .limiter = &none }, [] { return 1; });
    call.cancel();
    const auto coroutine = [&]() -> EagerTask<int> { co_return co_await call; };
    QVERIFY(failsWith<CanceledError>(coroutine()));
}

void tst_Coroutine::callCanceledWhileAwaitedThrows()
{
    CapacityLimiter none(0);
    const auto call = toThread({ .limiter = &none }, [] { return 1; });
    const auto coroutine = [&]() -> EagerTask<int> { co_return co_await call; };
    EagerTask<int> task = coroutine();
    call.cancel();
    QVERIFY(!task.isDone()); // it resumes through the loop
    QVERIFY(failsWith<CanceledError>(std::move(task)));
}

void tst_Coroutine::emptyHandleIsCanceled()
{
    const auto coroutine = []() -> EagerTask<int> { co_return co_await PendingCall<int>(); };
    QVERIFY(failsWith<CanceledError>(coroutine()));
}

void tst_Coroutine::destroyingTheCoroutineCancelsTheCall()
{
    Gate running;
    PendingCall<void> call;
    CapacityLimiter none(0);
    PendingCall<void> queued;
    bool resumed = false;
    const auto coroutine = [&](PendingCall<void> awaited) -> EagerTask<int> {
        co_await awaited;
        resumed = true;
        co_return 0;
    };
    {
        call = toThread(openAndRunUntilCanceled(running));
        queued = toThread({ .limiter = &none }, [] {});
        const EagerTask<int> task = coroutine(call);
        const EagerTask<int> other = coroutine(queued);
        running.pass();
    }
    QVERIFY(queued.isCanceled());
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
    QVERIFY(!resumed);
}

void tst_Coroutine::destroyingTheCoroutineAfterTheCallFinishedIsHarmless()
{
    const Blocker blocker;
    bool resumed = false;
    const auto coroutine = [&]() -> EagerTask<int> {
        const auto counted = std::make_unique<Counted>();
        co_await toThread(blocker.function());
        resumed = true;
        co_return counted->value;
    };
    const int before = Counted::alive();
    {
        const EagerTask<int> task = coroutine();
        QVERIFY(!task.isDone());
        blocker.release();
        while (!activeCalls().isEmpty())
            QThread::yieldCurrentThread(); // finished, but this loop has not turned
    }
    QCoreApplication::processEvents();
    QVERIFY(!resumed);
    QCOMPARE(Counted::alive(), before);
}

void tst_Coroutine::awaitingWithoutALoopThrows()
{
    OutsideThread thread([] {
        const auto coroutine = []() -> EagerTask<int> {
            CapacityLimiter none(0);
            const auto call = toThread({ .limiter = &none }, [] { return 1; });
            bool threw = false;
            try {
                co_await call;
            } catch (const NoEventLoopError &) {
                threw = true;
            }
            call.cancel();
            co_return threw;
        };
        EagerTask<int> task = coroutine();
        return task.isDone() && task.take();
    });
    QVERIFY(thread.result());
}

void tst_Coroutine::awaitingInAWorkerThrows()
{
    const auto work = [] {
        CapacityLimiter none(0);
        const auto call = toThread({ .limiter = &none }, [] { return 1; });
        const auto coroutine = [&]() -> EagerTask<int> { co_return co_await call; };
        EagerTask<int> task = coroutine();
        call.cancel();
        return task.isDone() && throws<NoEventLoopError>([&] { task.take(); });
    };
    QVERIFY(resultOf(toThread(work)));
}

void tst_Coroutine::contextSurvivesTheSuspension()
{
    const auto coroutine = [](int value) -> EagerTask<bool> {
        const ContextToken token = depth.set(value);
        bool ok = true;
        for (int i = 0; i < 3; ++i) {
            const int inWorker = co_await toThread([] { return depth.get(); });
            ok = ok && inWorker == value && depth.get() == value;
        }
        co_return ok;
    };
    // Two at once, each with a value of its own; neither leaks into the loop.
    EagerTask<bool> first = Context::current().run([&] { return coroutine(1); });
    EagerTask<bool> second = Context::current().run([&] { return coroutine(2); });
    QVERIFY(resultOf(std::move(first)));
    QVERIFY(resultOf(std::move(second)));
    QCOMPARE(depth.get(), 0);
}

void tst_Coroutine::contextSurvivesAForeignSuspension()
{
    QPromise<int> promise;
    promise.start();
    const QThread *resumedIn = nullptr;
    const auto coroutine = [&](int value) -> EagerTask<int> {
        depth.set(value);
        const int result = co_await inContext(promise.future());
        // A task of another library, which is resumed by whoever ends it.
        const auto other = []() -> EagerTask<int> { co_return co_await toThread([] { return 10; }); };
        const int more = co_await inContext(other());
        resumedIn = QThread::currentThread();
        co_return result + more + depth.get();
    };
    CancelScope scope;
    EagerTask<int> task = scope.run([&] {
        return Context::current().run([&] { return coroutine(100); });
    });
    QCOMPARE(depth.get(), 0);
    promise.addResult(1);
    depth.set(5); // who resumes it has another value
    promise.finish();
    QCOMPARE(resultOf(std::move(task)), 111);
    QCOMPARE(resumedIn, QThread::currentThread());
    depth.set(0);
}

void tst_Coroutine::tokenOfAVariableIsGoodAfterTheSuspension()
{
    const auto coroutine = []() -> EagerTask<int> {
        const ContextToken token = depth.set(3);
        co_await toThread([] {});
        const int before = depth.get();
        depth.reset(token);
        co_return 10 * before + depth.get();
    };
    QCOMPARE(resultOf(Context::current().run(coroutine)), 30);
}

void tst_Coroutine::scopeSurvivesTheSuspension()
{
    CancelScope scope;
    Gate running;
    const auto coroutine = [&]() -> EagerTask<int> {
        co_await toThread([] {});
        co_await toThread(openAndRunUntilCanceled(running));
        co_return 0;
    };
    EagerTask<int> task = scope.run([&] { return coroutine(); });
    QVERIFY(spinUntil([&] { return running.tryPass(1, 0ms); }));
    scope.cancel();
    QVERIFY(failsWith<CanceledError>(std::move(task)));
}

void tst_Coroutine::loopThatEndsResumesTheCoroutineWithAnError()
{
    LoopThread thread;
    Gate running;
    PendingCall<void> call;
    std::optional<EagerTask<int>> task;
    const auto coroutine = [&]() -> EagerTask<int> {
        co_await call;
        co_return 0;
    };
    thread.call([&] {
        call = toThread(openAndRunUntilCanceled(running));
        task.emplace(coroutine());
    });
    running.pass();
    thread.finish();
    QVERIFY(task->isDone());
    QVERIFY(throws<LoopFinishedError>([&] { task->take(); }));
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
}

void tst_Coroutine::coroutineMayDestroyWhatItAwaited()
{
    auto scope = std::make_unique<CancelScope>();
    const auto coroutine = [&]() -> EagerTask<int> {
        PendingCall<int> call = toThread({ .scope = scope.get() }, [] { return 5; });
        const int value = co_await call;
        call = {};
        scope.reset();
        co_return value;
    };
    QCOMPARE(resultOf(coroutine()), 5);
}

void tst_Coroutine::runOfACoroutine()
{
    QCOMPARE(run(&answer), 42);
    QCOMPARE(*run([]() -> EagerTask<MoveOnly> {
        co_return co_await toThread([] { return std::make_unique<int>(3); });
    }),
             3);
}

void tst_Coroutine::runOfACoroutineThatFails()
{
    const auto coroutine = []() -> EagerTask<int> {
        co_await toThread([] {});
        throw std::domain_error("after");
    };
    QVERIFY_THROWS_EXCEPTION(std::domain_error, run(coroutine));
}

#ifdef QFERRY_TEST_QCORO

namespace {

QCoro::Task<QString> greeting(QString name)
{
    const QString hello = co_await toThread([] { return QStringLiteral("Hello"); });
    co_return hello + u' ' + name;
}

template <typename T>
T resultOf(QCoro::Task<T> task)
{
    return QCoro::waitFor(task);
}

} // namespace

void tst_Coroutine::qcoroTaskAwaitsACall()
{
    QCOMPARE(resultOf(greeting(QStringLiteral("Qt"))), QStringLiteral("Hello Qt"));
}

void tst_Coroutine::qcoroTaskSeesErrors()
{
    QThread *resumedIn = nullptr;
    const auto coroutine = [&]() -> QCoro::Task<bool> {
        try {
            co_await toThread([] { throw std::domain_error("x"); });
        } catch (const std::domain_error &) {
            resumedIn = QThread::currentThread();
            co_return true;
        }
        co_return false;
    };
    QVERIFY(resultOf(coroutine()));
    QCOMPARE(resumedIn, QThread::currentThread());
}

void tst_Coroutine::qcoroTaskIsRunAndCalledFromAThread()
{
    QCOMPARE(run(&greeting, QStringLiteral("run")), QStringLiteral("Hello run"));
    QCOMPARE(Testing::resultOf(
                     toThread([] { return fromThread(&greeting, QStringLiteral("worker")); })),
             QStringLiteral("Hello worker"));
}

void tst_Coroutine::qcoroTaskOfVoid()
{
    bool ran = false;
    const auto coroutine = [&]() -> QCoro::Task<> {
        co_await toThread([] {});
        ran = true;
    };
    run(coroutine);
    QVERIFY(ran);
}

#endif

QTEST_GUILESS_MAIN(tst_Coroutine)
#include "tst_coroutine.moc"
