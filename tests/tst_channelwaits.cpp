// SPDX-License-Identifier: MIT
// How a wait in a channel ends when it is not by an item or by room.
#include "burst.h"
#include "cancelable.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

using IntChannel = FromThreadChannel<int>;

namespace {

constexpr auto shortTime = 20ms;

/// Tells that it is about to put, and puts.
auto openAndPut(Gate &putting, const ChannelProducer<int> &producer)
{
    return [&putting, producer] {
        putting.open();
        producer.put(2);
    };
}

} // namespace

class tst_ChannelWaits : public QObject
{
    Q_OBJECT

private slots:
    // timeouts
    void putTimesOut_data();
    void putTimesOut();
    void getTimesOut_data();
    void getTimesOut();
    void withoutTimeoutWaitsGoOn();
    void timeoutIsNotReachedByWhatComesInTime();
    // cancel
    void canceledWorkerLeavesPut();
    void deadlineOfAWorkerEndsPut();
    void scopeEndsPut();
    void abandonedWorkerLeavesPut();
    void canceledWorkerPutsWhatHasRoom();
    // the end of the loop
    void putEndsWithTheLoopsThread();
    void putAfterTheLoopsThreadThrows();
    void putEndsWithRun();
    void getEndsWithTheLoopsThread();
    void channelOutlivesItsThread();
    void channelWorksInTheSecondRun();
    // destruction
    void destroyedChannelEndsPut();
    void destroyedChannelEndsGet();
    // cost
    void waitsUseNoProcessorTime();
};

void tst_ChannelWaits::putTimesOut_data()
{
    QTest::addColumn<bool>("override");
    QTest::newRow("the channel's time") << false;
    QTest::newRow("a time of its own") << true;
}

void tst_ChannelWaits::putTimesOut()
{
    QFETCH(const bool, override);
    IntChannel channel(1, override ? 10min : shortTime);
    channel.put(1);
    const auto start = std::chrono::steady_clock::now();
    const bool hasTimedOut = runAside([&] {
        return throws<ChannelTimeoutError>([&] {
            if (override)
                channel.put(2, shortTime);
            else
                channel.put(2);
        });
    });
    QVERIFY(hasTimedOut);
    QVERIFY(std::chrono::steady_clock::now() - start >= shortTime);
    QCOMPARE(channel.takeAvailable(), std::vector{ 1 });
}

void tst_ChannelWaits::getTimesOut_data()
{
    putTimesOut_data();
}

void tst_ChannelWaits::getTimesOut()
{
    QFETCH(const bool, override);
    IntChannel channel(1, override ? 10min : shortTime);
    const auto start = std::chrono::steady_clock::now();
    QVERIFY(failsWith<ChannelTimeoutError>(override ? channel.get(shortTime) : channel.get()));
    QVERIFY(std::chrono::steady_clock::now() - start >= shortTime);
}

void tst_ChannelWaits::withoutTimeoutWaitsGoOn()
{
    IntChannel channel(1, 1ms);
    channel.put(1);
    Gate putting;
    OutsideThread producer([&] {
        putting.open();
        channel.put(2, 0ms);
    });
    QVERIFY(putting.tryPass());
    QVERIFY(failsWith<ChannelTimeoutError>(IntChannel(1).get(shortTime))); // some time passes
    QVERIFY(!producer.isFinished());
    QCOMPARE(channel.tryGet(), 1);
    producer.resultWhileTheLoopTurns();

    QCOMPARE(channel.tryGet(), 2);
    const PendingCall<int> item = channel.get(0ms);
    QVERIFY(failsWith<ChannelTimeoutError>(IntChannel(1).get(shortTime)));
    QVERIFY(!item.isFinished());
    item.cancel();
}

void tst_ChannelWaits::timeoutIsNotReachedByWhatComesInTime()
{
    IntChannel channel(1, 10min);
    channel.put(1);
    const auto call = toThread([&] { channel.put(2); });
    QCOMPARE(resultOf(channel.get()), 1);
    QCOMPARE(resultOf(channel.get()), 2);
    QVERIFY(waitFor(call));
    QVERIFY(!call.isCanceled());
}

void tst_ChannelWaits::canceledWorkerLeavesPut()
{
    IntChannel channel(1);
    channel.put(1);
    Gate putting;
    const auto call = toThread(openAndPut(putting, channel.producer()));
    QVERIFY(putting.tryPass());
    call.cancel();
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
    QCOMPARE(channel.takeAvailable(), std::vector{ 1 });
}

void tst_ChannelWaits::deadlineOfAWorkerEndsPut()
{
    IntChannel channel(1);
    channel.put(1);
    const auto call = toThread([&] { return moveOnAfter(shortTime, [&] { channel.put(2); }); });
    QCOMPARE(resultOf(call), false);
    QVERIFY(failsWith<TimeoutError>(toThread({ .timeout = shortTime }, [&] { channel.put(2); })));
}

void tst_ChannelWaits::scopeEndsPut()
{
    IntChannel channel(1);
    channel.put(1);
    CancelScope scope;
    Gate putting;
    const auto call = toThread({ .scope = &scope }, openAndPut(putting, channel.producer()));
    QVERIFY(putting.tryPass());
    scope.cancel();
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
}

void tst_ChannelWaits::abandonedWorkerLeavesPut()
{
    IntChannel channel(1);
    channel.put(1);
    Gate putting;
    Gate left;
    const auto call = toThread({ .abandonOnCancel = true },
                               [&, put = openAndPut(putting, channel.producer())] {
                                   try {
                                       put();
                                   } catch (const CanceledError &) {
                                       left.open();
                                   }
                               });
    QVERIFY(putting.tryPass());
    call.cancel();
    QVERIFY(left.tryPass());
}

void tst_ChannelWaits::canceledWorkerPutsWhatHasRoom()
{
    IntChannel channel(1);
    Gate canceled;
    Gate running;
    const auto call = toThread([&] {
        running.open();
        canceled.pass();
        channel.put(1);
    });
    QVERIFY(running.tryPass());
    call.cancel();
    canceled.open();
    QVERIFY(waitFor(call));
    QCOMPARE(channel.tryGet(), 1);
}

void tst_ChannelWaits::putEndsWithTheLoopsThread()
{
    auto thread = std::make_unique<LoopThread>();
    std::unique_ptr<IntChannel> channel;
    thread->call([&] { channel = std::make_unique<IntChannel>(1); });
    channel->put(1);
    Gate putting;
    OutsideThread producer(
            [&] { return throws<LoopFinishedError>(openAndPut(putting, channel->producer())); });
    QVERIFY(putting.tryPass());
    thread->finish();
    QVERIFY(producer.result());
}

void tst_ChannelWaits::putAfterTheLoopsThreadThrows()
{
    for (const int maxSize : { 0, 1, 10 }) {
        std::unique_ptr<IntChannel> channel;
        {
            LoopThread thread;
            thread.call([&] { channel = std::make_unique<IntChannel>(maxSize); });
        }
        QVERIFY(channel->isClosed());
        QVERIFY(throws<LoopFinishedError>([&] { channel->put(1); }));
        QVERIFY(throws<LoopFinishedError>([&] { (void)channel->tryPut(1); }));
    }
}

void tst_ChannelWaits::putEndsWithRun()
{
    IntChannel channel(1);
    channel.put(1);
    Gate putting;
    std::optional<OutsideThread<bool>> producer;
    run([&] {
        producer.emplace(
                [&] { return throws<LoopFinishedError>(openAndPut(putting, channel.producer())); });
        return toThread([&] { putting.pass(); });
    });
    QVERIFY(producer->result()); // nothing turns
    QCOMPARE(resultOf(channel.get()), 1);
}

void tst_ChannelWaits::getEndsWithTheLoopsThread()
{
    std::unique_ptr<IntChannel> channel;
    PendingCall<int> item;
    {
        LoopThread thread;
        thread.call([&] {
            channel = std::make_unique<IntChannel>(1);
            item = channel->get();
        });
    }
    QVERIFY(item.isFinished());
    QVERIFY(item.isCanceled());
}

void tst_ChannelWaits::channelOutlivesItsThread()
{
    const int alive = Counted::alive();
    std::unique_ptr<FromThreadChannel<Counted>> channel;
    ChannelProducer<Counted> producer;
    {
        LoopThread thread;
        thread.call([&] { channel = std::make_unique<FromThreadChannel<Counted>>(10); });
        producer = channel->producer();
        producer.put(Counted(1));
    }
    channel.reset();
    QVERIFY(producer.isClosed());
    QVERIFY(!throws<ChannelTimeoutError>([&] { producer.put(Counted(2)); }));
    producer = {};
    QCOMPARE(Counted::alive(), alive);
}

void tst_ChannelWaits::channelWorksInTheSecondRun()
{
    IntChannel channel(1);
    for (int i = 0; i < 3; ++i) {
        PendingCall<void> call;
        const int item = run([&] {
            call = toThread([&, i] {
                channel.put(i);
                channel.put(-1);
            });
            return channel.get();
        });
        QCOMPARE(item, i);
        QCOMPARE(resultOf(channel.get()), -1);
        QVERIFY(waitFor(call));
    }
}

void tst_ChannelWaits::destroyedChannelEndsPut()
{
    auto channel = std::make_unique<IntChannel>(1);
    channel->put(1);
    Gate putting;
    OutsideThread producer([&, put = openAndPut(putting, channel->producer())] {
        return throws<ChannelClosedError>(put);
    });
    QVERIFY(putting.tryPass());
    channel.reset();
    QVERIFY(producer.result());
}

void tst_ChannelWaits::destroyedChannelEndsGet()
{
    auto channel = std::make_unique<IntChannel>();
    const PendingCall<int> item = channel->get();
    channel.reset();
    QVERIFY(failsWith<ChannelClosedError>(item));
}

void tst_ChannelWaits::waitsUseNoProcessorTime()
{
    constexpr auto waitingTime = 300ms;
    IntChannel full(1);
    full.put(1);
    IntChannel empty(1, waitingTime);
    Gate putting;
    const auto call = toThread(openAndPut(putting, full.producer()));
    QVERIFY(putting.tryPass());
    const PendingCall<int> item = empty.get();

    const auto before = processTime();
    QEventLoop loop;
    QObject context;
    item.onFailed(&context, [&](const ChannelTimeoutError &) {
        loop.quit();
        return 0;
    });
    loop.exec();
    QVERIFY(processTime() - before < waitingTime / 3);
    QCOMPARE(full.tryGet(), 1);
    QVERIFY(waitFor(call));
}

QTEST_GUILESS_MAIN(tst_ChannelWaits)
#include "tst_channelwaits.moc"
