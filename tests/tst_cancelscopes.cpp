// SPDX-License-Identifier: MIT
// Scopes: whom they cancel, and what a shield hides.
#include "cancelable.h"
#include "outside.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

class tst_CancelScopes : public QObject
{
    Q_OBJECT

private slots:
    // which calls
    void callInACanceledScopeIsCanceledOnEntry();
    void cancelReachesNestedScopesAndNotOuterOnes();
    void scopeIsNestedInTheCurrentOneOrItsParent();
    void destroyedScopeCancelsItsCalls();
    void scopeCancelsWithItsOwner();
    void scopeMayBeCanceledInAnyThread();
    void scopeMayBeDestroyedByAHandler();
    void nestedCallsBelongToTheScopeOfTheirCaller();
    void dedicatedThreadsObeyScopes();
    // entered in a worker
    void checkCanceledSeesAScopeEnteredInTheWorker();
    // shields
    void shieldHidesTheAncestors();
    void clearingAShieldRevealsTheAncestors();
    void shieldDoesNotHideItsOwnCancel();
    void shieldEnteredInTheWorkerHidesTheCallsCancel();
};

void tst_CancelScopes::checkCanceledSeesAScopeEnteredInTheWorker()
{
    const auto work = [] {
        CancelScope scope;
        scope.cancel(QStringLiteral("inner"));
        const bool inside =
                scope.run([] { return throws<CanceledError>([] { checkCanceled(); }); });
        return inside && !isCanceled();
    };
    QVERIFY(resultOf(toThread(work)));
}

void tst_CancelScopes::shieldHidesTheAncestors()
{
    CancelScope outer;
    CancelScope inner(&outer);
    inner.setShielded(true);
    Gate running;
    Gate release;
    const auto call = toThread({ .scope = &inner }, [&] {
        running.open();
        release.pass();
        checkCanceled();
        return 1;
    });
    running.pass();
    outer.cancel();
    QVERIFY(outer.isCanceled());
    QVERIFY(!inner.isCanceled());
    release.open();
    QCOMPARE(resultOf(call), 1);
    QCOMPARE(resultOf(toThread({ .scope = &inner }, [] { return 2; })), 2);
}

void tst_CancelScopes::clearingAShieldRevealsTheAncestors()
{
    CancelScope outer;
    CancelScope inner(&outer);
    inner.setShielded(true);
    QVERIFY(inner.isShielded());
    Gate running;
    const auto call = toThread({ .scope = &inner }, openAndRunUntilCanceled(running));
    CapacityLimiter none(0);
    const auto queued = toThread({ .limiter = &none, .scope = &inner }, [] {});
    running.pass();
    outer.cancel();
    QVERIFY(!queued.isFinished());
    inner.setShielded(false);
    QVERIFY(inner.isCanceled());
    QVERIFY(isCanceledInTime(call));
    QVERIFY(isCanceledInTime(queued));
}

void tst_CancelScopes::shieldDoesNotHideItsOwnCancel()
{
    CancelScope scope;
    scope.setShielded(true);
    Gate running;
    const auto call = toThread({ .scope = &scope }, openAndRunUntilCanceled(running));
    running.pass();
    scope.cancel();
    QVERIFY(isCanceledInTime(call));
}

void tst_CancelScopes::shieldEnteredInTheWorkerHidesTheCallsCancel()
{
    CancelScope outer;
    Gate running;
    Gate look;
    const auto call = toThread({ .scope = &outer }, [&] {
        CancelScope shield;
        shield.setShielded(true);
        const bool hidden = shield.run([&] {
            running.open();
            look.pass();
            return !isCanceled();
        });
        return hidden && isCanceled();
    });
    running.pass();
    outer.cancel();
    look.open();
    QVERIFY(resultOf(call));
}

void tst_CancelScopes::callInACanceledScopeIsCanceledOnEntry()
{
    CancelScope scope;
    scope.cancel();
    std::atomic<bool> ran = false;
    const int before = Counted::alive();
    const auto option = toThread({ .scope = &scope },
                                 [&ran, counted = Counted()] { ran = counted.value == 0; });
    const auto current = scope.run([&] { return toThread([&] { ran = true; }); });
    const auto dedicated =
            toThread({ .scope = &scope, .thread = Thread::Dedicated }, [&] { ran = true; });
    QVERIFY(option.isCanceled());
    QVERIFY(current.isCanceled());
    QVERIFY(dedicated.isCanceled());
    QCOMPARE(Counted::alive(), before);
    resultOf(toThread([] {}));
    QVERIFY(!ran);
    QCOMPARE(defaultThreadLimiter().statistics().waiting, 0);
}

void tst_CancelScopes::cancelReachesNestedScopesAndNotOuterOnes()
{
    CancelScope outer;
    CancelScope middle(&outer);
    CancelScope inner(&middle);
    middle.cancel();
    QVERIFY(!outer.isCanceled());
    QVERIFY(middle.isCanceled());
    QVERIFY(inner.isCanceled());
    QCOMPARE(resultOf(toThread({ .scope = &outer }, [] { return 1; })), 1);
    QVERIFY(isCanceledInTime(toThread({ .scope = &inner }, [] {})));
}

void tst_CancelScopes::scopeIsNestedInTheCurrentOneOrItsParent()
{
    CancelScope outer;
    CancelScope other;
    outer.run([&] {
        CancelScope current;
        CancelScope ofParent(&other);
        QObject window;
        CancelScope ofWindow(&window);
        outer.cancel();
        QVERIFY(current.isCanceled());
        QVERIFY(!ofParent.isCanceled());
        QVERIFY(ofWindow.isCanceled());
    });
    other.cancel();
}

void tst_CancelScopes::destroyedScopeCancelsItsCalls()
{
    Gate running;
    CapacityLimiter none(0);
    auto scope = std::make_unique<CancelScope>();
    const auto call = toThread({ .scope = scope.get() }, openAndRunUntilCanceled(running));
    const auto queued = toThread({ .limiter = &none, .scope = scope.get() }, [] {});
    running.pass();
    scope.reset();
    QVERIFY(isCanceledInTime(call));
    QVERIFY(isCanceledInTime(queued));
}

void tst_CancelScopes::scopeCancelsWithItsOwner()
{
    Gate running;
    auto window = std::make_unique<QObject>();
    auto *scope = new CancelScope(window.get());
    const auto call = scope->run([&] { return toThread(openAndRunUntilCanceled(running)); });
    running.pass();
    window.reset();
    QVERIFY(isCanceledInTime(call));
}

void tst_CancelScopes::scopeMayBeCanceledInAnyThread()
{
    CancelScope scope;
    Gate running;
    const auto call = toThread({ .scope = &scope }, openAndRunUntilCanceled(running));
    running.pass();
    OutsideThread([&] { scope.cancel(); }).result();
    QVERIFY(isCanceledInTime(call));
}

void tst_CancelScopes::scopeMayBeDestroyedByAHandler()
{
    Gate running;
    auto scope = std::make_unique<CancelScope>();
    const auto sibling = toThread({ .scope = scope.get() }, openAndRunUntilCanceled(running));
    running.pass();
    toThread({ .scope = scope.get() }, [] {}).then(this, [&] { scope.reset(); });
    QVERIFY(isCanceledInTime(sibling));
    QVERIFY(!scope);
}

void tst_CancelScopes::nestedCallsBelongToTheScopeOfTheirCaller()
{
    CancelScope scope;
    Gate running;
    PendingCall<void> nested;
    PendingCall<void> fromLoop;
    resultOf(toThread({ .scope = &scope }, [&] {
        nested = toThread(openAndRunUntilCanceled(running));
        fromThread([&] { fromLoop = toThread(openAndRunUntilCanceled(running)); });
        running.pass(2);
    }));
    scope.cancel();
    QVERIFY(isCanceledInTime(nested));
    QVERIFY(isCanceledInTime(fromLoop));
}

void tst_CancelScopes::dedicatedThreadsObeyScopes()
{
    CancelScope scope;
    Gate running;
    const auto call = toThread({ .scope = &scope, .thread = Thread::Dedicated },
                               openAndRunUntilCanceled(running));
    running.pass();
    scope.cancel();
    QVERIFY(isCanceledInTime(call));
}

QTEST_GUILESS_MAIN(tst_CancelScopes)
#include "tst_cancelscopes.moc"
