// SPDX-License-Identifier: MIT
#include "burst.h"
#include "cancelable.h"
#include "task.h"

#include <QtCore/qeventloop.h>
#include <QtTest/qsignalspy.h>

#include <algorithm>
#include <array>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

using IntChannel = FromThreadChannel<int>;

static_assert(!std::is_copy_constructible_v<IntChannel>);
static_assert(std::is_base_of_v<QObject, IntChannel>);
static_assert(std::is_copy_constructible_v<ChannelProducer<MoveOnly>>);
static_assert(std::is_nothrow_move_constructible_v<ChannelCloser>);
static_assert(!std::is_copy_constructible_v<ChannelCloser>);

namespace {

void putAll(IntChannel &channel, int end)
{
    for (int i = 0; i < end; ++i)
        channel.put(i);
}

/// Takes whatever comes, in the order in which it came.
template <typename T>
class Collector
{
public:
    explicit Collector(FromThreadChannel<T> &channel) : m_channel(channel)
    {
        QObject::connect(&channel, &FromThreadChannelBase::readyRead, &m_context, [this] {
            for (T &item : m_channel.takeAvailable())
                items.push_back(std::move(item));
        });
    }
    [[nodiscard]] bool hasGot(size_t count)
    {
        return spinUntil([&] { return items.size() >= count; });
    }

    std::vector<T> items;

private:
    QObject m_context;
    FromThreadChannel<T> &m_channel;
};

/// Its first move takes until the gate is open.
class HeldItem
{
public:
    HeldItem(Gate &moving, Gate &goOn) : m_moving(&moving), m_goOn(&goOn) {}
    HeldItem(HeldItem &&other) noexcept
    {
        if (other.m_moving) {
            other.m_moving->open();
            (void)other.m_goOn->tryPass();
        }
    }
    HeldItem &operator=(HeldItem &&) = delete;
    ~HeldItem() = default;

private:
    Gate *m_moving = nullptr;
    Gate *m_goOn = nullptr;
};

EagerTask<std::vector<int>> getAll(IntChannel &channel)
{
    std::vector<int> items;
    try {
        for (;;)
            items.push_back(co_await channel.get());
    } catch (const ChannelClosedError &) {
    }
    co_return items;
}

} // namespace

class tst_Channel : public QObject
{
    Q_OBJECT

private slots:
    // high bounds
    void highBoundsTakeNoMemoryInAdvance();
    void highBoundsAreExact();
    void producersMeetAHighBound();
    // order
    void itemsArriveInOrder_data();
    void itemsArriveInOrder();
    void itemsOfAllKindsArrive();
    void earlyConsumerIsWoken();
    void severalGetsAreServedInOrder();
    void getsAreCoroutinesToo();
    // the maximum
    void putBlocksAtTheMaximum_data();
    void putBlocksAtTheMaximum();
    void unboundedPutNeverBlocks();
    void anyRoomWakesAProducer();
    // closing
    void putAfterCloseThrows();
    void closedChannelIsDrainedFirst();
    void closingTwiceIsHarmless();
    void closeOnExitCloses();
    void closeWakesAGet();
    void itemPutJustBeforeCloseIsNotLost();
    void closedComesAfterWhatWasBeingPut_data();
    void closedComesAfterWhatWasBeingPut();
    // takes that nobody waits for any more
    void canceledGetLosesNothing();
    void timedOutGetLosesNothing();
    void droppedGetLosesNothing();
    void skippedHandlerLosesNothing();
    // many producers
    void manyProducersLoseNothing_data();
    void manyProducersLoseNothing();
    void everyProducerGetsItsTurn_data();
    void everyProducerGetsItsTurn();
    // signals and properties
    void readyReadComesOncePerBurst();
    void readyReadComesAgainWhenSomeAreLeft();
    void closedIsEmittedOnce();
    void closedIsEmittedWhenItemsAreLeft();
    void propertiesAreReadable();
    // taking
    void tryPutAndTryGetNeverWait();
    void failedPutLeavesTheItem();
    void takeAvailableTakesAtMost();
    void takeAvailableReusesMemory();
    void itemsAreMovedAndDestroyed();
    // misuse
    void takingInAnotherThreadIsInvalidUse();
    void putThatWouldWaitForItselfIsInvalidUse();
    void channelNeedsAnEventLoop();
    void negativeArgumentsAreInvalidUse();
    void emptyProducerIsInvalidUse();
    void channelThatHasNoMemoryLeavesNoTrace();
    // slots
    void nestedEventLoopGetsItems();
    void slotMayDestroyTheChannel();
    void slotThatThrowsIsLogged();
};

void tst_Channel::itemsArriveInOrder_data()
{
    QTest::addColumn<int>("maxSize");
    QTest::addColumn<int>("count");
    QTest::newRow("1") << 1 << 500;
    QTest::newRow("2") << 2 << 500;
    QTest::newRow("3") << 3 << 2'000;
    QTest::newRow("1000") << 1'000 << 20'000;
    QTest::newRow("1024") << 1'024 << 20'000;
    QTest::newRow("unbounded") << 0 << 20'000;
}

void tst_Channel::itemsArriveInOrder()
{
    QFETCH(const int, maxSize);
    QFETCH(const int, count);
    IntChannel channel(maxSize);
    Collector<int> collector(channel);
    const auto call = toThread([&] { putAll(channel, count); });
    QVERIFY(collector.hasGot(size_t(count)));
    QVERIFY(waitFor(call));
    QCOMPARE(collector.items, numbersBelow(count));
}

void tst_Channel::itemsOfAllKindsArrive()
{
    const auto check = [this]<typename T>() {
        if constexpr (!std::is_void_v<T>) {
            for (const int maxSize : { 0, 1 }) {
                FromThreadChannel<T> channel(maxSize);
                const auto call = toThread([&] { channel.put(Sample<T>::make()); });
                QVERIFY(Sample<T>::matches(resultOf(channel.get())));
                QVERIFY(waitFor(call));
            }
        }
    };
    forEachResultType(check);
}

void tst_Channel::earlyConsumerIsWoken()
{
    IntChannel channel;
    const PendingCall<int> item = channel.get();
    QCoreApplication::processEvents(); // the loop has nothing to do
    QVERIFY(!item.isFinished());
    runAside([&] { channel.put(42); });
    QCOMPARE(resultOf(item), 42);
}

void tst_Channel::severalGetsAreServedInOrder()
{
    IntChannel channel;
    QObject context;
    std::vector<int> got;
    for (int i = 0; i < 5; ++i)
        channel.get().then(&context, [&got](int item) { got.push_back(item); });
    runAside([&] { putAll(channel, 5); });
    QVERIFY(spinUntil([&] { return got.size() == 5; }));
    QCOMPARE(got, numbersBelow(5));
}

void tst_Channel::getsAreCoroutinesToo()
{
    IntChannel channel(16);
    auto task = getAll(channel);
    const auto call = toThread([&] {
        const ChannelCloser closer = channel.closeOnExit();
        putAll(channel, 50'000);
    });
    QVERIFY(spinUntil([&] { return task.isDone(); }));
    QCOMPARE(task.take(), numbersBelow(50'000));
    QVERIFY(waitFor(call));
}

void tst_Channel::putBlocksAtTheMaximum_data()
{
    QTest::addColumn<int>("maxSize");
    for (const int maxSize : { 1, 2, 3, 4, 100 })
        QTest::addRow("%d", maxSize) << maxSize;
}

void tst_Channel::putBlocksAtTheMaximum()
{
    QFETCH(const int, maxSize);
    IntChannel channel(maxSize);
    Gate full;
    std::atomic<bool> isClosedError = false;
    std::atomic<int> put = 0;
    OutsideThread producer([&] {
        try {
            for (;; ++put) {
                if (put == maxSize)
                    full.open();
                channel.put(put);
            }
        } catch (const ChannelClosedError &) {
            isClosedError = true;
        }
    });
    QVERIFY(full.tryPass());
    QVERIFY(!producer.isFinished());
    QCOMPARE(put, maxSize);
    QCOMPARE(channel.count(), maxSize);
    channel.close();
    producer.result();
    QVERIFY(isClosedError);
    QCOMPARE(channel.takeAvailable(), numbersBelow(maxSize));
}

void tst_Channel::unboundedPutNeverBlocks()
{
    IntChannel channel;
    QCOMPARE(channel.maxSize(), 0);
    runAside([&] { putAll(channel, 100'000); });
    QCOMPARE(channel.count(), 100'000);
    QCOMPARE(channel.takeAvailable(), numbersBelow(100'000));
    QCOMPARE(channel.count(), 0);
    putAll(channel, 10); // here, too
    QCOMPARE(channel.takeAvailable(), numbersBelow(10));
}

void tst_Channel::anyRoomWakesAProducer()
{
    IntChannel channel(100);
    putAll(channel, 100);
    const auto call = toThread([&] { channel.put(100); });
    QCOMPARE(channel.tryGet(), 0);
    QVERIFY(waitFor(call));
    QCOMPARE(channel.count(), 100);
}

void tst_Channel::putAfterCloseThrows()
{
    for (const int maxSize : { 0, 1, 10 }) {
        IntChannel channel(maxSize);
        channel.close();
        QVERIFY(channel.isClosed());
        runAside([&] {
            QVERIFY(throws<ChannelClosedError>([&] { channel.put(1); }));
            QVERIFY(throws<ChannelClosedError>([&] { (void)channel.tryPut(1); }));
        });
        QCOMPARE(channel.count(), 0);
    }
}

void tst_Channel::closedChannelIsDrainedFirst()
{
    IntChannel channel;
    runAside([&] {
        putAll(channel, 3);
        channel.close();
    });
    for (int i = 0; i < 3; ++i)
        QCOMPARE(resultOf(channel.get()), i);
    QVERIFY(failsWith<ChannelClosedError>(channel.get()));
    QCOMPARE(channel.tryGet(), std::nullopt);
    QVERIFY(channel.takeAvailable().empty());
}

void tst_Channel::closingTwiceIsHarmless()
{
    IntChannel channel;
    QSignalSpy closed(&channel, &FromThreadChannelBase::closed);
    channel.close();
    runAside([&] { channel.close(); });
    QVERIFY(spinUntil([&] { return closed.count() > 0; }));
    QCoreApplication::processEvents();
    QCOMPARE(closed.count(), 1);
}

void tst_Channel::closeOnExitCloses()
{
    IntChannel channel;
    const auto call = toThread([&] {
        const ChannelCloser closer = channel.closeOnExit();
        channel.put(1);
        throw std::runtime_error("expected");
    });
    QCOMPARE(resultOf(channel.get()), 1);
    QVERIFY(failsWith<ChannelClosedError>(channel.get()));
    QVERIFY(failsWith<std::runtime_error>(call));
}

void tst_Channel::closeWakesAGet()
{
    IntChannel channel;
    const PendingCall<int> item = channel.get();
    const PendingCall<int> another = channel.get();
    runAside([&] { channel.close(); });
    QVERIFY(failsWith<ChannelClosedError>(item));
    QVERIFY(failsWith<ChannelClosedError>(another));
}

void tst_Channel::itemPutJustBeforeCloseIsNotLost()
{
    for (const int maxSize : { 0, 8 }) {
        for (int round = 0; round < 300; ++round) {
            IntChannel channel(maxSize);
            std::atomic<int> put = 0;
            std::vector<std::jthread> producers;
            for (int i = 0; i < 2; ++i) {
                producers.emplace_back([&] {
                    try {
                        for (;;) {
                            channel.put(1);
                            ++put;
                        }
                    } catch (const ChannelClosedError &) {
                    }
                });
            }
            int got = 0;
            while (got < round % 30)
                got += int(channel.takeAvailable().size());
            QSignalSpy closed(&channel, &FromThreadChannelBase::closed);
            channel.close();
            QVERIFY(spinUntil([&] { return closed.count() > 0; }));
            producers.clear(); // joins them
            got += int(channel.takeAvailable().size());
            QCOMPARE(got, put);
        }
    }
}

void tst_Channel::closedComesAfterWhatWasBeingPut_data()
{
    QTest::addColumn<int>("maxSize");
    QTest::newRow("bounded") << 4;
    QTest::newRow("unbounded") << 0;
}

void tst_Channel::closedComesAfterWhatWasBeingPut()
{
    QFETCH(const int, maxSize);
    FromThreadChannel<HeldItem> channel(maxSize);
    size_t itemsAtTheEnd = 0;
    QSignalSpy closed(&channel, &FromThreadChannelBase::closed);
    connect(&channel, &FromThreadChannelBase::closed, &channel,
            [&] { itemsAtTheEnd = channel.takeAvailable().size(); });
    Gate moving;
    Gate goOn;
    OutsideThread producer([&] { channel.put(HeldItem(moving, goOn)); });
    QVERIFY(moving.tryPass());
    channel.close();
    for (int i = 0; i < 10; ++i)
        QCoreApplication::processEvents();
    const auto closedTooSoon = closed.count();
    goOn.open();
    producer.resultWhileTheLoopTurns();
    QVERIFY(spinUntil([&] { return closed.count() > 0; }));
    QCOMPARE(closedTooSoon, 0);
    QCOMPARE(itemsAtTheEnd, size_t(1));
}

void tst_Channel::canceledGetLosesNothing()
{
    IntChannel channel;
    const PendingCall<int> canceled = channel.get();
    const PendingCall<int> item = channel.get();
    canceled.cancel();
    QVERIFY(canceled.isCanceled());
    runAside([&] { channel.put(7); });
    QCOMPARE(resultOf(item), 7);
}

void tst_Channel::timedOutGetLosesNothing()
{
    IntChannel channel;
    QVERIFY(failsWith<ChannelTimeoutError>(channel.get(1ms)));
    const PendingCall<int> item = channel.get(10min);
    runAside([&] { channel.put(7); });
    QCOMPARE(resultOf(item), 7);
}

void tst_Channel::droppedGetLosesNothing()
{
    for (const int maxSize : { 0, 10 }) {
        IntChannel channel(maxSize);
        (void)channel.get(); // served below, and nobody sees it
        (void)channel.get();
        runAside([&] { putAll(channel, 4); });
        QVERIFY(spinUntil([&] { return channel.tryGet() == 0; }));
        (void)channel.get(); // served at once
        QCOMPARE(resultOf(channel.get()), 1);
        QCOMPARE(channel.takeAvailable(), (std::vector{ 2, 3 }));
    }
}

void tst_Channel::skippedHandlerLosesNothing()
{
    IntChannel channel;
    putAll(channel, 2);
    QObject context;
    bool hasRun = false;
    {
        const auto handler = channel.get().then(&context, [&](int) { hasRun = true; });
        handler.cancel();
        QVERIFY(waitFor(handler));
        QVERIFY(handler.isCanceled());
    }
    QVERIFY(!hasRun);
    QCOMPARE(resultOf(channel.get()), 0);
    QCOMPARE(resultOf(channel.get()), 1);
}

void tst_Channel::manyProducersLoseNothing_data()
{
    QTest::addColumn<int>("maxSize");
    QTest::newRow("bounded") << 1024;
    QTest::newRow("tight") << 5;
    QTest::newRow("unbounded") << 0;
}

void tst_Channel::manyProducersLoseNothing()
{
    QFETCH(const int, maxSize);
    constexpr int producerCount = 8;
    const int itemCount = maxSize == 5 ? 5'000 : 100'000;
    FromThreadChannel<std::pair<int, int>> channel(maxSize);
    std::vector<int> next(producerCount, 0);
    qint64 got = 0;
    bool isInOrder = true;
    connect(&channel, &FromThreadChannelBase::readyRead, &channel, [&] {
        for (const auto &[producer, item] : channel.takeAvailable()) {
            isInOrder &= item == next[size_t(producer)]++;
            ++got;
        }
    });
    std::vector<PendingCall<void>> calls;
    for (int producer = 0; producer < producerCount; ++producer) {
        calls.push_back(toThread([&channel, producer, itemCount] {
            for (int i = 0; i < itemCount; ++i)
                channel.put({ producer, i });
        }));
    }
    // The watchdog looks at progress: sanitizers are slow.
    qint64 before = -1;
    while (got < qint64(producerCount) * itemCount && got != std::exchange(before, got))
        (void)spinUntil(
                [&] { return got > before + 50'000 || got == qint64(producerCount) * itemCount; });
    for (const auto &call : calls)
        QVERIFY(waitFor(call));
    QCOMPARE(got, qint64(producerCount) * itemCount);
    QVERIFY(isInOrder);
    QCOMPARE(channel.count(), 0);
}

void tst_Channel::everyProducerGetsItsTurn_data()
{
    QTest::addColumn<int>("maxSize");
    QTest::newRow("1 item") << 1;
    QTest::newRow("64 items") << 64;
    QTest::newRow("1024 items") << 1024;
}

/// Each of them alone could keep the consumer busy.
void tst_Channel::everyProducerGetsItsTurn()
{
    QFETCH(const int, maxSize);
    IntChannel channel(maxSize);
    std::array<int, 4> counts{};
    connect(&channel, &FromThreadChannelBase::readyRead, &channel, [&] {
        for (const int producer : channel.takeAvailable())
            ++counts[size_t(producer)];
    });
    std::vector<std::jthread> producers;
    for (int i = 0; i < int(counts.size()); ++i) {
        producers.emplace_back([&, i] {
            try {
                for (;;)
                    channel.put(i);
            } catch (const ChannelClosedError &) {
            }
        });
    }
    const bool allHadTurns = spinUntil([&] {
        return std::all_of(counts.cbegin(), counts.cend(), [](int count) { return count >= 500; });
    });
    channel.close();
    producers.clear(); // joins them
    QVERIFY(allHadTurns);
}

void tst_Channel::readyReadComesOncePerBurst()
{
    IntChannel channel(2000);
    QSignalSpy readyRead(&channel, &FromThreadChannelBase::readyRead);
    runAside([&] { putAll(channel, 1000); });
    QVERIFY(spinUntil([&] { return readyRead.count() > 0; }));
    runAside([&] { putAll(channel, 1000); }); // nothing has been taken: this is known already
    QCoreApplication::processEvents();
    QCOMPARE(readyRead.count(), 1);

    QCOMPARE(channel.takeAvailable().size(), size_t(2000));
    runAside([&] { putAll(channel, 1000); });
    QVERIFY(spinUntil([&] { return readyRead.count() > 1; }));
    QCoreApplication::processEvents();
    QCOMPARE(readyRead.count(), 2);
}

void tst_Channel::readyReadComesAgainWhenSomeAreLeft()
{
    IntChannel channel;
    std::vector<int> got;
    connect(&channel, &FromThreadChannelBase::readyRead, &channel,
            [&] { got.push_back(channel.tryGet().value_or(-1)); });
    runAside([&] { putAll(channel, 100); });
    QVERIFY(spinUntil([&] { return got.size() == 100; }));
    QCOMPARE(got, numbersBelow(100));
}

void tst_Channel::closedIsEmittedOnce()
{
    IntChannel channel;
    Collector<int> collector(channel);
    QSignalSpy closed(&channel, &FromThreadChannelBase::closed);
    size_t itemsAtTheEnd = 0;
    connect(&channel, &FromThreadChannelBase::closed, &channel,
            [&] { itemsAtTheEnd = collector.items.size(); });
    runAside([&] {
        putAll(channel, 10);
        channel.close();
    });
    QVERIFY(spinUntil([&] { return closed.count() > 0; }));
    QCOMPARE(itemsAtTheEnd, size_t(10));
    QCoreApplication::processEvents();
    QCOMPARE(closed.count(), 1);
}

void tst_Channel::closedIsEmittedWhenItemsAreLeft()
{
    IntChannel channel;
    QSignalSpy readyRead(&channel, &FromThreadChannelBase::readyRead);
    QSignalSpy closed(&channel, &FromThreadChannelBase::closed);
    runAside([&] { channel.put(1); });
    QVERIFY(spinUntil([&] { return readyRead.count() > 0; }));
    QCoreApplication::processEvents();
    runAside([&] { channel.close(); });
    QVERIFY(spinUntil([&] { return closed.count() > 0; }));
    QCOMPARE(channel.count(), 1);
    QCOMPARE(channel.takeAvailable(), std::vector{ 1 });
}

void tst_Channel::propertiesAreReadable()
{
    IntChannel channel(5);
    QCOMPARE(channel.property("maxSize").toInt(), 5);
    QCOMPARE(channel.property("count").toInt(), 0);
    QCOMPARE(channel.property("isClosed").toBool(), false);
    channel.put(1);
    channel.close();
    QCOMPARE(channel.property("count").toInt(), 1);
    QCOMPARE(channel.property("isClosed").toBool(), true);
    const QMetaObject *meta = channel.metaObject();
    QCOMPARE(meta->property(meta->indexOfProperty("isClosed")).notifySignal().name(), "closed");
}

void tst_Channel::tryPutAndTryGetNeverWait()
{
    IntChannel channel(2);
    QCOMPARE(channel.tryGet(), std::nullopt);
    QVERIFY(channel.tryPut(0));
    QVERIFY(channel.tryPut(1));
    QVERIFY(!channel.tryPut(2));
    QCOMPARE(channel.tryGet(), 0);
    QVERIFY(channel.tryPut(2));
    QCOMPARE(channel.takeAvailable(), (std::vector{ 1, 2 }));
}

void tst_Channel::failedPutLeavesTheItem()
{
    FromThreadChannel<MoveOnly> channel(1, 1ms);
    channel.put(std::make_unique<int>(1));
    MoveOnly item = std::make_unique<int>(2);
    QVERIFY(!channel.tryPut(std::move(item)));
    QVERIFY(item);
    runAside([&] { QVERIFY(throws<ChannelTimeoutError>([&] { channel.put(std::move(item)); })); });
    QVERIFY(item);
    channel.close();
    QVERIFY(throws<ChannelClosedError>([&] { channel.put(std::move(item)); }));
    QVERIFY(item);
}

void tst_Channel::takeAvailableTakesAtMost()
{
    IntChannel channel;
    putAll(channel, 10);
    QCOMPARE(channel.takeAvailable(3), (std::vector{ 0, 1, 2 }));
    QVERIFY(channel.takeAvailable(0).empty());
    QCOMPARE(channel.takeAvailable(100).size(), size_t(7));
}

void tst_Channel::takeAvailableReusesMemory()
{
    IntChannel channel(100);
    std::vector<int> items;
    items.reserve(100);
    const int *memory = items.data();
    for (int round = 0; round < 3; ++round) {
        putAll(channel, 100);
        channel.takeAvailableInto(items);
        QCOMPARE(items, numbersBelow(100));
        QCOMPARE(items.data(), memory);
    }
}

void tst_Channel::itemsAreMovedAndDestroyed()
{
    const int alive = Counted::alive();
    for (const int maxSize : { 0, 4 }) {
        FromThreadChannel<Counted> channel(maxSize);
        Counted::resetCounts();
        channel.put(Counted(1));
        channel.put(Counted(2));
        QCOMPARE(Counted::alive(), alive + 2);
        QCOMPARE(channel.tryGet()->value, 1);
        QCOMPARE(Counted::copies(), 0);
        QCOMPARE(Counted::alive(), alive + 1);
    }
    QCOMPARE(Counted::alive(), alive); // with the channel go its items
}

void tst_Channel::takingInAnotherThreadIsInvalidUse()
{
    IntChannel channel;
    channel.put(1);
    runAside([&] {
        QVERIFY(throws<InvalidUseError>([&] { (void)channel.tryGet(); }));
        QVERIFY(throws<InvalidUseError>([&] { (void)channel.takeAvailable(); }));
        QVERIFY(throws<InvalidUseError>([&] { waitInThread(channel.get()); }));
    });
    QCOMPARE(channel.tryGet(), 1);
}

void tst_Channel::putThatWouldWaitForItselfIsInvalidUse()
{
    IntChannel channel(1);
    channel.put(1);
    QVERIFY(throws<InvalidUseError>([&] { channel.put(2); }));
    QCOMPARE(channel.takeAvailable(), std::vector{ 1 });
}

void tst_Channel::channelNeedsAnEventLoop()
{
    runAside([] { QVERIFY(throws<NoEventLoopError>([] { IntChannel channel; })); });
    QVERIFY(resultOf(
            toThread([] { return throws<NoEventLoopError>([] { IntChannel channel; }); })));
}

void tst_Channel::negativeArgumentsAreInvalidUse()
{
    QVERIFY(throws<InvalidUseError>([] { IntChannel channel(-1); }));
    QVERIFY(throws<InvalidUseError>([] { IntChannel channel(1, -1ms); }));
    IntChannel channel(1);
    channel.put(1);
    QVERIFY(failsWith<InvalidUseError>(channel.get(-1ms)));
    QVERIFY(throws<InvalidUseError>([&] { (void)channel.takeAvailable(-1); }));
    runAside([&] { QVERIFY(throws<InvalidUseError>([&] { channel.put(2, -1ms); })); });
}

void tst_Channel::emptyProducerIsInvalidUse()
{
    const ChannelProducer<int> producer;
    QVERIFY(throws<InvalidUseError>([&] { producer.put(1); }));
    QVERIFY(throws<InvalidUseError>([&] { producer.close(); }));
}

void tst_Channel::channelThatHasNoMemoryLeavesNoTrace()
{
#ifdef TESTING_SANITIZED
    QSKIP("The sanitizers end a program that asks for so much memory");
#else
    struct Gigabyte
    {
        std::array<std::byte, 1 << 30> bytes;
    };
    LoopThread thread;
    bool hasFailed = false;
    thread.call([&] {
        hasFailed = throws<std::bad_alloc>([] { FromThreadChannel<Gigabyte> channel(1 << 18); });
    });
    QVERIFY(hasFailed);
    thread.finish(); // tells all channels that there are
#endif
}

void tst_Channel::nestedEventLoopGetsItems()
{
    IntChannel channel(4);
    std::vector<int> got;
    QEventLoop dialog;
    connect(&channel, &FromThreadChannelBase::readyRead, &channel, [&] {
        const bool isFirst = got.empty();
        for (const int item : channel.takeAvailable())
            got.push_back(item);
        if (isFirst) {
            QTimer::singleShot(watchdog, &dialog, &QEventLoop::quit);
            dialog.exec();
        } else if (got.size() >= 100) {
            dialog.quit();
        }
    });
    const auto call = toThread([&] { putAll(channel, 200); });
    QVERIFY(spinUntil([&] { return got.size() == 200; }));
    QCOMPARE(got, numbersBelow(200));
    QVERIFY(waitFor(call));
}

void tst_Channel::slotMayDestroyTheChannel()
{
    auto channel = std::make_unique<IntChannel>(4);
    const ChannelProducer<int> producer = channel->producer();
    connect(channel.get(), &FromThreadChannelBase::readyRead, this, [&] { channel.reset(); });
    const auto call = toThread([producer] {
        for (;;)
            producer.put(1);
    });
    QVERIFY(failsWith<ChannelClosedError>(call));
    QVERIFY(!channel);
    QVERIFY(producer.isClosed());
}

void tst_Channel::slotThatThrowsIsLogged()
{
    const QFerryMessages messages;
    IntChannel channel;
    connect(&channel, &FromThreadChannelBase::readyRead, &channel,
            [] { throw std::runtime_error("expected"); });
    channel.put(1);
    QVERIFY(spinUntil([&] { return messages.count() > 0; }));
    QVERIFY(messages.all().first().contains(QStringLiteral("expected")));
}

void tst_Channel::highBoundsTakeNoMemoryInAdvance()
{
    constexpr qsizetype most = std::numeric_limits<qsizetype>::max();
    FromThreadChannel<std::array<char, 1000>> channel(most);
    QCOMPARE(channel.maxSize(), most);
    channel.put(std::array<char, 1000>{ 'a' });
    QCOMPARE(channel.count(), 1);
    QCOMPARE(channel.tryGet().value().front(), 'a');

    auto stream = threadedIterable([](Yield<int> &yield) { yield(7); },
                                   { .maxSize = std::numeric_limits<int>::max() })();
    QCOMPARE(resultOf(stream.next()), std::optional<int>(7));
}

/// The list behind the ring counts, too.
void tst_Channel::highBoundsAreExact()
{
    constexpr int most = 20'000;
    FromThreadChannel<int> channel(most);
    int next = 0;
    int first = 0;
    const auto isFilledBy = [&](int count) {
        for (int i = 0; i < count; ++i) {
            if (!channel.tryPut(int(next++)))
                return false;
        }
        return !channel.tryPut(int(next)) && channel.count() == most;
    };
    QVERIFY(isFilledBy(most));
    for (const int count : { 1, 1000, 17'000, most, 3 }) {
        for (int i = 0; i < count; ++i)
            QCOMPARE(channel.tryGet(), first++);
        QVERIFY(isFilledBy(count));
    }
    QCOMPARE(channel.takeAvailable(5000).back(), first + 4999);
    first += 5000;
    QVERIFY(isFilledBy(5000));
    const auto rest = channel.takeAvailable();
    QCOMPARE(rest.size(), size_t(most));
    QCOMPARE(rest.front(), first);
    QCOMPARE(rest.back(), next - 1);
    QCOMPARE(channel.count(), 0);
}

void tst_Channel::producersMeetAHighBound()
{
    constexpr int producers = 4;
    constexpr int each = 30'000;
    FromThreadChannel<std::pair<int, int>> channel(17'000);
    std::vector<PendingCall<void>> calls;
    for (int i = 0; i < producers; ++i) {
        calls.push_back(toThread([i, producer = channel.producer()] {
            for (int n = 0; n < each; ++n)
                producer.put(std::pair(i, n));
        }));
    }
    // Full before anything is taken, so that all have to wait.
    QVERIFY(spinUntil([&] { return channel.count() >= 17'000; }));
    std::array<int, producers> next = {};
    int taken = 0;
    bool isWithinBound = true;
    QVERIFY(spinUntil([&] {
        isWithinBound = isWithinBound && channel.count() <= 17'000 + producers;
        for (const auto &[producer, n] : channel.takeAvailable(3000)) {
            if (next[size_t(producer)]++ != n)
                return true;
            ++taken;
        }
        return taken == producers * each;
    }));
    QCOMPARE(taken, producers * each);
    QVERIFY(isWithinBound);
    for (const auto &call : calls)
        QVERIFY(waitFor(call));
}

QTEST_GUILESS_MAIN(tst_Channel)
#include "tst_channel.moc"
