// SPDX-License-Identifier: MIT
// A function applied to many items, several at a time.
#include "cancelable.h"
#include "outside.h"

#include <numeric>
#include <ranges>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

const QList<int> numbers{ 1, 2, 3, 4, 5 };

Task<int> doubled(int number)
{
    co_await checkpoint();
    co_return 2 * number;
}
Task<> endless()
{
    EndlessFuture future;
    co_await future.future();
}
/// The larger the number, the earlier it is ready.
Task<int> slow(int number)
{
    for (int i = number; i < 8; ++i)
        co_await checkpoint();
    co_return number;
}

/// Counts how many are under way at a time.
struct Crowd
{
    Task<int> visit(int number)
    {
        most = qMax(most, ++now);
        co_await checkpoint();
        co_await checkpoint();
        --now;
        co_return number;
    }
    int now = 0;
    int most = 0;
};

/// Gives one number after the other, and tells how many it has given.
class Numbers
{
public:
    PendingCall<std::optional<int>> next()
    {
        ++given;
        return toThread([number = given] {
            return number > 5 ? std::nullopt : std::optional<int>(number);
        });
    }
    int given = 0;
};

} // namespace

class tst_AMap : public QObject
{
    Q_OBJECT

private slots:
    void resultsComeInTheOrderOfTheItems();
    void resultsComeAsTheyAreReady();
    void functionsOfAllKindsAreApplied();
    void resultsOfAllKindsAreGathered();
    void itemsAreMovedOrCopied();
    void itemsAndFunctionLiveAsLongAsTheCalls();
    void sourcesAreRead();
    void noMoreThanTheLimitAreUnderWay();
    void withoutALimitAllAre();
    void noMoreIsReadThanThereIsRoomFor();
    void nothingIsAlsoMapped();
    void firstErrorCancelsTheOthers();
    void errorOfTheSourceIsThrown();
    void cancelReachesAll();
    void canceledItemCancelsTheWhole();
    void badUseIsRefused();
    void withoutCoroutines();
    void sequenceGivesResultsInOrder();
    void sequenceGivesResultsAsTheyAreReady();
    void sequenceIsNotAheadOfItsConsumer();
    void sequenceEndsWithTheError();
    void canceledNextOfASequenceLosesNothing();
    void destroyingASequenceCancelsWhatIsLeft();
    void closingASequenceWaitsForWhatIsLeft();
    void sequencesAreItemsOfOthers();
};

void tst_AMap::resultsComeInTheOrderOfTheItems()
{
    QCOMPARE(resultOf(amap(numbers, &slow)), numbers);
    QCOMPARE(resultOf(amap(numbers, &slow, { .limit = 2 })), numbers);
}

void tst_AMap::resultsComeAsTheyAreReady()
{
    const QList<int> results = resultOf(amap(numbers, &slow, { .ordered = false }));
    QCOMPARE(results, QList<int>(numbers.rbegin(), numbers.rend()));
}

void tst_AMap::functionsOfAllKindsAreApplied()
{
    const QList<int> doubles{ 2, 4, 6, 8, 10 };
    QCOMPARE(resultOf(amap(numbers, &doubled)), doubles);
    QCOMPARE(resultOf(amap(numbers, [](int n) { return toThread([n] { return 2 * n; }); })),
             doubles);
    QCOMPARE(
            resultOf(amap(numbers, [](int n) { return toThread([n] { return 2 * n; }).future(); })),
            doubles);
    const QThread *const here = QThread::currentThread();
    const auto blocking = [here](int n) { return here == QThread::currentThread() ? 0 : 2 * n; };
    QCOMPARE(resultOf(amap(numbers, blocking)), doubles);
}

void tst_AMap::resultsOfAllKindsAreGathered()
{
    forEachResultType([]<typename T>() {
        const auto make = [](int) -> Task<T> {
            co_await checkpoint();
            co_return Sample<T>::make();
        };
        for (const bool ordered : { true, false }) {
            const auto call = amap(numbers, make, { .ordered = ordered });
            if constexpr (std::is_void_v<T>) {
                resultOf(call);
            } else {
                const auto results = resultOf(call);
                QCOMPARE(results.size(), decltype(results.size())(5));
                for (const T &result : results)
                    QVERIFY(Sample<T>::matches(result));
            }
        }
    });
}

void tst_AMap::itemsAreMovedOrCopied()
{
    std::vector<MoveOnly> owned;
    owned.push_back(std::make_unique<int>(1));
    owned.push_back(std::make_unique<int>(2));
    const auto asynchronous = [](MoveOnly item) -> Task<int> { co_return *item; };
    QCOMPARE(resultOf(amap(std::move(owned), asynchronous)), (QList<int>{ 1, 2 }));
    owned.clear();
    owned.push_back(std::make_unique<int>(3));
    const auto blocking = [](const MoveOnly &item) { return *item; };
    QCOMPARE(resultOf(amap(std::move(owned), blocking)), (QList<int>{ 3 }));

    const QStringList copied{ QStringLiteral("a"), QStringLiteral("b") };
    const auto same = [](QString text) -> Task<QString> { co_return text; };
    QCOMPARE(resultOf(amap(copied, same)), copied);
    QCOMPARE(copied.first(), QStringLiteral("a"));
    QCOMPARE(resultOf(amap(std::views::iota(1, 6), &doubled)), (QList<int>{ 2, 4, 6, 8, 10 }));
}

void tst_AMap::itemsAndFunctionLiveAsLongAsTheCalls()
{
    PendingCall<QStringList> call;
    {
        const QString suffix = QStringLiteral("!");
        call = amap(QStringList{ QStringLiteral("a"), QStringLiteral("b") },
                    [suffix](const QString &text) -> Task<QString> {
                        co_await checkpoint();
                        co_return text + suffix;
                    });
    }
    QCOMPARE(resultOf(call), (QStringList{ QStringLiteral("a!"), QStringLiteral("b!") }));
}

void tst_AMap::sourcesAreRead()
{
    Numbers source;
    QCOMPARE(resultOf(amap(source, &doubled)), (QList<int>{ 2, 4, 6, 8, 10 }));
    QCOMPARE(source.given, 6);
    QCOMPARE(resultOf(amap(Numbers(), &doubled)), (QList<int>{ 2, 4, 6, 8, 10 }));
    auto stream = threadedIterable([](Yield<int> &yield) {
        for (int i = 1; i <= 100; ++i)
            yield(i);
    })();
    QCOMPARE(resultOf(amap(stream, &doubled, { .limit = 3 })).size(), 100);
}

void tst_AMap::noMoreThanTheLimitAreUnderWay()
{
    Crowd crowd;
    const auto visit = [&](int number) { return crowd.visit(number); };
    for (const bool ordered : { true, false }) {
        (void)resultOf(amap(std::views::iota(0, 50), visit, { .limit = 3, .ordered = ordered }));
        QCOMPARE(crowd.most, 3);
    }
}

void tst_AMap::withoutALimitAllAre()
{
    constexpr int all = 500;
    int here = 0;
    Event allAreHere;
    const auto waitForAll = [&](int) {
        if (++here == all)
            allAreHere.set();
        return allAreHere.wait();
    };
    resultOf(amap(std::views::iota(0, all), waitForAll, { .limit = 0 }));
    QCOMPARE(here, all);
}

void tst_AMap::noMoreIsReadThanThereIsRoomFor()
{
    Numbers source;
    const auto call = amap(source, [](int) { return endless(); }, { .limit = 2 });
    QVERIFY(spinUntil([&] { return source.given == 2; }));
    for (int i = 0; i < 20; ++i)
        QCoreApplication::processEvents();
    QCOMPARE(source.given, 2);
    call.cancel();
    QVERIFY(isCanceledInTime(call));
}

void tst_AMap::nothingIsAlsoMapped()
{
    QCOMPARE(resultOf(amap(QList<int>(), &doubled)), QList<int>());
    AMap results(QList<int>(), &doubled);
    QVERIFY(!resultOf(results.next()));
}

void tst_AMap::firstErrorCancelsTheOthers()
{
    Gate running;
    bool hasEnded = false;
    const auto use = [&](int number) -> Task<> {
        if (number == 3) {
            co_await toThread([&] { running.pass(4); });
            throw std::runtime_error("broken");
        }
        try {
            co_await toThread(openAndRunUntilCanceled(running));
        } catch (const CanceledError &) {
            hasEnded = true;
            throw;
        }
    };
    QVERIFY(failsWith<std::runtime_error>(amap(numbers, use)));
    QVERIFY(hasEnded);
}

void tst_AMap::errorOfTheSourceIsThrown()
{
    struct Broken
    {
        PendingCall<std::optional<int>> next()
        {
            return toThread([]() -> std::optional<int> { throw std::logic_error("source"); });
        }
    };
    QVERIFY(failsWith<std::logic_error>(amap(Broken(), &doubled)));
}

void tst_AMap::cancelReachesAll()
{
    int canceled = 0;
    const auto use = [&](int) -> Task<> {
        try {
            co_await endless();
        } catch (const CanceledError &) {
            ++canceled;
            throw;
        }
    };
    const auto call = amap(numbers, use, { .limit = 3 });
    for (int i = 0; i < 10; ++i)
        QCoreApplication::processEvents();
    call.cancel();
    QVERIFY(isCanceledInTime(call));
    QCOMPARE(canceled, 3);
}

void tst_AMap::badUseIsRefused()
{
    QVERIFY(failsWith<InvalidUseError>(amap(numbers, &doubled, { .limit = -1 })));
    QVERIFY(resultOf(toThread([] {
        return throws<NoEventLoopError>([] { waitInThread(amap(numbers, &doubled)); });
    })));
}

void tst_AMap::withoutCoroutines()
{
    QObject context;
    int sum = 0;
    const auto done = amap(numbers, [](int n) {
                          return n * n;
                      }).then(&context, [&](const QList<int> &squares) {
        sum = std::accumulate(squares.begin(), squares.end(), 0);
    });
    resultOf(done);
    QCOMPARE(sum, 55);
}

void tst_AMap::sequenceGivesResultsInOrder()
{
    AMap results(numbers, &slow);
    QList<int> all;
    while (const auto result = resultOf(results.next()))
        all << *result;
    QCOMPARE(all, numbers);
    QVERIFY(!resultOf(results.next()));
}

void tst_AMap::sequenceGivesResultsAsTheyAreReady()
{
    const auto run = []() -> Task<QList<int>> {
        AMap results(numbers, &slow, { .ordered = false });
        QList<int> all;
        while (const auto result = co_await results.next())
            all << *result;
        co_return all;
    };
    QCOMPARE(resultOf(run().start()), QList<int>(numbers.rbegin(), numbers.rend()));
}

void tst_AMap::sequenceIsNotAheadOfItsConsumer()
{
    int begun = 0;
    const auto use = [&](int number) -> Task<MoveOnly> {
        ++begun;
        co_return std::make_unique<int>(number);
    };
    AMap results(std::views::iota(0, 100), use, { .limit = 4 });
    for (int i = 0; i < 20; ++i)
        QCoreApplication::processEvents();
    QCOMPARE(begun, 4);
    QCOMPARE(**resultOf(results.next()), 0);
    QVERIFY(spinUntil([&] { return begun == 5; }));
    for (int i = 1; i < 100; ++i)
        QCOMPARE(**resultOf(results.next()), i);
    QVERIFY(!resultOf(results.next()));
}

void tst_AMap::sequenceEndsWithTheError()
{
    const QFerryMessages messages;
    {
        const auto use = [](int number) -> Task<int> {
            if (number == 3)
                throw std::runtime_error("broken");
            co_return number;
        };
        AMap results(numbers, use, { .limit = 1 });
        QCOMPARE(*resultOf(results.next()), 1);
        QCOMPARE(*resultOf(results.next()), 2);
        QVERIFY(failsWith<std::runtime_error>(results.next()));
        QVERIFY(failsWith<std::runtime_error>(results.next()));
    }
    QCOMPARE(messages.all(), QStringList());
}

void tst_AMap::canceledItemCancelsTheWhole()
{
    const auto apply = [](int n) -> Task<int> {
        if (n == 1)
            throw CanceledError();
        co_return n;
    };
    const QList<int> items{ 0, 1, 2 };
    for (const bool ordered : { true, false }) {
        const auto call = amap(items, apply, { .ordered = ordered });
        QVERIFY(waitFor(call));
        QVERIFY(call.isCanceled());

        AMap results(items, apply, { .limit = 1, .ordered = ordered });
        const std::optional<int> first = resultOf(results.next());
        QCOMPARE(first, std::optional<int>(0));
        const auto second = results.next();
        QVERIFY(waitFor(second));
        QVERIFY(second.isCanceled());
    }
}

void tst_AMap::canceledNextOfASequenceLosesNothing()
{
    AMap results(numbers, &doubled, { .limit = 2 });
    results.next().cancel();
    {
        QObject context;
        results.next().then(&context, [](std::optional<int>) { QFAIL("the context has gone"); });
    }
    QCOMPARE(*resultOf(results.next()), 2);
    const auto unseen = results.next();
    QVERIFY(waitFor(unseen));
    // and dropped by a race that another one won
    QCOMPARE(*resultOf(results.next()), 6);
    QCOMPARE(*resultOf(unseen), 4);
}

void tst_AMap::destroyingASequenceCancelsWhatIsLeft()
{
    int canceled = 0;
    const auto use = [&](int) -> Task<> {
        try {
            co_await endless();
        } catch (const CanceledError &) {
            ++canceled;
            throw;
        }
    };
    std::unique_ptr<AMap<void>> results(new AMap(numbers, use));
    const auto next = results->next();
    for (int i = 0; i < 10; ++i)
        QCoreApplication::processEvents();
    results.reset();
    QVERIFY(next.isCanceled());
    QVERIFY(spinUntil([&] { return canceled == 5; }));
}

void tst_AMap::closingASequenceWaitsForWhatIsLeft()
{
    int canceled = 0;
    const auto note = [&]() -> Task<> {
        co_await sleep(std::chrono::milliseconds(1));
        ++canceled;
    };
    const auto use = [&](int) -> Task<> { co_await asyncFinally(&endless, note); };
    AMap results(numbers, use);
    const auto next = results.next();
    for (int i = 0; i < 10; ++i)
        QCoreApplication::processEvents();
    const auto end = results.close();
    QVERIFY(next.isCanceled());
    QVERIFY(waitFor(end));
    QVERIFY(!end.isCanceled());
    QCOMPARE(canceled, 5);
    QVERIFY(!resultOf(results.next()));
    QVERIFY(waitFor(results.close()));
}

void tst_AMap::sequencesAreItemsOfOthers()
{
    AMap doubles(numbers, &doubled, { .limit = 2 });
    QCOMPARE(resultOf(amap(doubles, &doubled)), (QList<int>{ 4, 8, 12, 16, 20 }));
}

QTEST_GUILESS_MAIN(tst_AMap)
#include "tst_amap.moc"
