// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "outside.h"
#include "task.h"

#include <QtCore/qelapsedtimer.h>
#include <QtCore/qeventloop.h>
#include <QtCore/qpromise.h>
#include <QtCore/qtimer.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

/// Runs an event loop of its own until the predicate holds, as a modal dialog would.
template <typename Predicate>
bool runNestedLoopUntil(Predicate &&predicate)
{
    QEventLoop loop;
    QTimer look;
    QObject::connect(&look, &QTimer::timeout, &loop, [&] {
        if (predicate())
            loop.quit();
    });
    QTimer::singleShot(watchdog, &loop, [&] { loop.exit(1); });
    look.start(0);
    return loop.exec() == 0;
}

/// What is to arrive while a loop turns, of every kind there is.
class Arrivals
{
public:
    Arrivals()
    {
        toThread([] { return 1; }).then(&m_context, [this](int n) { m_results += n; });
        toThread([] { throw 1; }).onFailed(&m_context, [this] { ++m_results; });
        toThread([this] { fromThread([this] { ++m_plain; }); });
        toThread([this] {
            fromThread([] { return toThread([] {}); });
            fromThread([this] { ++m_async; });
        });
        m_outside.emplace(
                [this, token = currentLoop()] { fromThread(token, [this] { ++m_plain; }); });
        QTimer::singleShot(0, &m_context, [this] { ++m_timers; });
        m_future = toThread([] {}).future();
        m_task.emplace(coroutine());
    }
    [[nodiscard]] bool haveAllCome() const
    {
        return m_results == 2 && m_plain == 2 && m_async == 1 && m_timers == 1
               && m_outside->isFinished() && m_future.isFinished() && m_task->isDone();
    }

private:
    static EagerTask<int> coroutine()
    {
        co_await toThread([] {});
        co_return co_await toThread([] { return 1; });
    }

    int m_results = 0;
    int m_plain = 0;
    int m_async = 0;
    int m_timers = 0;
    QFuture<void> m_future;
    std::optional<EagerTask<int>> m_task;
    std::optional<OutsideThread<void>> m_outside;
    QObject m_context; // goes first
};

/// A thread that runs the given function instead of one event loop.
class FunctionThread : public QThread
{
public:
    explicit FunctionThread(std::function<void()> fn) : m_fn(std::move(fn)) { start(); }
    ~FunctionThread() override { wait(); }

protected:
    void run() override { m_fn(); }

private:
    std::function<void()> m_fn;
};

void burn(std::chrono::nanoseconds time)
{
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
    }
}

} // namespace

class tst_Loops : public QObject
{
    Q_OBJECT

private slots:
    // loops that run again
    void callsWorkInEveryExecOfTheMainThread();
    void callsWorkInEveryExecOfAThread();
    void resultThatComesBetweenTwoExecsIsDeliveredInTheSecond();
    void workerWaitsForTheNextExec();
    // nested loops
    void everythingArrivesInsideANestedLoop_data();
    void everythingArrivesInsideANestedLoop();
    void nestedLoopsGoDeep();
    void itemsBehindANestedLoopArriveInsideIt();
    void handlerMayProcessEvents();
    void handlerMayDeleteEverything();
    void handlerMayQuitTheApplication();
    void handlerMayEndItsThread();
    // slices
    void timersTickWhileResultsFloodTheLoop();
    void timersTickWhileWorkersFloodTheLoop();
    // run()
    void runReturnsWhatTheFunctionMakes();
    void runTakesArguments();
    void runThrowsWhatTheFunctionThrows();
    void runOfACanceledCallThrows();
    void runOfAnEmptyFunctionIsInvalidUse();
    void runWorksAgainAndInsideItself();
    void everythingArrivesInsideRun();
    void quittingDuringRunCancelsTheOperation();
    void runWorksInAStdThread();
    void runWorksInAWorker();
    void runOfACoroutineWorksInAWorker();
    void runInAHandler();
    void callsOfAThreadWhoseLoopIsOverDoNotHang();
    void waitInThreadBeforeExecDoesNotDeadlock();
    // the end of a loop
    void destroyedLoopDropsWhatWasMeantForIt();
    void destroyedLoopsLeaveNothingBehind();
    void callOutlivesItsLoop();
    void namedCallRunsInAWorkerThatAnEndedThreadStarted();
    void contextMayMoveToAnotherThread();
    void contextOfAThreadThatHasNotStartedWaitsForIt();
};

void tst_Loops::callsWorkInEveryExecOfTheMainThread()
{
    for (int round = 0; round < 3; ++round) {
        Arrivals arrivals;
        QTimer look;
        connect(&look, &QTimer::timeout, this, [&] {
            if (arrivals.haveAllCome())
                QCoreApplication::exit(7);
        });
        look.start(0);
        QTimer::singleShot(watchdog, &look, [] { QCoreApplication::exit(1); });
        QCOMPARE(QCoreApplication::exec(), 7);
    }
}

void tst_Loops::callsWorkInEveryExecOfAThread()
{
    int good = 0;
    {
        const FunctionThread thread([&] {
            for (int round = 0; round < 3; ++round) {
                Arrivals arrivals;
                if (runNestedLoopUntil([&] { return arrivals.haveAllCome(); }))
                    ++good;
            }
        });
    }
    QCOMPARE(good, 3);
}

void tst_Loops::resultThatComesBetweenTwoExecsIsDeliveredInTheSecond()
{
    int delivered = 0;
    bool finished = false;
    {
        const FunctionThread thread([&] {
            QObject context;
            Gate release;
            const auto call = toThread([&] { release.pass(); });
            call.then(&context, [&] { ++delivered; });
            (void)runNestedLoopUntil([] { return true; });
            release.open();
            const QDeadlineTimer deadline(watchdog);
            while (!call.isFinished() && !deadline.hasExpired())
                QThread::yieldCurrentThread();
            finished = delivered == 0;
            (void)runNestedLoopUntil([&] { return delivered == 1; });
        });
    }
    QVERIFY(finished);
    QCOMPARE(delivered, 1);
}

void tst_Loops::workerWaitsForTheNextExec()
{
    for (int round = 0; round < 3; ++round) {
        Gate calling;
        int result = 0;
        auto call = toThread([&] {
            calling.open();
            return fromThread([] { return 5; });
        });
        call.then(this, [&](int value) { result = value; }).onFailed(this, [&] { result = -1; });
        calling.pass(); // in the second round the loop that served the first has ended
        QTimer look;
        connect(&look, &QTimer::timeout, this, [&] {
            if (result)
                QCoreApplication::quit();
        });
        look.start(0);
        QTimer::singleShot(watchdog, &look, &QCoreApplication::quit);
        QCoreApplication::exec();
        QCOMPARE(result, 5);
    }
}

void tst_Loops::everythingArrivesInsideANestedLoop_data()
{
    QTest::addColumn<QString>("where");
    for (const char *where : { "then", "onFailed", "onCanceled", "onProgress", "fromThread",
                               "coroutine", "timer", "QFuture" })
        QTest::newRow(where) << where;
}

void tst_Loops::everythingArrivesInsideANestedLoop()
{
    QFETCH(QString, where);
    bool inside = false;
    bool done = false;
    const auto body = [&] {
        Arrivals arrivals;
        inside = runNestedLoopUntil([&] { return arrivals.haveAllCome(); });
        done = true;
    };
    std::optional<EagerTask<int>> task;
    PendingCall<void> canceled;
    CapacityLimiter none(0);
    if (where == u"then") {
        toThread([] {}).then(this, body);
    } else if (where == u"onFailed") {
        toThread([] { throw 1; }).onFailed(this, body);
    } else if (where == u"onCanceled") {
        canceled = toThread({ .limiter = &none }, [] {});
        canceled.onCanceled(this, body);
        canceled.cancel();
    } else if (where == u"onProgress") {
        toThread([] { reportProgress(1); }).onProgress(this, [&](const Progress &) { body(); });
    } else if (where == u"fromThread") {
        toThread([&] { fromThread(body); });
    } else if (where == u"coroutine") {
        const auto coroutine = [](auto function) -> EagerTask<int> {
            co_await toThread([] {});
            function();
            co_return 0;
        };
        task.emplace(coroutine(body));
    } else if (where == u"timer") {
        QTimer::singleShot(0, this, body);
    } else if (where == u"QFuture") {
        toThread([] {}).future().then(this, body);
    }
    QVERIFY(spinUntil([&] { return done; }));
    QVERIFY(inside);
    Arrivals after;
    QVERIFY(spinUntil([&] { return after.haveAllCome(); }));
}

void tst_Loops::nestedLoopsGoDeep()
{
    constexpr int levels = 20;
    int depth = 0;
    int returned = 0;
    std::function<void()> handler = [&] {
        const int mine = ++depth;
        if (mine < levels) {
            toThread([] {}).then(this, handler);
            (void)runNestedLoopUntil([&] { return returned == levels - mine; });
        }
        Arrivals arrivals;
        if (runNestedLoopUntil([&] { return arrivals.haveAllCome(); }))
            ++returned;
    };
    toThread([] {}).then(this, handler);
    QVERIFY(spinUntil([&] { return returned == levels; }));
}

void tst_Loops::itemsBehindANestedLoopArriveInsideIt()
{
    // All are in the inbox when the first one is served.
    constexpr int count = 1000;
    QList<int> order;
    bool inside = false;
    std::vector<PendingCall<int>> calls;
    for (int i = 0; i < count; ++i)
        calls.push_back(toThread([i] { return i; }));
    const QDeadlineTimer deadline(watchdog);
    for (const auto &call : calls) {
        while (!call.isFinished() && !deadline.hasExpired())
            QThread::yieldCurrentThread();
    }
    calls[0].then(this, [&] {
        inside = runNestedLoopUntil([&] { return order.size() == count - 1; });
        order.append(0);
    });
    for (int i = 1; i < count; ++i)
        calls[size_t(i)].then(this, [&](int n) { order.append(n); });
    QVERIFY(spinUntil([&] { return order.size() == count; }));
    QVERIFY(inside);
    QCOMPARE(order.takeLast(), 0);
    QVERIFY(std::is_sorted(order.cbegin(), order.cend()));
}

void tst_Loops::handlerMayProcessEvents()
{
    int delivered = 0;
    constexpr int count = 200;
    for (int i = 0; i < count; ++i) {
        toThread([] {}).then(this, [&] {
            QCoreApplication::processEvents();
            ++delivered;
        });
    }
    QVERIFY(spinUntil([&] { return delivered == count; }));
    Arrivals after;
    QVERIFY(spinUntil([&] { return after.haveAllCome(); }));
}

void tst_Loops::handlerMayDeleteEverything()
{
    auto context = std::make_unique<QObject>();
    auto scope = std::make_unique<CancelScope>();
    auto limiter = std::make_unique<CapacityLimiter>(2);
    int delivered = 0;
    auto call = std::make_unique<PendingCall<int>>(
            toThread({ .limiter = limiter.get(), .scope = scope.get() }, [] { return 1; }));
    auto handler = std::make_unique<PendingCall<void>>();
    *handler = call->then(context.get(), [&](int value) {
        call.reset();
        handler.reset();
        scope.reset();
        limiter.reset();
        context.reset();
        delivered += value;
    });
    const auto dropped = handler->then(context.get(), [&] { delivered += 100; });
    QVERIFY(waitFor(dropped));
    QVERIFY(spinUntil([&] { return delivered == 1; }));
    QVERIFY(dropped.isCanceled());
}

void tst_Loops::handlerMayQuitTheApplication()
{
    Gate running;
    const auto other = toThread(openAndRunUntilCanceled(running));
    running.pass();
    QStringList heard;
    toThread([] {}).then(this, [&] {
        heard << "first";
        QCoreApplication::quit();
    });
    QCoreApplication::exec();
    QCOMPARE(heard, QStringList("first"));
    QVERIFY(waitFor(other));
    QVERIFY(other.isCanceled());
}

void tst_Loops::handlerMayEndItsThread()
{
    LoopThread thread;
    std::atomic<int> delivered = 0;
    PendingCall<void> call;
    thread.call([&] {
        call = toThread([] {}).then(thread.context(), [&] {
            ++delivered;
            thread.quit();
        });
    });
    QVERIFY(thread.wait(QDeadlineTimer(watchdog)));
    QCOMPARE(delivered.load(), 1);
}

void tst_Loops::timersTickWhileResultsFloodTheLoop()
{
    constexpr int count = 20'000;
    int delivered = 0;
    int ticks = 0;
    for (int i = 0; i < count; ++i) {
        toThread([] {}).then(this, [&] {
            burn(20us);
            ++delivered;
        });
    }
    const QDeadlineTimer deadline(watchdog);
    while (!activeCalls().isEmpty() && !deadline.hasExpired())
        QThread::msleep(1); // so that all of them wait for this loop
    QTimer ticker;
    connect(&ticker, &QTimer::timeout, this, [&] { ticks += delivered < count; });
    ticker.start(5);
    QVERIFY(runNestedLoopUntil([&] { return delivered == count; }));
    QVERIFY2(ticks >= 8, qPrintable(QString::number(ticks))); // 0.4 s and more: 80, if undisturbed
}

void tst_Loops::timersTickWhileWorkersFloodTheLoop()
{
    int ticks = 0;
    std::atomic<bool> stop = false;
    QTimer ticker;
    connect(&ticker, &QTimer::timeout, this, [&] { stop = ++ticks >= 20; });
    ticker.start(5);
    std::vector<PendingCall<void>> calls;
    for (int i = 0; i < 4; ++i) {
        calls.push_back(toThread([&] {
            while (!stop)
                fromThread([] {});
        }));
    }
    QVERIFY(runNestedLoopUntil([&] { return stop.load(); }));
    for (const auto &call : calls)
        QVERIFY(waitFor(call));
}

void tst_Loops::runReturnsWhatTheFunctionMakes()
{
    run([] { return toThread([] {}); });
    QCOMPARE(run([] { return toThread([] { return 1; }); }), 1);
    QCOMPARE(run([] { return toThread([] { return 1; }).future(); }), 1);
    QCOMPARE(run([]() -> EagerTask<int> { co_return co_await toThread([] { return 2; }); }), 2);
    QCOMPARE(run([] { return QtFuture::makeReadyFuture(3); }), 3);
    QCOMPARE(*run([] { return toThread([] { return std::make_unique<int>(4); }); }), 4);
    const auto finished = toThread([] { return 5; });
    QVERIFY(waitFor(finished));
    QCOMPARE(run([&] { return finished; }), 5);
}

void tst_Loops::runTakesArguments()
{
    const auto add = [](int &calls, std::unique_ptr<int> a, int b) {
        ++calls;
        return toThread([](int x, int y) { return x + y; }, *a, b);
    };
    int calls = 0;
    QCOMPARE(run(add, calls, std::make_unique<int>(2), 3), 5);
    QCOMPARE(calls, 1);
}

void tst_Loops::runThrowsWhatTheFunctionThrows()
{
    const auto later = [] { return toThread([] { throw std::domain_error("later"); }); };
    const auto atOnce = []() -> PendingCall<int> { throw std::domain_error("at once"); };
    QVERIFY_THROWS_EXCEPTION(std::domain_error, run(later));
    QVERIFY_THROWS_EXCEPTION(std::domain_error, run(atOnce));
}

void tst_Loops::runOfACanceledCallThrows()
{
    CapacityLimiter none(0);
    const auto canceled = [&] {
        const auto call = toThread({ .limiter = &none }, [] { return 1; });
        QTimer::singleShot(0, [call] { call.cancel(); });
        return call;
    };
    QVERIFY_THROWS_EXCEPTION(CanceledError, run(canceled));
    QVERIFY_THROWS_EXCEPTION(CanceledError, run([] { return PendingCall<int>(); }));
}

void tst_Loops::runOfAnEmptyFunctionIsInvalidUse()
{
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, run(std::function<PendingCall<int>()>()));
}

void tst_Loops::runWorksAgainAndInsideItself()
{
    for (int round = 0; round < 3; ++round) {
        const int result = run([] {
            const int inner =
                    run([] { return toThread([] { return fromThread([] { return 20; }); }); });
            return toThread([inner] { return inner + fromThread([] { return 1; }); });
        });
        QCOMPARE(result, 21);
    }
}

void tst_Loops::everythingArrivesInsideRun()
{
    std::optional<Arrivals> arrivals;
    run([&] {
        arrivals.emplace();
        auto promise = std::make_shared<QPromise<void>>();
        promise->start();
        auto *look = new QTimer(this);
        connect(look, &QTimer::timeout, look, [&arrivals, promise, look] {
            if (arrivals->haveAllCome()) {
                promise->finish();
                look->deleteLater();
            }
        });
        look->start(0);
        return failAfter(watchdog, [promise] { return promise->future(); });
    });
    QVERIFY(arrivals->haveAllCome());
}

void tst_Loops::quittingDuringRunCancelsTheOperation()
{
    Gate running;
    PendingCall<void> call;
    bool finished = false;
    bool loopFinished = false;
    setQuitTimeout(50ms); // which run() lets a slot's operation go on for
    const auto restore = qScopeGuard([] { setQuitTimeout(3s); });
    QTimer::singleShot(0, this, [&] {
        loopFinished = throws<LoopFinishedError>([&] {
            run([&] {
                call = toThread(openAndRunUntilCanceled(running));
                QTimer::singleShot(0, this, &QCoreApplication::quit);
                return call;
            });
        });
        finished = true;
    });
    QCoreApplication::exec();
    QVERIFY(finished);
    QVERIFY(loopFinished);
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
}

void tst_Loops::runWorksInAStdThread()
{
    OutsideThread thread([] {
        std::thread::id inLoop;
        const int sum = run([&] {
            return toThread([&] {
                fromThread([&] { inLoop = std::this_thread::get_id(); });
                return fromThread(
                        []() -> EagerTask<int> { co_return 1 + co_await toThread([] { return 2; }); });
            });
        });
        const int again = run([] { return toThread([] { return fromThread([] { return 4; }); }); });
        return inLoop == std::this_thread::get_id() ? sum + again : 0;
    });
    QCOMPARE(thread.result(), 7);
}

void tst_Loops::runWorksInAWorker()
{
    const auto work = [] {
        QThread *const worker = QThread::currentThread();
        const bool inner = run([&] {
            return toThread(
                    [&] { return fromThread([&] { return QThread::currentThread() == worker; }); });
        });
        // and afterwards this worker's own loop is the one it was called from
        return inner && fromThread([] { return QThread::currentThread() == qApp->thread(); });
    };
    QVERIFY(resultOf(toThread(work)));
    QVERIFY(resultOf(toThread({ .thread = Thread::Dedicated }, work)));
}

void tst_Loops::runOfACoroutineWorksInAWorker()
{
    const auto coroutine = []() -> EagerTask<bool> {
        QThread *const worker = QThread::currentThread();
        co_await toThread([] {});
        co_return QThread::currentThread() == worker;
    };
    QVERIFY(resultOf(toThread([&] { return run(coroutine); })));
}

void tst_Loops::runInAHandler()
{
    int result = 0;
    toThread([] {}).then(this, [&] { result = run([] { return toThread([] { return 3; }); }); });
    QVERIFY(spinUntil([&] { return result == 3; }));
}

void tst_Loops::callsOfAThreadWhoseLoopIsOverDoNotHang()
{
    OutsideThread thread([] {
        run([] { return toThread([] {}); });
        return waitInThread(toThread([] {
            try {
                fromThread([] {});
            } catch (const LoopFinishedError &) {
                return true;
            } catch (const NoEventLoopError &) {
                return true;
            }
            return false;
        }));
    });
    QVERIFY(thread.result());
}

void tst_Loops::waitInThreadBeforeExecDoesNotDeadlock()
{
    const auto call = toThread([] { return throws<LoopFinishedError>([] { fromThread([] {}); }); });
    QVERIFY(waitInThread(call)); // this loop cannot turn meanwhile
}

void tst_Loops::destroyedLoopDropsWhatWasMeantForIt()
{
    const int before = Counted::alive();
    Blocker blocker; // the worker goes on when the handler, and this function, have ended
    std::atomic<bool> ran = false;
    PendingCall<void> handler;
    {
        LoopThread thread;
        thread.call([&] {
            handler = toThread(blocker.function()).then(thread.context(), [&, counted = Counted()] {
                ran = counted.value == 0;
            });
        });
        QVERIFY(blocker.hasStarted());
        QCOMPARE(Counted::alive(), before + 1);
    }
    blocker.release();
    QVERIFY(waitFor(handler));
    QVERIFY(handler.isCanceled());
    QVERIFY(!ran);
    QVERIFY(spinUntil([&] { return Counted::alive() == before; }));
}

void tst_Loops::destroyedLoopsLeaveNothingBehind()
{
    const int before = Counted::alive();
    const QFerryMessages messages;
    for (int i = 0; i < 50; ++i) {
        LoopThread thread;
        LoopToken token;
        thread.call([&] {
            token = currentLoop();
            toThread([] {}).then(thread.context(), [counted = Counted()] { (void)counted; });
            toThread([counted = Counted()] {
                return fromThread([] { return 1; });
            }).onFailed(thread.context(), [] { return 0; });
            toThread([counted = Counted()] {
                return fromThread([] { return toThread([] { return 1; }); });
            }).onFailed(thread.context(), [] { return 0; });
        });
        thread.finish();
        QVERIFY(token.isFinished());
    }
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
    QVERIFY(spinUntil([&] { return Counted::alive() == before; }));
    // What fails because its context went with the loop is no news to anybody.
    QCOMPARE(messages.all(), QStringList());
}

void tst_Loops::callOutlivesItsLoop()
{
    Gate release;
    PendingCall<bool> call;
    {
        LoopThread thread;
        thread.call([&] {
            call = toThread([&] {
                release.pass();
                return throws<LoopFinishedError>([] { fromThread([] {}); })
                       && throws<LoopFinishedError>(
                               [] { fromThread([] { return toThread([] {}); }); });
            });
        });
    }
    release.open();
    QVERIFY(resultOf(call));
}

void tst_Loops::namedCallRunsInAWorkerThatAnEndedThreadStarted()
{
    CapacityLimiter many(32);
    Gate running;
    Gate release;
    const auto block = [&] {
        running.open();
        release.pass();
    };
    for (int i = 0; i < 32; ++i)
        OutsideThread([&] { toThread({ .limiter = &many }, block); }).result();
    running.pass(32);
    release.open(32);
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
    std::vector<PendingCall<QString>> calls;
    for (int i = 0; i < 32; ++i) {
        calls.push_back(toThread({ .limiter = &many, .name = QStringLiteral("named") }, [&] {
            block();
            return QThread::currentThread()->objectName();
        }));
    }
    running.pass(32);
    release.open(32);
    for (const auto &call : calls)
        QCOMPARE(resultOf(call), QStringLiteral("named"));
}

void tst_Loops::contextMayMoveToAnotherThread()
{
    Gate release;
    Gate delivered;
    QThread *deliveredIn = nullptr;
    LoopThread thread;
    auto *context = new QObject;
    toThread([&] { release.pass(); }).then(context, [&] {
        deliveredIn = QThread::currentThread();
        delivered.open();
    });
    context->moveToThread(&thread);
    release.open();
    QVERIFY(spinUntil([&] { return delivered.tryPass(1, 0ms); }));
    QCOMPARE(deliveredIn, &thread);
    context->deleteLater();
}

void tst_Loops::contextOfAThreadThatHasNotStartedWaitsForIt()
{
    QThread thread;
    QObject context;
    context.moveToThread(&thread);
    Gate delivered;
    const auto call = toThread([] {});
    QVERIFY(waitFor(call));
    call.then(&context, [&] { delivered.open(); });
    QVERIFY(!delivered.tryPass(1, 10ms));
    thread.start();
    QVERIFY(delivered.tryPass());
    thread.quit();
    thread.wait();
}

QTEST_GUILESS_MAIN(tst_Loops)
#include "tst_loops.moc"
