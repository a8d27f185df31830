// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "portals.h"
#include "task.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

constexpr auto shortTime = 30ms;

/// Something foreign to wait for: nobody resumes its coroutine before a test says so.
class Foreign
{
public:
    explicit Foreign(std::coroutine_handle<> *waiting) : m_waiting(waiting) {}
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> coroutine) { *m_waiting = coroutine; }
    int await_resume() const { return 7; }

private:
    std::coroutine_handle<> *m_waiting;
};

enum class Way { Deadline, PastDeadline, Scope, CanceledScope };

/// Whether what the body began ends, as it should, in the way that the test is about.
template <typename F>
bool ends(Way way, F body)
{
    if (way == Way::Deadline)
        return failsWith<TimeoutError>(failAfter(shortTime, body));
    if (way == Way::PastDeadline)
        return failsWith<TimeoutError>(failAfter(0s, body));
    CancelScope scope;
    if (way == Way::CanceledScope)
        scope.cancel();
    const auto call = scope.run([&] { return failAfter(1h, body); });
    scope.cancel();
    return failsWith<CanceledError>(call);
}

/// The same for what blocks a thread.
template <typename F>
bool endsBlocked(Way way, F body)
{
    if (way == Way::Deadline)
        return throws<TimeoutError>([&] { failAfter(shortTime, body); });
    if (way == Way::PastDeadline)
        return throws<TimeoutError>([&] { failAfter(0s, body); });
    CancelScope scope;
    if (way == Way::CanceledScope)
        scope.cancel();
    else
        scope.setDeadline(shortTime);
    return throws<CanceledError>([&] { scope.run(body); });
}

} // namespace

/// Whatever waits ends with the scope that it waits in.
class tst_ScopeWaits : public QObject
{
    Q_OBJECT

private slots:
    void futures_data() { ways(); }
    void futures();
    void items_data() { ways(); }
    void items();
    void tokens_data() { ways(); }
    void tokens();
    void portals_data() { ways(); }
    void portals();
    void coroutines_data() { ways(); }
    void coroutines();
    void foreignAwaitables_data() { ways(); }
    void foreignAwaitables();
    void groups_data() { ways(); }
    void groups();
    void runs_data() { ways(); }
    void runs();
    void blockedWorkers_data() { ways(); }
    void blockedWorkers();
    void blockedOutsideThreads_data() { ways(); }
    void blockedOutsideThreads();

    void whatIsThereNeedsNoWait();
    void waitBegunInAScopeEndsWithIt();
    void endedWaitLosesNoItem();
    void futureIsCanceledAtTheDeadline();
    void coroutineThatUnwindsIsWaitedFor();
    void shieldKeepsWaits();
    void canceledHandleEndsTheCoroutine();
    void waitForTheStopOfAPortalIsCanceledAlone();

private:
    static void ways()
    {
        QTest::addColumn<Way>("way");
        QTest::newRow("deadline") << Way::Deadline;
        QTest::newRow("past deadline") << Way::PastDeadline;
        QTest::newRow("scope") << Way::Scope;
        QTest::newRow("canceled scope") << Way::CanceledScope;
    }
};

void tst_ScopeWaits::futures()
{
    QFETCH(const Way, way);
    const Operation<int> endless;
    QVERIFY(ends(way, [&] { return endless.future(); }));
    QVERIFY(endless.isCanceledInTime());
    const Operation<int> another;
    QVERIFY(ends(way, [&] {
        return toThread([] {}).then(this, [future = another.future()] { return future; });
    }));
    const Operation<int> awaited;
    QVERIFY(ends(way, [&]() -> EagerTask<int> { co_return co_await inContext(awaited.future()); }));
    QVERIFY(awaited.isCanceledInTime());
}

void tst_ScopeWaits::items()
{
    QFETCH(const Way, way);
    FromThreadChannel<int> channel;
    QVERIFY(ends(way, [&] { return channel.get(); }));
    QVERIFY(ends(way, [&]() -> EagerTask<int> { co_return co_await channel.get(); }));
    const Blocker blocker;
    auto stream = threadedIterable([block = blocker.function()](Yield<int> &) { block(); })();
    QVERIFY(ends(way, [&] { return stream.next(); }));
    QVERIFY(ends(way, [&] { return stream.nextBatch(); }));
    blocker.releaseAll();
}

void tst_ScopeWaits::tokens()
{
    QFETCH(const Way, way);
    CapacityLimiter none(0);
    QVERIFY(ends(way, [&] { return none.acquire(this); }));
    QVERIFY(spinUntil([&] { return none.statistics().waiting == 0; }));
    QVERIFY(ends(way, [&] { return none.acquireToken(); }));
    QCOMPARE(none.statistics().waiting, 0);
    none.setTotalTokens(1);
    QCOMPARE(none.availableTokens(), 1);
}

void tst_ScopeWaits::portals()
{
    QFETCH(const Way, way);
    StartedPortal portal = startBlockingPortal();
    const Operation<int> endless;
    QVERIFY(ends(way, [&] { return portal.sleepUntilStopped(); }));
    QVERIFY(ends(way, [&] { return portal.startTaskSoon(endless.function()); }));
    const Blocker blocker;
    QVERIFY(ends(way, [&] { return portal.startTaskSoon(blocker.function()); }));
    blocker.releaseAll();
}

void tst_ScopeWaits::coroutines()
{
    QFETCH(const Way, way);
    CapacityLimiter none(0);
    QVERIFY(ends(way, [&]() -> EagerTask<int> {
        co_await toThread({ .limiter = &none }, [] {});
        co_return 1;
    }));
    StartedPortal portal = startBlockingPortal();
    const auto inner = [&]() -> EagerTask<int> {
        co_await portal.sleepUntilStopped();
        co_return 1;
    };
    QVERIFY(ends(way, [&]() -> EagerTask<int> { co_return co_await inner(); }));
    QVERIFY(ends(way, [&]() -> LazyTask<int> { co_return co_await inner(); }));
}

void tst_ScopeWaits::foreignAwaitables()
{
    QFETCH(const Way, way);
    std::coroutine_handle<> waiting;
    QVERIFY(ends(way, [&] { return Foreign(&waiting); }));
    waiting.resume(); // nobody listens any more
    const int before = Counted::alive();
    QVERIFY(ends(way, [&waiting, counted = Counted()]() -> EagerTask<int> {
        const int result = co_await Foreign(&waiting);
        co_return result + counted.value;
    }));
    QCOMPARE(Counted::alive(), before + 1); // the coroutine uses what its lambda has captured
    waiting.resume();
    QCOMPARE(Counted::alive(), before);
    QVERIFY(ends(way, [&]() -> EagerTask<int> { co_return co_await inContext(Foreign(&waiting)); }));
    waiting.resume();
}

void tst_ScopeWaits::groups()
{
    QFETCH(const Way, way);
    FromThreadChannel<int> channel;
    CapacityLimiter none(0);
    QVERIFY(ends(way, [&] {
        return whenAll(channel.get(), toThread({ .limiter = &none }, [] { return 1; }));
    }));
    QVERIFY(ends(way, [&]() -> EagerTask<int> {
        co_await whenAll(channel.get(), toThread({ .limiter = &none }, [] { return 1; }));
        co_return 1;
    }));
}

void tst_ScopeWaits::runs()
{
    QFETCH(const Way, way);
    const Operation<int> endless;
    FromThreadChannel<int> channel;
    QVERIFY(endsBlocked(way, [&] { run([&] { return endless.future(); }); }));
    QVERIFY(endsBlocked(way, [&] { run([&] { return channel.get(); }); }));
    QVERIFY(endsBlocked(way, [&] {
        run([&]() -> EagerTask<int> { co_return co_await channel.get(); });
    }));
}

void tst_ScopeWaits::blockedWorkers()
{
    QFETCH(const Way, way);
    StartedPortal portal = startBlockingPortal();
    CapacityLimiter none(0);
    FromThreadChannel<int> full(1);
    full.put(1);
    const Operation<int> endless;
    const auto work = [&] {
        const Operation<int> another;
        return endsBlocked(way, [&] { portal.call([&] { return endless.future(); }); })
               && endsBlocked(way, [&] { fromThread([&] { return endless.future(); }); })
               && endsBlocked(way, [&] { waitInThread(portal.sleepUntilStopped()); })
               && endsBlocked(way, [&] { std::ignore = waitInThread(none.acquireToken()); })
               && endsBlocked(way, [&] { full.put(2); });
    };
    QVERIFY(resultOf(toThread(work)));
    QVERIFY(resultOf(toThread({ .abandonOnCancel = true }, work)));
}

void tst_ScopeWaits::blockedOutsideThreads()
{
    QFETCH(const Way, way);
    StartedPortal portal = startBlockingPortal();
    CapacityLimiter none(0);
    FromThreadChannel<int> full(1);
    full.put(1);
    const LoopToken loop = currentLoop();
    const Operation<int> endless;
    OutsideThread thread([&] {
        return endsBlocked(way, [&] { portal.call([&] { return endless.future(); }); })
               && endsBlocked(way, [&] { fromThread(loop, [&] { return endless.future(); }); })
               && endsBlocked(way, [&] { waitInThread(portal.sleepUntilStopped()); })
               && endsBlocked(way, [&] { std::ignore = waitInThread(none.acquireToken()); })
               && endsBlocked(way, [&] { full.put(2); });
    });
    QVERIFY(thread.resultWhileTheLoopTurns());
}

void tst_ScopeWaits::whatIsThereNeedsNoWait()
{
    FromThreadChannel<int> channel;
    channel.put(1);
    QCOMPARE(resultOf(failAfter(0s, [&] { return channel.get(); })), 1);
    QPromise<int> promise;
    promise.start();
    promise.addResult(2);
    promise.finish();
    QCOMPARE(resultOf(failAfter(0s, [&] { return promise.future(); })), 2);
}

void tst_ScopeWaits::waitBegunInAScopeEndsWithIt()
{
    FromThreadChannel<int> channel;
    StartedPortal portal = startBlockingPortal();
    CapacityLimiter none(0);
    CancelScope scope;
    scope.run([&] {
        const auto item = channel.get();
        const auto stop = portal.sleepUntilStopped();
        const auto token = none.acquireToken();
        QFuture<void> future = none.acquire(this);
        QVERIFY(!item.isFinished() && !stop.isFinished() && !token.isFinished());
        scope.cancel();
        QVERIFY(item.isCanceled() && stop.isCanceled() && token.isCanceled());
        QVERIFY(spinUntil([&] { return future.isFinished(); }));
        QVERIFY(future.isCanceled());
    });
    QCOMPARE(none.statistics().waiting, 0);
}

void tst_ScopeWaits::endedWaitLosesNoItem()
{
    FromThreadChannel<int> channel;
    QVERIFY(failsWith<TimeoutError>(failAfter(0s, [&] { return channel.get(); })));
    channel.put(1);
    channel.put(2);
    QCOMPARE(resultOf(channel.get()), 1);
    QCOMPARE(channel.tryGet(), std::optional(2));
}

void tst_ScopeWaits::futureIsCanceledAtTheDeadline()
{
    const int before = Counted::alive();
    {
        const Operation<Counted> endless;
        QVERIFY(failsWith<TimeoutError>(failAfter(shortTime, [&] { return endless.future(); })));
        QVERIFY(endless.isCanceledInTime());
        endless.finish(Counted()); // too late
    }
    QVERIFY(spinUntil([&] { return Counted::alive() == before; }));
}

/// It may use what is on the stack of who waits for it.
void tst_ScopeWaits::coroutineThatUnwindsIsWaitedFor()
{
    const Blocker blocker;
    bool hasUnwound = false;
    const auto call = moveOnAfter(shortTime, [&]() -> EagerTask<int> {
        Gate gone;
        const auto blockAndTell = [&gone, block = blocker.function()] {
            block(); // looks for no cancel
            gone.open();
        };
        try {
            co_await toThread(blockAndTell);
            gone.pass();
        } catch (const CanceledError &) {
        }
        hasUnwound = true;
        co_return 1;
    });
    QVERIFY(blocker.hasStarted());
    const PendingCall<bool> later = moveOnAfter(shortTime, [&] {
        return toThread(&runUntilCanceled);
    });
    QVERIFY(waitFor(later));
    QVERIFY(!call.isFinished());
    blocker.releaseAll();
    QVERIFY(waitFor(call));
    QVERIFY(hasUnwound);
}

void tst_ScopeWaits::shieldKeepsWaits()
{
    FromThreadChannel<int> channel;
    CancelScope outer;
    CancelScope inner(&outer);
    inner.setShielded(true);
    const auto item = inner.run([&] { return channel.get(); });
    outer.cancel();
    QVERIFY(!item.isFinished());
    inner.setShielded(false);
    QVERIFY(item.isCanceled());
}

void tst_ScopeWaits::canceledHandleEndsTheCoroutine()
{
    CapacityLimiter none(0);
    PendingCall<void> inner;
    const auto call = failAfter(1h, [&]() -> EagerTask<int> {
        inner = toThread({ .limiter = &none }, [] {});
        co_await inner;
        co_return 1;
    });
    call.cancel();
    QVERIFY(failsWith<CanceledError>(call));
    QVERIFY(inner.isCanceled());
}

void tst_ScopeWaits::waitForTheStopOfAPortalIsCanceledAlone()
{
    StartedPortal portal = startBlockingPortal();
    const auto one = portal.sleepUntilStopped();
    const auto other = portal.sleepUntilStopped();
    one.cancel();
    QVERIFY(one.isCanceled());
    QVERIFY(!other.isFinished());
    portal.stop();
    QVERIFY(other.isFinished() && !other.isCanceled());
}

QTEST_GUILESS_MAIN(tst_ScopeWaits)
#include "tst_scopewaits.moc"
