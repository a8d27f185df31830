// SPDX-License-Identifier: MIT
// Tasks: how they begin, run, await and end.
#include "cancelable.h"
#include "outside.h"

#include <QtCore/qelapsedtimer.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

ContextVar<QString> user("user", QStringLiteral("nobody"));

Task<int> answer()
{
    co_return 42;
}
Task<int> answerOfAWorker()
{
    co_return co_await toThread([] { return 42; });
}
Task<> nothing()
{
    co_return;
}
Task<int> failing()
{
    throw std::logic_error("broken");
    co_return 0;
}

} // namespace

class tst_Task : public QObject
{
    Q_OBJECT

private slots:
    void callingRunsNothing();
    void startRunsToTheFirstWait();
    void startSoonRunsNothingBeforeTheLoopTurns();
    void resultsOfEveryKindReturn();
    void resultsOfEveryKindPassThroughEverything();
    void errorsKeepTheirType();
    void tasksAreAwaitedInTheTaskThatAwaits();
    void awaitingASpentTaskIsCanceled();
    void localsAreGoneBeforeAnyoneHears();
    void functionAndArgumentsLiveAsLongAsTheTask();
    void droppedTaskIsReportedOnce();
    void errorNobodyLooksAtIsReportedOnce();
    void withoutALoopTheCallFails();
    void taskStaysInItsThread();
    void readyAwaitsDoNotUseTheStack();
    void nestedAwaitsDoNotUseTheStack();
    void readyAwaitsLetTheLoopTurn();
    void checkpointLetsTheLoopTurn();
    void callsFuturesAndForeignAwaitablesAreAwaited();
    void contextVariablesFollowTheTask();
    void tokensAreValidAcrossAwaits();
    void taskHasItsName();
    void tasksAreTakenWhereverAnAsynchronousFunctionIs();
    void tasksGoOnInNestedLoops();
    void tasksOutliveAnExec();
    void tasksRunInSeveralLoopsAtOnce();
};

void tst_Task::callingRunsNothing()
{
    bool hasRun = false;
    const auto run = [&]() -> Task<> {
        hasRun = true;
        co_return;
    };
    auto task = run();
    QVERIFY(!hasRun);
    QVERIFY(task.isValid());
    std::move(task).start();
    QVERIFY(hasRun);
    QVERIFY(!task.isValid());
}

void tst_Task::startRunsToTheFirstWait()
{
    QStringList log;
    const auto run = [&]() -> Task<> {
        log << QStringLiteral("begin");
        co_await nothing();
        log << QStringLiteral("wait");
        co_await checkpoint();
        log << QStringLiteral("end");
    };
    const auto call = startTask(run);
    QCOMPARE(log.last(), QStringLiteral("wait"));
    QVERIFY(!call.isFinished());
    resultOf(call);
    QCOMPARE(log.last(), QStringLiteral("end"));
}

void tst_Task::startSoonRunsNothingBeforeTheLoopTurns()
{
    bool hasRun = false;
    const auto run = [&]() -> Task<> {
        hasRun = true;
        co_return;
    };
    const auto call = run().startSoon();
    QVERIFY(!hasRun);
    resultOf(call);
    QVERIFY(hasRun);
}

void tst_Task::resultsOfEveryKindReturn()
{
    QCOMPARE(resultOf(answer().start()), 42);
    resultOf(nothing().start());
    const auto moveOnly = []() -> Task<MoveOnly> { co_return std::make_unique<int>(7); };
    const auto outer = [&]() -> Task<MoveOnly> { co_return co_await moveOnly(); };
    QCOMPARE(*resultOf(outer().start()), 7);
    const auto converted = []() -> Task<QString> { co_return "text"; };
    QCOMPARE(resultOf(converted().start()), QStringLiteral("text"));
}

template <typename T>
static Task<T> sampleTask()
{
    co_await checkpoint();
    co_return Sample<T>::make();
}
template <>
Task<void> sampleTask<void>()
{
    co_await checkpoint();
}

/// Whether the sample comes of what make() returns.
template <typename T, typename F>
static bool gives(F make)
{
    const auto await = [&make]() -> Task<bool> {
        if constexpr (std::is_void_v<T>) {
            co_await make();
            co_return true;
        } else {
            co_return Sample<T>::matches(co_await make());
        }
    };
    return resultOfTask(await());
}

/// Whether it is in the optional that comes of it; for void, true.
template <typename T, typename F>
static bool givesOptional(F make)
{
    const auto await = [&make]() -> Task<bool> {
        const auto result = co_await make();
        if constexpr (std::is_void_v<T>)
            co_return result;
        else
            co_return (result && Sample<T>::matches(*result));
    };
    return resultOfTask(await());
}

template <typename T>
static bool givesItsMembers()
{
    const auto await = []() -> Task<bool> {
        const auto both = co_await whenAll(sampleTask<T>(), sampleTask<int>());
        const QList<int> items{ 1, 2 };
        const auto make = [](int) { return sampleTask<T>(); };
        if constexpr (std::is_void_v<T>) {
            co_await amap(items, make);
            co_return std::get<1>(both) == 42;
        } else {
            const auto all = co_await amap(items, make);
            co_return Sample<T>::matches(std::get<0>(both)) && all.size() == 2
                    && Sample<T>::matches(all.back());
        }
    };
    return resultOfTask(await());
}

void tst_Task::resultsOfEveryKindPassThroughEverything()
{
    forEachResultType([]<typename T>() {
        const auto make = [] { return sampleTask<T>(); };
        QVERIFY(gives<T>(make));
        QVERIFY(gives<T>([] { return sampleTask<T>().start(); }));
        QVERIFY(gives<T>([] { return sampleTask<T>().startSoon(); }));
        QVERIFY(gives<T>([] { return startTask(&sampleTask<T>); }));
        QVERIFY(gives<T>([] { return abandonOnCancel(sampleTask<T>()); }));
        QVERIFY(gives<T>([&] { return taskGroup([&](TaskGroup &) { return make(); }); }));
        QVERIFY(gives<T>([&] { return shielded(make); }));
        QVERIFY(gives<T>([&] { return failAfter(1h, make); }));
        QVERIFY(gives<T>([&] { return asyncFinally(make, [] { return nothing(); }); }));
        CancelScope scope;
        QVERIFY(givesOptional<T>([&] { return withScope(scope, make); }));
        QVERIFY(givesOptional<T>([&] { return moveOnAfter(1h, make); }));
        QVERIFY(givesItsMembers<T>());
    });
}

void tst_Task::errorsKeepTheirType()
{
    QVERIFY(throws<std::logic_error>([] { resultOf(failing().start()); }));
    const auto outer = []() -> Task<QString> {
        try {
            co_await failing();
        } catch (const std::logic_error &error) {
            co_return QString::fromUtf8(error.what());
        }
        co_return {};
    };
    QCOMPARE(resultOf(outer().start()), QStringLiteral("broken"));
}

void tst_Task::tasksAreAwaitedInTheTaskThatAwaits()
{
    const auto inner = []() -> Task<> {
        user.set(QStringLiteral("ada")); // in the context of who awaits
        co_return;
    };
    const auto outer = [&]() -> Task<QString> {
        co_await inner();
        co_return user.get();
    };
    QCOMPARE(resultOf(outer().start()), QStringLiteral("ada"));
    QCOMPARE(user.get(), QStringLiteral("nobody"));
}

void tst_Task::awaitingASpentTaskIsCanceled()
{
    const auto run = []() -> Task<> {
        auto task = answer();
        co_await std::move(task);
        co_await std::move(task); // NOLINT(bugprone-use-after-move)
    };
    QVERIFY(throws<CanceledError>([&] { resultOf(run().start()); }));
    auto task = answer();
    resultOf(std::move(task).start());
    QVERIFY(throws<CanceledError>([&] { resultOf(std::move(task).start()); })); // NOLINT
}

void tst_Task::localsAreGoneBeforeAnyoneHears()
{
    const auto run = [](Counted) -> Task<> {
        const Counted local;
        co_await checkpoint();
    };
    const auto call = startTask(run, Counted());
    QVERIFY(Counted::alive() > 0);
    int alive = -1;
    const auto heard = call.then(this, [&] { alive = Counted::alive(); });
    resultOf(heard);
    QCOMPARE(alive, 0);
}

void tst_Task::functionAndArgumentsLiveAsLongAsTheTask()
{
    PendingCall<int> call;
    {
        const auto run = [counted = Counted(1)](const Counted &a, const QString &b) -> Task<int> {
            co_await checkpoint();
            co_return counted.value + a.value + int(b.size());
        };
        call = startTask(run, Counted(2), QStringLiteral("three"));
    }
    QCOMPARE(resultOf(call), 8);
    QCOMPARE(Counted::alive(), 0);
}

void tst_Task::droppedTaskIsReportedOnce()
{
    const QFerryMessages messages;
    {
        const auto task = answer();
    }
    QCOMPARE(messages.count(), 1);
    try {
        const auto task = answer();
        throw std::runtime_error("on its way");
    } catch (const std::runtime_error &) {
    }
    CancelScope scope;
    scope.cancel();
    QVERIFY(scope.run([] { return answer().start(); }).isCanceled());
    QCOMPARE(messages.count(), 1);
}

void tst_Task::errorNobodyLooksAtIsReportedOnce()
{
    const QFerryMessages messages;
    failing().start();
    QCOMPARE(messages.count(), 1);
}

void tst_Task::withoutALoopTheCallFails()
{
    bool hasRun = false;
    const auto fails = [&] {
        const auto run = [&]() -> Task<> {
            hasRun = true;
            co_return;
        };
        return throws<NoEventLoopError>([&] { waitInThread(startTask(run)); });
    };
    QVERIFY(resultOf(toThread(fails)));
    QVERIFY(!hasRun);
}

void tst_Task::taskStaysInItsThread()
{
    LoopThread thread;
    PendingCall<bool> call;
    const auto run = []() -> Task<bool> {
        const auto *here = QThread::currentThread();
        bool isSame = true;
        for (int i = 0; i < 20; ++i) {
            co_await answerOfAWorker();
            isSame &= QThread::currentThread() == here;
            co_await checkpoint();
            isSame &= QThread::currentThread() == here;
        }
        co_return isSame;
    };
    thread.call([&] { call = run().start(); });
    QVERIFY(resultOf(call));
}

void tst_Task::readyAwaitsDoNotUseTheStack()
{
    const auto run = []() -> Task<qint64> {
        const auto finished = toThread([] { return 1; });
        co_await finished;
        qint64 sum = 0;
        for (int i = 0; i < 500'000; ++i) {
            sum += co_await answer();
            sum += co_await finished;
        }
        co_return sum;
    };
    QCOMPARE(resultOf(run().start()), 500'000 * 43);
}

static Task<int> nest(int depth)
{
    if (depth == 0) {
        co_await checkpoint();
        co_return 0;
    }
    co_return co_await nest(depth - 1) + 1;
}

void tst_Task::nestedAwaitsDoNotUseTheStack()
{
    QCOMPARE(resultOf(nest(200'000).start()), 200'000);
    const auto call = nest(200'000).start();
    call.cancel();
    QVERIFY(isCanceledInTime(call));
}

void tst_Task::readyAwaitsLetTheLoopTurn()
{
    std::atomic<bool> ends = false;
    const auto run = [&]() -> Task<> {
        const auto finished = toThread([] {});
        co_await finished;
        while (!ends)
            co_await finished;
    };
    const auto call = run().start();
    QTimer::singleShot(1ms, this, [&] { ends = true; });
    resultOf(call);
}

void tst_Task::checkpointLetsTheLoopTurn()
{
    bool hasTurned = false;
    const auto run = [&]() -> Task<bool> {
        QMetaObject::invokeMethod(
                this, [&] { hasTurned = true; }, Qt::QueuedConnection);
        while (!hasTurned)
            co_await checkpoint();
        co_return hasTurned;
    };
    QVERIFY(resultOf(run().start()));
}

void tst_Task::callsFuturesAndForeignAwaitablesAreAwaited()
{
    struct Foreign
    {
        bool await_ready() { return false; }
        void await_suspend(std::coroutine_handle<> handle)
        {
            done = toThread([handle] { handle.resume(); }); // in another thread
        }
        int await_resume() { return 4; }
        PendingCall<void> done;
    };
    const auto run = []() -> Task<int> {
        const auto *here = QThread::currentThread();
        int sum = co_await toThread([] { return 1; });
        sum += co_await toThread([] { return 2; }).future();
        sum += co_await Foreign();
        sum += here == QThread::currentThread() ? 8 : 0;
        co_return sum;
    };
    QCOMPARE(resultOf(run().start()), 15);
}

void tst_Task::contextVariablesFollowTheTask()
{
    const ContextToken token = user.set(QStringLiteral("ada"));
    const auto run = []() -> Task<QStringList> {
        QStringList seen{ user.get() };
        user.set(QStringLiteral("grace"));
        co_await checkpoint();
        seen << user.get();
        seen << co_await toThread([] { return user.get(); });
        seen << user.get();
        co_return seen;
    };
    const auto call = run().start();
    QCOMPARE(user.get(), QStringLiteral("ada"));
    user.reset(token);
    QCOMPARE(resultOf(call).join(u' '), QStringLiteral("ada grace grace grace"));
    QCOMPARE(user.get(), QStringLiteral("nobody"));
}

void tst_Task::tokensAreValidAcrossAwaits()
{
    const auto run = []() -> Task<QString> {
        const ContextToken token = user.set(QStringLiteral("ada"));
        co_await checkpoint();
        user.reset(token);
        co_return user.get();
    };
    QCOMPARE(resultOf(run().start()), QStringLiteral("nobody"));
}

void tst_Task::taskHasItsName()
{
    const auto run = []() -> Task<QStringList> {
        QStringList names{ currentTaskName() };
        names << co_await toThread(currentTaskName);
        co_await checkpoint();
        names << currentTaskName();
        co_return names;
    };
    const auto call = startTask({ .name = QStringLiteral("poll") }, run);
    QCOMPARE(resultOf(call).join(u' '), QStringLiteral("poll poll poll"));
    QCOMPARE(currentTaskName(), QString());
}

void tst_Task::tasksAreTakenWhereverAnAsynchronousFunctionIs()
{
    QCOMPARE(run(&answerOfAWorker), 42);
    QCOMPARE(resultOf(toThread([] { return fromThread(&answerOfAWorker); })), 42);
    QCOMPARE(resultOf(answer().start().then(this, [](int) { return answerOfAWorker(); })), 42);
    QCOMPARE(resultOf(failAfter(5s, &answerOfAWorker)), 42);
    const auto [a, b] = resultOf(whenAll(answer(), answerOfAWorker()));
    QCOMPARE(a + b, 84);
    auto portal = startBlockingPortal();
    QCOMPARE(portal.call(&answerOfAWorker), 42);
    QCOMPARE(portal.startTaskSoon(&answerOfAWorker).result(), 42);
}

void tst_Task::tasksGoOnInNestedLoops()
{
    const auto outer = [&]() -> Task<QString> {
        user.set(QStringLiteral("ada"));
        co_await checkpoint();
        if (resultOf(answerOfAWorker().start()) != 42) // turns the loop
            co_return {};
        co_return user.get();
    };
    QCOMPARE(resultOf(outer().start()), QStringLiteral("ada"));
}

void tst_Task::tasksOutliveAnExec()
{
    Blocker blocker;
    const auto run = [&]() -> Task<int> { co_return co_await toThread(blocker.returning(1)); };
    const auto call = run().start();
    QEventLoop loop;
    QTimer::singleShot(0, &loop, &QEventLoop::quit);
    loop.exec();
    QVERIFY(!call.isFinished());
    blocker.release();
    QCOMPARE(resultOf(call), 1);
}

void tst_Task::tasksRunInSeveralLoopsAtOnce()
{
    constexpr int rounds = 200;
    static ContextVar<int> number("number");
    const auto run = [](int id) -> Task<int> {
        number.set(id);
        Qt::HANDLE const thread = QThread::currentThreadId();
        int right = 0;
        for (int i = 0; i < rounds; ++i) {
            const int value = co_await toThread([] { return number.get(); });
            right += value == id && QThread::currentThreadId() == thread;
            co_await checkpoint();
        }
        co_return right;
    };
    std::array<LoopThread, 2> threads;
    std::vector<PendingCall<int>> calls;
    for (int id = 1; id <= 4; ++id) {
        threads[id % 2].call([&] { calls.push_back(startTask(run, id)); });
        calls.push_back(startTask(run, -id));
    }
    for (const auto &call : calls)
        QCOMPARE(resultOf(call), rounds);
}

QTEST_GUILESS_MAIN(tst_Task)
#include "tst_task.moc"
