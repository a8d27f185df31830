// SPDX-License-Identifier: MIT
// The lock-free part of a channel, alone; and almost without threads.
#include "testing.h"

#include <qferry/channel/ringpositions.h>

#include <thread>
#include <vector>

using QFerry::Detail::RingPositions;
using Claim = RingPositions::Claim;

class tst_RingPositions : public QObject
{
    Q_OBJECT
private slots:
    void aRingOfItsCapacity_data();
    void aRingOfItsCapacity();
    void placesAreUsedAgain();
    void whatIsPublishedComesInOrder();
    void whatWasClaimedBeforeTheEndArrives();
    void aFullRingIsClosed();
    void twoProducersMeetAConsumer();
};

/// The claimed position; fails the test if there is none.
static quint64 claim(RingPositions &ring)
{
    quint64 position = 0;
    if (ring.tryClaim(&position) != Claim::Claimed)
        QTest::qFail("nothing could be claimed", __FILE__, __LINE__);
    return position;
}

void tst_RingPositions::aRingOfItsCapacity_data()
{
    QTest::addColumn<quint64>("capacity");
    QTest::addColumn<quint64>("length");
    QTest::newRow("1") << quint64(1) << quint64(1);
    QTest::newRow("2") << quint64(2) << quint64(2);
    QTest::newRow("5") << quint64(5) << quint64(8);
    QTest::newRow("1024") << quint64(1024) << quint64(1024);
}

void tst_RingPositions::aRingOfItsCapacity()
{
    QFETCH(const quint64, capacity);
    RingPositions ring(capacity);
    QCOMPARE(ring.capacity(), capacity);
    QTEST(ring.length(), "length");
    QVERIFY(ring.isEmpty());
    for (quint64 i = 0; i < capacity; ++i) {
        QVERIFY(!ring.isFull());
        QCOMPARE(ring.count(), i);
        QCOMPARE(claim(ring), i);
    }
    quint64 position = 42;
    QVERIFY(ring.isFull());
    QCOMPARE(ring.tryClaim(&position), Claim::Full);
    QCOMPARE(position, quint64(42));
    QCOMPARE(ring.count(), capacity);
    QCOMPARE(ring.tail(), capacity);
}

void tst_RingPositions::placesAreUsedAgain()
{
    RingPositions ring(3); // of 4 places
    for (quint64 i = 0; i < 3; ++i)
        ring.publish(claim(ring));
    for (quint64 round = 3; round < 20; ++round) {
        quint64 position = 0;
        QCOMPARE(ring.tryClaim(&position), Claim::Full);
        ring.free(1);
        QCOMPARE(claim(ring), round);
        QVERIFY(!ring.isPublished(round)); // what is in its place was that of another position
        ring.publish(round);
        QCOMPARE(ring.published(10), quint64(3));
        QCOMPARE(ring.placeOf(round), size_t(round % 4));
    }
}

void tst_RingPositions::whatIsPublishedComesInOrder()
{
    RingPositions ring(4);
    const quint64 first = claim(ring);
    const quint64 second = claim(ring);
    const quint64 third = claim(ring);
    ring.publish(second);
    QVERIFY(!ring.isHeadPublished());
    QVERIFY(!ring.isSettled());
    QCOMPARE(ring.published(4), quint64(0));
    ring.publish(first);
    QVERIFY(ring.isHeadPublished());
    QCOMPARE(ring.published(1), quint64(1));
    QCOMPARE(ring.published(4), quint64(2));
    ring.free(2);
    QCOMPARE(ring.head(), third);
    QVERIFY(!ring.isEmpty()); // one is on its way
    ring.publish(third);
    QVERIFY(ring.isSettled());
    ring.free(1);
    QVERIFY(ring.isEmpty());
    QVERIFY(!ring.isHeadPublished());
}

void tst_RingPositions::whatWasClaimedBeforeTheEndArrives()
{
    RingPositions ring(4);
    const quint64 first = claim(ring);
    QVERIFY(!ring.isClosed());
    QVERIFY(ring.close());
    QVERIFY(!ring.close());
    QVERIFY(ring.isClosed());
    quint64 position = 0;
    QCOMPARE(ring.tryClaim(&position), Claim::Closed);
    QCOMPARE(ring.count(), quint64(1));
    QCOMPARE(ring.tail(), quint64(1));
    QVERIFY(!ring.isSettled());
    ring.publish(first);
    QVERIFY(ring.isSettled());
    QVERIFY(!ring.isDrained());
    ring.free(1);
    QVERIFY(ring.isDrained());
}

void tst_RingPositions::aFullRingIsClosed()
{
    RingPositions ring(1);
    (void)claim(ring);
    ring.close();
    quint64 position = 0;
    QCOMPARE(ring.tryClaim(&position), Claim::Closed);
    QVERIFY(ring.isFull());
}

/// Each position is claimed once, and what was written before it was published is read.
void tst_RingPositions::twoProducersMeetAConsumer()
{
    constexpr quint64 each = 4'000;
    RingPositions ring(6);
    std::vector<quint64> items(ring.length());
    const auto produce = [&](quint64 item) {
        for (quint64 last = item + each; item < last; ++item) {
            quint64 position = 0;
            while (ring.tryClaim(&position) == Claim::Full)
                std::this_thread::yield();
            items[ring.placeOf(position)] = item;
            ring.publish(position);
        }
    };
    std::jthread one(produce, 0);
    std::jthread other(produce, each);
    quint64 next[2] = { 0, each };
    int misplaced = 0;
    for (quint64 taken = 0; taken < 2 * each;) {
        const quint64 run = ring.published(4);
        for (quint64 i = 0; i < run; ++i) {
            const quint64 item = items[ring.placeOf(ring.head() + i)];
            misplaced += item != next[item >= each]++;
        }
        ring.free(run);
        taken += run;
        if (run == 0)
            std::this_thread::yield();
    }
    QCOMPARE(misplaced, 0);
    QVERIFY(ring.isEmpty());
    QCOMPARE(ring.tail(), 2 * each);
}

QTEST_APPLESS_MAIN(tst_RingPositions)
#include "tst_ringpositions.moc"
