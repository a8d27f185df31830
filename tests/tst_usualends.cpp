// SPDX-License-Identifier: MIT
#include "testing.h"

using namespace QFerry;
using namespace Testing;

/// What ends as is recommended is no failure that nobody handled.
class tst_UsualEnds : public QObject
{
    Q_OBJECT
private slots:
    void aWorkerMayLetOutThatItsLoopHasEnded();
    void aProducerMayLetOutThatItsChannelWasClosed();
    void otherErrorsAreLogged();

private:
    /// Waits until nobody but the handle knows the call, and drops that.
    [[nodiscard]] static bool drop(PendingCall<void> &call)
    {
        const bool hasEnded = spinUntil(
                [&call] { return call.isFinished() && call.core()->ref.loadAcquire() == 1; });
        call = {};
        return hasEnded;
    }
};

void tst_UsualEnds::aWorkerMayLetOutThatItsLoopHasEnded()
{
    const QFerryMessages messages;
    PendingCall<void> call;
    Gate running;
    Gate loopHasEnded;
    LoopThread loop;
    loop.call([&] {
        call = toThread([&] {
            running.open();
            loopHasEnded.pass();
            fromThread([] {});
        });
    });
    running.pass();
    loop.finish();
    loopHasEnded.open();
    QVERIFY(drop(call));
    QCOMPARE(messages.all(), QStringList());
}

void tst_UsualEnds::aProducerMayLetOutThatItsChannelWasClosed()
{
    const QFerryMessages messages;
    FromThreadChannel<int> channel(1);
    PendingCall<void> call = toThread([producer = channel.producer()] {
        for (;;)
            producer.put(1);
    });
    QVERIFY(spinUntil([&channel] { return channel.tryGet().has_value(); }));
    channel.close();
    QVERIFY(drop(call));
    QCOMPARE(messages.all(), QStringList());
}

void tst_UsualEnds::otherErrorsAreLogged()
{
    const QFerryMessages messages;
    PendingCall<void> call = toThread([] { throw std::domain_error("broken"); });
    QVERIFY(drop(call));
    QCOMPARE(messages.count(), 1);
}

QTEST_GUILESS_MAIN(tst_UsualEnds)
#include "tst_usualends.moc"
