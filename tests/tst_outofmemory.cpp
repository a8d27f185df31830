// SPDX-License-Identifier: MIT
// One request for memory fails, the first, the second, … until a scenario asks for no more. The
// scenario may end with std::bad_alloc, thrown or delivered; nothing else may come of it: no wait
// without end, no token lost, nothing broken for those who come after.
#include "failingmemory.h"
#include "gate.h"
#include "outside.h"
#include "portals.h"
#include "task.h"
#include "testing.h"

#include <qferry/qferry.h>

#include <QtCore/qscopeguard.h>
#include <QtCore/qtimer.h>
#include <QtTest/qtest.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

constexpr int right = 42;
constexpr auto longTime = 1s; // for a call that is to be canceled, and may not be

/// What a scenario returns, or throws std::bad_alloc instead. It is run while the memory fails.
using Scenario = int (*)();

int answer() { return right; }

/// Waits for a call by no means of the library's: its loop turns.
template <typename T>
T valueOf(const PendingCall<T> &call)
{
    if (!spinUntil([&call] { return call.isFinished(); }))
        qFatal("the watchdog ended a wait for a call");
    const FailingMemory::Pause pause;
    return Testing::resultOf(call);
}

template <typename T>
T valueOf(QFuture<T> future)
{
    if (!spinUntil([&future] { return future.isFinished(); }))
        qFatal("the watchdog ended a wait for a future");
    if (future.isCanceled() && future.resultCount() == 0) {
        future.waitForFinished(); // throws its error, if it has one
        throw CanceledError();
    }
    return future.takeResult();
}

int plainCall() { return valueOf(toThread(&answer)); }

int chainOfHandlers()
{
    QObject context;
    return valueOf(toThread(&answer)
                           .then(&context, [](int n) { return n / 2; })
                           .onFailed(&context, [](const std::logic_error &) { return 0; })
                           .then(&context, [](int n) { return toThread([n] { return 2 * n; }); })
                           .onCanceled(&context, [] { return 0; }));
}

int futureOfACall() { return valueOf(toThread(&answer).future()); }

int canceledFuture()
{
    const auto running = std::make_shared<Gate>();
    auto future = toThread([running] {
                      running->open();
                      const QDeadlineTimer deadline(longTime); // nobody may reach it
                      while (!isCanceled() && !deadline.hasExpired())
                          QThread::yieldCurrentThread();
                      checkCanceled();
                      return 0;
                  }).future();
    (void)running->tryPass(1, 100ms); // it may not begin: without memory it fails
    future.cancel();
    return right;
}

int callWithEverything()
{
    CancelScope scope;
    CapacityLimiter limiter(1);
    return valueOf(
            toThread({ .limiter = &limiter, .scope = &scope, .timeout = 1h, .name = QStringLiteral("all") },
                     [] {
                         const auto hook = onCancel([] {});
                         reportProgress(1, 2);
                         return right;
                     }));
}

int callFromAWorker()
{
    return valueOf(toThread([] { return fromThread(&answer); }));
}

int asynchronousCallFromAWorker()
{
    return valueOf(toThread([] { return fromThread([] { return toThread(&answer); }); }));
}

int callThroughAPortal()
{
    BlockingPortal portal;
    return runOutside([&portal] { return portal.call(&answer); });
}

int taskOfAPortal()
{
    BlockingPortal portal;
    return valueOf(runOutside([&portal] {
        return portal.startTaskSoon([] { return toThread(&answer); });
    }));
}

int portalOfItsOwn()
{
    StartedPortal portal = startBlockingPortal("memory");
    return portal.call(&answer);
}

int itemsOfAChannel()
{
    FromThreadChannel<int> channel(2);
    auto producing = toThread([producer = channel.producer()]() mutable {
        for (int i = 0; i < 10; ++i)
            producer.put(i);
        producer.close();
    });
    int sum = 0;
    const auto consume = [&]() -> EagerTask<int> {
        for (int i = 0; i < 10; ++i)
            sum += co_await channel.get();
        co_return sum;
    };
    auto consuming = [&] {
        try {
            return consume();
        } catch (...) {
            channel.close();
            (void)spinUntil([&] { return producing.isFinished(); });
            throw;
        }
    }();
    // If one of them fails, the other waits until the channel is closed, and tells of that.
    if (!spinUntil([&] { return producing.isFinished() || consuming.isDone(); }))
        qFatal("the watchdog ended a wait for either end of a channel");
    if (consuming.isDone())
        channel.close();
    if (!spinUntil([&] { return producing.isFinished(); }))
        qFatal("the watchdog ended a wait for a producer");
    channel.close();
    if (!spinUntil([&] { return consuming.isDone(); }))
        qFatal("the watchdog ended a wait for a consumer");
    try {
        valueOf(producing);
    } catch (const ChannelClosedError &) { // the consumer has failed
    }
    try {
        return consuming.take() == 45 ? right : 0;
    } catch (const ChannelClosedError &) { // the producer has
        throw std::bad_alloc();
    }
}

int itemsOfAStream()
{
    QObject context;
    const auto numbers = threadedIterable([](Yield<int> &yield) {
        for (int i = 0; i < 100; ++i)
            yield(i);
    }, { .maxSize = 4 });
    int sum = 0;
    valueOf(numbers().forEach(&context, [&sum](int n) { sum += n; }));
    return sum == 4950 ? right : 0;
}

int callUnderADeadline()
{
    return valueOf(failAfter(1h, [] { return toThread(&answer); }));
}

int deadlineThatPasses()
{
    const auto call = moveOnAfter(20ms, [] {
        return toThread([] {
            const QDeadlineTimer deadline(longTime);
            while (!isCanceled() && !deadline.hasExpired())
                QThread::msleep(1);
            checkCanceled();
        });
    });
    if (!spinUntil([&call] { return call.isFinished(); }))
        qFatal("the watchdog ended a wait for a deadline");
    return right;
}

int awaitedCall()
{
    const auto await = []() -> EagerTask<int> { co_return co_await toThread(&answer); };
    auto task = await();
    if (!spinUntil([&task] { return task.isDone(); }))
        qFatal("the watchdog ended a wait for a coroutine");
    return task.take();
}

int loopThatRuns()
{
    return run([] { return toThread(&answer); });
}

int groupOfCalls()
{
    return valueOf(whenAll(toThread(&answer), toThread(&answer)).then(qApp, [](std::tuple<int, int> both) {
        return std::get<0>(both);
    }));
}

Task<int> awaitAnswer()
{
    co_return co_await toThread(&answer);
}

int taskThatIsStarted()
{
    return valueOf(awaitAnswer().start());
}

int taskThatIsStartedSoon()
{
    return valueOf(awaitAnswer().startSoon());
}

int taskOfAnOwner()
{
    TaskScope tasks;
    const auto call = tasks.start(&awaitAnswer);
    const int result = valueOf(call);
    return tasks.count() == 0 ? result : 0;
}

int ownerThatGoes()
{
    int begun = 0;
    int ended = 0;
    {
        TaskScope tasks;
        for (int i = 0; i < 3; ++i) {
            (void)tasks.start([&]() -> Task<> {
                ++begun;
                const auto left = qScopeGuard([&] { ++ended; });
                co_await sleep(1h);
            });
        }
    }
    return begun == ended ? right : 0;
}

int groupOfTasks()
{
    int running = 0;
    const auto task = [&]() -> Task<> {
        ++running;
        const auto left = qScopeGuard([&] { --running; });
        co_await sleep(1ms);
    };
    const auto body = [&](TaskGroup &group) -> Task<int> {
        group.startSoon(task());
        group.startSoon(task);
        group.add(toThread(&answer));
        co_return co_await group.start([](TaskStatus<int> &status) -> Task<> {
            status.started(right);
            co_await sleep(1ms);
        });
    };
    try {
        const int result = valueOf(startTask([&] { return taskGroup(body); }));
        return running == 0 ? result : 0;
    } catch (const std::bad_alloc &) {
        if (running > 0)
            qFatal("a task has outlived its group");
        throw;
    }
}

/// Its body goes on without those tasks that it could not start.
int groupThatMissesATask()
{
    int started = 0;
    int ended = 0;
    const auto task = [&]() -> Task<> {
        co_await sleep(1ms);
        ++ended;
    };
    const auto body = [&](TaskGroup &group) -> Task<int> {
        for (int i = 0; i < 3; ++i) {
            try {
                group.startSoon(task());
                ++started;
            } catch (const std::bad_alloc &) {
            }
        }
        co_return right;
    };
    const int result = valueOf(startTask([&] { return taskGroup(body); }));
    return started == ended ? result : 0;
}

int sleepOfALoop()
{
    valueOf(sleep(1ms).then(qApp, [] { return 0; }));
    valueOf(sleep(0s).then(qApp, [] { return 0; }));
    return right;
}

int signalOfATimer()
{
    QTimer timer;
    timer.start(1);
    return valueOf(signal(&timer, &QTimer::timeout).onCancel([] {}).then(qApp, &answer));
}

int eventsAndPermits()
{
    Semaphore permits(1);
    Event event;
    const auto wait = [&]() -> Task<int> {
        const auto permit = co_await permits.acquire();
        co_await event.wait();
        co_return right;
    };
    TaskScope tasks; // goes first
    const auto first = tasks.start(wait());
    const auto second = tasks.start(wait());
    event.set();
    valueOf(first);
    return valueOf(second);
}

int itemsOfAGenerator()
{
    const auto count = []() -> AsyncGenerator<int> {
        for (int i = 0; i < 3; ++i) {
            co_await sleep(0s);
            co_yield i;
        }
    };
    auto numbers = count();
    int sum = 0;
    while (const auto number = valueOf(numbers.next()))
        sum += *number;
    return sum == 3 ? right : 0;
}

int mappedItems()
{
    const QList<int> items{ 1, 2, 3 };
    const auto call = amap(items, [](int n) -> Task<int> {
        co_await sleep(0s);
        co_return n;
    });
    return valueOf(call).size() == 3 ? right : 0;
}

int taskInAnotherScope()
{
    const auto body = []() -> Task<int> {
        co_return co_await failAfter(1h, [] { return shielded([] { return awaitAnswer(); }); });
    };
    return valueOf(startTask(body));
}

int tokenOfALimiter()
{
    CapacityLimiter limiter(1);
    const int first = 0;
    const int second = 0;
    auto held = limiter.acquire(&first);
    auto waiting = limiter.acquire(&second);
    if (!spinUntil([&] { return held.isFinished(); }))
        qFatal("the watchdog ended a wait for the first token");
    if (!held.isCanceled())
        limiter.release(&first);
    if (!spinUntil([&] { return waiting.isFinished(); }))
        qFatal("the watchdog ended a wait for a token");
    if (!waiting.isCanceled())
        limiter.release(&second);
    return right;
}

/// All that others do afterwards works, and nothing was lost.
void checkThatAllWorks()
{
    QCOMPARE(resultOf(toThread(&answer)), right);
    QCOMPARE(resultOf(toThread([] { return fromThread(&answer); })), right);
    try {
        resultOf(failAfter(1ms, [] {
            return toThread([] {
                const QDeadlineTimer deadline(watchdog);
                while (!deadline.hasExpired())
                    checkCanceled();
            });
        }));
        QFAIL("a deadline did not pass");
    } catch (const TimeoutError &) {
    }
    QVERIFY(spinUntil([] { return defaultThreadLimiter().borrowedTokens() == 0; }));
    QVERIFY(activeCalls().isEmpty());
}

} // namespace

class tst_OutOfMemory : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void oneFailureEndsOneCall_data();
    void oneFailureEndsOneCall();
};

void tst_OutOfMemory::initTestCase()
{
    if (!FailingMemory::isPossible())
        QSKIP("who asks for memory cannot be told here");
}

void tst_OutOfMemory::oneFailureEndsOneCall_data()
{
    QTest::addColumn<Scenario>("scenario");
    QTest::newRow("plain call") << &plainCall;
    QTest::newRow("chain of handlers") << &chainOfHandlers;
    QTest::newRow("future of a call") << &futureOfACall;
    QTest::newRow("canceled future") << &canceledFuture;
    QTest::newRow("call with everything") << &callWithEverything;
    QTest::newRow("call from a worker") << &callFromAWorker;
    QTest::newRow("asynchronous call from a worker") << &asynchronousCallFromAWorker;
    QTest::newRow("call through a portal") << &callThroughAPortal;
    QTest::newRow("task of a portal") << &taskOfAPortal;
    QTest::newRow("portal of its own") << &portalOfItsOwn;
    QTest::newRow("items of a channel") << &itemsOfAChannel;
    QTest::newRow("items of a stream") << &itemsOfAStream;
    QTest::newRow("call under a deadline") << &callUnderADeadline;
    QTest::newRow("deadline that passes") << &deadlineThatPasses;
    QTest::newRow("awaited call") << &awaitedCall;
    QTest::newRow("loop that runs") << &loopThatRuns;
    QTest::newRow("group of calls") << &groupOfCalls;
    QTest::newRow("token of a limiter") << &tokenOfALimiter;
    QTest::newRow("task that is started") << &taskThatIsStarted;
    QTest::newRow("task that is started soon") << &taskThatIsStartedSoon;
    QTest::newRow("task of an owner") << &taskOfAnOwner;
    QTest::newRow("owner that goes") << &ownerThatGoes;
    QTest::newRow("group of tasks") << &groupOfTasks;
    QTest::newRow("group that misses a task") << &groupThatMissesATask;
    QTest::newRow("sleep of a loop") << &sleepOfALoop;
    QTest::newRow("signal of a timer") << &signalOfATimer;
    QTest::newRow("events and permits") << &eventsAndPermits;
    QTest::newRow("items of a generator") << &itemsOfAGenerator;
    QTest::newRow("mapped items") << &mappedItems;
    QTest::newRow("task in another scope") << &taskInAnotherScope;
}

void tst_OutOfMemory::oneFailureEndsOneCall()
{
    QFETCH(const Scenario, scenario);
    scenario(); // what is made once is there
    int number = 0;
    for (bool hasFailed = true; hasFailed; ++number) {
        try {
            const FailingMemory failing(number);
            QCOMPARE(scenario(), right);
        } catch (const std::bad_alloc &) {
        } catch (const std::exception &error) {
            qFatal("request %d: %s", number, error.what());
        }
        hasFailed = FailingMemory::hasFailed();
        checkThatAllWorks();
        if (QTest::currentTestFailed())
            qFatal("that was request %d", number);
    }
    qInfo("%d requests", number - 1);
}

QTEST_GUILESS_MAIN(tst_OutOfMemory)
#include "tst_outofmemory.moc"
