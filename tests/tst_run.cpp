// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "portals.h"
#include "task.h"

#include <QtCore/qeventloop.h>
#include <QtCore/qthread.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

/// Has the application quit, or whatever else, once the running event loop turns.
template <typename F>
void soon(F &&f)
{
    QTimer::singleShot(0, qApp, std::forward<F>(f));
}

/// Runs fn as a slot, in an event loop of the application.
template <typename F>
void runInASlot(F &&fn)
{
    bool hasReturned = false;
    soon([&] {
        fn();
        hasReturned = true;
        QCoreApplication::exit();
    });
    QCoreApplication::exec();
    QVERIFY(hasReturned);
}

/// What a worker does that takes a moment and does not look whether it is canceled.
int takeAMoment()
{
    QThread::msleep(100);
    return 7;
}

class QuitTimeout
{
public:
    explicit QuitTimeout(std::chrono::milliseconds timeout) { setQuitTimeout(timeout); }
    ~QuitTimeout() { setQuitTimeout(3s); }
};

} // namespace

class tst_Run : public QObject
{
    Q_OBJECT
private slots:
    // quitting
    void quitIsHeardWithoutExec();
    void quitOfAnotherThreadIsHeardWithoutExec();
    void onlyAQuitSaysThatTheApplicationIsAboutTo();
    void exitCodeDoesNotLookLikeAResult();
    void endOfTheFunctionLeavesOtherLoopsAlone();
    void quitThatCancelsTheOperationFirstIsNoCancel();
    void quitInTheLastMomentKeepsTheResult();
    void quitEndsAnAsynchronousMainInOrder_data();
    void quitEndsAnAsynchronousMainInOrder();
    void mainThatOutlastsTheQuitTimeoutIsLeft();
    void quitEndsAnAsynchronousMainOfAThreadInOrder();
    // in slots
    void operationOfASlotEndsBeforeTheApplicationQuits();
    void slotMayRunAfterTheQuit();
    void operationThatOutlastsTheQuitTimeoutIsCanceled();
    void operationOfASlotEndsBeforeItsThreadQuits();
    // with a context
    void contextThatStaysChangesNothing();
    void contextThatDiesCancels();
    void contextThatDiesBeforeTheFunctionBegins();
    void contextThatTheFunctionDestroys();
    void slotOfADeadObjectIsNotReturnedInto();
    void coroutineThatOutlivesItsRunKeepsItsCaptures();
    void contextFormLeavesAtOnceWhenTheApplicationQuits();
    void contextHasToBeAnObjectOfTheThread();
    // threads that end
    void slotOfFinishedRunsOrIsRefused_data();
    void slotOfFinishedRunsOrIsRefused();
};

void tst_Run::quitIsHeardWithoutExec()
{
    const Operation<void> never;
    const auto quit = [&] {
        soon(&QCoreApplication::quit);
        return never.future();
    };
    QVERIFY_THROWS_EXCEPTION(LoopFinishedError, run(quit));
    QVERIFY(never.isCanceledInTime());
    QCOMPARE(run([] { return toThread([] { return 1; }); }), 1);
}

void tst_Run::quitOfAnotherThreadIsHeardWithoutExec()
{
    const Operation<void> never;
    const auto quit = [&] {
        return toThread([] { QCoreApplication::quit(); }).then(this, never.function());
    };
    QVERIFY_THROWS_EXCEPTION(LoopFinishedError, run(quit));
}

void tst_Run::onlyAQuitSaysThatTheApplicationIsAboutTo()
{
    int quits = 0;
    const QObject listener;
    connect(qApp, &QCoreApplication::aboutToQuit, &listener, [&] { ++quits; });
    const auto running = toThread(&runUntilCanceled);
    QCOMPARE(run([] { return toThread([] { return 1; }); }), 1);
    QVERIFY_THROWS_EXCEPTION(std::domain_error,
                             run([]() -> QFuture<void> { throw std::domain_error("at once"); }));
    QCOMPARE(quits, 0);
    QVERIFY(!running.isFinished());

    soon(&QCoreApplication::quit);
    QVERIFY_THROWS_EXCEPTION(LoopFinishedError, run(Operation<void>().function()));
    QCOMPARE(quits, 1);
    QVERIFY(waitFor(running));
    QVERIFY(running.isCanceled());
}

void tst_Run::exitCodeDoesNotLookLikeAResult()
{
    for (const int code : { 0, 1, -1 }) {
        soon([code] { QCoreApplication::exit(code); });
        QVERIFY_THROWS_EXCEPTION(LoopFinishedError, run(Operation<void>().function()));
    }
}

void tst_Run::endOfTheFunctionLeavesOtherLoopsAlone()
{
    bool hasDialogEnded = false;
    const auto openDialog = [&] {
        const auto call = toThread([] { return 1; });
        soon([&, call] { // a modal dialog that is still open when the result comes
            QEventLoop dialog;
            QTimer::singleShot(50ms, &dialog, [&] { dialog.exit(call.isFinished() ? 5 : 0); });
            hasDialogEnded = dialog.exec() == 5;
        });
        return call;
    };
    QCOMPARE(run(openDialog), 1);
    QVERIFY(hasDialogEnded);
}

void tst_Run::quitThatCancelsTheOperationFirstIsNoCancel()
{
    // As Qt 6.8 does it: aboutToQuit() cancels all calls before the loop returns.
    CapacityLimiter none(0);
    const auto call = toThread({ .limiter = &none }, [] { return 1; });
    soon([call] {
        QCoreApplication::quit();
        call.cancel();
    });
    QVERIFY_THROWS_EXCEPTION(LoopFinishedError, run([call] { return call; }));
}

void tst_Run::quitInTheLastMomentKeepsTheResult()
{
    const auto call = toThread([] { return 1; });
    QVERIFY(waitFor(call));
    const auto quit = [call] {
        QCoreApplication::quit();
        return call;
    };
    QCOMPARE(run(quit), 1);
}

void tst_Run::quitEndsAnAsynchronousMainInOrder_data()
{
    QTest::addColumn<bool>("byLastWindow");
    QTest::newRow("quit()") << false;
    QTest::newRow("the last window's closing") << true;
}

void tst_Run::quitEndsAnAsynchronousMainInOrder()
{
    QFETCH(const bool, byLastWindow);
    bool isCleared = false;
    const auto work = [&]() -> Task<int> {
        auto window = std::make_unique<QEventLoopLocker>(); // quits as the last one goes
        if (byLastWindow)
            soon([&] { window.reset(); });
        else
            soon(&QCoreApplication::quit);
        co_await QFerry::sleep(24h);
        co_return 1;
    };
    const auto clear = [&]() -> Task<> {
        co_await QFerry::sleep(1ms);
        isCleared = co_await toThread([] { return true; });
    };
    const auto amain = [&]() -> Task<int> { co_return co_await asyncFinally(work, clear); };
    QVERIFY_THROWS_EXCEPTION(LoopFinishedError, run(amain));
    QVERIFY(isCleared);

    const auto amainWithAResult = [&]() -> Task<int> {
        try {
            co_return co_await work();
        } catch (const CanceledError &) {
        }
        co_return 3;
    };
    QCOMPARE(run(amainWithAResult), 3);
}

void tst_Run::mainThatOutlastsTheQuitTimeoutIsLeft()
{
    const QuitTimeout timeout(30ms);
    const QFerryMessages messages;
    const Blocker blocker;
    const auto amain = [&]() -> Task<> {
        const auto call = toThread(blocker.function());
        if (blocker.hasStarted())
            soon(&QCoreApplication::quit);
        co_await call;
    };
    QVERIFY_THROWS_EXCEPTION(LoopFinishedError, run(amain));
    QCOMPARE(messages.count(), 1);
    QVERIFY2(messages.all().first().contains("unnamed task"), qPrintable(messages.all().first()));
    blocker.releaseAll();
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
}

void tst_Run::quitEndsAnAsynchronousMainOfAThreadInOrder()
{
    Gate isRunning;
    bool isCleared = false;
    bool hasQuit = false;
    const auto work = [&]() -> Task<> {
        isRunning.open();
        co_await QFerry::sleep(24h);
    };
    const auto clear = [&]() -> Task<> {
        co_await QFerry::sleep(1ms);
        isCleared = co_await toThread([] { return true; });
    };
    const auto amain = [&]() -> Task<> { co_await asyncFinally(work, clear); };
    const std::unique_ptr<QThread> thread(QThread::create([&] {
        try {
            run(amain);
        } catch (const LoopFinishedError &) {
            hasQuit = true;
        }
        isRunning.open(); // ThreadSanitizer does not see the end of a QThread
    }));
    thread->start();
    isRunning.pass();
    thread->quit();
    isRunning.pass();
    QVERIFY(thread->wait(watchdog));
    QVERIFY(hasQuit);
    QVERIFY(isCleared);
}

void tst_Run::operationOfASlotEndsBeforeTheApplicationQuits()
{
    runInASlot([] {
        soon(&QCoreApplication::quit);
        QCOMPARE(run([] { return toThread(&takeAMoment); }), 7);
    });
}

void tst_Run::slotMayRunAfterTheQuit()
{
    runInASlot([] {
        QCoreApplication::quit();
        QCOMPARE(run([] { return toThread(&takeAMoment); }), 7);
    });
}

void tst_Run::operationThatOutlastsTheQuitTimeoutIsCanceled()
{
    const QuitTimeout timeout(50ms);
    const Operation<void> never;
    runInASlot([&] {
        soon(&QCoreApplication::quit);
        QVERIFY_THROWS_EXCEPTION(LoopFinishedError, run(never.function()));
    });
    QVERIFY(never.isCanceledInTime());
}

void tst_Run::operationOfASlotEndsBeforeItsThreadQuits()
{
    LoopThread thread;
    int result = 0;
    thread.call([&] {
        thread.quit();
        result = run([] { return toThread(&takeAMoment); });
    });
    QCOMPARE(result, 7);
}

void tst_Run::contextThatStaysChangesNothing()
{
    QObject context;
    run(&context, [] { return toThread([] {}); });
    QCOMPARE(run(
                     &context, [](int n) { return toThread([n] { return n; }); }, 3),
             3);
    QCOMPARE(*run(this, [] { return toThread([] { return std::make_unique<int>(4); }); }), 4);
    QCOMPARE(run(this, []() -> EagerTask<int> { co_return co_await toThread([] { return 2; }); }), 2);
    const auto fail = [] { return toThread([] { throw std::domain_error("later"); }); };
    QVERIFY_THROWS_EXCEPTION(std::domain_error, run(this, fail));
    QVERIFY_THROWS_EXCEPTION(CanceledError, run(this, [] { return PendingCall<int>(); }));
    runInASlot([this] { QCOMPARE(run(this, [] { return toThread([] { return 6; }); }), 6); });
}

void tst_Run::contextThatDiesCancels()
{
    const Operation<void> never;
    auto *window = new QObject;
    QTimer::singleShot(50ms, window, [window] { delete window; });
    QVERIFY_THROWS_EXCEPTION(CanceledError, run(window, never.function()));
    QVERIFY(never.isCanceledInTime());

    // A worker that does not look whether it is canceled holds up nobody.
    const Blocker blocker;
    auto *other = new QObject;
    QTimer::singleShot(50ms, other, [other] { delete other; });
    QVERIFY_THROWS_EXCEPTION(CanceledError,
                             run(other, [&] { return toThread(blocker.function()); }));
}

void tst_Run::contextThatDiesBeforeTheFunctionBegins()
{
    bool hasBegun = false;
    auto *window = new QObject;
    window->deleteLater(); // comes before the function's turn
    QVERIFY_THROWS_EXCEPTION(CanceledError, run(window, [&] {
                                 hasBegun = true;
                                 return toThread([] {});
                             }));
    QVERIFY(!hasBegun);
}

void tst_Run::contextThatTheFunctionDestroys()
{
    const Operation<void> never;
    auto *window = new QObject;
    QVERIFY_THROWS_EXCEPTION(CanceledError, run(window, [&] {
                                 delete window;
                                 return never.future();
                             }));
    QVERIFY(never.isCanceledInTime());
}

void tst_Run::slotOfADeadObjectIsNotReturnedInto()
{
    class Window : public QObject
    {
    public:
        explicit Window(QStringList &log) : m_log(log) {}
        ~Window() override { m_log += QStringLiteral("gone"); }
        void open()
        {
            QStringList &log = m_log;
            soon([this] { delete this; });
            try {
                m_shown = run(this, [] { return toThread(&takeAMoment); });
                log += QStringLiteral("shown");
            } catch (const CanceledError &) {
                log += QStringLiteral("canceled");
            }
        }

    private:
        QStringList &m_log;
        int m_shown = 0;
    };
    QStringList log;
    auto *window = new Window(log);
    runInASlot([window] { window->open(); });
    QCOMPARE(log, QStringList({ QStringLiteral("gone"), QStringLiteral("canceled") }));
}

void tst_Run::coroutineThatOutlivesItsRunKeepsItsCaptures()
{
    const int before = Counted::alive();
    const Blocker blocker;
    int after = 0;
    auto *window = new QObject;
    QTimer::singleShot(50ms, window, [window] { delete window; });
    QVERIFY_THROWS_EXCEPTION(
            CanceledError,
            run(window, [&after, block = blocker.function(), counted = Counted()]() -> EagerTask<int> {
                const auto call = toThread(block);
                co_await call;
                after = Counted::alive();
                co_return 0;
            }));
    blocker.releaseAll();
    QVERIFY(spinUntil([&] { return after != 0 && Counted::alive() == before; }));
    QVERIFY(after > before);
}

void tst_Run::contextFormLeavesAtOnceWhenTheApplicationQuits()
{
    const Operation<void> never;
    runInASlot([&] {
        soon(&QCoreApplication::quit);
        QElapsedTimer time;
        time.start();
        QVERIFY_THROWS_EXCEPTION(LoopFinishedError, run(this, never.function()));
        QVERIFY(time.elapsed() < 2000); // not the quit timeout
    });
    QVERIFY(never.isCanceledInTime());
}

void tst_Run::contextHasToBeAnObjectOfTheThread()
{
    bool hasRun = false;
    const auto note = [&] {
        hasRun = true;
        return toThread([] {});
    };
    QObject *const none = nullptr;
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, run(none, note));
    const LoopThread thread;
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, run(thread.context(), note));
    QVERIFY(!hasRun);
}

void tst_Run::slotOfFinishedRunsOrIsRefused_data()
{
    QTest::addColumn<bool>("isLoopUsedBefore");
    QTest::newRow("loop that was used") << true;
    QTest::newRow("loop that nobody used") << false;
}

/// Its end comes after what was connected to it, and ThreadSanitizer, which does not see Qt's
/// mutexes, knows.
class ConnectedThread : public QThread
{
public:
    void setConnected() { m_isConnected.store(true, std::memory_order_release); }

protected:
    void run() override
    {
        exec();
        (void)m_isConnected.load(std::memory_order_acquire);
    }

private:
    std::atomic<bool> m_isConnected = false;
};

void tst_Run::slotOfFinishedRunsOrIsRefused()
{
    QFETCH(const bool, isLoopUsedBefore);
    for (const bool isConnectedFirst : { true, false }) {
        ConnectedThread thread;
        std::atomic<bool> hasEnded = false;
        const auto runSomething = [&] {
            try {
                hasEnded = run([] { return toThread([] { return true; }); });
            } catch (const LoopFinishedError &) { // the thread has been told to quit
                hasEnded = true;
            } catch (const NoEventLoopError &) { // and its loop has ended for good
                hasEnded = true;
            }
        };
        const auto connectIt = [&] {
            connect(&thread, &QThread::finished, &thread, runSomething, Qt::DirectConnection);
            thread.setConnected();
        };
        if (isConnectedFirst)
            connectIt();
        QObject context;
        context.moveToThread(&thread);
        thread.start();
        if (isLoopUsedBefore)
            QCOMPARE(resultOf(toThread([] { return 1; }).then(&context, [](int n) { return n; })),
                     1);
        if (!isConnectedFirst)
            connectIt();
        thread.quit();
        QVERIFY(thread.wait(watchdog));
        QVERIFY(hasEnded);
    }
}

QTEST_GUILESS_MAIN(tst_Run)
#include "tst_run.moc"
