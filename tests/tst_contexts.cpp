// SPDX-License-Identifier: MIT
// The life and the thread of an object that things are done for.
#include "outside.h"

#include <QtCore/qpointer.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

using Made = std::unique_ptr<QObject>;

/// An object made in the thread, which moves to the calling one once `use` has run there.
Made madeIn(LoopThread &thread, const std::function<void(QObject *)> &use)
{
    Made object;
    QThread *const here = QThread::currentThread();
    thread.call([&] {
        object = std::make_unique<QObject>();
        use(object.get());
        object->moveToThread(here);
    });
    return object;
}

/// Makes a call with itself as context, wherever somebody connects to it.
template <typename Base>
class Curious : public Base
{
public:
    int connections = 0;

protected:
    void connectNotify(const QMetaMethod &) override
    {
        if (connections++ == 0)
            toThread([] {}).then(this, [] {});
    }
};

auto numbers(Gate &ended)
{
    return threadedIterable([&ended](Yield<int> &yield) {
        struct End
        {
            Gate &gate;
            ~End() { gate.open(); }
        } const end{ ended };
        for (int i = 0;; ++i)
            yield(i);
    })();
}

} // namespace

class tst_Contexts : public QObject
{
    Q_OBJECT

private slots:
    // their death
    void aContextThatDisconnectsAllIsHeardToDie();
    void anObjectAtTheAddressOfADeadOneIsAnother();
    void aLoopOverAStreamEndsWithAContextThatDisconnectsAll();
    void progressIsNotToldToAContextThatDisconnectsAll();
    void aContextHearsNothingOnceItsDestructorRuns();
    void aThreadThatDisconnectsAllIsHeardToEnd();
    // their thread
    void aContextTakesItsResultsAlong();
    void aContextTakesAlongWhatWasPosted();
    void aContextHearsWhileTheThreadThatItHasLeftIsBusy();
    void aContextMayMoveThroughNoThread();
    void aContextMayDieInNoThread();
    void aContextTakesItsProgressAlong();
    void aLoopOverAStreamFailsIfItsContextMoves();
    // foreign code on the way
    void connectNotifyMayMakeCalls();
};

void tst_Contexts::aContextThatDisconnectsAllIsHeardToDie()
{
    const int before = Counted::alive();
    Blocker blocker;
    std::atomic<bool> hasRun = false;
    auto context = std::make_unique<QObject>();
    const auto call = toThread(blocker.function());
    const auto handled = call.then(context.get(), [&hasRun, c = Counted()] { hasRun = true; });
    QVERIFY(blocker.hasStarted());
    context->disconnect();
    context.reset();
    QVERIFY(handled.isCanceled());
    QCOMPARE(Counted::alive(), before);
    blocker.release();
    QVERIFY(waitFor(call));
    QVERIFY(!hasRun);

    auto posted = std::make_unique<QObject>();
    const auto late = call.then(posted.get(), [&] { hasRun = true; });
    posted->disconnect();
    posted.reset();
    QVERIFY(waitFor(late));
    QVERIFY(late.isCanceled());
    QVERIFY(!hasRun);
}

void tst_Contexts::anObjectAtTheAddressOfADeadOneIsAnother()
{
    alignas(QObject) std::byte place[sizeof(QObject)];
    Blocker blocker;
    bool hasRun = false;
    auto *first = new (place) QObject;
    toThread(blocker.function()).then(first, [&] { hasRun = true; });
    QVERIFY(blocker.hasStarted());
    first->disconnect();
    first->~QObject();
    auto *second = new (place) QObject;
    const auto answer = toThread([] {}).then(second, [] { return 42; });
    QCOMPARE(resultOf(answer), 42);
    blocker.release();
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
    QCoreApplication::processEvents();
    QVERIFY(!hasRun);
    second->~QObject();
}

void tst_Contexts::aLoopOverAStreamEndsWithAContextThatDisconnectsAll()
{
    Gate ended;
    int items = 0;
    auto context = std::make_unique<QObject>();
    const auto call = numbers(ended).forEach(context.get(), [&](int) { ++items; });
    QVERIFY(spinUntil([&] { return items > 10; }));
    context->disconnect();
    context.reset();
    const int before = items;
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
    QVERIFY(ended.tryPass());
    QCOMPARE(items, before);
}

void tst_Contexts::progressIsNotToldToAContextThatDisconnectsAll()
{
    Gate reported;
    int reports = 0;
    auto context = std::make_unique<QObject>();
    const auto call = toThread([&] {
        reportProgress(1, 2);
        reported.open();
    });
    call.onProgress(context.get(), [&](const Progress &) { ++reports; });
    QVERIFY(reported.tryPass());
    context->disconnect();
    context.reset();
    QVERIFY(waitFor(call));
    QCOMPARE(reports, 0);
}

void tst_Contexts::aContextHearsNothingOnceItsDestructorRuns()
{
    const auto call = toThread([] {});
    QVERIFY(waitFor(call));
    auto context = std::make_unique<QObject>();
    bool hasRun = false;
    const auto handled = call.then(context.get(), [&] { hasRun = true; });
    connect(context.get(), &QObject::destroyed, this, [] { QCoreApplication::processEvents(); });
    context.reset();
    QVERIFY(!hasRun);
    QVERIFY(handled.isCanceled());
}

void tst_Contexts::aThreadThatDisconnectsAllIsHeardToEnd()
{
    PendingCall<void> handled;
    {
        QThread thread; // which never runs
        QObject context;
        context.moveToThread(&thread);
        handled = toThread([] {}).then(&context, [] {});
        thread.disconnect();
    }
    QVERIFY(waitFor(handled));
    QVERIFY(handled.isCanceled());

    LoopToken token;
    {
        LoopThread thread;
        thread.call([&] { token = currentLoop(); });
        thread.disconnect();
    }
    QVERIFY(token.isFinished());
    QVERIFY(throws<LoopFinishedError>(
            [&] { OutsideThread<void>([&] { fromThread(token, [] {}); }).result(); }));
}

void tst_Contexts::aContextTakesItsResultsAlong()
{
    Blocker blocker;
    PendingCall<QThread *> handled;
    Made context;
    {
        LoopThread thread;
        context = madeIn(thread, [&](QObject *object) {
            handled = toThread(blocker.function()).then(object, &QThread::currentThread);
        });
    }
    blocker.release();
    QCOMPARE(resultOf(handled), QThread::currentThread());

    // A worker's thread, which has no loop that turns, and goes on.
    QThread *const here = QThread::currentThread();
    Gate moved;
    Blocker worker;
    const auto maker = toThread([&] {
        context = std::make_unique<QObject>();
        handled = toThread(blocker.function()).then(context.get(), &QThread::currentThread);
        context->moveToThread(here);
        moved.open();
        worker.function()();
    });
    QVERIFY(moved.tryPass());
    blocker.release();
    QCOMPARE(resultOf(handled), QThread::currentThread());
    worker.release();
    QVERIFY(waitFor(maker));
}

void tst_Contexts::aContextTakesAlongWhatWasPosted()
{
    PendingCall<QThread *> handled;
    Made context;
    {
        LoopThread thread;
        context = madeIn(thread, [&](QObject *object) {
            const auto call = toThread([] {});
            call.future().waitForFinished();
            handled = call.then(object, &QThread::currentThread);
            thread.quit(); // before it looks at what was posted
        });
    }
    QCOMPARE(resultOf(handled), QThread::currentThread());
}

void tst_Contexts::aContextHearsWhileTheThreadThatItHasLeftIsBusy()
{
    Gate moved;
    Gate release;
    Blocker blocker;
    LoopThread thread;
    PendingCall<QThread *> handled;
    Made context;
    QThread *const here = QThread::currentThread();
    OutsideThread<void> caller([&] {
        thread.call([&] {
            context = std::make_unique<QObject>();
            handled = toThread(blocker.function()).then(context.get(), &QThread::currentThread);
            context->moveToThread(here);
            moved.open();
            release.pass();
        });
    });
    QVERIFY(moved.tryPass());
    blocker.release();
    QCOMPARE(resultOf(handled), here);
    release.open();
    caller.result();
}

void tst_Contexts::aContextMayMoveThroughNoThread()
{
    Blocker blocker;
    QObject context;
    const auto call = toThread(blocker.function());
    const auto handled = call.then(&context, &QThread::currentThread);
    context.moveToThread(nullptr);
    blocker.release();
    QVERIFY(waitFor(call));
    const auto attached = call.then(&context, &QThread::currentThread); // while it is in none
    QVERIFY(!handled.isFinished());
    context.moveToThread(QThread::currentThread());
    QCOMPARE(resultOf(handled), QThread::currentThread());
    QCOMPARE(resultOf(attached), QThread::currentThread());

    // The same when the thread that it was in has ended by then.
    PendingCall<QThread *> late;
    Made left;
    {
        LoopThread first;
        first.call([&] {
            left = std::make_unique<QObject>();
            late = toThread(blocker.function()).then(left.get(), &QThread::currentThread);
            left->moveToThread(nullptr);
        });
    }
    blocker.release();
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
    QVERIFY(!late.isFinished());
    left->moveToThread(QThread::currentThread());
    QCOMPARE(resultOf(late), QThread::currentThread());
}

void tst_Contexts::aContextMayDieInNoThread()
{
    const int before = Counted::alive();
    Blocker blocker;
    const auto call = toThread(blocker.function());
    auto context = std::make_unique<QObject>();
    bool hasRun = false;
    const auto handled = call.then(context.get(), [&hasRun, c = Counted()] { hasRun = true; });
    context->moveToThread(nullptr);
    blocker.release();
    QVERIFY(waitFor(call));
    QVERIFY(!handled.isFinished());
    context.reset();
    QVERIFY(handled.isCanceled());
    QVERIFY(!hasRun);
    QCOMPARE(Counted::alive(), before);
}

void tst_Contexts::aContextTakesItsProgressAlong()
{
    Blocker blocker;
    std::atomic<QThread *> heardIn = nullptr;
    Made context;
    PendingCall<void> call;
    {
        LoopThread thread;
        context = madeIn(thread, [&](QObject *object) {
            call = toThread([block = blocker.function()] {
                block();
                reportProgress(1, 2);
            });
            call.onProgress(object,
                            [&](const Progress &) { heardIn = QThread::currentThread(); });
        });
    }
    blocker.release();
    QVERIFY(spinUntil([&] { return heardIn.load() != nullptr; }));
    QCOMPARE(heardIn.load(), QThread::currentThread());
}

void tst_Contexts::aLoopOverAStreamFailsIfItsContextMoves()
{
    Gate ended;
    LoopThread thread;
    std::atomic<int> items = 0;
    std::atomic<int> astray = 0;
    QPointer<QObject> context = new QObject;
    const auto call = numbers(ended).forEach(context.data(), [&](int) {
        ++items;
        astray += context->thread() != QThread::currentThread();
    });
    QVERIFY(spinUntil([&] { return items > 10; }));
    context->moveToThread(&thread);
    QVERIFY(failsWith<InvalidUseError>(call));
    QVERIFY(ended.tryPass());
    QCOMPARE(astray.load(), 0);
    context->deleteLater();
    thread.call([] {});

    QObject nowhere;
    nowhere.moveToThread(nullptr);
    QVERIFY(failsWith<InvalidUseError>(numbers(ended).forEach(&nowhere, [](int) {})));
    nowhere.moveToThread(QThread::currentThread());
}

void tst_Contexts::connectNotifyMayMakeCalls()
{
    Curious<QObject> object;
    QCOMPARE(resultOf(toThread([] {}).then(&object, [] { return 1; })), 1);
    Curious<QThread> thread;
    QObject context;
    context.moveToThread(&thread);
    const auto handled = toThread([] {}).then(&context, &QThread::currentThread);
    thread.start();
    QVERIFY(waitFor(handled));
    thread.quit();
    QVERIFY(thread.wait(QDeadlineTimer(watchdog)));
    QCOMPARE(resultOf(handled), &thread);
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
}

QTEST_GUILESS_MAIN(tst_Contexts)
#include "tst_contexts.moc"
