// SPDX-License-Identifier: MIT
#include "testing.h"

#include <qferry/poolgrowth_p.h>

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

QTEST_GUILESS_MAIN(tst_WorkerPool)
#include "tst_workerpool.moc"
