// SPDX-License-Identifier: MIT
#include "testing.h"

using namespace QFerry;
using namespace Testing;

class tst_Progress : public QObject
{
    Q_OBJECT
private slots:
    void reportsArriveInTheContextsThread();
    void fastReportsAreMerged();
    void theLastReportArrivesBeforeTheResult();
    void everyListenerHears();
    void aLateListenerHearsTheLastReport();
    void aListenerAtAHandlerHearsTheRoot();
    void reportsFollowAContextThatMoves();
    void aDeadContextIsHarmless();
    void aListenerDoesNotCancelTheCall();
    void aThrowingListenerIsLogged();
    void reportingInNoWorkerIsAnError();
    void aFailedCallReportsAll();
    void aGeneratorReportsToItsLoop_data();
    void aGeneratorReportsToItsLoop();
    void aCallUnderADeadlineReports();
};

static auto reportUpTo(qint64 last)
{
    return [last] {
        for (qint64 i = 1; i <= last; ++i)
            reportProgress(i, last, QString::number(i));
    };
}

void tst_Progress::reportsArriveInTheContextsThread()
{
    LoopThread other;
    std::atomic<QThread *> thread{ nullptr };
    const auto call = toThread([] { reportProgress(1); });
    call.onProgress(other.context(), [&](const Progress &) { thread = QThread::currentThread(); });
    QVERIFY(spinUntil([&] { return thread.load(); }));
    QCOMPARE(thread.load(), &other);
}

void tst_Progress::fastReportsAreMerged()
{
    const qint64 last = 10'000;
    Blocker blocker;
    QList<Progress> reports;
    const auto call = toThread([block = blocker.function(), last] {
        block();
        reportUpTo(last)();
    });
    call.onProgress(this, [&](const Progress &progress) { reports << progress; });
    blocker.release();
    call.future().waitForFinished(); // while this loop does not turn
    QVERIFY(spinUntil([&] { return !reports.isEmpty(); }));
    QCOMPARE(reports, QList({ Progress{ last, last, QString::number(last) } }));
}

void tst_Progress::theLastReportArrivesBeforeTheResult()
{
    for (int round = 0; round < 200; ++round) {
        qint64 seen = 0;
        const auto call = toThread(reportUpTo(100));
        call.onProgress(this, [&](const Progress &progress) {
            QVERIFY(progress.value > seen);
            QCOMPARE(progress.total, 100);
            QCOMPARE(progress.text, QString::number(progress.value));
            seen = progress.value;
        });
        const auto seenBefore = call.then(this, [&] { return seen; });
        QCOMPARE(resultOf(seenBefore), 100);
    }
}

void tst_Progress::everyListenerHears()
{
    QList<qint64> last = { 0, 0, 0 };
    Blocker blocker;
    const auto call = toThread([block = blocker.function()] {
        block();
        reportUpTo(100)();
    });
    for (qint64 &value : last)
        call.onProgress(this, [&value](const Progress &progress) { value = progress.value; });
    blocker.release();
    resultOf(call);
    QCOMPARE(last, QList<qint64>({ 100, 100, 100 }));
}

void tst_Progress::aLateListenerHearsTheLastReport()
{
    const auto call = toThread(reportUpTo(5));
    QVERIFY(waitFor(call));
    qint64 seen = 0;
    call.onProgress(this, [&](const Progress &progress) { seen = progress.value; });
    QCOMPARE(seen, 0);
    QVERIFY(spinUntil([&] { return seen == 5; }));
}

void tst_Progress::aListenerAtAHandlerHearsTheRoot()
{
    qint64 seen = 0;
    Blocker blocker;
    const auto call = toThread([block = blocker.function()] {
        block();
        reportProgress(7);
    });
    call.then(this, [] {}).onFailed(this, [] {}).onProgress(this, [&](const Progress &progress) {
        seen = progress.value;
    });
    blocker.release();
    QVERIFY(spinUntil([&] { return seen == 7; }));
}

void tst_Progress::reportsFollowAContextThatMoves()
{
    LoopThread other;
    auto *context = new QObject;
    Blocker blocker;
    std::atomic<QThread *> thread{ nullptr };
    const auto call = toThread([block = blocker.function()] {
        reportProgress(1); // waits for this loop to turn
        block();
    });
    call.onProgress(context, [&](const Progress &) { thread = QThread::currentThread(); });
    QVERIFY(blocker.hasStarted());
    context->moveToThread(&other);
    QVERIFY(spinUntil([&] { return thread.load(); }));
    QCOMPARE(thread.load(), &other);
    context->deleteLater();
}

void tst_Progress::aDeadContextIsHarmless()
{
    auto context = std::make_unique<QObject>();
    bool heard = false;
    Blocker blocker;
    const auto call = toThread([block = blocker.function()] {
        reportProgress(1);
        block();
        reportProgress(2);
    });
    call.onProgress(context.get(), [&](const Progress &) { heard = true; });
    QVERIFY(blocker.hasStarted());
    context.reset();
    blocker.release();
    resultOf(call);
    QVERIFY(!heard);
}

void tst_Progress::aListenerDoesNotCancelTheCall()
{
    auto context = std::make_unique<QObject>();
    Blocker blocker;
    const auto call = toThread(blocker.returning(42));
    call.onProgress(context.get(), [](const Progress &) {});
    context.reset();
    blocker.release();
    QCOMPARE(resultOf(call), 42);
}

void tst_Progress::aThrowingListenerIsLogged()
{
    const QFerryMessages messages;
    const auto call = toThread(reportUpTo(1));
    call.onProgress(this, [](const Progress &) { throw std::runtime_error("oh dear"); });
    resultOf(call);
    QCOMPARE(messages.count(), 1);
    QVERIFY(messages.all().constFirst().contains(QStringLiteral("oh dear")));
}

void tst_Progress::reportingInNoWorkerIsAnError()
{
    QVERIFY_EXCEPTION_THROWN(reportProgress(1), NoEventLoopError);
}

void tst_Progress::aFailedCallReportsAll()
{
    qint64 seen = 0;
    const auto call = toThread([] {
        reportUpTo(100)();
        throw 42;
    });
    call.onProgress(this, [&](const Progress &progress) { seen = progress.value; });
    QVERIFY_EXCEPTION_THROWN(resultOf(call), int);
    QCOMPARE(seen, 100);
}

void tst_Progress::aGeneratorReportsToItsLoop_data()
{
    using Loop = std::function<PendingCall<void>(Stream<int> &)>;
    QTest::addColumn<Loop>("loop");
    QTest::newRow("forEach()") << Loop(
            [this](Stream<int> &stream) { return stream.forEach(this, [](int) {}); });
    QTest::newRow("forEachBatch()") << Loop([this](Stream<int> &stream) {
        return std::move(stream).forEachBatch(this, [](std::span<int>) {});
    });
    QTest::newRow("a handler behind it") << Loop([this](Stream<int> &stream) {
        return std::move(stream).forEach(this, [](int) {}).then(this, [] {});
    });
}

void tst_Progress::aGeneratorReportsToItsLoop()
{
    using Loop = std::function<PendingCall<void>(Stream<int> &)>;
    QFETCH(Loop, loop);
    auto stream = threadedIterable([](Yield<int> &yield) {
        for (int i = 1; i <= 10; ++i) {
            reportProgress(i, 10);
            yield(i);
        }
    })();
    const PendingCall<void> call = loop(stream);
    Progress last;
    call.onProgress(this, [&](const Progress &progress) { last = progress; });
    const QFuture<void> future = call.future();
    resultOf(call);
    QCOMPARE(last, (Progress{ 10, 10, {} }));
    QVERIFY(spinUntil([&] { return future.isFinished(); }));
    QCOMPARE(future.progressValue(), 10);

    Progress late;
    call.onProgress(this, [&](const Progress &progress) { late = progress; }); // harmless
    QCoreApplication::processEvents();
}

void tst_Progress::aCallUnderADeadlineReports()
{
    Progress last;
    const auto call = failAfter(std::chrono::seconds(10), [] { return toThread(reportUpTo(10)); });
    call.onProgress(this, [&](const Progress &progress) { last = progress; });
    resultOf(call);
    QCOMPARE(last.value, 10);
}

QTEST_GUILESS_MAIN(tst_Progress)
#include "tst_progress.moc"
