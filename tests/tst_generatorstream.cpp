// SPDX-License-Identifier: MIT
// Streams whose items a coroutine makes.
#include "cancelable.h"
#include "outside.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

using Item = std::optional<int>;

AsyncGenerator<int> numbers(int count)
{
    for (int i = 0; i < count; ++i) {
        if (i % 2)
            co_await checkpoint();
        co_yield i;
    }
}
AsyncGenerator<int> oneAndAnError()
{
    co_yield 1;
    throw std::logic_error("broken");
}

} // namespace

class tst_GeneratorStream : public QObject
{
    Q_OBJECT

private slots:
    void itemsComeInOrder();
    void itemsMayBeMoveOnly();
    void noWorkerIsUsed();
    void nothingRunsBeforeTheFirstItemIsAskedFor();
    void itIsOneItemAheadAtMost();
    void errorComesOnceAfterTheItems();
    void forEachFailsWithTheError();
    void forEachMayStop();
    void cancelOfForEachCancelsTheCoroutine();
    void cancelOfNextLosesNothing();
    void destroyedStreamsCancelTheCoroutine();
    void closeWaitsForTheCoroutine();
    void canceledCoroutineEndsTheStreamCanceled();
    void oneThatNeverBeganIsDroppedSilently();
    void loopsEndEndsIt();
};

void tst_GeneratorStream::itemsComeInOrder()
{
    const QList<int> expected{ 0, 1, 2, 3, 4 };
    QList<int> items;
    resultOf(toStream(numbers(5)).forEach(this, [&](int item) { items << item; }));
    QCOMPARE(items, expected);
    items.clear();
    const auto take = [&]() -> Task<> {
        auto stream = toStream(numbers(5));
        while (const auto item = co_await stream.next())
            items << *item;
    };
    resultOf(take().start());
    QCOMPARE(items, expected);
    items.clear();
    const auto keep = [&](std::span<int> batch) {
        for (const int item : batch)
            items << item;
    };
    resultOf(toStream(numbers(5)).forEachBatch(this, keep));
    QCOMPARE(items, expected);
}

void tst_GeneratorStream::itemsMayBeMoveOnly()
{
    const auto make = []() -> AsyncGenerator<MoveOnly> {
        co_yield std::make_unique<int>(1);
        co_yield std::make_unique<int>(2);
    };
    int sum = 0;
    resultOf(toStream(make()).forEach(this, [&](MoveOnly item) { sum += *item; }));
    QCOMPARE(sum, 3);
}

void tst_GeneratorStream::noWorkerIsUsed()
{
    const auto make = []() -> AsyncGenerator<bool> {
        co_yield isWorkerThread();
        co_await checkpoint();
        co_yield isWorkerThread();
    };
    int items = 0;
    bool isInWorker = false;
    resultOf(toStream(make()).forEach(this, [&](bool item) {
        ++items;
        isInWorker |= item;
    }));
    QCOMPARE(items, 2);
    QVERIFY(!isInWorker);
}

void tst_GeneratorStream::nothingRunsBeforeTheFirstItemIsAskedFor()
{
    bool hasRun = false;
    const auto make = [&]() -> AsyncGenerator<int> {
        hasRun = true;
        co_yield 1;
    };
    auto stream = toStream(make());
    QCoreApplication::processEvents();
    QVERIFY(!hasRun);
    QCOMPARE(resultOf(stream.next()), Item(1));
    QVERIFY(hasRun);
}

void tst_GeneratorStream::itIsOneItemAheadAtMost()
{
    int made = 0;
    const auto make = [&]() -> AsyncGenerator<int> {
        for (;;)
            co_yield ++made;
    };
    auto stream = toStream(make());
    for (int i = 1; i < 5; ++i) {
        QCOMPARE(resultOf(stream.next()), Item(i));
        for (int turn = 0; turn < 5; ++turn)
            QCoreApplication::processEvents();
        QVERIFY(made <= i + 1);
    }
}

void tst_GeneratorStream::errorComesOnceAfterTheItems()
{
    const QFerryMessages messages;
    {
        auto stream = toStream(oneAndAnError());
        QCOMPARE(resultOf(stream.next()), Item(1));
        QVERIFY(failsWith<std::logic_error>(stream.next()));
        QVERIFY(!resultOf(stream.next()));
    }
    QCOMPARE(messages.count(), 0);
}

void tst_GeneratorStream::forEachFailsWithTheError()
{
    int items = 0;
    const auto call = toStream(oneAndAnError()).forEach(this, [&](int) { ++items; });
    QVERIFY(failsWith<std::logic_error>(call));
    QCOMPARE(items, 1);
}

void tst_GeneratorStream::forEachMayStop()
{
    int items = 0;
    resultOf(toStream(numbers(10)).forEach(this, [&](int) { return ++items < 3; }));
    QCOMPARE(items, 3);
}

namespace {

/// Yields once, then waits to be canceled.
struct Endless
{
    bool hasBegun = false;
    bool hasEnded = false;

    AsyncGenerator<int> items()
    {
        const auto atEnd = qScopeGuard([this] { hasEnded = true; });
        hasBegun = true;
        co_yield 1;
        co_await toThread([] { runUntilCanceled(); });
    }
};

} // namespace

void tst_GeneratorStream::cancelOfForEachCancelsTheCoroutine()
{
    Endless endless;
    int items = 0;
    const auto call = toStream(endless.items()).forEach(this, [&](int) { ++items; });
    QVERIFY(spinUntil([&] { return items == 1; }));
    call.cancel();
    QVERIFY(isCanceledInTime(call));
    QVERIFY(endless.hasEnded); // by then
}

void tst_GeneratorStream::cancelOfNextLosesNothing()
{
    FromThreadChannel<int> channel;
    const auto make = [&]() -> AsyncGenerator<int> {
        for (;;)
            co_yield co_await channel.get();
    };
    auto stream = toStream(make());
    const auto canceled = stream.next();
    QCoreApplication::processEvents();
    canceled.cancel();
    QVERIFY(canceled.isCanceled());
    channel.put(7);
    QCOMPARE(resultOf(stream.next()), Item(7));
}

void tst_GeneratorStream::destroyedStreamsCancelTheCoroutine()
{
    Endless endless;
    {
        auto stream = toStream(endless.items());
        QCOMPARE(resultOf(stream.next()), Item(1));
    }
    QVERIFY(spinUntil([&] { return endless.hasEnded; }));
}

void tst_GeneratorStream::closeWaitsForTheCoroutine()
{
    Endless endless;
    auto stream = toStream(endless.items());
    QCOMPARE(resultOf(stream.next()), Item(1));
    const auto next = stream.next();
    resultOf(stream.close());
    QVERIFY(endless.hasEnded);
    QCOMPARE(resultOf(next), Item());
}

void tst_GeneratorStream::canceledCoroutineEndsTheStreamCanceled()
{
    CancelScope scope;
    Endless endless;
    auto stream = toStream(scope.run([&] { return endless.items(); }));
    QCOMPARE(resultOf(stream.next()), Item(1));
    scope.cancel();
    QVERIFY(isCanceledInTime(stream.next()));
    QVERIFY(!resultOf(stream.next()));
}

void tst_GeneratorStream::oneThatNeverBeganIsDroppedSilently()
{
    const QFerryMessages messages;
    Endless endless;
    {
        const auto stream = toStream(endless.items());
    }
    QVERIFY(!endless.hasBegun);
    QCOMPARE(messages.count(), 0);
}

void tst_GeneratorStream::loopsEndEndsIt()
{
    Endless endless;
    PendingCall<void> call;
    Stream<int> stream;
    {
        LoopThread thread;
        QObject *context = nullptr;
        Gate gotItem;
        thread.call([&] {
            context = new QObject;
            stream = toStream(endless.items());
            call = stream.forEach(context, [&](int) { gotItem.open(); });
        });
        gotItem.pass();
        thread.call([&] { delete context; });
    }
    QVERIFY(endless.hasEnded);
    QVERIFY(call.isCanceled());
}

QTEST_GUILESS_MAIN(tst_GeneratorStream)
#include "tst_generatorstream.moc"
