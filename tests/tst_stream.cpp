// SPDX-License-Identifier: MIT
// What a stream delivers, and from which generators.
#include "burst.h"
#include "cancelable.h"
#include "generator.h"
#include "task.h"

#include <QtCore/qeventloop.h>
#include <QtCore/qprocess.h>

#include <ranges>
#include <sstream>

using namespace QFerry;
using namespace Testing;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static_assert(std::is_nothrow_move_constructible_v<Stream<int>>);
static_assert(!std::is_copy_constructible_v<Stream<int>>);
static_assert(std::is_nothrow_move_assignable_v<Stream<MoveOnly>>);
static_assert(
        !std::is_copy_constructible_v<Yield<int>> && !std::is_move_constructible_v<Yield<int>>);

namespace {

void yieldNumbers(Yield<int> &yield, int end)
{
    for (int i = 0; i < end; ++i)
        yield(i);
}

Generator<int> coroutineNumbers(int end)
{
    for (int i = 0; i < end; ++i)
        co_yield i;
}

Stream<int> numbers(int end, StreamOptions options = {})
{
    return threadedIterable(&yieldNumbers, std::move(options))(end);
}

/// All items of the stream: by next().
template <typename T>
EagerTask<std::vector<T>> collect(Stream<T> stream)
{
    std::vector<T> items;
    while (auto item = co_await stream.next())
        items.push_back(std::move(*item));
    co_return items;
}
template <typename T>
std::vector<T> allOf(Stream<T> stream)
{
    auto task = collect(std::move(stream));
    if (!spinUntil([&] { return task.isDone(); }))
        throw std::runtime_error("the watchdog ended a wait for a stream");
    return task.take();
}

/// Takes items, which do not run out, until it is told that this is enough.
EagerTask<bool> takeUntil(const bool &enough, Stream<int> stream)
{
    while (!enough) {
        const auto item = co_await stream.next();
        if (!item)
            break;
    }
    co_return enough;
}

enum class Way { Next, ForEach, ForEachBatch };

/// Hands all items to fn in the given way; what comes of it.
template <typename F>
PendingCall<void> consume(Stream<int> stream, Way way, QObject *context, F fn)
{
    if (way == Way::ForEach)
        return std::move(stream).forEach(context, fn);
    return std::move(stream).forEachBatch(context, [fn](std::span<int> batch) {
        for (const int item : batch)
            fn(item);
    });
}

std::vector<int> allOf(Stream<int> stream, Way way)
{
    if (way == Way::Next)
        return allOf(std::move(stream));
    std::vector<int> items;
    QObject context;
    resultOf(consume(std::move(stream), way, &context, [&](int item) { items.push_back(item); }));
    return items;
}

void addWays()
{
    QTest::addColumn<Way>("way");
    QTest::newRow("next") << Way::Next;
    QTest::newRow("forEach") << Way::ForEach;
    QTest::newRow("forEachBatch") << Way::ForEachBatch;
}

ContextVar<int> mark("mark");

} // namespace
Q_DECLARE_METATYPE(Way)

class tst_Stream : public QObject
{
    Q_OBJECT

private slots:
    // items
    void everyItemArrivesInOrder_data();
    void everyItemArrivesInOrder();
    void itemsOfAllKindsArrive();
    void emptyGeneratorsEnd_data();
    void emptyGeneratorsEnd();
    void defaultMaximumIs1024();
    void environmentSetsTheDefault_data();
    void environmentSetsTheDefault();
    void defaultMaximumMayBeSet();
    void batchesKeepTheirDistance();
    void batchesOfAPacedLoopEndAsOthers();
    void whatARangeForTakesIsAGenerator();
    void negativeMaximumIsInvalidUse();
    // errors
    void errorArrivesAfterTheItems_data();
    void errorArrivesAfterTheItems();
    void errorIsToldOnce();
    void nextAfterTheEndIsTheEnd();
    void canceledGeneratorEndsTheStreamCanceled();
    // the beginning
    void nothingStartsBeforeTheFirstItemIsWanted();
    void argumentsAreMovedOnceAndDestroyed();
    // kinds of generators
    void plainRangesWork();
    void viewsWork();
    void coroutineGeneratorsWork();
    void streamsOfTheStandardLibraryWork();
    void referencesAreCopied();
    void memberFunctionsAreGenerators();
    // how far ahead
    void generatorIsNeverFurtherAhead_data();
    void generatorIsNeverFurtherAhead();
    // next()
    void severalNextsAreServedInOrder();
    void canceledOrDroppedNextLosesNothing();
    void awaitingLetsTheLoopTurn();
    void headerThenForEach();
    // forEach()
    void forEachRunsInTheContextsThread();
    void forEachSlicesItsWork_data();
    void forEachSlicesItsWork();
    void batchesMayBeMovedFrom();
    void nextBatchTakesWhatIsThere();
    void nextBatchEndsAsNextDoes();
    void droppedBatchLosesNothing();
    void yieldHandsItemsToAFunction();
    void nestedEventLoopGetsItems();
    // context
    void generatorSeesTheValuesOfItsMaker();
    void handlersSeeTheValuesOfTheirMaker();
    void generatorCallsTheLoop();
    // misuse
    void wrongUseIsInvalidUse();
    void invalidStreamsAreEmpty();
};

void tst_Stream::everyItemArrivesInOrder_data()
{
    QTest::addColumn<Way>("way");
    QTest::addColumn<int>("maxSize");
    QTest::addColumn<int>("count");
    const std::pair<const char *, Way> ways[] = { { "next", Way::Next },
                                                  { "forEach", Way::ForEach },
                                                  { "forEachBatch", Way::ForEachBatch } };
    for (const auto &[name, way] : ways) {
        QTest::addRow("%s, 1", name) << way << 1 << 500;
        QTest::addRow("%s, 2", name) << way << 2 << 500;
        QTest::addRow("%s, 1000", name) << way << 1000 << 20'000;
        QTest::addRow("%s, unbounded", name) << way << 0 << 20'000;
    }
}

void tst_Stream::everyItemArrivesInOrder()
{
    QFETCH(const Way, way);
    QFETCH(const int, maxSize);
    QFETCH(const int, count);
    QCOMPARE(allOf(numbers(count, { .maxSize = maxSize }), way), numbersBelow(count));
}

void tst_Stream::itemsOfAllKindsArrive()
{
    const auto check = []<typename T>() {
        if constexpr (!std::is_void_v<T>) {
            const auto twice = [](Yield<T> &yield) {
                yield(Sample<T>::make());
                T another = Sample<T>::make();
                yield(std::move(another));
            };
            const auto items = allOf(threadedIterable(twice)());
            QCOMPARE(items.size(), size_t(2));
            QVERIFY(Sample<T>::matches(items[0]) && Sample<T>::matches(items[1]));
        }
    };
    forEachResultType(check);
}

void tst_Stream::emptyGeneratorsEnd_data()
{
    addWays();
}

void tst_Stream::emptyGeneratorsEnd()
{
    QFETCH(const Way, way);
    QVERIFY(allOf(numbers(0), way).empty());
}

void tst_Stream::defaultMaximumIs1024()
{
    if (qEnvironmentVariableIsSet("QFERRY_STREAM_MAX_SIZE"))
        QSKIP("the environment says otherwise");
    std::atomic<int> ahead = 0;
    auto stream = threadedIterable([&](Yield<int> &yield) {
        for (;; ++ahead)
            yield(1);
    })();
    QCOMPARE(resultOf(stream.next()), 1);
    QVERIFY(spinUntil([&] { return ahead >= 1025; }));
    QTest::qWait(10);
    QCOMPARE(ahead, 1025); // with the one that was taken
    QVERIFY(waitFor(stream.close()));
}

void tst_Stream::environmentSetsTheDefault_data()
{
    QTest::addColumn<QString>("value");
    QTest::addColumn<int>("ahead");
    QTest::addColumn<int>("warnings");
    QTest::newRow("5") << u"5"_s << 5 << 0;
    QTest::newRow("no number") << u"many"_s << 1024 << 1;
    QTest::newRow("zero") << u"0"_s << 1024 << 1;
    QTest::newRow("negative") << u"-7"_s << 1024 << 1;
}

void tst_Stream::environmentSetsTheDefault()
{
    QFETCH(const QString, value);
    QFETCH(const int, ahead);
    QFETCH(const int, warnings);
    QProcess child; // the variable is read once
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"QFERRY_STREAM_MAX_SIZE"_s, value);
    child.setProcessEnvironment(environment);
    child.start(QCoreApplication::applicationFilePath(),
                { u"--print-ahead"_s, QString::number(ahead) });
    QVERIFY(child.waitForFinished(30'000));
    QCOMPARE(child.readAllStandardOutput().trimmed().toInt(), ahead);
    QCOMPARE(child.readAllStandardError().count("QFERRY_STREAM_MAX_SIZE"), warnings);
}

/// In the child: how far a generator runs ahead, which should be so far; twice, as a warning must
/// not come twice.
static int printAhead(int expected)
{
    int size = 0;
    for (int i = 0; i < 2; ++i) {
        std::atomic<int> ahead = 0;
        auto stream = threadedIterable([&](Yield<int> &yield) {
            for (;; ++ahead)
                yield(1);
        })();
        (void)resultOf(stream.next());
        (void)spinUntil([&] { return ahead > expected; });
        QTest::qWait(10); // it must not go on
        size = ahead - 1;
        (void)waitFor(stream.close());
    }
    std::printf("%d\n", size);
    return 0;
}

/// The default counts when a stream is made, not when its function is wrapped.
void tst_Stream::defaultMaximumMayBeSet()
{
    const qsizetype usual = defaultStreamMaxSize();
    std::atomic<int> ahead = 0;
    const auto endless = threadedIterable([&](Yield<int> &yield) {
        for (;; ++ahead)
            yield(1);
    });
    setDefaultStreamMaxSize(5);
    QCOMPARE(defaultStreamMaxSize(), 5);
    auto stream = endless();
    setDefaultStreamMaxSize(usual);
    QCOMPARE(resultOf(stream.next()), 1);
    QVERIFY(spinUntil([&] { return ahead >= 6; }));
    QTest::qWait(10);
    QCOMPARE(ahead, 6); // with the one that was taken
    QVERIFY(throws<InvalidUseError>([] { setDefaultStreamMaxSize(-1); }));
    QCOMPARE(defaultStreamMaxSize(), usual);
}

void tst_Stream::batchesKeepTheirDistance()
{
    using Clock = std::chrono::steady_clock;
    constexpr auto interval = 20ms;
    std::vector<Clock::time_point> times;
    int last = 0;
    const auto call = threadedIterable([](Yield<int> &yield) {
                          const QDeadlineTimer end(200);
                          for (int i = 1; !end.hasExpired(); ++i)
                              yield(i);
                          yield(-1);
                      })()
                              .forEachBatch(
                                      this,
                                      [&](std::span<int> items) {
                                          times.push_back(Clock::now());
                                          last = items.back();
                                      },
                                      interval);
    resultOf(call);
    QCOMPARE(last, -1);
    QVERIFY(times.size() > 1);
    // Not each distance by itself: a handler may begin late, and the next one does not wait for
    // that.
    QVERIFY(times.back() - times.front() >= (int(times.size()) - 2) * interval);
}

void tst_Stream::batchesOfAPacedLoopEndAsOthers()
{
    const auto endless = threadedIterable([](Yield<int> &yield) {
        for (;;)
            yield(1);
    });
    int batches = 0;
    const auto stopping = [&](std::span<int>) { return ++batches < 2; };
    resultOf(endless().forEachBatch(this, stopping, 1ms));
    QCOMPARE(batches, 2);

    bool begun = false;
    const auto call = endless().forEachBatch(
            this, [&](std::span<int>) { begun = true; }, 1h);
    QVERIFY(spinUntil([&] { return begun; }));
    call.cancel(); // in the pause
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
}

namespace {

/// Less than the standard's ranges are, as is QCoro::Generator.
struct Countdown
{
    struct Iterator
    {
        int value;
        int operator*() const { return value; }
        Iterator operator++() { return { --value }; }
        bool operator!=(const Iterator &other) const { return value != other.value; }
    };
    int from;
    Iterator begin() { return { from }; }
    Iterator end() { return { 0 }; }
};
static_assert(!std::ranges::input_range<Countdown>);

} // namespace

void tst_Stream::whatARangeForTakesIsAGenerator()
{
    auto stream = threadedIterable([](int from) { return Countdown{ from }; })(3);
    static_assert(std::is_same_v<decltype(stream), Stream<int>>);
    std::vector<int> items;
    resultOf(stream.forEach(this, [&](int item) { items.push_back(item); }));
    QCOMPARE(items, (std::vector{ 3, 2, 1 }));
    // Nothing says that it can be walked once only.
    static_assert(std::is_same_v<decltype(threaded([] { return Countdown{ 1 }; })()),
                                 PendingCall<Countdown>>);
}

void tst_Stream::negativeMaximumIsInvalidUse()
{
    QVERIFY(throws<InvalidUseError>(
            [] { (void)threadedIterable(&yieldNumbers, { .maxSize = -1 }); }));
}

void tst_Stream::errorArrivesAfterTheItems_data()
{
    addWays();
}

void tst_Stream::errorArrivesAfterTheItems()
{
    QFETCH(const Way, way);
    const auto failing = threadedIterable([](Yield<int> &yield, int count) {
        yieldNumbers(yield, count);
        throw std::domain_error("expected");
    });
    for (const int count : { 0, 1, 100, 5000 }) {
        std::vector<int> items;
        if (way == Way::Next) {
            Stream<int> stream = failing(count);
            QVERIFY(throws<std::domain_error>([&] {
                while (const auto item = resultOf(stream.next()))
                    items.push_back(*item);
            }));
        } else {
            QObject context;
            QVERIFY(failsWith<std::domain_error>(consume(
                    failing(count), way, &context, [&](int item) { items.push_back(item); })));
        }
        QCOMPARE(items, numbersBelow(count));
    }
}

void tst_Stream::errorIsToldOnce()
{
    const QFerryMessages messages;
    {
        Stream<int> stream =
                threadedIterable([](Yield<int> &) { throw std::domain_error("expected"); })();
        QVERIFY(failsWith<std::domain_error>(stream.next()));
        QCOMPARE(resultOf(stream.next()), std::nullopt);
        QVERIFY(waitFor(stream.close()));
    }
    QCOMPARE(messages.count(), 0);
    {
        const auto gate = std::make_shared<Gate>();
        Stream<int> stream = threadedIterable([gate](Yield<int> &yield) {
            yield(1);
            gate->pass();
            throw std::domain_error("never heard");
        })();
        QCOMPARE(resultOf(stream.next()), 1);
        const auto closing = stream.close();
        gate->open();
        QVERIFY(waitFor(closing));
        stream = {};
        QVERIFY(spinUntil([&] { return messages.count() > 0; }));
    }
    QVERIFY(messages.all().first().contains(QStringLiteral("never heard")));
}

void tst_Stream::nextAfterTheEndIsTheEnd()
{
    Stream<int> stream = numbers(1);
    QCOMPARE(resultOf(stream.next()), 0);
    for (int i = 0; i < 3; ++i)
        QCOMPARE(resultOf(stream.next()), std::nullopt);
    QObject context;
    bool hasItem = false;
    resultOf(stream.forEach(&context, [&](int) { hasItem = true; }));
    QVERIFY(!hasItem);
}

void tst_Stream::canceledGeneratorEndsTheStreamCanceled()
{
    CancelScope scope;
    Stream<int> stream = threadedIterable(&yieldNumbers, { .maxSize = 2, .scope = &scope })(1000);
    QCOMPARE(resultOf(stream.next()), 0);
    scope.cancel();
    QVERIFY(throws<CanceledError>([&] {
        while (resultOf(stream.next())) {
        }
    }));
    QCOMPARE(resultOf(stream.next()), std::nullopt);
}

void tst_Stream::nothingStartsBeforeTheFirstItemIsWanted()
{
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); })); // those of other tests have ended
    const int alive = Counted::alive();
    std::atomic<bool> hasStarted = false;
    const auto generator = threadedIterable([&](Yield<int> &yield, const Counted &) {
        hasStarted = true;
        yield(1);
    });
    {
        Stream<int> unused = generator(Counted());
        Stream<int> closed = generator(Counted());
        QCOMPARE(Counted::alive(), alive + 2);
        QVERIFY(closed.close().isFinished());
        QCOMPARE(Counted::alive(), alive + 1);
        QCOMPARE(resultOf(closed.next()), std::nullopt);
        QVERIFY(activeCalls().isEmpty());
    }
    QCOMPARE(Counted::alive(), alive);
    QVERIFY(!hasStarted);
    QCOMPARE(allOf(generator(Counted())), std::vector{ 1 });
    QVERIFY(hasStarted);
}

void tst_Stream::argumentsAreMovedOnceAndDestroyed()
{
    const int alive = Counted::alive();
    Counted::resetCounts();
    const auto generator = threadedIterable([](Yield<int> &yield, Counted counted, MoveOnly item) {
        yield(counted.value);
        yield(*item);
    });
    QCOMPARE(allOf(generator(Counted(1), std::make_unique<int>(2))), (std::vector{ 1, 2 }));
    QCOMPARE(Counted::copies(), 0);
    QCOMPARE(Counted::alive(), alive);
}

void tst_Stream::plainRangesWork()
{
    const auto list = [](int n) { return QList<int>{ n, n + 1, n + 2 }; };
    QCOMPARE(allOf(threadedIterable(list)(1)), (std::vector{ 1, 2, 3 }));
    const auto strings = [] { return std::vector<std::string>{ "a", "b" }; };
    QCOMPARE(allOf(threadedIterable(strings)()), (std::vector<std::string>{ "a", "b" }));
    const auto bits = [] { return std::vector<bool>{ true, false }; };
    QCOMPARE(allOf(threadedIterable(bits)()), (std::vector{ true, false }));
}

void tst_Stream::viewsWork()
{
#if defined(__clang__) && __clang_major__ < 16
    QSKIP("this compiler cannot do that");
#else
    const auto squares = [](int end) {
        return std::views::iota(0, end) | std::views::filter([](int n) { return n % 2 == 0; })
               | std::views::transform([](int n) { return QString::number(n * n); });
    };
    QCOMPARE(allOf(threadedIterable(squares)(5)),
             (std::vector<QString>{ QStringLiteral("0"), QStringLiteral("4"),
                                    QStringLiteral("16") }));
#endif
}

void tst_Stream::coroutineGeneratorsWork()
{
    QCOMPARE(allOf(threadedIterable(&coroutineNumbers)(3000)), numbersBelow(3000));
    const auto unique = []() -> Generator<MoveOnly> {
        for (int i = 0; i < 3; ++i)
            co_yield std::make_unique<int>(i);
    };
    const auto items = allOf(threadedIterable(unique)());
    QCOMPARE(items.size(), size_t(3));
    QCOMPARE(*items[2], 2);
}

void tst_Stream::streamsOfTheStandardLibraryWork()
{
    // The generator owns what its range looks at.
    const auto words = [text = std::make_shared<std::istringstream>("the quick brown fox")] {
        return std::ranges::istream_view<std::string>(*text);
    };
    QCOMPARE(allOf(threadedIterable(words)()),
             (std::vector<std::string>{ "the", "quick", "brown", "fox" }));
}

void tst_Stream::referencesAreCopied()
{
    static const QList<QString> shared = { QStringLiteral("a"), QStringLiteral("b") };
    const auto reference = []() -> const QList<QString> & { return shared; };
    QCOMPARE(allOf(threadedIterable(reference)()), (std::vector<QString>{ shared[0], shared[1] }));
    QCOMPARE(shared[0], QStringLiteral("a"));
}

void tst_Stream::memberFunctionsAreGenerators()
{
    struct Source
    {
        QList<int> list(int n) const { return { first, n }; }
        void yields(Yield<int> &yield, int n)
        {
            yield(first);
            yield(n);
        }
        int first = 1;
    };
    Source source;
    QCOMPARE(allOf(threadedIterable(&Source::list)(source, 2)), (std::vector{ 1, 2 }));
    QCOMPARE(allOf(threadedIterable(&Source::list)(std::make_shared<Source>(), 3)),
             (std::vector{ 1, 3 }));
    QCOMPARE(allOf(threadedIterable([&](Yield<int> &yield, int n) { source.yields(yield, n); })(4)),
             (std::vector{ 1, 4 }));
}

void tst_Stream::generatorIsNeverFurtherAhead_data()
{
    QTest::addColumn<int>("maxSize");
    for (const int maxSize : { 1, 2, 7, 64 })
        QTest::addRow("%d", maxSize) << maxSize;
}

void tst_Stream::generatorIsNeverFurtherAhead()
{
    QFETCH(const int, maxSize);
    std::atomic<int> yielded = 0;
    const auto generator = threadedIterable(
            [&](Yield<int> &yield) {
                for (int i = 0; i < 2000; ++i) {
                    yield(i);
                    ++yielded;
                }
            },
            { .maxSize = maxSize });
    int furthest = 0;
    int got = 0;
    QObject context;
    resultOf(generator().forEach(&context, [&](int) {
        ++got;
        furthest = qMax(furthest, yielded - got);
    }));
    QCOMPARE(got, 2000);
    QVERIFY2(furthest <= maxSize, qPrintable(QString::number(furthest)));
}

void tst_Stream::severalNextsAreServedInOrder()
{
    Stream<int> stream = numbers(3);
    std::vector<PendingCall<std::optional<int>>> calls;
    for (int i = 0; i < 5; ++i)
        calls.push_back(stream.next());
    for (int i = 0; i < 3; ++i)
        QCOMPARE(resultOf(calls[size_t(i)]), i);
    QCOMPARE(resultOf(calls[3]), std::nullopt);
    QCOMPARE(resultOf(calls[4]), std::nullopt);
}

void tst_Stream::canceledOrDroppedNextLosesNothing()
{
    Gate gate;
    Stream<int> stream = threadedIterable([&](Yield<int> &yield) {
        gate.pass();
        yieldNumbers(yield, 3);
    })();
    stream.next().cancel();
    (void)stream.next();
    gate.open();
    QCOMPARE(allOf(std::move(stream)), numbersBelow(3));
}

void tst_Stream::awaitingLetsTheLoopTurn()
{
    int ticks = 0;
    bool enough = false;
    QTimer timer;
    connect(&timer, &QTimer::timeout, this, [&] { enough = ++ticks > 3; });
    timer.start(1);
    auto task = takeUntil(enough, numbers(std::numeric_limits<int>::max()));
    QVERIFY(spinUntil([&] { return task.isDone(); }));
    QVERIFY(task.take());
}

void tst_Stream::headerThenForEach()
{
    Stream<int> stream = numbers(10);
    QCOMPARE(resultOf(stream.next()), 0);
    std::vector<int> rest;
    QObject context;
    resultOf(stream.forEach(&context, [&](int item) {
        rest.push_back(item);
        return item != 5;
    }));
    QCOMPARE(rest, (std::vector{ 1, 2, 3, 4, 5 }));
    QCOMPARE(resultOf(stream.next()), std::nullopt);
}

void tst_Stream::forEachRunsInTheContextsThread()
{
    LoopThread thread;
    std::vector<int> items;
    bool isRightThread = true;
    resultOf(numbers(1000).forEach(thread.context(), [&](int item) {
        isRightThread &= QThread::currentThread() == &thread;
        items.push_back(item);
    }));
    QVERIFY(isRightThread);
    QCOMPARE(items, numbersBelow(1000));
}

void tst_Stream::forEachSlicesItsWork_data()
{
    QTest::addColumn<Way>("way");
    QTest::newRow("forEach") << Way::ForEach;
    QTest::newRow("forEachBatch") << Way::ForEachBatch;
}

void tst_Stream::forEachSlicesItsWork()
{
    QFETCH(const Way, way);
    int ticks = 0;
    QTimer timer;
    connect(&timer, &QTimer::timeout, this, [&] { ++ticks; });
    timer.start(1);
    QObject context;
    const auto busyFor10us = [](int) {
        const auto end = std::chrono::steady_clock::now() + 10us;
        while (std::chrono::steady_clock::now() < end) {
        }
    };
    resultOf(consume(numbers(20'000, { .maxSize = 0 }), way, &context, busyFor10us));
    QVERIFY2(ticks >= 10, qPrintable(QString::number(ticks))); // of about 200
}

void tst_Stream::batchesMayBeMovedFrom()
{
    const auto unique = [](Yield<MoveOnly> &yield) {
        for (int i = 0; i < 5000; ++i)
            yield(std::make_unique<int>(i));
    };
    std::vector<int> items;
    QObject context;
    resultOf(threadedIterable(unique)().forEachBatch(&context, [&](std::span<MoveOnly> batch) {
        QVERIFY(!batch.empty());
        for (MoveOnly &item : batch)
            items.push_back(*MoveOnly(std::move(item)));
    }));
    QCOMPARE(items, numbersBelow(5000));
}

void tst_Stream::nextBatchTakesWhatIsThere()
{
    const auto yielded = std::make_shared<Gate>();
    const auto goOn = std::make_shared<Gate>();
    Stream<int> stream = threadedIterable([yielded, goOn](Yield<int> &yield) {
        for (int i = 0; i < 6; ++i) {
            yield(int(i));
            if (i % 5 == 0)
                goOn->pass();
        }
        yielded->open();
        goOn->pass();
    })();

    QCOMPARE(resultOf(stream.nextBatch()), std::vector{ 0 });
    goOn->open(2);
    yielded->pass();
    QCOMPARE(resultOf(stream.nextBatch(2)), (std::vector{ 1, 2 }));
    QCOMPARE(resultOf(stream.nextBatch(0)), std::vector{ 3 });
    QCOMPARE(resultOf(stream.next()), 4);
    QCOMPARE(resultOf(stream.nextBatch()), std::vector{ 5 });
    goOn->open();
    QVERIFY(resultOf(stream.nextBatch()).empty());
    QVERIFY(resultOf(stream.nextBatch()).empty());
}

void tst_Stream::nextBatchEndsAsNextDoes()
{
    Stream<int> failing = threadedIterable([](Yield<int> &yield) {
        yield(1);
        throw std::runtime_error("broken");
    })();
    QCOMPARE(resultOf(failing.nextBatch()), std::vector{ 1 });
    QVERIFY(failsWith<std::runtime_error>(failing.nextBatch()));
    QVERIFY(resultOf(failing.nextBatch()).empty());

    Stream<int> closed = numbers(10);
    closed.close();
    QVERIFY(resultOf(closed.nextBatch()).empty());
    QVERIFY(resultOf(Stream<int>().nextBatch()).empty());
}

void tst_Stream::droppedBatchLosesNothing()
{
    Stream<int> stream = numbers(10);
    {
        const auto unseen = stream.nextBatch(4);
        QVERIFY(spinUntil([&] { return unseen.isFinished(); }));
    }
    std::vector<int> items;
    for (;;) {
        const auto batch = resultOf(stream.nextBatch(3));
        if (batch.empty())
            break;
        items.insert(items.end(), batch.begin(), batch.end());
    }
    QCOMPARE(items, numbersBelow(10));
}

void tst_Stream::yieldHandsItemsToAFunction()
{
    std::vector<int> items;
    Yield<int> yield([&items](int &&item) { items.push_back(item); });
    yieldNumbers(yield, 3);
    QCOMPARE(items, numbersBelow(3));
}

void tst_Stream::nestedEventLoopGetsItems()
{
    QEventLoop dialog;
    QTimer::singleShot(watchdog, &dialog, &QEventLoop::quit);
    std::vector<int> items;
    QObject context;
    resultOf(numbers(200, { .maxSize = 4 }).forEach(&context, [&](int item) {
        items.push_back(item);
        if (item == 10)
            dialog.exec();
        else if (item == 100)
            dialog.quit();
    }));
    QCOMPARE(items, numbersBelow(200));
}

void tst_Stream::generatorSeesTheValuesOfItsMaker()
{
    const auto generator = threadedIterable([](Yield<int> &yield) {
        yield(mark.get());
        mark.set(99);
        yield(mark.get());
    });
    const ContextToken token = mark.set(7);
    Stream<int> stream = generator();
    mark.reset(token);
    QCOMPARE(allOf(std::move(stream)), (std::vector{ 7, 99 }));
    QCOMPARE(mark.get(), 0);
}

void tst_Stream::handlersSeeTheValuesOfTheirMaker()
{
    std::vector<int> seen;
    QObject context;
    const ContextToken token = mark.set(7);
    const auto call = numbers(3).forEach(&context, [&](int item) {
        seen.push_back(mark.get());
        mark.set(item);
    });
    mark.reset(token);
    resultOf(call);
    QCOMPARE(seen, (std::vector{ 7, 7, 7 }));
    QCOMPARE(mark.get(), 0);
}

void tst_Stream::generatorCallsTheLoop()
{
    const auto generator = threadedIterable([](Yield<bool> &yield) {
        yield(fromThread(
                [] { return QThread::currentThread() == QCoreApplication::instance()->thread(); }));
    });
    QCOMPARE(allOf(generator()), std::vector{ true });
}

void tst_Stream::wrongUseIsInvalidUse()
{
    QObject context;
    LoopThread thread;
    const auto gate = std::make_shared<Gate>();
    Stream<int> stream = threadedIterable([gate](Yield<int> &yield) {
        gate->pass();
        yield(1);
    })();
    const auto loop = stream.forEach(&context, [](int) {});
    QVERIFY(failsWith<InvalidUseError>(stream.next()));
    QVERIFY(failsWith<InvalidUseError>(stream.forEach(&context, [](int) {})));
    QVERIFY(failsWith<InvalidUseError>(numbers(1).forEach(nullptr, [](int) {})));
    QVERIFY(failsWith<InvalidUseError>(numbers(1).forEach(&context, std::function<void(int)>())));
    void (*noFunction)(std::span<int>) = nullptr;
    QVERIFY(failsWith<InvalidUseError>(numbers(1).forEachBatch(&context, noFunction)));
    gate->open();
    resultOf(loop);

    Stream<int> used = numbers(10);
    QCOMPARE(resultOf(used.next()), 0);
    QVERIFY(failsWith<InvalidUseError>(used.forEach(thread.context(), [](int) {})));
    PendingCall<std::optional<int>> elsewhere;
    thread.call([&] { elsewhere = used.next(); });
    QVERIFY(failsWith<InvalidUseError>(elsewhere));
    PendingCall<std::optional<int>> nowhere;
    Stream<int> fresh = numbers(10);
    runAside([&] { nowhere = fresh.next(); });
    QVERIFY(failsWith<NoEventLoopError>(nowhere));
}

void tst_Stream::invalidStreamsAreEmpty()
{
    Stream<int> stream;
    QVERIFY(!stream.isValid());
    QCOMPARE(resultOf(stream.next()), std::nullopt);
    QVERIFY(stream.close().isFinished());
    QObject context;
    resultOf(stream.forEach(&context, [](int) {}));
    Stream<int> other = numbers(2);
    stream = std::move(other);
    QVERIFY(stream.isValid());
    QCOMPARE(allOf(std::move(stream)), numbersBelow(2));
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    if (argc == 3 && qstrcmp(argv[1], "--print-ahead") == 0)
        return printAhead(std::atoi(argv[2]));
    tst_Stream test;
    QTEST_SET_MAIN_SOURCE_PATH
    return QTest::qExec(&test, argc, argv);
}
#include "tst_stream.moc"
