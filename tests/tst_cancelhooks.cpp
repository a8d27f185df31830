// SPDX-License-Identifier: MIT
// onCancel(): what a function leaves to be called when it is canceled.
#include "cancelable.h"
#include "outside.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

class tst_CancelHooks : public QObject
{
    Q_OBJECT

private slots:
    void hookRunsOnceAtTheCancel();
    void hookOfACanceledCallRunsAtOnce();
    void hookRunsForScopeAndDeadline_data();
    void hookRunsForScopeAndDeadline();
    void hookRunsForAScopeEnteredInTheWorker();
    void hookDoesNotRunAfterItsRegistration();
    void hookOfAnAbandonedCallRuns();
    void hookThatRunsIsWaitedFor();
    void hookMayEndItsOwnRegistration();
    void registrationMayBeMoved();
    void emptyHookIsInvalidUse();
};

void tst_CancelHooks::hookRunsOnceAtTheCancel()
{
    Gate running;
    Gate hooked;
    std::atomic<int> runs = 0;
    QThread *hookThread = nullptr;
    const auto call = toThread([&] {
        const auto hook = onCancel([&] {
            ++runs;
            hookThread = QThread::currentThread();
            hooked.open();
        });
        running.open();
        hooked.pass();
        hooked.open();
        return runs.load();
    });
    running.pass();
    QCOMPARE(runs.load(), 0);
    call.cancel();
    QVERIFY(hooked.tryPass()); // the loop does not turn
    hooked.open();
    call.cancel();
    QCOMPARE(resultOf(call), 1);
    QCOMPARE(runs.load(), 1);
    QCOMPARE(hookThread, QThread::currentThread());
}

void tst_CancelHooks::hookOfACanceledCallRunsAtOnce()
{
    Gate running;
    Gate canceled;
    const auto call = toThread([&] {
        running.open();
        canceled.pass();
        int runs = 0;
        const auto hook = onCancel([&] { ++runs; });
        return runs;
    });
    running.pass();
    call.cancel();
    canceled.open();
    QCOMPARE(resultOf(call), 1);
}

void tst_CancelHooks::hookRunsForScopeAndDeadline_data()
{
    QTest::addColumn<QString>("way");
    for (const char *way :
         { "scope", "ancestor", "deadline", "timeout", "destroyed scope", "QFuture" })
        QTest::newRow(way) << way;
}

void tst_CancelHooks::hookRunsForScopeAndDeadline()
{
    QFETCH(QString, way);
    CancelScope outer;
    auto scope = std::make_unique<CancelScope>(&outer);
    Gate running;
    Gate hooked;
    std::atomic<int> runs = 0;
    CallOptions options{ .scope = scope.get() };
    if (way == u"timeout")
        options.timeout = 20ms;
    const auto call = toThread(options, [&] {
        const auto hook = onCancel([&] {
            ++runs;
            hooked.open();
        });
        running.open();
        hooked.pass();
    });
    QFuture<void> future = call;
    running.pass();
    if (way == u"scope")
        scope->cancel();
    else if (way == u"ancestor")
        outer.cancel();
    else if (way == u"deadline")
        scope->setDeadline(10ms);
    else if (way == u"destroyed scope")
        scope.reset();
    else if (way == u"QFuture")
        future.cancel();
    QVERIFY(waitFor(call));
    QCOMPARE(runs.load(), 1);
}

void tst_CancelHooks::hookRunsForAScopeEnteredInTheWorker()
{
    Gate hooked;
    const auto call = toThread([&] {
        std::atomic<int> runs = 0;
        const auto result = moveOnAfter(10ms, [&] {
            const auto hook = onCancel([&] {
                ++runs;
                hooked.open();
            });
            hooked.pass();
            checkCanceled();
        });
        return !result && runs == 1 && !isCanceled();
    });
    QVERIFY(resultOf(call));
}

void tst_CancelHooks::hookDoesNotRunAfterItsRegistration()
{
    Gate running;
    Gate release;
    std::atomic<int> runs = 0;
    const int before = Counted::alive();
    CancelScope scope;
    const auto call = toThread({ .scope = &scope }, [&] {
        {
            const auto hook = onCancel([&runs, counted = Counted()] { runs += 1 + counted.value; });
            CancelScope inner;
            inner.run([&] { const auto other = onCancel([&] { ++runs; }); });
            inner.cancel();
        }
        const bool dropped = Counted::alive() == before;
        running.open();
        release.pass();
        return dropped;
    });
    running.pass();
    scope.cancel();
    call.cancel();
    release.open();
    QVERIFY(resultOf(call));
    QCOMPARE(runs.load(), 0);
}

void tst_CancelHooks::hookOfAnAbandonedCallRuns()
{
    Gate running;
    Gate hooked;
    const auto call = toThread({ .abandonOnCancel = true }, [&] {
        const auto hook = onCancel([&] { hooked.open(); });
        running.open();
        hooked.pass();
    });
    running.pass();
    call.cancel();
    QVERIFY(call.isCanceled());
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
}

void tst_CancelHooks::hookThatRunsIsWaitedFor()
{
    Gate running;
    Gate inHook;
    Gate leaveHook;
    std::atomic<bool> hookEnded = false;
    const auto call = toThread([&] {
        {
            const auto hook = onCancel([&] {
                inHook.open();
                leaveHook.pass();
                hookEnded = true;
            });
            running.open();
            inHook.pass();
            leaveHook.open();
        }
        return hookEnded.load();
    });
    running.pass();
    OutsideThread([&] { call.cancel(); }).result();
    QVERIFY(resultOf(call));
}

void tst_CancelHooks::hookMayEndItsOwnRegistration()
{
    Gate running;
    Gate canceled;
    const auto call = toThread([&] {
        std::optional<CancelRegistration> hook;
        int runs = 0;
        running.open();
        canceled.pass();
        hook = onCancel([&] {
            ++runs;
            hook.reset();
        });
        hook.reset();
        return runs;
    });
    running.pass();
    call.cancel();
    canceled.open();
    QCOMPARE(resultOf(call), 1);
}

void tst_CancelHooks::registrationMayBeMoved()
{
    Gate running;
    Gate release;
    std::atomic<int> kept = 0;
    std::atomic<int> replaced = 0;
    const auto call = toThread([&] {
        CancelRegistration registration = onCancel([&] { ++replaced; });
        CancelRegistration other = onCancel([&] { ++kept; });
        registration = std::move(other);
        const CancelRegistration moved(std::move(registration));
        running.open();
        release.pass();
    });
    running.pass();
    call.cancel();
    release.open();
    QVERIFY(waitFor(call));
    QCOMPARE(kept.load(), 1);
    QCOMPARE(replaced.load(), 0);
}

void tst_CancelHooks::emptyHookIsInvalidUse()
{
    QVERIFY(resultOf(toThread([] { return throws<InvalidUseError>([] { (void)onCancel({}); }); })));
}

QTEST_GUILESS_MAIN(tst_CancelHooks)
#include "tst_cancelhooks.moc"
