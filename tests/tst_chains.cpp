// SPDX-License-Identifier: MIT
#include "cancelable.h"

using namespace QFerry;
using namespace Testing;

/// Chains so deep that anything which recurses along them overflows the stack.
class tst_Chains : public QObject
{
    Q_OBJECT
private slots:
    void init();
    void cleanup();
    void aDeepChainCompletes();
    void aDeepChainOfAFinishedCallCompletes();
    void aDeepChainFails();
    void aDeepChainIsCanceledFromItsTail();
    void aDeepChainIsCanceledWhileItsRootRuns();
    void aDeepChainOfSkippedHandlersCompletes();
    void aDeepChainIsCanceledByItsContext();
    void aDeepChainMayBeDropped();
    void callsReturnedByHandlersMayNestDeeply();
    void aWideFanCompletes();

private:
    int m_before = 0;
};

static constexpr int links = 100'000;

void tst_Chains::init()
{
    m_before = Counted::alive();
}

void tst_Chains::cleanup()
{
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
    QCoreApplication::processEvents();
    QCOMPARE(Counted::alive(), m_before);
}

/// Each link adds one, and owns something that must not leak.
static PendingCall<int> addLinks(PendingCall<int> call, QObject *context)
{
    for (int i = 0; i < links; ++i)
        call = call.then(context, [one = Counted(1)](int n) { return n + one.value; });
    return call;
}

static PendingCall<int> chainBehind(const Blocker &blocker, QObject *context)
{
    return addLinks(toThread(blocker.returning(0)), context);
}

void tst_Chains::aDeepChainCompletes()
{
    Blocker blocker;
    const auto tail = chainBehind(blocker, this);
    blocker.release();
    QCOMPARE(resultOf(tail), links);
}

void tst_Chains::aDeepChainOfAFinishedCallCompletes()
{
    const auto root = toThread([] { return 0; });
    QVERIFY(waitFor(root));
    QCOMPARE(resultOf(addLinks(root, this)), links);
}

void tst_Chains::aDeepChainFails()
{
    Blocker blocker;
    const auto tail = addLinks(toThread([block = blocker.function()]() -> int {
                                   block();
                                   throw std::domain_error("no");
                               }),
                               this);
    blocker.release();
    QVERIFY_EXCEPTION_THROWN(resultOf(tail), std::domain_error);
}

void tst_Chains::aDeepChainIsCanceledFromItsTail()
{
    CapacityLimiter closed(0);
    const auto root = toThread({ .limiter = &closed }, [] { return 0; });
    const auto tail = addLinks(root, this);
    tail.cancel();
    QVERIFY(root.isCanceled());
    QVERIFY_EXCEPTION_THROWN(resultOf(tail), CanceledError);
}

void tst_Chains::aDeepChainIsCanceledWhileItsRootRuns()
{
    Gate started;
    const auto root = toThread(openAndRunUntilCanceled(started)).then(this, [] { return 0; });
    const auto tail = addLinks(root, this);
    QVERIFY(started.tryPass());
    tail.cancel();
    QVERIFY_EXCEPTION_THROWN(resultOf(tail), CanceledError);
}

void tst_Chains::aDeepChainOfSkippedHandlersCompletes()
{
    Blocker blocker;
    PendingCall<int> tail = toThread(blocker.returning(1));
    for (int i = 0; i < links; ++i)
        tail = tail.onFailed(this, [owned = Counted(2)] { return owned.value; });
    blocker.release();
    QCOMPARE(resultOf(tail), 1);
}

void tst_Chains::aDeepChainIsCanceledByItsContext()
{
    Blocker blocker;
    auto context = std::make_unique<QObject>();
    const auto tail = chainBehind(blocker, context.get());
    QVERIFY(blocker.hasStarted());
    context.reset();
    QVERIFY(tail.isCanceled());
}

void tst_Chains::aDeepChainMayBeDropped()
{
    auto context = std::make_unique<QObject>();
    {
        Blocker blocker;
        chainBehind(blocker, context.get());
    }
    QVERIFY(spinUntil([this] { return Counted::alive() == m_before; }));
}

static PendingCall<int> countDown(QObject *context, int n)
{
    return toThread([n] { return n - 1; }).then(context, [context](int left) {
        return left > 0 ? countDown(context, left) : toThread([] { return 42; });
    });
}

void tst_Chains::callsReturnedByHandlersMayNestDeeply()
{
    QCOMPARE(resultOf(countDown(this, 20'000)), 42);
}

void tst_Chains::aWideFanCompletes()
{
    Blocker blocker;
    const auto call = toThread(blocker.returning(1));
    int sum = 0;
    for (int i = 0; i < links; ++i)
        call.then(this, [&sum, one = Counted(1)](int) { sum += one.value; });
    blocker.release();
    QVERIFY(spinUntil([&] { return sum == links; }));
}

QTEST_GUILESS_MAIN(tst_Chains)
#include "tst_chains.moc"
