// SPDX-License-Identifier: MIT
#include "outside.h"
#include "task.h"

#include <QtCore/qpromise.h>
#include <QtCore/qtimer.h>

#include <latch>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

QThread *mainThread()
{
    return QCoreApplication::instance()->thread();
}

bool isMainThread()
{
    return QThread::currentThread() == mainThread();
}

EagerTask<QString> doubledInACoroutine(QString text)
{
    co_return co_await toThread([](const QString &t) { return t + t; }, text);
}

EagerTask<int> failingCoroutine()
{
    co_await toThread([] {});
    throw std::domain_error("coroutine");
}

QFuture<int> failedFuture()
{
    QPromise<int> promise;
    promise.start();
    promise.setException(std::make_exception_ptr(std::domain_error("future")));
    promise.finish();
    return promise.future();
}

QFuture<int> futureOfATimer(int value)
{
    auto promise = std::make_shared<QPromise<int>>();
    promise->start();
    QTimer::singleShot(1, [promise, value] {
        promise->addResult(value);
        promise->finish();
    });
    return promise->future();
}

/// Calls into the loop until that fails; how it failed.
template <typename F>
std::exception_ptr callUntilItFails(F &&fn)
{
    try {
        for (;;)
            fn();
    } catch (...) {
        return std::current_exception();
    }
}

template <typename E>
bool isA(const std::exception_ptr &error)
{
    return throws<E>([&] { std::rethrow_exception(error); });
}

/// A thread whose loop never turns: it ends when told to.
class LazyLoop : public QThread
{
public:
    LazyLoop()
    {
        start();
        m_started.pass();
    }
    ~LazyLoop() override { end(); }
    void end()
    {
        m_end.open();
        wait();
    }
    LoopToken token;

protected:
    void run() override
    {
        token = currentLoop();
        m_started.open();
        (void)m_end.tryPass();
    }

private:
    Gate m_started;
    Gate m_end;
};

LoopToken tokenOf(LoopThread &thread)
{
    LoopToken token;
    thread.call([&] { token = currentLoop(); });
    return token;
}

} // namespace

class tst_FromThread : public QObject
{
    Q_OBJECT

private slots:
    // plain functions
    void plainCallableRunsInTheLoopThread();
    void valuesOfEveryKindReturn();
    void argumentsArePassedOn();
    void memberFunctionsCanBeCalled();
    void manyWorkersCallAtOnce();
    // asynchronous functions
    void futureIsAwaitedWhileTheLoopTurns();
    void pendingCallIsAwaited();
    void coroutineIsAwaited();
    void asyncVoidAndMoveOnlyResultsReturn();
    // errors
    void errorsOfPlainCallablesAreRethrown();
    void errorsOfAsyncCallablesAreRethrown();
    void asyncCallableThatThrowsAtOnceFails();
    void emptyFunctionIsInvalidUse();
    // tokens of loops, and threads without a loop
    void outsideThreadWithoutATokenHasNoLoop();
    void callMadeWithoutALoopHasNoneToCallInto();
    void outsideThreadWithATokenCallsIn();
    void invalidTokenNamesNoLoop();
    void tokenOfAFinishedThreadSaysSo();
    void tokenOfAFinishedRunSaysSo();
    // loops that wait
    void loopThreadCannotWaitForItself();
    void waitingInALoopThreadIsInvalidUse();
    void anotherLoopsThreadCallsIn();
    void workerOfALoopThreadCallsThatLoop();
    // loops that end before they serve
    void threadThatEndsBeforeServingFailsTheCall();
    void asyncCallPostedToAnEndingThreadFails();
    void quittingApplicationFailsTheCall();
    void runThatReturnsFailsTheCall();
    // loops that end while the answer is under way
    void asyncPendingWhenTheThreadEndsIsCanceled_data();
    void asyncPendingWhenTheThreadEndsIsCanceled();
    void asyncPendingWhenTheApplicationQuitsIsCanceled();
    void asyncPendingWhenRunReturnsIsCanceled();
    // canceled by others
    void futureCanceledByOthersIsACancel();
    void callCanceledByOthersIsACancel();
    // abandoned callers
    void abandonedCallStillCallsTheLoop();
    // what the caller left behind
    void canceledHostsFunctionDoesNotStartLater();
    // the caller's token
    void nestedCallSharesTheBlockedToken();
    void twoNestedCallsTakeTurns();
    void nestedCallsGoDeep();
    void waitInThreadSharesTheToken();
    void runInAWorkerSharesTheToken();
    void nestedCallThatOutlivesTheWaitKeepsTheBooksRight();
    // waitInThread
    void waitInThreadTakesFutures();
    void waitInThreadWorksInOutsideThreads();
    void waitInThreadRethrows();
    void waitInThreadOfNoCallIsCanceled();
};

void tst_FromThread::plainCallableRunsInTheLoopThread()
{
    const bool result = resultOf(
            toThread([] { return !isMainThread() && fromThread([] { return isMainThread(); }); }));
    QVERIFY(result);
}

void tst_FromThread::valuesOfEveryKindReturn()
{
    resultOf(toThread([] { fromThread([] {}); }));
    QCOMPARE(resultOf(toThread([] { return fromThread([] { return 3; }); })), 3);
    QCOMPARE(resultOf(toThread([] { return fromThread([] { return QString(u'x'); }); })),
             QString(u'x'));
    QCOMPARE(
            *resultOf(toThread([] { return fromThread([] { return std::make_unique<int>(4); }); })),
            4);
    QCOMPARE(resultOf(toThread([] { return fromThread([] { return CopyOnly(5); }); })).value, 5);
}

void tst_FromThread::argumentsArePassedOn()
{
    const auto work = [] {
        int counter = 1;
        auto owned = std::make_unique<int>(40);
        const auto add = [](int &n, std::unique_ptr<int> p) { return ++n + *p; };
        const int sum = fromThread(add, std::ref(counter), std::move(owned));
        return QList<int>{ sum, counter };
    };
    QCOMPARE(resultOf(toThread(work)), (QList<int>{ 42, 2 }));
}

void tst_FromThread::memberFunctionsCanBeCalled()
{
    QObject object;
    object.setObjectName(QStringLiteral("mine"));
    QCOMPARE(resultOf(toThread([&] { return fromThread(&QObject::objectName, &object); })),
             QStringLiteral("mine"));
}

void tst_FromThread::manyWorkersCallAtOnce()
{
    constexpr int workers = 40;
    constexpr int callsEach = 200;
    int counter = 0; // the loop's alone
    QObject context;
    int finished = 0;
    for (int i = 0; i < workers; ++i) {
        toThread([&counter] {
            for (int n = 0; n < callsEach; ++n)
                fromThread([&counter] { ++counter; });
        }).then(&context, [&finished] { ++finished; });
    }
    QVERIFY(spinUntil([&] { return finished == workers; }));
    QCOMPARE(counter, workers * callsEach);
}

void tst_FromThread::futureIsAwaitedWhileTheLoopTurns()
{
    int ticks = 0;
    QTimer ticker;
    connect(&ticker, &QTimer::timeout, this, [&] { ++ticks; });
    ticker.start(0);
    auto promise = std::make_shared<QPromise<int>>();
    promise->start();
    Gate asked;
    const auto call = toThread([&] {
        return fromThread([&] {
            asked.open();
            return promise->future();
        });
    });
    QVERIFY(spinUntil([&] { return asked.tryPass(1, 0ms); }));
    ticks = 0;
    QVERIFY(spinUntil([&] { return ticks > 20; }));
    QVERIFY(!call.isFinished());
    promise->addResult(7);
    promise->finish();
    QCOMPARE(resultOf(call), 7);
}

void tst_FromThread::pendingCallIsAwaited()
{
    const auto work = [] {
        return fromThread([] { return toThread([] { return QStringLiteral("from afar"); }); });
    };
    QCOMPARE(resultOf(toThread(work)), QStringLiteral("from afar"));
}

void tst_FromThread::coroutineIsAwaited()
{
    QCOMPARE(resultOf(toThread(
                     [] { return fromThread(&doubledInACoroutine, QStringLiteral("ab")); })),
             QStringLiteral("abab"));
}

void tst_FromThread::asyncVoidAndMoveOnlyResultsReturn()
{
    resultOf(toThread([] { fromThread([] { return toThread([] {}); }); }));
    resultOf(toThread([] { fromThread([] { return QtFuture::makeReadyFuture(); }); }));
    const auto work = [] {
        return fromThread([] { return toThread([] { return std::make_unique<int>(8); }); });
    };
    QCOMPARE(*resultOf(toThread(work)), 8);
}

void tst_FromThread::errorsOfPlainCallablesAreRethrown()
{
    const auto work = [] {
        bool ok = throws<std::out_of_range>(
                [] { fromThread([] { throw std::out_of_range("here"); }); });
        try {
            fromThread([] { throw 42; });
        } catch (int number) {
            return ok && number == 42;
        }
        return false;
    };
    QVERIFY(resultOf(toThread(work)));
}

void tst_FromThread::errorsOfAsyncCallablesAreRethrown()
{
    const auto work = [] {
        return throws<std::domain_error>([] { fromThread(&failedFuture); })
               && throws<std::domain_error>([] { fromThread(&failingCoroutine); })
               && throws<std::domain_error>([] {
                      fromThread([] { return toThread([] { throw std::domain_error("call"); }); });
                  });
    };
    QVERIFY(resultOf(toThread(work)));
}

void tst_FromThread::asyncCallableThatThrowsAtOnceFails()
{
    const auto work = [] {
        return throws<std::domain_error>(
                [] { fromThread([]() -> QFuture<int> { throw std::domain_error("at once"); }); });
    };
    QVERIFY(resultOf(toThread(work)));
}

void tst_FromThread::emptyFunctionIsInvalidUse()
{
    const auto work = [] {
        int (*null)() = nullptr;
        return throws<InvalidUseError>([] { fromThread(std::function<void()>()); })
               && throws<InvalidUseError>([] { fromThread(std::function<QFuture<int>()>()); })
               && throws<InvalidUseError>([&] { fromThread(null); });
    };
    QVERIFY(resultOf(toThread(work)));
}

void tst_FromThread::outsideThreadWithoutATokenHasNoLoop()
{
    OutsideThread thread([] {
        return throws<NoEventLoopError>([] { fromThread([] {}); })
               && throws<NoEventLoopError>([] { (void)currentLoop(); })
               && throws<NoEventLoopError>([] { fromThread([] { return failedFuture(); }); });
    });
    QVERIFY(thread.result()); // at once: this loop does not turn
}

void tst_FromThread::callMadeWithoutALoopHasNoneToCallInto()
{
    OutsideThread thread([] {
        const QFuture<bool> future =
                toThread([] { return throws<NoEventLoopError>([] { fromThread([] {}); }); });
        return future.result();
    });
    QVERIFY(thread.result());
}

void tst_FromThread::outsideThreadWithATokenCallsIn()
{
    const LoopToken token = currentLoop();
    const auto work = [&] {
        return fromThread(token, [] { return isMainThread(); })
               && fromThread(token, &futureOfATimer, 9) == 9
               && fromThread(token, &doubledInACoroutine, QStringLiteral("c"))
                          == QStringLiteral("cc");
    };
    QVERIFY(runOutside(work));
}

void tst_FromThread::invalidTokenNamesNoLoop()
{
    const LoopToken token;
    QVERIFY(!token.isValid());
    QVERIFY(!token.isFinished());
    QVERIFY(runOutside(
            [&] { return throws<NoEventLoopError>([&] { fromThread(token, [] {}); }); }));
}

void tst_FromThread::tokenOfAFinishedThreadSaysSo()
{
    LoopToken token;
    {
        LoopThread thread;
        token = tokenOf(thread);
        QVERIFY(token.isValid() && !token.isFinished());
    }
    QVERIFY(token.isValid() && token.isFinished());
    QVERIFY_THROWS_EXCEPTION(LoopFinishedError, fromThread(token, [] {}));
    QVERIFY_THROWS_EXCEPTION(LoopFinishedError,
                             fromThread(token, [] { return futureOfATimer(1); }));
}

void tst_FromThread::tokenOfAFinishedRunSaysSo()
{
    OutsideThread thread([] {
        LoopToken token;
        run([&] {
            token = currentLoop();
            return toThread([] {});
        });
        return token;
    });
    const LoopToken token = thread.result();
    QVERIFY_THROWS_EXCEPTION(LoopFinishedError, fromThread(token, [] {}));
}

void tst_FromThread::loopThreadCannotWaitForItself()
{
    const LoopToken token = currentLoop();
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, fromThread(token, [] {}));
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, fromThread(token, [] { return futureOfATimer(1); }));
    // nor inside a function that a worker waits for
    const auto work = [&] {
        return fromThread(
                [&] { return throws<InvalidUseError>([&] { fromThread(token, [] {}); }); });
    };
    QVERIFY(resultOf(toThread(work)));
}

void tst_FromThread::waitingInALoopThreadIsInvalidUse()
{
    LoopThread thread;
    bool threw = false;
    thread.call([&] {
        threw = throws<InvalidUseError>([] { waitInThread(toThread([] { return 1; })); });
    });
    QVERIFY(threw);
}

void tst_FromThread::anotherLoopsThreadCallsIn()
{
    const LoopToken token = currentLoop();
    LoopThread thread;
    bool ranHere = false;
    int value = 0;
    runOutside([&] {
        thread.call([&] {
            ranHere = fromThread(token, [] { return isMainThread(); });
            value = fromThread(token, &futureOfATimer, 11);
        });
    });
    QVERIFY(ranHere);
    QCOMPARE(value, 11);
}

void tst_FromThread::workerOfALoopThreadCallsThatLoop()
{
    LoopThread thread;
    PendingCall<bool> call;
    thread.call([&] {
        call = toThread(
                [&] { return fromThread([&] { return QThread::currentThread() == &thread; }); });
    });
    QVERIFY(resultOf(call));
}

void tst_FromThread::threadThatEndsBeforeServingFailsTheCall()
{
    LazyLoop thread;
    Gate calling;
    std::atomic<bool> ran = false;
    OutsideThread caller([&] {
        calling.open();
        return throws<LoopFinishedError>([&] { fromThread(thread.token, [&] { ran = true; }); });
    });
    calling.pass();
    thread.end();
    QVERIFY(caller.result());
    QVERIFY(!ran);
}

void tst_FromThread::asyncCallPostedToAnEndingThreadFails()
{
    LazyLoop thread;
    Gate calling;
    OutsideThread caller([&] {
        calling.open();
        return throws<LoopFinishedError>(
                [&] { fromThread(thread.token, [] { return futureOfATimer(1); }); });
    });
    calling.pass();
    thread.end();
    QVERIFY(caller.result());
}

void tst_FromThread::quittingApplicationFailsTheCall()
{
    const LoopToken token = currentLoop();
    Gate served;
    const auto callIn = [&] {
        return callUntilItFails([&] { fromThread(token, [&] { served.open(); }); });
    };
    OutsideThread caller(callIn);
    std::exception_ptr workersError;
    QTimer::singleShot(0, this, [&] { toThread([&] { workersError = callIn(); }); });
    QTimer::singleShot(20, QCoreApplication::instance(), &QCoreApplication::quit);
    QCoreApplication::exec(); // waits for the worker when it quits
    QVERIFY(isA<LoopFinishedError>(caller.result()));
    QVERIFY(workersError && isA<LoopFinishedError>(workersError));
    QVERIFY(served.tryPass(1, 0ms));
}

void tst_FromThread::runThatReturnsFailsTheCall()
{
    std::optional<OutsideThread<std::exception_ptr>> caller;
    Gate served;
    run([&] {
        const LoopToken token = currentLoop();
        caller.emplace([&served, token] {
            return callUntilItFails([&] { fromThread(token, [&] { served.open(); }); });
        });
        return toThread([&] { served.pass(); });
    });
    QVERIFY(isA<LoopFinishedError>(caller->result()));
}

void tst_FromThread::asyncPendingWhenTheThreadEndsIsCanceled_data()
{
    QTest::addColumn<int>("kind");
    QTest::newRow("QFuture") << 0;
    QTest::newRow("PendingCall") << 1;
    QTest::newRow("coroutine") << 2;
}

void tst_FromThread::asyncPendingWhenTheThreadEndsIsCanceled()
{
    QFETCH(int, kind);
    LoopThread thread;
    const LoopToken token = tokenOf(thread);
    Gate pending;
    Blocker blocker; // its function goes on when the call, and this test, have ended
    const auto untilReleased = [&] {
        pending.open();
        return toThread(blocker.returning(1));
    };
    auto promise = std::make_shared<QPromise<int>>();
    promise->start();
    OutsideThread caller([&, token] {
        return throws<CanceledError>([&] {
            if (kind == 0) {
                fromThread(token, [&] {
                    pending.open();
                    return promise->future();
                });
            } else if (kind == 1) {
                fromThread(token, untilReleased);
            } else {
                fromThread(token, [&]() -> EagerTask<int> { co_return co_await untilReleased(); });
            }
        });
    });
    pending.pass();
    thread.finish();
    QVERIFY(caller.result());
    promise->finish();
}

void tst_FromThread::asyncPendingWhenTheApplicationQuitsIsCanceled()
{
    const LoopToken token = currentLoop();
    auto promise = std::make_shared<QPromise<int>>();
    promise->start();
    OutsideThread caller([&] {
        return throws<CanceledError>([&] {
            fromThread(token, [&] {
                QTimer::singleShot(0, QCoreApplication::instance(), &QCoreApplication::quit);
                return promise->future();
            });
        });
    });
    QCoreApplication::exec();
    QVERIFY(caller.result());
    promise->finish();
}

void tst_FromThread::asyncPendingWhenRunReturnsIsCanceled()
{
    auto promise = std::make_shared<QPromise<int>>();
    promise->start();
    Gate pending;
    std::optional<OutsideThread<bool>> caller;
    run([&] {
        caller.emplace([&, token = currentLoop()] {
            return throws<CanceledError>([&] {
                fromThread(token, [&] {
                    pending.open();
                    return promise->future();
                });
            });
        });
        return toThread([&] { pending.pass(); });
    });
    QVERIFY(caller->result());
    promise->finish();
}

void tst_FromThread::futureCanceledByOthersIsACancel()
{
    auto promise = std::make_shared<QPromise<int>>();
    promise->start();
    const auto call = toThread([&] {
        return throws<CanceledError>([&] {
            fromThread([&] {
                QTimer::singleShot(0, [&] {
                    promise->future().cancel();
                    promise->finish();
                });
                return promise->future();
            });
        });
    });
    QVERIFY(resultOf(call));
}

void tst_FromThread::callCanceledByOthersIsACancel()
{
    Gate running;
    const auto inner = std::make_shared<PendingCall<void>>();
    const auto call = toThread([&] {
        return throws<CanceledError>([&] {
            fromThread([&] {
                *inner = toThread([&] {
                    running.open();
                    while (true)
                        checkCanceled();
                });
                return *inner;
            });
        });
    });
    QVERIFY(spinUntil([&] { return running.tryPass(1, 0ms); }));
    inner->cancel();
    QVERIFY(resultOf(call));
}

void tst_FromThread::abandonedCallStillCallsTheLoop()
{
    Gate running;
    Gate release;
    std::atomic<int> sum = 0;
    std::atomic<bool> done = false;
    const auto call = toThread({ .abandonOnCancel = true }, [&] {
        running.open();
        release.pass();
        sum = fromThread([] { return isMainThread() ? 1 : 100; });
        sum += fromThread(&futureOfATimer, 2);
        sum += fromThread([] { return toThread([] { return 4; }); });
        done = true;
    });
    running.pass();
    call.cancel();
    QVERIFY(call.isCanceled());
    release.open();
    QVERIFY(spinUntil([&] { return done.load(); }));
    QCOMPARE(sum.load(), 7);
}

void tst_FromThread::canceledHostsFunctionDoesNotStartLater()
{
    Gate calling;
    Gate left;
    bool ran = false; // the loop's
    const auto call = toThread([&] {
        calling.open();
        try {
            fromThread([&] {
                ran = true;
                return toThread([] {});
            });
        } catch (...) {
            left.open();
            throw;
        }
    });
    calling.pass(); // this loop does not turn meanwhile, so the function cannot begin
    call.cancel();
    left.pass();
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
    QVERIFY(!ran); // what it captured is gone
}

void tst_FromThread::nestedCallSharesTheBlockedToken()
{
    CapacityLimiter one(1);
    int borrowed = 0;
    const auto work = [&] {
        return fromThread([&] {
            return toThread({ .limiter = &one }, [&] {
                borrowed = one.borrowedTokens();
                return 5;
            });
        });
    };
    QCOMPARE(resultOf(toThread({ .limiter = &one }, work)), 5);
    QCOMPARE(borrowed, 1);
    QVERIFY(spinUntil([&] { return one.borrowedTokens() == 0; }));
    QCOMPARE(one.statistics().waiting, 0);
    QVERIFY(one.tryAcquire(this));
    one.release(this);
}

void tst_FromThread::twoNestedCallsTakeTurns()
{
    CapacityLimiter one(1);
    QObject context;
    std::atomic<int> now = 0;
    std::atomic<int> most = 0;
    const auto nested = [&] {
        most = qMax(most.load(), ++now);
        QThread::yieldCurrentThread();
        --now;
        return 3;
    };
    const auto work = [&] {
        return fromThread([&] {
            const auto first = toThread({ .limiter = &one }, nested);
            const auto second = toThread({ .limiter = &one }, nested);
            return first.then(&context, [&, second](int a) {
                return second.then(&context, [a](int b) { return a + b; });
            });
        });
    };
    QCOMPARE(resultOf(toThread({ .limiter = &one }, work)), 6);
    QCOMPARE(most.load(), 1);
    QVERIFY(spinUntil([&] { return one.borrowedTokens() == 0; }));
}

void tst_FromThread::nestedCallsGoDeep()
{
    CapacityLimiter one(1);
    std::function<int(int)> work = [&](int depth) {
        if (depth == 0)
            return 0;
        return 1
               + fromThread([&, depth] { return toThread({ .limiter = &one }, work, depth - 1); });
    };
    QCOMPARE(resultOf(toThread({ .limiter = &one }, work, 10)), 10);
    QVERIFY(spinUntil([&] { return one.borrowedTokens() == 0; }));
}

void tst_FromThread::waitInThreadSharesTheToken()
{
    CapacityLimiter one(1);
    const auto work = [&] {
        const auto first = toThread({ .limiter = &one }, [] { return 2; });
        const auto second = toThread({ .limiter = &one }, [] { return 3; });
        return waitInThread(first) * waitInThread(second);
    };
    QCOMPARE(resultOf(toThread({ .limiter = &one }, work)), 6);
    QVERIFY(spinUntil([&] { return one.borrowedTokens() == 0; }));
}

void tst_FromThread::runInAWorkerSharesTheToken()
{
    CapacityLimiter one(1);
    const auto work = [&] {
        return run([&] { return toThread({ .limiter = &one }, [] { return 4; }); });
    };
    QCOMPARE(resultOf(toThread({ .limiter = &one }, work)), 4);
    QVERIFY(spinUntil([&] { return one.borrowedTokens() == 0; }));
}

void tst_FromThread::nestedCallThatOutlivesTheWaitKeepsTheBooksRight()
{
    CapacityLimiter one(1);
    Gate nestedRuns;
    Gate release;
    PendingCall<void> nested; // the loop's
    const auto outer = toThread({ .limiter = &one }, [&] {
        fromThread([&] {
            nested = toThread({ .limiter = &one }, [&] {
                nestedRuns.open();
                release.pass();
            });
            return toThread({ .thread = Thread::Dedicated }, [&] { nestedRuns.pass(); });
        });
    });
    resultOf(outer);
    // The caller has gone on and ended; what ran with its token runs still.
    QVERIFY(spinUntil([&] { return one.borrowedTokens() == 1; }));
    bool laterRan = false;
    const auto later = toThread({ .limiter = &one }, [&] { laterRan = true; });
    QCOMPARE(one.statistics().waiting, 1);
    release.open();
    resultOf(nested);
    resultOf(later);
    QVERIFY(laterRan);
    QVERIFY(spinUntil([&] { return one.borrowedTokens() == 0; }));
}

void tst_FromThread::waitInThreadTakesFutures()
{
    auto promise = std::make_shared<QPromise<QString>>();
    promise->start();
    Gate running;
    const auto call = toThread([&] {
        running.open();
        return waitInThread(promise->future());
    });
    running.pass();
    promise->addResult(QStringLiteral("done"));
    promise->finish();
    QCOMPARE(resultOf(call), QStringLiteral("done"));
}

void tst_FromThread::waitInThreadWorksInOutsideThreads()
{
    OutsideThread thread([] {
        auto owned = waitInThread(toThread([] { return std::make_unique<int>(6); }));
        return *owned;
    });
    QCOMPARE(thread.result(), 6);
}

void tst_FromThread::waitInThreadRethrows()
{
    OutsideThread thread([] {
        return throws<std::domain_error>(
                [] { waitInThread(toThread([] { throw std::domain_error("late"); })); });
    });
    QVERIFY(thread.result());
}

void tst_FromThread::waitInThreadOfNoCallIsCanceled()
{
    OutsideThread thread(
            [] { return throws<CanceledError>([] { waitInThread(PendingCall<int>()); }); });
    QVERIFY(thread.result());
}

QTEST_GUILESS_MAIN(tst_FromThread)
#include "tst_fromthread.moc"
