// SPDX-License-Identifier: MIT
#include "testing.h"

#include <qferry/pool/poolgrowth_p.h>

#include <thread>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

/// How the pool shares the processor among calls.
class tst_WorkerPool : public QObject
{
    Q_OBJECT
private slots:
    void asManyRunnersAsCoresMayWork();
    void blockedRunnersAreReplacedAndDoubled();
    void computingRunnersLetOneComeInAWhile();
    void whoIsOnItsWayTakesAnItem();
    void itemsThatAreTakenNeedNoFurtherRunner();
    void aCallRunsBesideCallsThatCompute_data();
    void aCallRunsBesideCallsThatCompute();
    void allTokensAreInUseBesideCallsThatCompute();
    void aDestructorOfAResultMayWaitForACall();
    void aDestructorOfAHandlerMayWaitForACall();
    void whoIsGivenATokenMayWaitForACall();
    void deferredDeletesComeWithTheEndOfTheirCall();
    void deferredDeletesOfManyShortCallsDoNotPileUp();
    void deferredDeletesComeInTheThreadOfTheirCall_data();
    void deferredDeletesComeInTheThreadOfTheirCall();
};

using Detail::PoolGrowth;
using Detail::PoolView;

void tst_WorkerPool::asManyRunnersAsCoresMayWork()
{
    const PoolView::Clock::time_point start;
    PoolGrowth growth(start);
    QCOMPARE(growth.next({ .now = start + 100us, .cores = 4, .running = 1, .waiting = 9 }), 3);
    QCOMPARE(growth.next({ .now = start + 200us, .cores = 4, .running = 4, .waiting = 9 }), 0);
    QCOMPARE(growth.next({ .now = start + 300us, .cores = 4, .running = 1, .waiting = 2 }), 2);
}

void tst_WorkerPool::blockedRunnersAreReplacedAndDoubled()
{
    const PoolView::Clock::time_point start;
    PoolGrowth growth(start);
    PoolView view{ .now = start + 100us, .running = 2, .blocked = 2, .newlyBlocked = 2, .waiting = 40 };
    QCOMPARE(growth.next(view), 4);
    view.now += 100us;
    view.completed = 1; // then the others may only be slow
    QCOMPARE(growth.next(view), 2);
}

void tst_WorkerPool::computingRunnersLetOneComeInAWhile()
{
    const PoolView::Clock::time_point start;
    PoolGrowth growth(start);
    PoolView view{ .now = start, .running = 2, .computing = 2, .waiting = 40 };
    for (int i = 1; i <= 5; ++i) {
        view.now += PoolGrowth::patience / 2;
        QCOMPARE(growth.next(view), 0);
        view.now += PoolGrowth::patience / 2;
        QCOMPARE(growth.next(view), 1); // one at a time
        ++view.running;
        ++view.computing;
    }
}

void tst_WorkerPool::whoIsOnItsWayTakesAnItem()
{
    const PoolView::Clock::time_point start;
    PoolGrowth growth(start);
    const PoolView view{ .now = start + 1s, .running = 3, .arriving = 1, .computing = 2, .waiting = 1 };
    QCOMPARE(growth.next(view), 0);
}

void tst_WorkerPool::itemsThatAreTakenNeedNoFurtherRunner()
{
    const PoolView::Clock::time_point start;
    PoolGrowth growth(start);
    PoolView view{ .now = start, .running = 2, .computing = 2, .waiting = 40 };
    for (int i = 0; i < 100; ++i) {
        view.now += PoolGrowth::patience / 2;
        ++view.taken;
        QCOMPARE(growth.next(view), 0);
    }
    view.waiting = 0;
    view.now += 1s;
    QCOMPARE(growth.next(view), 0);
    view.waiting = 1; // from now on it counts
    view.now += PoolGrowth::patience / 2;
    QCOMPARE(growth.next(view), 0);
}

namespace {
/// Calls that compute until this goes.
class ComputingCalls
{
public:
    explicit ComputingCalls(int count, CapacityLimiter &limiter)
    {
        for (int i = 0; i < count; ++i) {
            m_calls.push_back(toThread({ .limiter = &limiter }, [d = d] {
                d->started.open();
                while (!d->isOver.load(std::memory_order_relaxed)) {
                }
            }));
        }
    }
    ~ComputingCalls()
    {
        d->isOver = true;
        for (const auto &call : m_calls)
            (void)waitFor(call);
    }
    Q_DISABLE_COPY_MOVE(ComputingCalls)

    [[nodiscard]] bool haveStarted() const { return d->started.tryPass(int(m_calls.size())); }

private:
    struct State
    {
        Gate started;
        std::atomic<bool> isOver{ false };
    };
    const std::shared_ptr<State> d = std::make_shared<State>();
    std::vector<PendingCall<void>> m_calls;
};
} // namespace

void tst_WorkerPool::aCallRunsBesideCallsThatCompute_data()
{
    QTest::addColumn<int>("computing");
    for (const int count : { 1, 2, 3, 8 })
        QTest::addRow("%d", count) << count;
}

void tst_WorkerPool::aCallRunsBesideCallsThatCompute()
{
    QFETCH(int, computing);
    CapacityLimiter limiter(computing + 1);
    const ComputingCalls calls(computing, limiter);
    QVERIFY(calls.haveStarted());
    for (int i = 0; i < 5; ++i)
        QCOMPARE(resultOf(toThread({ .limiter = &limiter }, [] { return 1; })), 1);
}

void tst_WorkerPool::allTokensAreInUseBesideCallsThatCompute()
{
    CapacityLimiter limiter(12);
    const ComputingCalls calls(12, limiter);
    QVERIFY(calls.haveStarted());
    QCOMPARE(limiter.borrowedTokens(), 12);
}

namespace {
/// A result whose destructor runs a function.
class EndsWith
{
public:
    explicit EndsWith(std::function<void()> function) : m_function(std::move(function)) {}
    EndsWith(EndsWith &&other) noexcept : m_function(std::exchange(other.m_function, nullptr)) {}
    ~EndsWith()
    {
        if (m_function)
            m_function();
    }
    Q_DISABLE_COPY(EndsWith)
    EndsWith &operator=(EndsWith &&) = delete;

private:
    std::function<void()> m_function;
};
} // namespace

// Of a result that nobody took: in the worker, between this call and the next, which may be the one
// that it waits for.
void tst_WorkerPool::aDestructorOfAResultMayWaitForACall()
{
    constexpr int count = 8; // more than there are cores
    CapacityLimiter limiter(count + 1);
    Gate begin;
    Gate waited;
    std::atomic<bool> failed = false;
    std::vector<PendingCall<void>> waitedFor;
    std::mutex mutex;
    for (int i = 0; i < count; ++i) {
        (void)toThread({ .limiter = &limiter }, [&] {
            begin.pass();
            return EndsWith([&] {
                Gate ran;
                const auto call = toThread({ .limiter = &limiter }, [&ran] { ran.open(); });
                if (!ran.tryPass())
                    failed = true;
                const std::lock_guard lock(mutex);
                waitedFor.push_back(call);
                waited.open();
            });
        });
    }
    begin.open(count);
    QVERIFY(waited.tryPass(count, 2 * watchdog));
    QVERIFY(!failed);
    for (const auto &call : waitedFor)
        QVERIFY(waitFor(call));
}

// Of a handler that is not wanted: in the worker whose call has failed.
void tst_WorkerPool::aDestructorOfAHandlerMayWaitForACall()
{
    constexpr int count = 8; // more than there are cores
    QObject context;
    CapacityLimiter limiter(2 * count);
    Gate begin;
    Gate waited;
    std::atomic<bool> failed = false;
    for (int i = 0; i < count; ++i) {
        toThread({ .limiter = &limiter }, [&] {
            begin.pass();
            throw std::runtime_error("expected");
        }).then(&context, [end = EndsWith([&] {
                               const auto ran = std::make_shared<Gate>();
                               toThread({ .limiter = &limiter }, [ran] { ran->open(); });
                               if (!ran->tryPass())
                                   failed = true;
                               waited.open();
                           })] {}).onFailed(&context, [] {});
    }
    std::this_thread::sleep_for(20ms); // until nobody watches the pool: that would hide a fault
    begin.open(count);
    QVERIFY(waited.tryPass(count, 2 * watchdog));
    QVERIFY(!failed);
    QVERIFY(spinUntil([&] { return limiter.borrowedTokens() == 0; }));
}

// A thread without a loop has its futures finished, and followed, by the worker.
void tst_WorkerPool::whoIsGivenATokenMayWaitForACall()
{
    CapacityLimiter limiter(1);
    Blocker blocker;
    Gate waited;
    std::atomic<bool> failed = false;
    const auto holder = toThread({ .limiter = &limiter }, blocker.function());
    QVERIFY(blocker.hasStarted());
    int borrower = 0;
    std::thread([&] {
        limiter.acquire(&borrower).then([&] {
            Gate ran;
            toThread([&ran] { ran.open(); });
            if (!ran.tryPass())
                failed = true;
            waited.open();
        });
    }).join();
    blocker.release();
    QVERIFY(waited.tryPass(1, 2 * watchdog));
    QVERIFY(!failed);
    limiter.release(&borrower);
    QVERIFY(waitFor(holder));
}

void tst_WorkerPool::deferredDeletesComeWithTheEndOfTheirCall()
{
    std::atomic<int> alive = 0;
    for (int i = 0; i < 20; ++i) {
        resultOf(toThread([&alive] {
            auto *object = new QObject;
            ++alive;
            QObject::connect(object, &QObject::destroyed, [&alive] { --alive; });
            object->deleteLater();
        }));
        QCOMPARE(alive.load(), 0);
    }
}

void tst_WorkerPool::deferredDeletesOfManyShortCallsDoNotPileUp()
{
    constexpr int calls = 5'000;
    std::atomic<int> alive = 0;
    std::atomic<int> most = 0;
    for (int i = 0; i < calls; ++i) {
        toThread([&] {
            auto *object = new QObject;
            const int now = ++alive;
            for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
            }
            QObject::connect(object, &QObject::destroyed, [&alive] { --alive; });
            object->deleteLater();
        });
    }
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
    QVERIFY(spinUntil([&] { return alive == 0; }));
    QCOMPARE_LE(most.load(), 40 * 17); // of each token's thread
}

void tst_WorkerPool::deferredDeletesComeInTheThreadOfTheirCall_data()
{
    QTest::addColumn<QFerry::Thread>("thread");
    QTest::addRow("pooled") << QFerry::Thread::Pooled;
    QTest::addRow("dedicated") << QFerry::Thread::Dedicated;
}

void tst_WorkerPool::deferredDeletesComeInTheThreadOfTheirCall()
{
    QFETCH(QFerry::Thread, thread);
    std::atomic<bool> inWorker = false;
    std::atomic<bool> inThread = false;
    resultOf(toThread({ .thread = thread }, [&] {
        const auto here = std::this_thread::get_id();
        auto *object = new QObject;
        QObject::connect(object, &QObject::destroyed, [&, here] {
            inThread = std::this_thread::get_id() == here;
            inWorker = isWorkerThread();
        });
        object->deleteLater();
    }));
    QVERIFY(inThread);
    QVERIFY(inWorker);
}

QTEST_GUILESS_MAIN(tst_WorkerPool)
#include "tst_workerpool.moc"
