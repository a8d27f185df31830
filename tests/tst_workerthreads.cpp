// SPDX-License-Identifier: MIT
#include "refusedthreads.h"
#include "testing.h"

#include <QtCore/qfile.h>

#include <set>
#include <thread>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

class tst_WorkerThreads : public QObject
{
    Q_OBJECT
private slots:
    // The first two: no thread is idle then.
    void aCallThatGetsItsTokenFailsIfNoThreadCanBeStarted();
    void theFirstCallFailsIfNoThreadCanBeStarted();
    void aDedicatedCallFailsIfItsThreadCannotBeStarted();
    void aCallWaitsForAWorkerIfNoThreadCanBeStarted();
    void blockedCallsMakeNoMoreThreadsThanTheyNeed();
    void asManyCallsRunAtOnceAsThereAreTokens();
    void fortyCallsRunAtOnceByDefault();
    void callsThatBlockRunAtOnceAfterManyShortOnes();
    void theThreadIsCalledLikeItsCall_data();
    void theThreadIsCalledLikeItsCall();
    void theThreadIsCalledLikeThePoolAfterwards();
    void dedicatedCallsHaveThreadsOfTheirOwn();
    void dedicatedCallsNeedNoToken();
    void dedicatedThreadsAreNamed();
};

void tst_WorkerThreads::aCallThatGetsItsTokenFailsIfNoThreadCanBeStarted()
{
    if (!RefusedThreads::arePossible())
        QSKIP("Threads cannot be refused on this system");
    const int before = Counted::alive();
    CapacityLimiter limiter(0);
    const RefusedThreads refused;
    std::vector<PendingCall<void>> calls;
    for (int i = 0; i < 1000; ++i)
        calls.push_back(toThread({ .limiter = &limiter }, [captured = Counted()] {}));
    limiter.setTotalTokens(3);
    for (const auto &call : calls)
        QVERIFY_EXCEPTION_THROWN(resultOf(call), ThreadStartError);
    QCOMPARE(limiter.borrowedTokens(), 0);
    calls.clear();
    QCOMPARE(Counted::alive(), before);
}

void tst_WorkerThreads::theFirstCallFailsIfNoThreadCanBeStarted()
{
    if (!RefusedThreads::arePossible())
        QSKIP("Threads cannot be refused on this system");
    const int before = Counted::alive();
    CapacityLimiter limiter(1);
    {
        const RefusedThreads refused;
        const auto call = toThread({ .limiter = &limiter }, [captured = Counted()] {});
        QVERIFY_EXCEPTION_THROWN(resultOf(call), ThreadStartError);
        QCOMPARE(limiter.borrowedTokens(), 0);
        QCOMPARE(Counted::alive(), before);
    }
    QCOMPARE(resultOf(toThread({ .limiter = &limiter }, [] { return 1; })), 1);
}

void tst_WorkerThreads::aDedicatedCallFailsIfItsThreadCannotBeStarted()
{
    if (!RefusedThreads::arePossible())
        QSKIP("Threads cannot be refused on this system");
    const CallOptions dedicated{ .thread = QFerry::Thread::Dedicated };
    {
        const RefusedThreads refused;
        QVERIFY_EXCEPTION_THROWN(resultOf(toThread(dedicated, [] {})), ThreadStartError);
    }
    QVERIFY(spinUntil(
            [] { return activeCalls().isEmpty(); })); // the test before's may just be ending
    QCOMPARE(resultOf(toThread(dedicated, [] { return 1; })), 1);
}

void tst_WorkerThreads::aCallWaitsForAWorkerIfNoThreadCanBeStarted()
{
    if (!RefusedThreads::arePossible())
        QSKIP("Threads cannot be refused on this system");
    CapacityLimiter limiter(2);
    Blocker blocker;
    const auto running = toThread({ .limiter = &limiter }, blocker.function());
    QVERIFY(blocker.hasStarted());
    PendingCall<int> waiting;
    {
        const RefusedThreads refused;
        waiting = toThread({ .limiter = &limiter }, [] { return 1; });
        blocker.release();
        QCOMPARE(resultOf(waiting), 1);
    }
    resultOf(running);
    QVERIFY(spinUntil([&] { return limiter.borrowedTokens() == 0; }));
}

void tst_WorkerThreads::blockedCallsMakeNoMoreThreadsThanTheyNeed()
{
    constexpr int calls = 100;
    constexpr int helpers = 5; // those that look after the others, and one to spare
    const int before = processThreadCount();
    if (before < 0)
        QSKIP("The system does not tell how many threads there are");
    CapacityLimiter limiter(calls);
    Blocker blocker;
    for (int i = 0; i < calls; ++i)
        toThread({ .limiter = &limiter }, blocker.function());
    QVERIFY(blocker.hasStarted(calls));
    QCOMPARE_LE(processThreadCount(), before + calls + helpers);
    blocker.releaseAll();
    QVERIFY(spinUntil([&] { return limiter.borrowedTokens() == 0; }));
}

static void runAtOnce(int tokens, CapacityLimiter &limiter)
{
    Blocker blocker;
    std::vector<PendingCall<void>> calls;
    for (int i = 0; i < tokens; ++i)
        calls.push_back(toThread({ .limiter = &limiter }, blocker.function()));
    const auto extra = toThread({ .limiter = &limiter }, blocker.function());
    QVERIFY(blocker.hasStarted(tokens));
    QVERIFY(!blocker.startsSoon());
    blocker.releaseAll();
    for (const auto &call : calls)
        QVERIFY(waitFor(call));
    QVERIFY(waitFor(extra));
}

void tst_WorkerThreads::asManyCallsRunAtOnceAsThereAreTokens()
{
    CapacityLimiter limiter(64);
    runAtOnce(64, limiter);
}

void tst_WorkerThreads::fortyCallsRunAtOnceByDefault()
{
    QCOMPARE(defaultThreadLimiter().totalTokens(), 40);
    runAtOnce(40, defaultThreadLimiter());
}

void tst_WorkerThreads::callsThatBlockRunAtOnceAfterManyShortOnes()
{
    // For which one thread is enough, and kept to be enough until something tells otherwise.
    for (int i = 0; i < 20'000; ++i)
        toThread([] {});
    runAtOnce(40, defaultThreadLimiter());
}

namespace {
struct ThreadNames
{
    QString qt;
    QByteArray system;

    static ThreadNames current()
    {
        QFile file(QStringLiteral("/proc/thread-self/comm"));
        if (!file.open(QIODevice::ReadOnly))
            return { QThread::currentThread()->objectName(), {} };
        return { QThread::currentThread()->objectName(), file.readAll().trimmed() };
    }
};
} // namespace

void tst_WorkerThreads::theThreadIsCalledLikeItsCall_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("system");
    QTest::addRow("short") << QStringLiteral("scan") << QByteArray("scan");
    QTest::addRow("15 bytes") << QStringLiteral("exactly-fifteen") << QByteArray("exactly-fifteen");
    QTest::addRow("16 bytes") << QStringLiteral("exactly-sixteen!")
                              << QByteArray("exactly-sixteen");
    QTest::addRow("cut before half a character")
            << QStringLiteral("ääääääää") << QByteArray("ääääääää").left(14);
    QTest::addRow("cut before a third of one")
            << QStringLiteral("abc€€€€€") << QByteArray("abc€€€€€").left(15);
    QTest::addRow("cut before an emoji")
            << QStringLiteral("thirteen-byte😀") << QByteArray("thirteen-byte");
}

void tst_WorkerThreads::theThreadIsCalledLikeItsCall()
{
    QFETCH(QString, name);
    QFETCH(QByteArray, system);
    const auto names = resultOf(toThread({ .name = name }, &ThreadNames::current));
    QCOMPARE(names.qt, name);
    if (!names.system.isEmpty())
        QCOMPARE(names.system, system);
}

void tst_WorkerThreads::theThreadIsCalledLikeThePoolAfterwards()
{
    CapacityLimiter one(1);
    std::vector<PendingCall<ThreadNames>> unnamed;
    for (int i = 0; i < 50; ++i) {
        toThread({ .limiter = &one, .name = QStringLiteral("scan") }, [] {});
        unnamed.push_back(toThread({ .limiter = &one }, &ThreadNames::current));
    }
    for (const auto &call : unnamed) {
        const auto names = resultOf(call);
        QCOMPARE(names.qt, QStringLiteral("QFerry"));
        if (!names.system.isEmpty())
            QCOMPARE(names.system, QByteArray("QFerry"));
    }
}

void tst_WorkerThreads::dedicatedCallsHaveThreadsOfTheirOwn()
{
    const CallOptions dedicated{ .thread = QFerry::Thread::Dedicated };
    Blocker blocker;
    std::vector<PendingCall<std::thread::id>> calls;
    for (int i = 0; i < 50; ++i) {
        calls.push_back(toThread(dedicated, [block = blocker.function()] {
            block();
            return std::this_thread::get_id();
        }));
    }
    QVERIFY(blocker.hasStarted(50));
    QCOMPARE(defaultThreadLimiter().borrowedTokens(), 0);
    blocker.releaseAll();
    std::set<std::thread::id> threads;
    for (const auto &call : calls)
        threads.insert(resultOf(call));
    QCOMPARE(threads.size(), size_t(50));
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
}

void tst_WorkerThreads::dedicatedCallsNeedNoToken()
{
    CapacityLimiter closed(0);
    const CallOptions dedicated{ .limiter = &closed, .thread = QFerry::Thread::Dedicated };
    QCOMPARE(resultOf(toThread(dedicated, [] { return 1; })), 1);
    QVERIFY_EXCEPTION_THROWN(resultOf(toThread(dedicated, [] { throw 42; })), int);
}

void tst_WorkerThreads::dedicatedThreadsAreNamed()
{
    const CallOptions dedicated{ .name = QStringLiteral("lonely"),
                                 .thread = QFerry::Thread::Dedicated };
    const auto names = resultOf(toThread(dedicated, &ThreadNames::current));
    QCOMPARE(names.qt, QStringLiteral("lonely"));
    if (!names.system.isEmpty())
        QCOMPARE(names.system, QByteArray("lonely"));
}

QTEST_GUILESS_MAIN(tst_WorkerThreads)
#include "tst_workerthreads.moc"
