// SPDX-License-Identifier: MIT
#include "cancelable.h"

#include <QtCore/qdeadlinetimer.h>
#include <QtCore/qtimer.h>

#include <array>
#include <set>
#include <thread>

using namespace QFerry;
using namespace Testing;

class tst_ToThread : public QObject
{
    Q_OBJECT
private slots:
    void fiveCallsInARowUseOneThread();
    void runsInAnotherThread();
    void deliversResultsOfEveryType();
    void rethrowsErrorsOfEveryType();
    void takesEveryKindOfFunction();
    void passesArguments();
    void movesArgumentsAndUsesThemOnce();
    void sharesWhatIsGivenByReference();
    void rethrowsWithDynamicTypeAndMessage();
    void whateverIsThrownEndsTheCall();
    void throwingCanceledErrorEndsTheCallCanceled();
    void destroysFunctionAndArgumentsWhenTheCallEnds();
    void destroysTheContextWhenTheCallEnds();
    void destroysAnUnusedResultWhenTheCallEnds();
    void destroysTheFunctionOfACallThatIsCanceledInTheQueue();
    void mayBeCalledWithoutEventLoop();
    void knowsThatItIsAWorkerAndItsLoop();
    void reentersTheLoopAndLeavesItAgain();
    void fourReenteringWorkersAllProgress();
    void worksInEveryExecOfAThread();
    void worksInEveryExecOfTheApplication();
    void anEmptyFunctionIsAnError();
    void aTimeoutThatIsNotPositiveIsAnError_data();
    void aTimeoutThatIsNotPositiveIsAnError();
    void aTimeoutEndsTheCall();
    void aTimeoutMetByTheFunctionIsHarmless();
};

void tst_ToThread::fiveCallsInARowUseOneThread()
{
    const int before = processThreadCount();
    std::set<std::thread::id> workers;
    for (int i = 0; i < 5; ++i)
        workers.insert(resultOf(toThread(&std::this_thread::get_id)));
    QCOMPARE(workers.size(), size_t(1));
    if (before < 0)
        QSKIP("This system does not tell how many threads a process has");
    QCOMPARE(processThreadCount(), before + 1);
}

void tst_ToThread::runsInAnotherThread()
{
    const auto worker = resultOf(toThread(&std::this_thread::get_id));
    QVERIFY(worker != std::this_thread::get_id());
}

void tst_ToThread::deliversResultsOfEveryType()
{
    forEachResultType([]<typename T>() {
        QObject context;
        std::optional<bool> matched;
        toThread(&Sample<T>::make).then(&context, noteSample<T>(matched));
        QVERIFY(spinUntil([&] { return matched.has_value(); }));
        QVERIFY(*matched);
    });
}

void tst_ToThread::rethrowsErrorsOfEveryType()
{
    forEachResultType([]<typename T>() {
        const auto call = toThread([]() -> T { throw std::domain_error("no"); });
        QVERIFY_EXCEPTION_THROWN(resultOf(call), std::domain_error);
    });
}

namespace {
int addOne(int value)
{
    return value + 1;
}

struct Adder
{
    int addTo(int value) const { return value + amount; }
    static int addTwo(int value) { return value + 2; }
    int operator()(int value) && { return value + amount; }

    int amount = 0;
};
} // namespace

void tst_ToThread::takesEveryKindOfFunction()
{
    const Adder five{ 5 };
    QCOMPARE(resultOf(toThread(&addOne, 1)), 2);
    QCOMPARE(resultOf(toThread(addOne, 1)), 2);
    QCOMPARE(resultOf(toThread(&Adder::addTwo, 1)), 3);
    QCOMPARE(resultOf(toThread(&Adder::addTo, five, 1)), 6);
    QCOMPARE(resultOf(toThread(&Adder::addTo, &five, 1)), 6);
    QCOMPARE(resultOf(toThread(&Adder::amount, five)), 5);
    QCOMPARE(resultOf(toThread(Adder{ 7 }, 1)), 8);
    QCOMPARE(resultOf(toThread(std::function<int(int)>(&addOne), 1)), 2);
    QCOMPARE(resultOf(toThread([n = 0](int by) mutable { return n += by; }, 3)), 3);
    QCOMPARE(resultOf(toThread([p = std::make_unique<int>(4)] { return *p; })), 4);
    QCOMPARE(resultOf(toThread({ .name = QStringLiteral("named") }, &addOne, 1)), 2);
}

void tst_ToThread::passesArguments()
{
    const QString text = QStringLiteral("text");
    const auto call = toThread([](const QString &a, QString b, const char *c,
                                  int n) { return a + b + QLatin1String(c) + QString::number(n); },
                               text, QStringLiteral("-"), "literal", 3);
    QCOMPARE(resultOf(call), QStringLiteral("text-literal3"));
}

void tst_ToThread::movesArgumentsAndUsesThemOnce()
{
    Counted::resetCounts();
    QCOMPARE(resultOf(toThread([](Counted counted) { return counted.value; }, Counted(3))), 3);
    QCOMPARE(Counted::copies(), 0);

    const auto call = toThread([](MoveOnly pointer) { return pointer; }, Sample<MoveOnly>::make());
    QVERIFY(Sample<MoveOnly>::matches(resultOf(call)));
}

void tst_ToThread::sharesWhatIsGivenByReference()
{
    int number = 1;
    resultOf(toThread([](int &n) { n = 2; }, std::ref(number)));
    QCOMPARE(number, 2);
}

void tst_ToThread::rethrowsWithDynamicTypeAndMessage()
{
    QObject context;
    QString message;
    toThread([]() -> int {
        throw std::out_of_range("beyond the end");
    }).onFailed(&context, [](const std::runtime_error &) {
          return 1;
      }).onFailed(&context, [&message](const std::logic_error &error) {
        if (dynamic_cast<const std::out_of_range *>(&error))
            message = QString::fromUtf8(error.what());
        return 2;
    });
    QVERIFY(spinUntil([&] { return !message.isEmpty(); }));
    QCOMPARE(message, QStringLiteral("beyond the end"));
}

void tst_ToThread::whateverIsThrownEndsTheCall()
{
    QVERIFY_EXCEPTION_THROWN(resultOf(toThread([] { throw 42; })), int);
    using Text = const char *;
    QVERIFY_EXCEPTION_THROWN(resultOf(toThread([] { throw "text"; })), Text);
    QVERIFY_EXCEPTION_THROWN(resultOf(toThread([] { throw std::make_shared<int>(1); })),
                             std::shared_ptr<int>);
}

void tst_ToThread::throwingCanceledErrorEndsTheCallCanceled()
{
    const auto call = toThread([] { throw CanceledError(); });
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
}

void tst_ToThread::destroysFunctionAndArgumentsWhenTheCallEnds()
{
    const int before = Counted::alive();
    {
        const auto call = toThread([captured = Counted()](const Counted &) {}, Counted());
        QVERIFY(waitFor(call));
        QCOMPARE(Counted::alive(), before); // although the handle and the worker live on
    }
    {
        const auto call = toThread([captured = Counted()] { throw 42; });
        QVERIFY(waitFor(call));
        QCOMPARE(Counted::alive(), before);
        call.onFailed(this, [] {});
    }
}

void tst_ToThread::destroysTheContextWhenTheCallEnds()
{
    static ContextVar<std::shared_ptr<int>> variable("variable");
    const auto value = std::make_shared<int>(1);
    const auto token = variable.set(value);
    const auto call = toThread([] { return *variable.get(); });
    variable.reset(token);
    QCOMPARE(resultOf(call), 1);
    QVERIFY(spinUntil([&] { return value.use_count() == 1; }));
}

void tst_ToThread::destroysAnUnusedResultWhenTheCallEnds()
{
    const int before = Counted::alive();
    Blocker blocker;
    toThread([block = blocker.function()] {
        block();
        return Counted();
    });
    QVERIFY(blocker.hasStarted());
    blocker.release();
    QVERIFY(spinUntil([&] { return activeCalls().isEmpty() && Counted::alive() == before; }));
}

void tst_ToThread::destroysTheFunctionOfACallThatIsCanceledInTheQueue()
{
    const int before = Counted::alive();
    CapacityLimiter closed(0);
    const auto call = toThread({ .limiter = &closed }, [captured = Counted()] {});
    QCOMPARE(Counted::alive(), before + 1);
    call.cancel();
    QCOMPARE(Counted::alive(), before);
}

void tst_ToThread::mayBeCalledWithoutEventLoop()
{
    Gate done;
    std::thread outside([&] {
        const QFuture<int> result = toThread([] { return 42; });
        QCOMPARE(result.result(), 42);
        const QFuture<void> failed = toThread([] { fromThread([] {}); });
        QVERIFY_EXCEPTION_THROWN(QFuture<void>(failed).waitForFinished(), NoEventLoopError);
        done.open();
    });
    const bool ended = done.tryPass();
    outside.join();
    QVERIFY(ended);
}

void tst_ToThread::knowsThatItIsAWorkerAndItsLoop()
{
    QVERIFY(!isWorkerThread());
    const LoopToken here = currentLoop();
    const auto [isWorker, isHere] = resultOf(
            toThread([here] { return std::pair(isWorkerThread(), currentLoop() == here); }));
    QVERIFY(isWorker);
    QVERIFY(isHere);

    LoopThread other;
    bool isOther = false;
    other.call([&] {
        const LoopToken there = currentLoop();
        isOther = toThread([there] { return currentLoop() == there; }).future().result();
    });
    QVERIFY(isOther);
}

void tst_ToThread::reentersTheLoopAndLeavesItAgain()
{
    const auto call = toThread([] {
        return fromThread([] {   // in the loop
            return toThread([] { // in a second worker
                return fromThread([] { return isWorkerThread() ? 0 : 42; });
            });
        });
    });
    QCOMPARE(resultOf(call), 42);
}

void tst_ToThread::fourReenteringWorkersAllProgress()
{
    using namespace std::chrono_literals;
    const QDeadlineTimer end(2s);
    std::array<std::atomic<int>, 4> rounds = {};
    std::vector<PendingCall<void>> calls;
    for (auto &round : rounds) {
        calls.push_back(toThread([&round, end] {
            while (!end.hasExpired()) {
                fromThread([] { return toThread([] {}); });
                ++round;
            }
        }));
    }
    for (const auto &call : calls)
        resultOf(call);
    for (const auto &round : rounds)
        QVERIFY2(round >= 10, qPrintable(QString::number(round)));
}

void tst_ToThread::worksInEveryExecOfAThread()
{
    class Thread final : public QThread
    {
        void run() override
        {
            QObject context;
            for (int i = 0; i < 3; ++i) {
                toThread([] { return fromThread([] { return 1; }); }).then(&context, [this](int n) {
                    delivered += n;
                    QThread::currentThread()->quit();
                });
                exec();
            }
        }

    public:
        int delivered = 0;
    } thread;
    thread.start();
    QVERIFY(thread.wait(QDeadlineTimer(watchdog)));
    QCOMPARE(thread.delivered, 3);
}

void tst_ToThread::worksInEveryExecOfTheApplication()
{
    int delivered = 0;
    QTimer timer;
    timer.callOnTimeout(qApp, &QCoreApplication::quit);
    timer.start(watchdog);
    for (int i = 0; i < 3; ++i) {
        toThread([] { return fromThread([] { return 1; }); }).then(this, [&delivered](int n) {
            delivered += n;
            QCoreApplication::quit(); // by a handler
        });
        QCoreApplication::exec();
    }
    QCOMPARE(delivered, 3);
}

void tst_ToThread::anEmptyFunctionIsAnError()
{
    int (*const nullFunction)() = nullptr;
    int (Adder::*const nullMember)(int) const = nullptr;
    QVERIFY_EXCEPTION_THROWN(resultOf(toThread(nullFunction)), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(resultOf(toThread(nullMember, Adder(), 1)), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(resultOf(toThread(std::function<int()>())), InvalidUseError);
}

void tst_ToThread::aTimeoutThatIsNotPositiveIsAnError_data()
{
    QTest::addColumn<int>("nanoseconds");
    QTest::addRow("zero") << 0;
    QTest::addRow("negative") << -1;
}

void tst_ToThread::aTimeoutThatIsNotPositiveIsAnError()
{
    QFETCH(int, nanoseconds);
    std::atomic<bool> ran{ false };
    const auto call =
            toThread({ .timeout = std::chrono::nanoseconds(nanoseconds) }, [&ran] { ran = true; });
    QVERIFY_EXCEPTION_THROWN(resultOf(call), InvalidUseError);
    QVERIFY(!ran);
}

void tst_ToThread::aTimeoutEndsTheCall()
{
    using namespace std::chrono_literals;
    CapacityLimiter closed(0);
    const auto queued = toThread({ .limiter = &closed, .timeout = 10ms }, [] {});
    QVERIFY_EXCEPTION_THROWN(resultOf(queued), TimeoutError);

    const auto running = toThread({ .timeout = 10ms }, &runUntilCanceled);
    QVERIFY_EXCEPTION_THROWN(resultOf(running), TimeoutError);

    Blocker blocker;
    const auto abandoned =
            toThread({ .abandonOnCancel = true, .timeout = 10ms }, blocker.function());
    QVERIFY_EXCEPTION_THROWN(resultOf(abandoned), TimeoutError);
}

void tst_ToThread::aTimeoutMetByTheFunctionIsHarmless()
{
    using namespace std::chrono_literals;
    QCOMPARE(resultOf(toThread({ .timeout = 1h }, [] { return 1; })), 1);

    const auto late = toThread({ .timeout = 10ms }, [] {
        const auto canceled = std::make_shared<Gate>();
        const auto registration = onCancel([canceled] { canceled->open(); });
        canceled->pass();
        return 2; // all the same
    });
    QCOMPARE(resultOf(late), 2);
}

QTEST_GUILESS_MAIN(tst_ToThread)
#include "tst_tothread.moc"
