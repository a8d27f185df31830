// SPDX-License-Identifier: MIT
#include "refusedthreads.h"
#include "testing.h"

#include <QtCore/qelapsedtimer.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {
/// An application at whose beginning no thread of the pool is left over.
class Application
{
public:
    Application()
    {
        {
            QCoreApplication app(m_argc, m_argv);
            (void)shutdown(watchdog);
        }
        m_app.emplace(m_argc, m_argv);
    }

private:
    int m_argc = 1;
    char m_name[5] = "test";
    char *m_argv[2] = { m_name, nullptr };
    std::optional<QCoreApplication> m_app;
};
} // namespace

/// The system refuses a thread now and then: what waits gets one later.
class tst_ThreadShortage : public QObject
{
    Q_OBJECT
private slots:
    void init();
    void refusedThreadsKeepNoCallFromRunning_data();
    void refusedThreadsKeepNoCallFromRunning();
    void callsRunAtOnceWhenThereAreThreadsAgain();
    void callsThatComeRightAfterAShortageRun();
    void theSystemIsNotAskedAllTheTime();
    void aRefusedCallTakesNoOtherWithIt();
    void workersMayUseTimersAndLoops();
};

void tst_ThreadShortage::init()
{
    if (!RefusedThreads::arePossible())
        QSKIP("Threads cannot be refused on this system");
}

void tst_ThreadShortage::refusedThreadsKeepNoCallFromRunning_data()
{
    QTest::addColumn<int>("refused");
    for (const int refused : { 1, 2, 3 })
        QTest::addRow("%d", refused) << refused;
}

// The others wait for the one whose thread is refused, and nothing else happens that would start
// one.
void tst_ThreadShortage::refusedThreadsKeepNoCallFromRunning()
{
    QFETCH(int, refused);
    const Application app;
    const int cores = qMax(2, QThread::idealThreadCount());
    CapacityLimiter limiter(cores + 1);
    Blocker blocker;
    std::vector<PendingCall<void>> calls;
    for (int i = 0; i < cores; ++i)
        calls.push_back(toThread({ .limiter = &limiter }, blocker.function()));
    QVERIFY(blocker.hasStarted(cores));
    const RefusedThreads shortage(refused);
    calls.push_back(toThread({ .limiter = &limiter }, [&] { blocker.releaseAll(); }));
    for (const auto &call : calls)
        QVERIFY(waitFor(call));
}

void tst_ThreadShortage::callsRunAtOnceWhenThereAreThreadsAgain()
{
    const Application app;
    constexpr int count = 10;
    CapacityLimiter limiter(count);
    Blocker blocker;
    std::vector<PendingCall<void>> calls{ toThread({ .limiter = &limiter }, blocker.function()) };
    QVERIFY(blocker.hasStarted());
    {
        const RefusedThreads shortage;
        while (int(calls.size()) < count)
            calls.push_back(toThread({ .limiter = &limiter }, blocker.function()));
        QVERIFY(spinUntil([] { return RefusedThreads::count() > 3; }));
    }
    QVERIFY(blocker.hasStarted(count - 1));
    blocker.releaseAll();
    for (const auto &call : calls)
        QVERIFY(waitFor(call));
}

// The alarm's thread may have been refused, too, and the pool be told to wait a little.
void tst_ThreadShortage::callsThatComeRightAfterAShortageRun()
{
    const Application app;
    CapacityLimiter limiter(20);
    Blocker blocker;
    toThread({ .limiter = &limiter }, blocker.function());
    QVERIFY(blocker.hasStarted());
    {
        const RefusedThreads shortage;
        toThread({ .limiter = &limiter }, blocker.function());
    }
    for (int i = 0; i < 10; ++i)
        toThread({ .limiter = &limiter }, blocker.function());
    QVERIFY(blocker.hasStarted(11));
    blocker.releaseAll();
    QVERIFY(spinUntil([&] { return limiter.borrowedTokens() == 0; }));
}

void tst_ThreadShortage::theSystemIsNotAskedAllTheTime()
{
    const Application app;
    CapacityLimiter limiter(20);
    Blocker blocker;
    for (int i = 0; i < 8; ++i) // some of them blocked, and watched
        toThread({ .limiter = &limiter }, blocker.function());
    QVERIFY(blocker.hasStarted(8));
    QElapsedTimer time;
    time.start();
    {
        const RefusedThreads shortage;
        for (int i = 0; i < 12; ++i)
            toThread({ .limiter = &limiter }, blocker.function());
        QTest::qWait(200);
        QCOMPARE_LE(RefusedThreads::count(), 10 + time.elapsed() / 5);
    }
    blocker.releaseAll();
    QVERIFY(spinUntil([&] { return limiter.borrowedTokens() == 0; }));
}

void tst_ThreadShortage::aRefusedCallTakesNoOtherWithIt()
{
    const Application app;
    CapacityLimiter limiter(1);
    for (int i = 0; i < 20; ++i) {
        PendingCall<void> refused;
        {
            const RefusedThreads shortage;
            refused = toThread({ .limiter = &limiter, .thread = QFerry::Thread::Dedicated }, [] {});
        }
        const auto next = toThread({ .limiter = &limiter }, [] { return 1; });
        QVERIFY_EXCEPTION_THROWN(resultOf(refused), ThreadStartError);
        QCOMPARE(resultOf(next), 1);
    }
}

void tst_ThreadShortage::workersMayUseTimersAndLoops()
{
    const Application app;
    const QThread *thread = nullptr;
    const bool hasFired = resultOf(toThread([&thread] {
        bool fired = false;
        QTimer timer; // before there is a loop
        timer.setSingleShot(true);
        timer.start(1ms);
        QEventLoop loop;
        connect(&timer, &QTimer::timeout, &loop, [&] {
            fired = true;
            loop.quit();
        });
        loop.exec();
        thread = QThread::currentThread();
        return fired && timer.thread() == thread;
    }));
    QVERIFY(hasFired);
    QVERIFY(thread != QThread::currentThread());
}

QTEST_APPLESS_MAIN(tst_ThreadShortage)
#include "tst_threadshortage.moc"
