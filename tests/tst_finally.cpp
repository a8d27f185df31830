// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "testing.h"

using namespace QFerry;
using namespace Testing;

/// What ends a work, written once: PendingCall::finally().
class tst_Finally : public QObject
{
    Q_OBJECT
private slots:
    void itRunsAfterAResult();
    void itRunsAfterAnError();
    void itRunsAfterACancel();
    void itRunsThoughItsHandleIsCanceled();
    void itKeepsResultsThatCannotBeCopied();
    void itsErrorStandsForTheOutcome();
    void whatItReturnsIsWaitedFor();
    void theErrorOfWhatItReturnsStandsForTheOutcome();
    void itMayBeAMemberFunction();
    void handlersBehindItSeeTheOutcome();
    void itIsDroppedWithTheContext();

private:
    void note() { ++m_notes; }
    int m_notes = 0;
};

void tst_Finally::itRunsAfterAResult()
{
    int ran = 0;
    QCOMPARE(resultOf(toThread([] { return 5; }).finally(this, [&] { ++ran; })), 5);
    QVERIFY(waitFor(toThread([] {}).finally(this, [&] { ++ran; })));
    QCOMPARE(ran, 2);
}

void tst_Finally::itRunsAfterAnError()
{
    int ran = 0;
    const auto call = toThread([]() -> int { throw std::domain_error("broken"); });
    QVERIFY_EXCEPTION_THROWN(resultOf(call.finally(this, [&] { ++ran; })), std::domain_error);
    QCOMPARE(ran, 1);
}

void tst_Finally::itRunsAfterACancel()
{
    int ran = 0;
    const auto end = PendingCall<int>().finally(this, [&] { ++ran; });
    QVERIFY(waitFor(end));
    QVERIFY(end.isCanceled());
    QCOMPARE(ran, 1);
}

void tst_Finally::itRunsThoughItsHandleIsCanceled()
{
    int ran = 0;
    const auto end = toThread([] { runUntilCanceled(); }).finally(this, [&] { ++ran; });
    end.cancel();
    QVERIFY(waitFor(end));
    QVERIFY(end.isCanceled());
    QCOMPARE(ran, 1);

    const auto call = toThread([] { return 5; });
    const auto late = call.finally(this, [&] { ++ran; });
    while (!call.isFinished()) // not by the loop: nothing is delivered before the cancel
        QThread::yieldCurrentThread();
    late.cancel();
    QCOMPARE(resultOf(late), 5);
    QCOMPARE(ran, 2);
}

void tst_Finally::itKeepsResultsThatCannotBeCopied()
{
    int ran = 0;
    const auto call = toThread([] { return std::make_unique<int>(3); });
    QCOMPARE(*resultOf(call.finally(this, [&] { ++ran; })), 3);
    QCOMPARE(ran, 1);
}

void tst_Finally::itsErrorStandsForTheOutcome()
{
    const auto end = toThread([] { return 5; }).finally(this, [] {
        throw std::domain_error("the end");
    });
    QVERIFY_EXCEPTION_THROWN(resultOf(end), std::domain_error);
}

void tst_Finally::whatItReturnsIsWaitedFor()
{
    Gate gate;
    std::atomic<bool> ended = false;
    const auto end = toThread([] { return 5; }).finally(this, [&] {
        QTimer::singleShot(0, this, [&gate] { gate.open(); });
        return toThread([&] {
            gate.pass();
            ended = true;
            return QStringLiteral("ignored");
        });
    });
    QCOMPARE(resultOf(end), 5);
    QVERIFY(ended);
}

void tst_Finally::theErrorOfWhatItReturnsStandsForTheOutcome()
{
    const auto end = toThread([] { return 5; }).finally(this, [] {
        return toThread([] { throw std::domain_error("the end"); });
    });
    QVERIFY_EXCEPTION_THROWN(resultOf(end), std::domain_error);
}

void tst_Finally::itMayBeAMemberFunction()
{
    QVERIFY(waitFor(toThread([] { return 5; }).finally(this, &tst_Finally::note)));
    QCOMPARE(m_notes, 1);
}

void tst_Finally::handlersBehindItSeeTheOutcome()
{
    QStringList order;
    const auto end = toThread([] { throw std::domain_error("broken"); })
                             .finally(this, [&] { order << QStringLiteral("finally"); })
                             .onFailed(this, [&](const std::exception &error) {
                                 order << QLatin1String(error.what());
                             });
    QVERIFY(waitFor(end));
    QCOMPARE(order, (QStringList{ QStringLiteral("finally"), QStringLiteral("broken") }));
}

void tst_Finally::itIsDroppedWithTheContext()
{
    int ran = 0;
    auto context = std::make_unique<QObject>();
    const auto call = toThread([] { runUntilCanceled(); });
    const auto end = call.finally(context.get(), [&] { ++ran; });
    context.reset();
    QVERIFY(waitFor(call));
    QVERIFY(waitFor(end));
    QCOMPARE(ran, 0);
}

QTEST_GUILESS_MAIN(tst_Finally)
#include "tst_finally.moc"
