// SPDX-License-Identifier: MIT
// Registered functions that are asynchronous: coroutines, and what returns a call or future.
#include "cancelable.h"

#include <qferry/asyncwith.h>
#include <qferry/event.h>
#include <qferry/sleep.h>
#include <qferryqml/registeredtask.h>
#include <qferryqml/registertask.h>
#include <qferryqml/threadtask.h>

#include <QtQml/qjsengine.h>
#include <QtTest/qsignalspy.h>

using namespace QFerry;
using namespace Testing;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class tst_AsyncFunctions : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase();
    void theyRunInTheCallersThread();
    void callsAndFuturesAreWaitedFor();
    void argumentsAreConverted();
    void errorsKeepTheirType();
    void optionsNameAndEndThem();
    void theyAreNoGenerators();
    void aThreadTaskTellsOfThem();
    void cancelEndsTheCoroutine();
    void destroyingTheThreadTaskEndsTheCoroutine();

private:
    Event m_goOn;
    int m_begun = 0; // coroutines of "wait"
    int m_ended = 0; // whatever ended them
};

void tst_AsyncFunctions::initTestCase()
{
    registerTask("thread", []() -> Task<bool> {
        const QThread *const here = QThread::currentThread();
        co_await checkpoint();
        co_return here == QCoreApplication::instance()->thread();
    });
    registerTask("add", [](int a, const QString &b) -> Task<QString> {
        const auto sum = toThread([=] { return QString::number(a) + b; });
        co_return co_await sum;
    });
    registerTask("call", [](int a) { return toThread([a] { return 2 * a; }); });
    registerTask("future", [](int a) { return toThread([a] { return 3 * a; }).future(); });
    registerTask("nothing", []() -> Task<> { co_await checkpoint(); });
    registerTask("fail", []() -> Task<int> {
        co_await checkpoint();
        throw std::runtime_error("broken");
    });
    registerTask("name", []() -> Task<QString> {
        co_await checkpoint();
        co_return currentTaskName();
    });
    registerTask("wait", [this]() -> Task<> {
        struct Count
        {
            ~Count() { ++ended; }
            int &ended;
        } const count{ m_ended };
        ++m_begun;
        co_await m_goOn.wait();
    });
}

void tst_AsyncFunctions::theyRunInTheCallersThread()
{
    QVERIFY(resultOf(RegisteredTask::named("thread").call({})).toBool());
}

void tst_AsyncFunctions::callsAndFuturesAreWaitedFor()
{
    QCOMPARE(resultOf(RegisteredTask::named("call").call({ 21 })), QVariant(42));
    QCOMPARE(resultOf(RegisteredTask::named("future").call({ 21 })), QVariant(63));
    QVERIFY(!resultOf(RegisteredTask::named("nothing").call({})).isValid());
}

void tst_AsyncFunctions::argumentsAreConverted()
{
    QCOMPARE(RegisteredTask::named("add").signature(), u"add(int, QString)"_s);
    QCOMPARE(RegisteredTask::named("add").resultType(), QMetaType::fromType<QString>());
    QCOMPARE(resultOf(RegisteredTask::named("add").call({ 4.0, u"2"_s })), QVariant(u"42"_s));
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, (void)RegisteredTask::named("add").call({ 1 }));
}

void tst_AsyncFunctions::errorsKeepTheirType()
{
    QVERIFY_THROWS_EXCEPTION(std::runtime_error, resultOf(RegisteredTask::named("fail").call({})));
}

void tst_AsyncFunctions::optionsNameAndEndThem()
{
    const RegisteredTask name = RegisteredTask::named("name");
    QCOMPARE(resultOf(name.call({})), QVariant(u"name"_s));
    QCOMPARE(resultOf(name.call({}, { .name = u"other"_s })), QVariant(u"other"_s));

    const RegisteredTask wait = RegisteredTask::named("wait");
    m_begun = m_ended = 0;
    QVERIFY_THROWS_EXCEPTION(TimeoutError, resultOf(wait.call({}, { .timeout = 1ms })));
    QCOMPARE(m_ended, m_begun);
    CancelScope scope;
    const int begunBefore = m_begun;
    const auto call = wait.call({}, { .scope = &scope });
    QVERIFY(spinUntil([&] { return m_begun > begunBefore; }));
    scope.cancel();
    QVERIFY_THROWS_EXCEPTION(CanceledError, resultOf(call));
    QCOMPARE(m_ended, m_begun);
}

void tst_AsyncFunctions::theyAreNoGenerators()
{
    QVERIFY(!RegisteredTask::named("add").isGenerator());
    QVERIFY_THROWS_EXCEPTION(InvalidUseError,
                             (void)RegisteredTask::named("add").stream({ 1, u"2"_s }));
}

void tst_AsyncFunctions::aThreadTaskTellsOfThem()
{
    QJSEngine engine;
    ThreadTask task;
    task.setTask(u"add"_s);
    QStringList told;
    connect(&task, &ThreadTask::started, this, [&] { told << u"started"_s; });
    connect(&task, &ThreadTask::resultReady, this,
            [&](const QVariant &value) { told << value.toString(); });
    task.startWithArgs(engine.toScriptValue(QVariantList{ 4, u"2"_s }));
    QVERIFY(spinUntil([&] { return told.size() == 2; }));
    QCOMPARE(told, (QStringList{ u"started"_s, u"42"_s }));
    QCOMPARE(task.status(), ThreadTask::Ready);
}

void tst_AsyncFunctions::cancelEndsTheCoroutine()
{
    m_begun = m_ended = 0;
    ThreadTask task;
    task.setTask(u"wait"_s);
    QSignalSpy canceled(&task, &ThreadTask::canceled);
    task.start();
    QVERIFY(spinUntil([&] { return m_begun == 1; }));
    task.cancel();
    QVERIFY(spinUntil([&] { return canceled.count() == 1; }));
    QVERIFY(spinUntil([&] { return m_ended == 1; }));
}

void tst_AsyncFunctions::destroyingTheThreadTaskEndsTheCoroutine()
{
    m_begun = m_ended = 0;
    {
        ThreadTask task;
        task.setTask(u"wait"_s);
        task.start();
        QVERIFY(spinUntil([&] { return m_begun == 1; }));
    }
    QVERIFY(spinUntil([&] { return m_ended == 1; }));
}

QTEST_GUILESS_MAIN(tst_AsyncFunctions)
#include "tst_asyncfunctions.moc"
