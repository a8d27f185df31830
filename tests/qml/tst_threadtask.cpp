// SPDX-License-Identifier: MIT
// ThreadTask as a QObject of C++: signals, the end of its life, and what is told of progress.
#include "cancelable.h"

#include <qferryqml/registertask.h>
#include <qferryqml/threadtask.h>

#include <QtCore/qscopeguard.h>
#include <QtQml/qjsvalue.h>
#include <QtTest/qsignalspy.h>

#include <thread>

using namespace QFerry;
using namespace Testing;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class tst_ThreadTask : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase();
    void init();
    void signalsTellOfARun();
    void failuresAreLoggedOnceUnlessHandled();
    void progressComesOncePerFrame();
    void destroyingCancelsAndDoesNotWait();
    void destroyingWhileQueuedKeepsTheFunctionFromRunning();
    void mayBeDestroyedInAnyOfItsSignals_data();
    void mayBeDestroyedInAnyOfItsSignals();
    void mayStartAgainInAnyOfItsSignals();
    void rerunPolicyAppliesInSignals();
    void elapsedTicksWhileSomebodyLooks();
    void startInAnotherThreadThrows();
    void startWithoutAnEventLoopThrows();
    void autoStartWithoutAnEventLoopWarns();

private:
    std::shared_ptr<Gate> m_running; // opened by the task that runs until it is canceled
    std::shared_ptr<Gate> m_ended;
    std::shared_ptr<Gate> m_goOn;
};

void tst_ThreadTask::initTestCase()
{
    registerTask("add", [](int a, int b) { return a + b; });
    registerTask("fail", [] { throw std::runtime_error("broken"); });
    registerTask("count", [](int end) {
        for (int i = 1; i <= end; ++i)
            reportProgress(i, end);
    });
}

/// Each test has its own gates: functions of the one before may still run.
void tst_ThreadTask::init()
{
    m_running = std::make_shared<Gate>();
    m_ended = std::make_shared<Gate>();
    m_goOn = std::make_shared<Gate>();
    unregisterTask(u"endless"_s);
    registerTask("endless", [running = m_running, ended = m_ended] {
        const auto farewell = qScopeGuard([&] { ended->open(); });
        running->open();
        runUntilCanceled();
    });
    unregisterTask(u"stubborn"_s);
    registerTask("stubborn", [running = m_running, ended = m_ended, goOn = m_goOn] {
        const auto farewell = qScopeGuard([&] { ended->open(); });
        running->open();
        goOn->pass();
    });
}

void tst_ThreadTask::signalsTellOfARun()
{
    ThreadTask task;
    QSignalSpy started(&task, &ThreadTask::started);
    QSignalSpy results(&task, &ThreadTask::resultReady);
    QSignalSpy finished(&task, &ThreadTask::finished);
    task.setTask(u"add"_s);
    QVERIFY(task.start(1, 2).isUndefined()); // there is no engine for a promise
    QCOMPARE(task.status(), ThreadTask::Queued);

    QVERIFY(spinUntil([&] { return finished.count() == 1; }));

    QCOMPARE(started.count(), 1);
    QCOMPARE(results.count(), 1);
    QCOMPARE(results.first(), (QVariantList{ QVariant(3), 0 }));
    QCOMPARE(task.result(), QVariant(3));
    QCOMPARE(task.status(), ThreadTask::Ready);
}

void tst_ThreadTask::failuresAreLoggedOnceUnlessHandled()
{
    const QFerryMessages messages;
    ThreadTask unheard;
    unheard.setTask(u"fail"_s);
    unheard.start();
    QVERIFY(spinUntil([&] { return messages.count() > 0; }));
    ThreadTask heard;
    QSignalSpy failed(&heard, &ThreadTask::failed);
    heard.setTask(u"fail"_s);
    heard.start();
    QVERIFY(spinUntil([&] { return failed.count() == 1; }));
    QCoreApplication::processEvents();

    QCOMPARE(messages.count(), 1);
    QVERIFY(messages.all().first().contains(u"std::runtime_error: broken"_s));
    QCOMPARE(failed.first().first().toMap(), (QVariantMap{ { u"name"_s, u"std::runtime_error"_s },
                                                           { u"message"_s, u"broken"_s } }));
}

void tst_ThreadTask::progressComesOncePerFrame()
{
    ThreadTask task;
    task.setTask(u"count"_s);
    QSignalSpy finished(&task, &ThreadTask::finished);
    QElapsedTimer clock;
    clock.start();
    int count = 0;
    connect(&task, &ThreadTask::progressChanged, this, [&count] { ++count; });
    task.start(200000);
    QVERIFY(spinUntil([&] { return finished.count() == 1; }));
    // One for each frame, the first and the last, and one for timers that fire a little early.
    QVERIFY2(count <= clock.elapsed() / 15 + 3, qPrintable(QString::number(count)));
    QCOMPARE(task.progress(), 1.0);
}

void tst_ThreadTask::destroyingCancelsAndDoesNotWait()
{
    auto task = std::make_unique<ThreadTask>();
    task->setTask(u"endless"_s);
    task->start();
    m_running->pass();
    task.reset();
    m_ended->pass(); // it was canceled

    auto stubborn = std::make_unique<ThreadTask>();
    stubborn->setTask(u"stubborn"_s);
    stubborn->start();
    m_running->pass();
    stubborn.reset(); // returns although the function is at the gate
    m_goOn->open();
    m_ended->pass();
}

void tst_ThreadTask::destroyingWhileQueuedKeepsTheFunctionFromRunning()
{
    CapacityLimiterObject limiter;
    limiter.setTotalTokens(0);
    auto task = std::make_unique<ThreadTask>();
    task->setLimiter(&limiter);
    task->setTask(u"endless"_s);
    task->start();
    task.reset();
    QVERIFY(spinUntil([&] { return limiter.waiting() == 0; }));
    limiter.setTotalTokens(1);
    QVERIFY(!m_running->tryPass(1, 0ms));
}

void tst_ThreadTask::mayBeDestroyedInAnyOfItsSignals_data()
{
    QTest::addColumn<QString>("task");
    QTest::addColumn<QByteArray>("signal");
    const QMetaObject &type = ThreadTask::staticMetaObject;
    for (const QString &task : { u"count"_s, u"fail"_s, u"endless"_s }) {
        for (int i = type.methodOffset(); i < type.methodCount(); ++i) {
            if (type.method(i).methodType() == QMetaMethod::Signal)
                QTest::addRow("%s, %s", qPrintable(task), type.method(i).name().constData())
                        << task << type.method(i).methodSignature();
        }
    }
}

/// Calls a function whenever any signal is emitted.
class SignalHook : public QObject
{
    Q_OBJECT
public:
    SignalHook(QObject *sender, const QByteArray &signal, std::function<void()> hook)
        : m_hook(std::move(hook))
    {
        const QMetaObject *type = sender->metaObject();
        connect(sender, type->method(type->indexOfSignal(signal.constData())), this,
                metaObject()->method(metaObject()->indexOfSlot("call()")));
    }
    Q_SLOT void call() { m_hook(); }

private:
    std::function<void()> m_hook;
};

void tst_ThreadTask::mayBeDestroyedInAnyOfItsSignals()
{
    QFETCH(const QString, task);
    QFETCH(const QByteArray, signal);
    const QFerryMessages messages;
    auto *destroyed = new ThreadTask;
    QPointer<ThreadTask> alive(destroyed);
    bool isOver = false;
    connect(destroyed, &ThreadTask::canceled, this, [&isOver] { isOver = true; });
    connect(destroyed, &ThreadTask::finished, this, [&isOver] { isOver = true; });
    connect(destroyed, &ThreadTask::failed, this, [&isOver] { isOver = true; });
    const SignalHook hook(destroyed, signal, [&alive] { delete alive.data(); });

    destroyed->setArgs(task == u"count"_s ? QVariantList{ 100 } : QVariantList());
    if (alive)
        destroyed->setTask(task);
    if (alive)
        destroyed->start();
    if (alive && task == u"endless"_s) {
        m_running->pass();
        destroyed->cancel();
    }
    QVERIFY(spinUntil([&] { return isOver || !alive; }));
    delete alive.data();
}

void tst_ThreadTask::mayStartAgainInAnyOfItsSignals()
{
    for (const QByteArray signal :
         { "finished(QVariant)", "statusChanged()", "resultChanged()", "elapsedChanged()",
           "progressChanged()", "runningChanged()", "resultReady(QVariant,int)", "started()" }) {
        ThreadTask task;
        task.setTask(u"add"_s);
        QSignalSpy finished(&task, &ThreadTask::finished);
        bool isAgain = false;
        const SignalHook hook(&task, signal, [&] {
            if (!std::exchange(isAgain, true))
                task.start(2, 3);
        });
        task.start(1, 1);
        // A start while the first run is under way was that run's.
        QVERIFY2(spinUntil([&] { return finished.count() >= 1 && !task.isRunning(); }),
                 signal.constData());
        QCOMPARE(task.status(), ThreadTask::Ready);
        QCOMPARE(finished.last().first(), task.result());
    }
}

void tst_ThreadTask::rerunPolicyAppliesInSignals()
{
    ThreadTask task;
    task.setTask(u"add"_s);
    task.setRerunPolicy(ThreadTask::CancelPrevious);
    QSignalSpy finished(&task, &ThreadTask::finished);
    bool isAgain = false;
    connect(&task, &ThreadTask::started, this, [&] {
        if (!std::exchange(isAgain, true))
            task.start(2, 2);
    });
    task.start(1, 1);
    QVERIFY(spinUntil([&] { return finished.count() == 1; }));
    QCOMPARE(task.result(), QVariant(4));
}

void tst_ThreadTask::elapsedTicksWhileSomebodyLooks()
{
    ThreadTask task;
    task.setTask(u"endless"_s);
    int ticks = 0;
    connect(&task, &ThreadTask::elapsedChanged, this, [&ticks] { ++ticks; });
    task.start();
    QVERIFY(spinUntil([&] { return ticks >= 2; }));
    QVERIFY(task.elapsed() > 0);
    task.cancel();
    QVERIFY(spinUntil([&] { return task.status() == ThreadTask::Canceled; }));
    const int atEnd = task.elapsed();
    QCOMPARE(task.elapsed(), atEnd);
}

void tst_ThreadTask::startInAnotherThreadThrows()
{
    ThreadTask task;
    task.setTask(u"add"_s);
    std::thread other([&task] {
        QVERIFY_EXCEPTION_THROWN(task.start(1, 2), InvalidUseError);
    });
    other.join();
    QCOMPARE(task.status(), ThreadTask::Null);
}

void tst_ThreadTask::startWithoutAnEventLoopThrows()
{
    const auto use = [] {
        ThreadTask task;
        task.setTask(u"add"_s);
        QVERIFY_EXCEPTION_THROWN(task.start(1, 2), NoEventLoopError);
        QCOMPARE(task.status(), ThreadTask::Null);
    };
    std::thread(use).join();
    resultOf(toThread(use));
}

void tst_ThreadTask::autoStartWithoutAnEventLoopWarns()
{
    const QFerryMessages messages;
    std::thread([] {
        ThreadTask task;
        task.setTask(u"add"_s);
        task.setAutoStart(true);
        task.setArgs({ 1, 2 });
    }).join();
    QCOMPARE(messages.count(), 1);
    QVERIFY(messages.all().first().contains(u"without an event loop"_s));
}

QTEST_GUILESS_MAIN(tst_ThreadTask)
#include "tst_threadtask.moc"
