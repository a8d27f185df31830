// SPDX-License-Identifier: MIT
#include "outside.h"
#include "testing.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

/// What people are told when a limiter's tokens do not come back.
class tst_LimiterReports : public QObject
{
    Q_OBJECT
private slots:
    void aTimeoutSaysThatTheCallDidNotBegin_data();
    void aTimeoutSaysThatTheCallDidNotBegin();
    void aTimeoutNamesTheAbandonedCalls();
    void aTimeoutOfACallThatBeganSaysSo();
    void aLimiterFullOfAbandonedCallsIsToldOnce_data();
    void aLimiterFullOfAbandonedCallsIsToldOnce();
    void holdersThatAllWaitAreToldOnce_data();
    void holdersThatAllWaitAreToldOnce();

private:
    template <typename T>
    static QString timeoutOf(const PendingCall<T> &call);
};

template <typename T>
QString tst_LimiterReports::timeoutOf(const PendingCall<T> &call)
{
    try {
        resultOf(call);
    } catch (const TimeoutError &error) {
        return QString::fromUtf8(error.what());
    }
    return QStringLiteral("no timeout");
}

static QString scan()
{
    return QStringLiteral("scan");
}

void tst_LimiterReports::aTimeoutSaysThatTheCallDidNotBegin_data()
{
    QTest::addColumn<int>("tokens");
    QTest::addColumn<QString>("reason");
    QTest::addRow("no token") << 0 << QStringLiteral("its limiter has no tokens");
    QTest::addRow("one") << 1 << QStringLiteral("the only token of its limiter is held by scan");
    QTest::addRow("two") << 2 << QStringLiteral("all 2 tokens of its limiter are held by scan (2 times)");
}

void tst_LimiterReports::aTimeoutSaysThatTheCallDidNotBegin()
{
    QFETCH(int, tokens);
    QFETCH(QString, reason);
    CapacityLimiter limiter(tokens);
    Blocker blocker;
    for (int i = 0; i < tokens; ++i)
        toThread({ .limiter = &limiter, .name = scan() }, blocker.function());
    QVERIFY(blocker.hasStarted(tokens));
    const auto late = toThread(
            { .limiter = &limiter, .timeout = 10ms, .name = QStringLiteral("late") }, [] {});
    QCOMPARE(timeoutOf(late), "The call \"late\" did not begin within its timeout: " + reason);
    blocker.releaseAll();
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
}

void tst_LimiterReports::aTimeoutNamesTheAbandonedCalls()
{
    const QFerryMessages messages;
    CapacityLimiter limiter(3);
    Blocker blocker;
    std::vector<PendingCall<void>> calls;
    for (int i = 0; i < 3; ++i)
        calls.push_back(
                toThread({ .limiter = &limiter, .abandonOnCancel = i < 2, .name = scan() },
                         blocker.function()));
    QVERIFY(blocker.hasStarted(3));
    for (const auto &call : calls)
        call.cancel();
    const auto late = toThread({ .limiter = &limiter, .timeout = 50ms }, [] {});
    QCOMPARE(timeoutOf(late), "The call did not begin within its timeout: all 3 tokens of its "
                              "limiter are held, 2 of them by abandoned calls: scan (2 times)");
    blocker.releaseAll();
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
}

void tst_LimiterReports::aTimeoutOfACallThatBeganSaysSo()
{
    Blocker blocker;
    const auto call = toThread({ .abandonOnCancel = true, .timeout = 500ms }, blocker.function());
    QVERIFY(blocker.hasStarted());
    QCOMPARE(timeoutOf(call), "The call did not end within its timeout");
}

void tst_LimiterReports::aLimiterFullOfAbandonedCallsIsToldOnce_data()
{
    QTest::addColumn<bool>("waitsBefore");
    QTest::addRow("while a call waits") << true;
    QTest::addRow("when a call comes to wait") << false;
}

void tst_LimiterReports::aLimiterFullOfAbandonedCallsIsToldOnce()
{
    QFETCH(bool, waitsBefore);
    const QFerryMessages messages;
    CapacityLimiter limiter(2);
    for (int round = 0; round < 3; ++round) {
        Blocker blocker;
        std::vector<PendingCall<void>> calls;
        for (int i = 0; i < 2; ++i)
            calls.push_back(
                    toThread({ .limiter = &limiter, .abandonOnCancel = true, .name = scan() },
                             blocker.function()));
        QVERIFY(blocker.hasStarted(2));
        if (waitsBefore)
            toThread({ .limiter = &limiter }, [] {});
        for (const auto &call : calls)
            call.cancel();
        if (!waitsBefore)
            toThread({ .limiter = &limiter }, [] {});
        QVERIFY(spinUntil([&] { return messages.count() == 1; }));
        blocker.releaseAll();
        QVERIFY(spinUntil([&] { return limiter.borrowedTokens() == 0; }));
    }
    QCOMPARE(messages.count(), 1);
    QVERIFY2(messages.all().first().contains("abandoned calls")
                     && messages.all().first().contains("scan (2 times)"),
             qPrintable(messages.all().first()));
}

void tst_LimiterReports::holdersThatAllWaitAreToldOnce_data()
{
    QTest::addColumn<int>("way");
    QTest::addRow("fromThread()") << 0;
    QTest::addRow("waitInThread()") << 1;
}

// The outer call waits for one that was made by nobody it waits for, and is queued behind it.
void tst_LimiterReports::holdersThatAllWaitAreToldOnce()
{
    QFETCH(int, way);
    const QFerryMessages messages;
    CapacityLimiter limiter(1);
    Gate isQueued;
    PendingCall<void> inner;
    const auto outer =
            toThread({ .limiter = &limiter, .name = QStringLiteral("outer") }, [&, way] {
                isQueued.pass();
                if (way == 0)
                    fromThread([&inner] { return inner; });
                else
                    waitInThread(inner);
            });
    inner = toThread({ .limiter = &limiter, .name = QStringLiteral("inner") }, [] {});
    isQueued.open();
    QVERIFY(spinUntil([&] { return messages.count() == 1; }));
    QVERIFY2(messages.all().first().contains("outer"), qPrintable(messages.all().first()));
    limiter.setTotalTokens(2);
    QVERIFY(waitFor(outer));
    QVERIFY(waitFor(inner));
    QCOMPARE(messages.count(), 1);
}

QTEST_GUILESS_MAIN(tst_LimiterReports)
#include "tst_limiterreports.moc"
