// SPDX-License-Identifier: MIT
// putSoon(): what an asynchronous producer puts arrives once, in order, or not at all.
#include "burst.h"
#include "cancelable.h"

#include <random>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

using IntChannel = FromThreadChannel<int>;

namespace {

constexpr auto shortTime = 20ms;

template <typename T>
[[nodiscard]] bool hasEnded(const PendingCall<T> &call)
{
    return call.isFinished() && !call.isCanceled();
}

} // namespace

class tst_PutSoon : public QObject
{
    Q_OBJECT

private slots:
    void roomEndsItAtOnce();
    void fullChannelMakesItWait();
    void itemsArriveInOrder();
    void whoComesLaterDoesNotOvertake();
    void unboundedChannelIsNeverFull();
    void channelWithAListHasABound();
    void takersAreServed();
    void readyReadTellsOfIt();
    void itemsMayBeMoveOnly();
    // what else ends it
    void canceledItemNeverArrives();
    void scopeEndsIt();
    void deadlineEndsIt();
    void closedChannelRefusesIt();
    void closeEndsIt();
    void destroyedChannelEndsIt();
    void endOfTheChannelsLoopEndsIt();
    void endOfTheProducersLoopEndsIt();
    void itemGoesWithItsCall();
    // threads
    void threadsAndCallsTakeTurns();
    void otherThreadsPutSoon();
    void oneLoopIsBothEnds_data();
    void oneLoopIsBothEnds();
    void tasksInTwoLoops();
    void cancelsLoseNoItem();
};

void tst_PutSoon::roomEndsItAtOnce()
{
    IntChannel channel(1);
    QVERIFY(hasEnded(channel.putSoon(1)));
    QCOMPARE(channel.tryGet(), 1);
    QVERIFY(hasEnded(channel.producer().putSoon(2)));
    QCOMPARE(channel.tryGet(), 2);
}

void tst_PutSoon::fullChannelMakesItWait()
{
    IntChannel channel(1);
    channel.put(1);
    const auto second = channel.putSoon(2);
    QVERIFY(!second.isFinished());
    QCOMPARE(channel.count(), 1);
    QCOMPARE(channel.tryGet(), 1);
    QVERIFY(waitFor(second) && hasEnded(second));
    QCOMPARE(channel.tryGet(), 2);
}

void tst_PutSoon::itemsArriveInOrder()
{
    IntChannel channel(3);
    std::vector<PendingCall<void>> puts;
    for (const int number : numbersBelow(100))
        puts.push_back(channel.putSoon(number));
    for (const int number : numbersBelow(100))
        QCOMPARE(resultOf(channel.get()), number);
    resultOf(whenAll(puts));
}

void tst_PutSoon::whoComesLaterDoesNotOvertake()
{
    IntChannel channel(2);
    channel.put(0);
    channel.put(1);
    const auto first = channel.putSoon(2);
    QCOMPARE(channel.tryGet(), 0); // there is room, for one
    const auto second = channel.putSoon(3);
    QVERIFY(waitFor(first));
    QVERIFY(!second.isFinished());
    for (const int number : { 1, 2, 3 })
        QCOMPARE(resultOf(channel.get()), number);
}

void tst_PutSoon::unboundedChannelIsNeverFull()
{
    IntChannel channel;
    for (const int number : numbersBelow(5000))
        QVERIFY(hasEnded(channel.putSoon(number)));
    QCOMPARE(channel.takeAvailable(), numbersBelow(5000));
}

void tst_PutSoon::channelWithAListHasABound()
{
    constexpr int bound = 20'000; // more than its ring has
    IntChannel channel(bound);
    for (const int number : numbersBelow(bound))
        QVERIFY(hasEnded(channel.putSoon(number)));
    const auto last = channel.putSoon(bound);
    QVERIFY(!last.isFinished());
    QCOMPARE(channel.takeAvailable(bound), numbersBelow(bound));
    QVERIFY(waitFor(last));
    QCOMPARE(channel.tryGet(), bound);
}

void tst_PutSoon::takersAreServed()
{
    IntChannel channel(1);
    const auto first = channel.get();
    const auto second = channel.get();
    QVERIFY(hasEnded(channel.putSoon(1)));
    const auto put = channel.putSoon(2);
    QCOMPARE(resultOf(first), 1);
    QCOMPARE(resultOf(second), 2);
    QVERIFY(hasEnded(put));
}

void tst_PutSoon::readyReadTellsOfIt()
{
    IntChannel channel(1);
    std::vector<int> taken;
    connect(&channel, &FromThreadChannelBase::readyRead, this, [&] {
        while (const auto item = channel.tryGet())
            taken.push_back(*item);
    });
    std::vector<PendingCall<void>> puts;
    for (const int number : numbersBelow(100))
        puts.push_back(channel.putSoon(number));
    QVERIFY(spinUntil([&] { return taken.size() == 100; }));
    QCOMPARE(taken, numbersBelow(100));
}

void tst_PutSoon::itemsMayBeMoveOnly()
{
    FromThreadChannel<MoveOnly> channel(1);
    QVERIFY(hasEnded(channel.putSoon(std::make_unique<int>(1))));
    const auto second = channel.putSoon(std::make_unique<int>(2));
    QCOMPARE(*resultOf(channel.get()), 1);
    QCOMPARE(*resultOf(channel.get()), 2);
    QVERIFY(hasEnded(second));
}

void tst_PutSoon::canceledItemNeverArrives()
{
    IntChannel channel(1);
    channel.put(1);
    const auto second = channel.putSoon(2);
    const auto third = channel.putSoon(3);
    second.cancel();
    QVERIFY(second.isCanceled());
    QCOMPARE(resultOf(channel.get()), 1);
    QCOMPARE(resultOf(channel.get()), 3);
    QVERIFY(hasEnded(third));
    third.cancel();
    QVERIFY(!third.isCanceled());
    QVERIFY(!channel.tryGet());
}

void tst_PutSoon::scopeEndsIt()
{
    IntChannel channel(1);
    CancelScope scope;
    QVERIFY(hasEnded(scope.run([&] { return channel.putSoon(1); })));
    const auto second = scope.run([&] { return channel.putSoon(2); });
    scope.cancel();
    QVERIFY(second.isCanceled());
    QVERIFY(scope.run([&] { return channel.putSoon(3); }).isCanceled());
    QCOMPARE(channel.takeAvailable(), std::vector{ 1 });
    QVERIFY(hasEnded(scope.run([&] { return channel.putSoon(4); }))); // which needs no wait
}

void tst_PutSoon::deadlineEndsIt()
{
    IntChannel channel(1);
    channel.put(1);
    QVERIFY(failsWith<TimeoutError>(failAfter(shortTime, [&] { return channel.putSoon(2); })));
    QCOMPARE(channel.takeAvailable(), std::vector{ 1 });
}

void tst_PutSoon::closedChannelRefusesIt()
{
    IntChannel channel(1);
    channel.close();
    QVERIFY(failsWith<ChannelClosedError>(channel.putSoon(1)));
}

void tst_PutSoon::closeEndsIt()
{
    IntChannel channel(1);
    channel.put(1);
    const auto second = channel.putSoon(2);
    const auto third = channel.putSoon(3);
    runAside([&] { channel.close(); });
    QVERIFY(failsWith<ChannelClosedError>(second));
    QVERIFY(failsWith<ChannelClosedError>(third));
    QCOMPARE(channel.takeAvailable(), std::vector{ 1 });
}

void tst_PutSoon::destroyedChannelEndsIt()
{
    auto channel = std::make_unique<IntChannel>(1);
    const auto producer = channel->producer();
    channel->put(1);
    const auto second = channel->putSoon(2);
    channel.reset();
    QVERIFY(failsWith<ChannelClosedError>(second));
    QVERIFY(failsWith<ChannelClosedError>(producer.putSoon(3)));
    QVERIFY(throws<InvalidUseError>([] { std::ignore = ChannelProducer<int>().putSoon(1); }));
}

void tst_PutSoon::endOfTheChannelsLoopEndsIt()
{
    LoopThread thread;
    std::unique_ptr<IntChannel> channel;
    thread.call([&] { channel = std::make_unique<IntChannel>(1); });
    channel->put(1);
    const auto second = channel->putSoon(2);
    QVERIFY(!second.isFinished());
    thread.finish();
    QVERIFY(failsWith<LoopFinishedError>(second));
    QVERIFY(failsWith<LoopFinishedError>(channel->putSoon(3)));
}

void tst_PutSoon::endOfTheProducersLoopEndsIt()
{
    IntChannel channel(1);
    channel.put(1);
    PendingCall<void> second;
    {
        LoopThread thread;
        thread.call([&] { second = channel.putSoon(2); });
        QVERIFY(!second.isFinished());
    }
    QVERIFY(second.isCanceled());
    QCOMPARE(channel.takeAvailable(), std::vector{ 1 });
}

void tst_PutSoon::itemGoesWithItsCall()
{
    const int before = Counted::alive();
    {
        FromThreadChannel<Counted> channel(1);
        channel.put(Counted(1));
        const auto canceled = channel.putSoon(Counted(2));
        QCOMPARE(Counted::alive(), before + 2);
        canceled.cancel();
        QCOMPARE(Counted::alive(), before + 1); // the handle keeps no item
        const auto closed = channel.putSoon(Counted(3));
        channel.close();
        QCOMPARE(Counted::alive(), before + 1);
    }
    QCOMPARE(Counted::alive(), before);
}

void tst_PutSoon::threadsAndCallsTakeTurns()
{
    constexpr int perProducer = 500;
    IntChannel channel(2);
    const auto put = [&] {
        for (const int number : numbersBelow(perProducer))
            channel.put(number);
        return true;
    };
    OutsideThread one(put);
    OutsideThread other(put);
    std::vector<PendingCall<void>> puts;
    for (const int number : numbersBelow(perProducer))
        puts.push_back(channel.putSoon(perProducer + number));
    int nextOfCalls = perProducer;
    for (int i = 0; i < 3 * perProducer; ++i) {
        const int item = resultOf(channel.get());
        if (item >= perProducer)
            QCOMPARE(item, nextOfCalls++);
    }
    QVERIFY(one.result() && other.result());
    resultOf(whenAll(puts));
}

void tst_PutSoon::otherThreadsPutSoon()
{
    IntChannel channel(1);
    const auto put = [&](int number) { waitInThread(channel.putSoon(number)); };
    const auto puts = whenAll(toThread(put, 1), toThread(put, 2), toThread(put, 3));
    int sum = 0;
    for (int i = 0; i < 3; ++i)
        sum += resultOf(channel.get());
    QCOMPARE(sum, 6);
    resultOf(puts);
}

void tst_PutSoon::oneLoopIsBothEnds_data()
{
    QTest::addColumn<int>("maxSize");
    for (const int maxSize : { 1, 2, 3, 64 })
        QTest::addRow("%d", maxSize) << maxSize;
}

void tst_PutSoon::oneLoopIsBothEnds()
{
    QFETCH(const int, maxSize);
    constexpr int items = 10'000;
    IntChannel channel(maxSize);
    const auto produce = [&]() -> Task<> {
        for (const int number : numbersBelow(items))
            co_await channel.putSoon(number);
        channel.close();
    };
    const auto consume = [&]() -> Task<std::vector<int>> {
        std::vector<int> taken;
        for (int i = 0; i < items; ++i)
            taken.push_back(co_await channel.get());
        co_return taken;
    };
    const auto producer = produce().start();
    const auto consumer = consume().start();
    QCOMPARE(resultOf(consumer), numbersBelow(items));
    resultOf(producer);
}

void tst_PutSoon::tasksInTwoLoops()
{
    constexpr int items = 10'000;
    IntChannel channel(1);
    const auto produce = [&]() -> Task<> {
        for (const int number : numbersBelow(items))
            co_await channel.putSoon(number);
    };
    LoopThread thread;
    PendingCall<void> producer;
    thread.call([&] { producer = produce().start(); });
    for (const int number : numbersBelow(items))
        QCOMPARE(resultOf(channel.get()), number);
    QVERIFY(waitFor(producer) && hasEnded(producer));
}

/// Whether an item arrives and how its call ends are the same.
void tst_PutSoon::cancelsLoseNoItem()
{
    constexpr int items = 3000;
    IntChannel channel(1);
    std::vector<PendingCall<void>> puts;
    for (const int number : numbersBelow(items))
        puts.push_back(channel.putSoon(number));
    const auto cancelSome = [&puts](unsigned seed) {
        std::minstd_rand random(seed);
        for (int i = 0; i < items; ++i)
            puts[random() % puts.size()].cancel();
        return true;
    };
    OutsideThread one([&] { return cancelSome(1); });
    OutsideThread other([&] { return cancelSome(2); });
    std::vector<int> taken;
    QVERIFY(spinUntil([&] {
        while (const auto item = channel.tryGet())
            taken.push_back(*item);
        return puts.back().isFinished() && one.isFinished() && other.isFinished();
    }));
    while (const auto item = channel.tryGet())
        taken.push_back(*item);
    std::vector<int> expected;
    for (const int number : numbersBelow(items)) {
        if (hasEnded(puts[size_t(number)]))
            expected.push_back(number);
    }
    QCOMPARE(taken, expected);
}

QTEST_GUILESS_MAIN(tst_PutSoon)
#include "tst_putsoon.moc"
