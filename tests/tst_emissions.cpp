// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "outside.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace {

class Sender : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;
    bool isConnected() const { return receivers(SIGNAL(number(int))) > 0; }

Q_SIGNALS:
    void nothing();
    void number(int value);
    void pair(int number, const QString &text);
};

void emitNumbers(Sender &sender, int first, int end)
{
    for (int i = first; i < end; ++i)
        Q_EMIT sender.number(i);
}

template <typename E>
int take(E &items)
{
    const auto item = resultOf(items.next());
    return item ? *item : -1;
}

Task<int> sumOf(Sender *sender)
{
    auto numbers = emissions(sender, &Sender::number);
    int sum = 0;
    while (const auto number = co_await numbers.next()) {
        sum += *number;
        if (*number == 0)
            numbers.close();
    }
    co_return sum;
}

} // namespace

class tst_Emissions : public QObject
{
    Q_OBJECT
private slots:
    void comeInOrder();
    void nextWaitsForOne();
    void argumentsComeAsForSignal();
    void oldestAreDropped();
    void newestAreDropped();
    void closeEndsThem();
    void deathOfTheSenderIsToldOnce();
    void canceledTakeLosesNothing();
    void unseenItemGoesBack();
    void destroyingDisconnects();
    void tasksTakeThem();
    void sendersLiveInOtherThreads();
    void emissionsRaceWithTheirEnd();
    void endOfTheLoopEndsThem();
    void wrongUseIsNamed();
};

void tst_Emissions::comeInOrder()
{
    Sender sender;
    auto numbers = emissions(&sender, &Sender::number);
    emitNumbers(sender, 0, 50);
    QCOMPARE(numbers.count(), 50);
    for (int i = 0; i < 50; ++i)
        QCOMPARE(take(numbers), i);
    QCOMPARE(numbers.count(), 0);
    QCOMPARE(numbers.dropped(), 0);
}

void tst_Emissions::nextWaitsForOne()
{
    Sender sender;
    auto numbers = emissions(&sender, &Sender::number);
    const auto first = numbers.next();
    const auto second = numbers.next();
    QCoreApplication::processEvents();
    QVERIFY(!first.isFinished());
    emitNumbers(sender, 1, 3);
    QVERIFY(!first.isFinished());
    QCOMPARE(resultOf(first), 1);
    QCOMPARE(resultOf(second), 2);
}

void tst_Emissions::argumentsComeAsForSignal()
{
    Sender sender;
    auto pairs = emissions(&sender, &Sender::pair);
    auto nothings = emissions(&sender, &Sender::nothing);
    Q_EMIT sender.pair(1, u"one"_s);
    Q_EMIT sender.nothing();
    QVERIFY(resultOf(pairs.next()) == std::tuple(1, u"one"_s));
    QVERIFY(resultOf(nothings.next()).has_value());
}

void tst_Emissions::oldestAreDropped()
{
    Sender sender;
    auto numbers = emissions(&sender, &Sender::number, { .maxSize = 3 });
    emitNumbers(sender, 0, 10);
    QCOMPARE(numbers.count(), 3);
    QCOMPARE(numbers.dropped(), 7);
    QCOMPARE(take(numbers), 7);
}

void tst_Emissions::newestAreDropped()
{
    Sender sender;
    auto numbers =
            emissions(&sender, &Sender::number, { .maxSize = 3, .overflow = Overflow::DropNewest });
    emitNumbers(sender, 0, 10);
    QCOMPARE(numbers.dropped(), 7);
    for (int i = 0; i < 3; ++i)
        QCOMPARE(take(numbers), i);
}

void tst_Emissions::closeEndsThem()
{
    Sender sender;
    auto numbers = emissions(&sender, &Sender::number);
    emitNumbers(sender, 0, 1);
    numbers.close();
    QVERIFY(!sender.isConnected());
    emitNumbers(sender, 1, 2);
    QCOMPARE(take(numbers), 0);
    QCOMPARE(take(numbers), -1);
    QCOMPARE(take(numbers), -1);
}

void tst_Emissions::deathOfTheSenderIsToldOnce()
{
    auto sender = std::make_unique<Sender>();
    auto numbers = emissions(sender.get(), &Sender::number);
    emitNumbers(*sender, 0, 2);
    sender.reset();
    QCOMPARE(take(numbers), 0);
    QCOMPARE(take(numbers), 1);
    QVERIFY(failsWith<SenderDestroyedError>(numbers.next()));
    QCOMPARE(take(numbers), -1);
}

void tst_Emissions::canceledTakeLosesNothing()
{
    Sender sender;
    auto numbers = emissions(&sender, &Sender::number);
    const auto canceled = numbers.next();
    canceled.cancel();
    QVERIFY(canceled.isCanceled());
    emitNumbers(sender, 0, 1);
    QCOMPARE(take(numbers), 0);
}

void tst_Emissions::unseenItemGoesBack()
{
    Sender sender;
    auto numbers = emissions(&sender, &Sender::number);
    emitNumbers(sender, 0, 3);
    {
        const auto unseen = numbers.next();
        QVERIFY(waitFor(unseen));
    }
    for (int i = 0; i < 3; ++i)
        QCOMPARE(take(numbers), i);
}

void tst_Emissions::destroyingDisconnects()
{
    Sender sender;
    PendingCall<std::optional<int>> waiting;
    {
        auto numbers = emissions(&sender, &Sender::number);
        auto moved = std::move(numbers);
        QVERIFY(sender.isConnected());
        waiting = moved.next();
    }
    QVERIFY(!sender.isConnected());
    QCOMPARE(resultOf(waiting), std::nullopt);
}

void tst_Emissions::tasksTakeThem()
{
    Sender sender;
    const auto sum = sumOf(&sender).start();
    emitNumbers(sender, 1, 5);
    emitNumbers(sender, 0, 1);
    QCOMPARE(resultOf(sum), 10);
    QVERIFY(!sender.isConnected());

    const auto canceled = sumOf(&sender).start();
    canceled.cancel();
    QVERIFY(isCanceledInTime(canceled));
    QVERIFY(!sender.isConnected());
}

void tst_Emissions::sendersLiveInOtherThreads()
{
    LoopThread thread;
    Sender sender;
    auto numbers = emissions(&sender, &Sender::number, { .maxSize = 100'000 });
    OutsideThread emitter([&] { emitNumbers(sender, 0, 10'000); });
    for (int i = 0; i < 10'000; ++i)
        QCOMPARE(take(numbers), i);
    emitter.result();
}

void tst_Emissions::emissionsRaceWithTheirEnd()
{
    for (int i = 0; i < 100; ++i) {
        Sender sender;
        Gate begun;
        OutsideThread emitter([&] {
            begun.open();
            emitNumbers(sender, 0, 100);
        });
        {
            auto numbers = emissions(&sender, &Sender::number, { .maxSize = 4 });
            begun.pass();
            const auto next = numbers.next();
            QCoreApplication::processEvents();
        }
        emitter.result();
        QVERIFY(!sender.isConnected());
    }
}

void tst_Emissions::endOfTheLoopEndsThem()
{
    Sender sender;
    PendingCall<std::optional<int>> waiting;
    {
        LoopThread thread;
        thread.call([&] {
            static thread_local auto numbers = emissions(&sender, &Sender::number);
            waiting = numbers.next();
        });
    }
    QVERIFY(waiting.isCanceled());
    QVERIFY(!sender.isConnected());
}

void tst_Emissions::wrongUseIsNamed()
{
    Sender sender;
    Sender *none = nullptr;
    QVERIFY(throws<InvalidUseError>([&] { (void)emissions(none, &Sender::number); }));
    QVERIFY(throws<InvalidUseError>(
            [&] { (void)emissions(&sender, &Sender::number, { .maxSize = 0 }); }));
    auto numbers = emissions(&sender, &Sender::number);
    OutsideThread([&] {
        QVERIFY(throws<NoEventLoopError>([&] { (void)emissions(&sender, &Sender::number); }));
    }).result();
    const auto elsewhere = runOutside([&] { return numbers.next(); });
    QVERIFY(failsWith<InvalidUseError>(elsewhere));
}

QTEST_GUILESS_MAIN(tst_Emissions)
#include "tst_emissions.moc"
