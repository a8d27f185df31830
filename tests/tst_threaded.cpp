// SPDX-License-Identifier: MIT
#include "burst.h"
#include "cancelable.h"
#include "generator.h"

#ifdef QFERRY_TEST_QCORO
#    include <QCoro/QCoroGenerator>
#endif

#include <QtCore/qpointer.h>
#include <QtCore/qprocess.h>
#include <QtCore/qset.h>
#include <QtCore/qsharedpointer.h>

using namespace QFerry;
using namespace Testing;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace Names {

// Seen by the dynamic linker, as the functions of libraries are.
Q_DECL_EXPORT QString nameOfThread()
{
    return QThread::currentThread()->objectName();
}

} // namespace Names

namespace {

QThread *currentThread()
{
    return QThread::currentThread();
}

int add(int a, int b)
{
    return a + b;
}

int addQuietly(int a, int b) noexcept
{
    return a + b;
}

[[noreturn]] void fail()
{
    throw std::domain_error("expected");
}

Generator<int> countTo(int end)
{
    for (int i = 1; i <= end; ++i)
        co_yield i;
}

class Calculator : public QObject
{
public:
    explicit Calculator(int value = 0) : base(value) {}
    int plus(int n) { return base + n; }
    int plusConst(int n) const { return base + n; }
    void set(int n) { base = n; }
    static int times(int a, int b) { return a * b; }
    QThread *whereAmI() const { return QThread::currentThread(); }
    virtual int virtually(int n) const { return n; }
    Generator<int> count(int end) const
    {
        for (int i = base; i <= end; ++i)
            co_yield i;
    }
    void yield(Yield<int> &yield, int end)
    {
        for (int i = base; i <= end; ++i)
            yield(i);
    }
    void yieldConst(Yield<QString> &yield) const noexcept(false) { yield(QString::number(base)); }
    void promise(QPromise<int> &promise, int end)
    {
        for (int i = base; i <= end; ++i)
            promise.addResult(i);
    }

    int base;
};

class BetterCalculator : public Calculator
{
public:
    using Calculator::Calculator;
    int virtually(int n) const override { return n * 2; }
};

/// The numbers of the process's threads; empty where the system does not tell.
QSet<QString> processThreads()
{
    const QStringList numbers =
            QDir(u"/proc/self/task"_s).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    return { numbers.begin(), numbers.end() };
}

template <typename T>
std::vector<T> allOf(Stream<T> stream)
{
    std::vector<T> items;
    QObject context;
    resultOf(
            std::move(stream).forEach(&context, [&](T item) { items.push_back(std::move(item)); }));
    return items;
}

} // namespace

class tst_Threaded : public QObject
{
    Q_OBJECT

private slots:
    // calls
    void callsRunInAWorker();
    void syncCallRunsInline();
    void errorsArrive();
    void wrapperMayBeUsedAgain();
    void optionsApplyToEveryCall();
    // kinds of functions
    void allKindsOfFunctionsAreWrapped();
    void moveOnlyFunctionsAreCalledOnce();
    void argumentsAreMoved();
    void promisesWorkToo();
    // objects
    void objectMayBeAPointerOrAReference();
    void deadObjectIsAnError();
    void virtualFunctionsAreVirtual();
    // generators
    void generatorsMakeStreams();
    void membersAreHandedAYieldOrAPromise();
    void generatorsOfQCoroMakeStreams();
    void rangesThatLastAreResults();
    void streamsHeedTheOptionsOfTheirCalls();
    // threads of their own
    void separateCallHasAThreadOfItsOwn();
    void separateCallStartsBeforeItReturns();
    void separateThreadsAreNamedAfterTheFunction();
    void separateStreamsHaveAThreadOfTheirOwn();
    void emptyFunctionsAreInvalidUse();
    // detach
    void attachedThreadIsJoined_data();
    void attachedThreadIsJoined();
};

void tst_Threaded::callsRunInAWorker()
{
    const auto wrapped = threaded(&currentThread);
    QThread *loop = QThread::currentThread();
    QVERIFY(resultOf(wrapped()) != loop);
    QVERIFY(resultOf(wrapped.asyncCall()) != loop);
    static_assert(std::is_same_v<decltype(wrapped()), PendingCall<QThread *>>);
    static_assert(std::is_same_v<decltype(wrapped.asyncCall()), PendingCall<QThread *>>);
}

void tst_Threaded::syncCallRunsInline()
{
    QCOMPARE(threaded(&currentThread).syncCall(), QThread::currentThread());
    QCOMPARE(threaded(&add).syncCall(1, 2), 3);
    Calculator calculator(1);
    QCOMPARE(threaded(&Calculator::plus).syncCall(calculator, 2), 3);
    QCOMPARE(threaded(&Calculator::plus).syncCall(&calculator, 2), 3);
    QVERIFY(throws<std::domain_error>([] { threaded(&fail).syncCall(); }));
    QVERIFY(throws<InvalidUseError>(
            [] { threaded(&Calculator::plus).syncCall(QPointer<Calculator>(), 2); }));
    int sum = 0;
    for (const int n : threaded(&countTo).syncCall(3))
        sum += n;
    QCOMPARE(sum, 6);
}

void tst_Threaded::errorsArrive()
{
    QVERIFY(failsWith<std::domain_error>(threaded(&fail)()));
}

void tst_Threaded::wrapperMayBeUsedAgain()
{
    const auto wrapped = threaded(&add);
    const auto copy = wrapped;
    for (int i = 0; i < 10; ++i)
        QCOMPARE(resultOf(wrapped(i, 1)) + resultOf(copy(i, 1)), 2 * (i + 1));
}

void tst_Threaded::optionsApplyToEveryCall()
{
    CapacityLimiter limiter(1);
    const auto wrapped =
            threaded(&Names::nameOfThread, { .limiter = &limiter, .name = u"wrapped"_s });
    QCOMPARE(resultOf(wrapped()), u"wrapped"_s);
    limiter.setTotalTokens(0);
    const auto call = wrapped();
    QCOMPARE(limiter.statistics().waiting, 1);
    call.cancel();
    QVERIFY(waitFor(call));
}

void tst_Threaded::allKindsOfFunctionsAreWrapped()
{
    QCOMPARE(resultOf(threaded(add)(1, 2)), 3);
    QCOMPARE(resultOf(threaded(&addQuietly)(1, 2)), 3);
    QCOMPARE(resultOf(threaded(&Calculator::times)(2, 3)), 6);
    Calculator calculator(1);
    QCOMPARE(resultOf(threaded(&Calculator::plus)(calculator, 2)), 3);
    QCOMPARE(resultOf(threaded(&Calculator::plusConst)(std::as_const(calculator), 2)), 3);
    resultOf(threaded(&Calculator::set)(calculator, 7));
    QCOMPARE(calculator.base, 7);
    QCOMPARE(resultOf(threaded([&](int n) { return calculator.base + n; })(1)), 8);
    QCOMPARE(resultOf(threaded([](auto a, auto b) { return a + b; })(1, 2)), 3);
    QCOMPARE(resultOf(threaded([n = 0]() mutable { return ++n; })()), 1);
    QCOMPARE(resultOf(threaded(std::function<int(int, int)>(&add))(1, 2)), 3);
}

void tst_Threaded::moveOnlyFunctionsAreCalledOnce()
{
    auto wrapped = threaded([value = std::make_unique<int>(5)] { return *value; });
    QCOMPARE(resultOf(std::move(wrapped)()), 5);
}

void tst_Threaded::argumentsAreMoved()
{
    const auto wrapped = threaded([](MoveOnly number) { return *number; });
    QCOMPARE(resultOf(wrapped(std::make_unique<int>(5))), 5);
    int shared = 1;
    resultOf(threaded([](int &n) { ++n; })(std::ref(shared)));
    QCOMPARE(shared, 2);
}

void tst_Threaded::promisesWorkToo()
{
    const auto wrapped = threaded([](QPromise<int> &promise, int end) {
        for (int i = 0; i < end; ++i)
            promise.addResult(i);
    });
    QFuture<int> future = wrapped(3);
    future.waitForFinished();
    QCOMPARE(future.results(), (QList{ 0, 1, 2 }));
}

void tst_Threaded::objectMayBeAPointerOrAReference()
{
    const auto plus = threaded(&Calculator::plus);
    Calculator calculator(1);
    QCOMPARE(resultOf(plus(calculator, 1)), 2);
    QCOMPARE(resultOf(plus(std::ref(calculator), 1)), 2);
    QCOMPARE(resultOf(plus(&calculator, 1)), 2);
    QCOMPARE(resultOf(plus(QPointer(&calculator), 1)), 2);
    QCOMPARE(resultOf(plus(std::make_shared<Calculator>(2), 1)), 3);
    QCOMPARE(resultOf(plus(std::make_unique<Calculator>(2), 1)), 3);
    QCOMPARE(resultOf(plus(QSharedPointer<Calculator>::create(2), 1)), 3);
    BetterCalculator better(4);
    QCOMPARE(resultOf(plus(better, 1)), 5);
    QVERIFY(resultOf(threaded(&Calculator::whereAmI)(better)) != QThread::currentThread());
}

void tst_Threaded::deadObjectIsAnError()
{
    const auto plus = threaded(&Calculator::plus);
    auto calculator = std::make_unique<Calculator>(1);
    const QPointer<Calculator> pointer(calculator.get());
    calculator.reset();
    QVERIFY(failsWith<InvalidUseError>(plus(pointer, 1)));
    QVERIFY(failsWith<InvalidUseError>(plus(static_cast<Calculator *>(nullptr), 1)));
    QVERIFY(failsWith<InvalidUseError>(plus(std::shared_ptr<Calculator>(), 1)));
    QVERIFY(failsWith<InvalidUseError>(plus(QSharedPointer<Calculator>(), 1)));
}

void tst_Threaded::virtualFunctionsAreVirtual()
{
    const BetterCalculator better;
    const Calculator &calculator = better;
    QCOMPARE(resultOf(threaded(&Calculator::virtually)(calculator, 4)), 8);
}

void tst_Threaded::generatorsMakeStreams()
{
    const auto count = threaded(&countTo);
    static_assert(std::is_same_v<decltype(count(1)), Stream<int>>);
    QCOMPARE(allOf(count(3)), (std::vector{ 1, 2, 3 }));
    const Calculator two(2);
    QCOMPARE(allOf(threaded(&Calculator::count)(two, 4)), (std::vector{ 2, 3, 4 }));
    const auto yielding = threaded([](Yield<QString> &yield, const QString &text) { yield(text); });
    static_assert(std::is_same_v<decltype(yielding(QString())), Stream<QString>>);
    QCOMPARE(allOf(yielding(u"a"_s)), std::vector{ u"a"_s });
}

void tst_Threaded::membersAreHandedAYieldOrAPromise()
{
    Calculator two(2);
    QCOMPARE(allOf(threaded(&Calculator::yield)(two, 4)), (std::vector{ 2, 3, 4 }));
    QCOMPARE(allOf(threadedIterable(&Calculator::yield)(&two, 3)), (std::vector{ 2, 3 }));
    const auto shared = std::make_shared<BetterCalculator>(5);
    QCOMPARE(allOf(threadedIterable(&Calculator::yieldConst)(shared)), std::vector{ u"5"_s });
    QVERIFY(failsWith<InvalidUseError>(
            threadedIterable(&Calculator::yield)(QPointer<Calculator>(), 3).next()));

    QFuture<int> future = threaded(&Calculator::promise)(two, 4);
    future.waitForFinished();
    QCOMPARE(future.results(), (QList{ 2, 3, 4 }));
    QCOMPARE(resultOf(toThread(&Calculator::promise, &two, 4)), 2);
}

#ifdef QFERRY_TEST_QCORO
static QCoro::Generator<int> countWithQCoro(int end)
{
    for (int i = 1; i <= end; ++i)
        co_yield i;
}

void tst_Threaded::generatorsOfQCoroMakeStreams()
{
    QCOMPARE(allOf(threaded(&countWithQCoro)(3)), (std::vector{ 1, 2, 3 }));
    QCOMPARE(allOf(threadedIterable(&countWithQCoro, { .maxSize = 1 })(3)),
             (std::vector{ 1, 2, 3 }));
    QCOMPARE(allOf(threadedIterable(&countWithQCoro)(0)), std::vector<int>());
}
#else
void tst_Threaded::generatorsOfQCoroMakeStreams()
{
    QSKIP("QCoro is not installed");
}
#endif

void tst_Threaded::rangesThatLastAreResults()
{
    const auto list = threaded([] { return QList<int>{ 1, 2 }; });
    static_assert(std::is_same_v<decltype(list()), PendingCall<QList<int>>>);
    QCOMPARE(resultOf(list()), (QList{ 1, 2 }));
    QCOMPARE(resultOf(threaded([] { return u"text"_s; })()), u"text"_s);
}

void tst_Threaded::streamsHeedTheOptionsOfTheirCalls()
{
    CapacityLimiter nobody(0);
    const auto yielding = [](Yield<int> &yield) {
        yield(1);
        runUntilCanceled();
    };
    Stream<int> late = threaded(yielding, { .limiter = &nobody, .timeout = 1ms })();
    QVERIFY(failsWith<TimeoutError>(late.next()));
    CancelScope scope;
    Stream<int> stream = threaded(yielding, { .scope = &scope })();
    QCOMPARE(resultOf(stream.next()), 1);
    scope.cancel();
    QVERIFY(throws<CanceledError>([&] { resultOf(stream.next()); }));
}

void tst_Threaded::separateCallHasAThreadOfItsOwn()
{
    const int total = defaultThreadLimiter().totalTokens();
    defaultThreadLimiter().setTotalTokens(0); // the pool admits nobody
    const Blocker blocker;
    const auto wrapped = threadedSeparate(blocker.function());
    const auto first = wrapped();
    const auto second = wrapped();
    const bool haveStarted = blocker.hasStarted(2);
    defaultThreadLimiter().setTotalTokens(total);
    QVERIFY(haveStarted);
    blocker.releaseAll();
    QVERIFY(waitFor(first) && waitFor(second));
}

void tst_Threaded::separateCallStartsBeforeItReturns()
{
    if (processThreads().isEmpty())
        QSKIP("the system does not tell how many threads there are");
    const Blocker blocker;
    const QSet<QString> before = processThreads(); // of which some may end
    const auto call = threadedSeparate(blocker.function())();
    QVERIFY(!(processThreads() - before).isEmpty());
    blocker.releaseAll();
    QVERIFY(waitFor(call));
}

namespace {
const auto outerLambda = [] { return Names::nameOfThread(); };

struct NameTeller
{
    QString operator()() const { return Names::nameOfThread(); }
};
} // namespace

void tst_Threaded::separateThreadsAreNamedAfterTheFunction()
{
    QCOMPARE(resultOf(threadedSeparate(&Names::nameOfThread, { .name = u"mine"_s })()), u"mine"_s);
    QCOMPARE(resultOf(threadedSeparate(NameTeller())()), u"NameTeller"_s);
#if defined(Q_OS_LINUX)
    QCOMPARE(resultOf(threadedSeparate(&Names::nameOfThread)()), u"nameOfThread"_s);
    const QString ofLambda = resultOf(threadedSeparate([] { return Names::nameOfThread(); })());
    QCOMPARE(ofLambda, QString::fromLatin1(__func__));
#endif
    const QString ofOuter = resultOf(threadedSeparate(outerLambda, {}, "tst_threaded.cpp", 7)());
    QCOMPARE(ofOuter, u"tst_threaded.cpp:7"_s);
    QString (*hidden)() = [] { return Names::nameOfThread(); };
    const QString place = u"tst_threaded.cpp:%1"_s.arg(__LINE__ + 1);
    QCOMPARE(resultOf(threadedSeparate(hidden)()), place);
}

void tst_Threaded::separateStreamsHaveAThreadOfTheirOwn()
{
    const int total = defaultThreadLimiter().totalTokens();
    defaultThreadLimiter().setTotalTokens(0);
    const auto names = allOf(
            threadedIterableSeparate([](Yield<QString> &yield) { yield(Names::nameOfThread()); },
                                     { .name = u"separate"_s })());
    const auto counted = allOf(threadedSeparate(&countTo)(2));
    defaultThreadLimiter().setTotalTokens(total);
    QCOMPARE(names, std::vector{ u"separate"_s });
    QCOMPARE(counted, (std::vector{ 1, 2 }));
}

void tst_Threaded::emptyFunctionsAreInvalidUse()
{
    int (*null)(int, int) = nullptr;
    QVERIFY(failsWith<InvalidUseError>(threaded(null)(1, 2)));
    QVERIFY(failsWith<InvalidUseError>(threaded(std::function<int(int, int)>())(1, 2)));
    Generator<int> (*noGenerator)(int) = nullptr;
    QVERIFY(throws<InvalidUseError>([&] { allOf(threaded(noGenerator)(1)); }));
    int (Calculator::*noMethod)(int) = nullptr;
    Calculator calculator;
    QVERIFY(failsWith<InvalidUseError>(threaded(noMethod)(calculator, 1)));
    QVERIFY(throws<InvalidUseError>([&] { threaded(null).syncCall(1, 2); }));
}

void tst_Threaded::attachedThreadIsJoined_data()
{
    QTest::addColumn<QString>("how");
    QTest::addColumn<QByteArray>("output");
    QTest::newRow("attached call") << u"--join-call"_s << QByteArray("cleaned up");
    QTest::newRow("attached stream") << u"--join-stream"_s << QByteArray("cleaned up");
    QTest::newRow("detached call") << u"--leave-call"_s << QByteArray();
    QTest::newRow("detached stream") << u"--leave-stream"_s << QByteArray();
}

void tst_Threaded::attachedThreadIsJoined()
{
    QFETCH(const QString, how);
    QFETCH(const QByteArray, output);
    QProcess child;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    const QString options = environment.value(u"TSAN_OPTIONS"_s);
    environment.insert(u"TSAN_OPTIONS"_s,
                       options + u":atexit_sleep_ms=0"_s); // it would wait for the thread
    child.setProcessEnvironment(environment);
    child.start(QCoreApplication::applicationFilePath(), { how });
    QVERIFY(child.waitForFinished(30'000));
    QCOMPARE(child.exitStatus(), QProcess::NormalExit);
    QCOMPARE(child.readAllStandardOutput().trimmed(), output);
}

/// In the child: an application that quits while a separate thread is busy, and does not listen to
/// cancels.
static void leaveBusily(const QByteArray &how)
{
    setQuitTimeout(0ms);
    static Gate running;
    static Gate left;
    const bool detach = how.startsWith("--leave");
    const auto beBusy = [detach] {
        running.open();
        while (detach)
            std::this_thread::sleep_for(1h); // nobody waits for it
        left.pass();
        std::this_thread::sleep_for(100ms); // who does not wait for this will be gone
        std::puts("cleaned up");
        std::fflush(stdout);
    };
    const SeparateOptions options{ .detach = detach };
    PendingCall<void> call;
    Stream<int> stream;
    PendingCall<std::optional<int>> item;
    if (how.endsWith("stream")) {
        stream = threadedSeparate([beBusy](Yield<int> &) { beBusy(); }, options)();
        item = stream.next();
    } else {
        call = threadedSeparate(beBusy, options)();
    }
    running.pass();
    QMetaObject::invokeMethod(QCoreApplication::instance(), &QCoreApplication::quit,
                              Qt::QueuedConnection);
    QCoreApplication::exec();
    left.open();
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    const QByteArray how = argc == 2 ? argv[1] : "";
    if (how.startsWith("--leave-") || how.startsWith("--join-")) {
        leaveBusily(how);
        return 0;
    }
    tst_Threaded test;
    QTEST_SET_MAIN_SOURCE_PATH
    return QTest::qExec(&test, argc, argv);
}
#include "tst_threaded.moc"
