// SPDX-License-Identifier: MIT
// Methods of objects as tasks: which ones, and what becomes of their object.
#include "testing.h"

#include <qferryqml/threadtask.h>

#include <QtTest/qsignalspy.h>

#include <memory>

using namespace QFerry;
using namespace Testing;
using namespace Qt::StringLiterals;

namespace {

/// Some of its methods may be called in any thread.
class Calculator : public QObject
{
    Q_OBJECT
    Q_CLASSINFO("QFerry.ThreadSafe", "add, fail,inheritedByName , report, give, take, plain")
public:
    Q_INVOKABLE int add(int a, int b) const { return a + b; }
    Q_INVOKABLE QString add(const QString &a, const QString &b, const QString &c) const
    {
        return a + b + c;
    }
    Q_INVOKABLE void fail() const { throw std::runtime_error("out of numbers"); }
    Q_INVOKABLE void report() const { reportProgress(1, 4, u"a quarter"_s); }
    Q_INVOKABLE QVariant give(const QVariant &value) const { return value; }
    Q_INVOKABLE QObject *take(QObject *object) const { return object; }
    Q_INVOKABLE int unsafe() const { return 1; }
    int plain() const { return 1; }

protected:
    Q_INVOKABLE int hidden() const { return 1; }
};

/// All that it declares may be.
class Sieve : public Calculator
{
    Q_OBJECT
    Q_CLASSINFO("QFerry.ThreadSafe", "*")
public:
    Q_INVOKABLE bool isOdd(int number) const { return number % 2 != 0; }
    Q_INVOKABLE bool isInWorker() const { return isWorkerThread(); }
};

/// Says nothing of what it declares itself.
class Derived : public Sieve
{
    Q_OBJECT
public:
    Q_INVOKABLE int own() const { return 1; }
};

/// What comes of a run: its result, or its error's message.
QVariant outcome(ThreadTask &task, const QVariantList &args)
{
    task.setArgs(args);
    QSignalSpy finished(&task, &ThreadTask::finished);
    QSignalSpy failed(&task, &ThreadTask::failed);
    task.start();
    if (!spinUntil([&] { return finished.count() + failed.count() > 0; }))
        return u"the watchdog bit"_s;
    return finished.isEmpty() ? QVariant(task.errorString()) : finished.first().first();
}

QVariant outcome(QObject *target, const QString &method, const QVariantList &args = {})
{
    ThreadTask task;
    task.setTarget(target);
    task.setMethod(method);
    return outcome(task, args);
}

} // namespace

class tst_Methods : public QObject
{
    Q_OBJECT
private slots:
    void methodsRunInAWorker();
    void overloadsAreChosenByTheirArguments();
    void methodsReportProgressAndErrors();
    void onlyWhatTheClassAllowsRuns_data();
    void onlyWhatTheClassAllowsRuns();
    void wrongArgumentsShowTheSignature();
    void unknownMethodIsToldWithSimilarOnes();
    void taskAndMethodExcludeEachOther();
    void targetThatDiesWhileQueuedIsAnError();
    void targetThatIsGoneIsAnError();
};

void tst_Methods::methodsRunInAWorker()
{
    Sieve sieve;
    QCOMPARE(outcome(&sieve, u"isInWorker"_s), QVariant(true));
    QCOMPARE(outcome(&sieve, u"isOdd"_s, { 3.0 }), QVariant(true));
    QCOMPARE(outcome(&sieve, u"give"_s, { u"a"_s }), QVariant(u"a"_s));
}

void tst_Methods::overloadsAreChosenByTheirArguments()
{
    Calculator calculator;
    QCOMPARE(outcome(&calculator, u"add"_s, { 1, 2 }), QVariant(3));
    QCOMPARE(outcome(&calculator, u"add"_s, { 1, 2, 3 }), QVariant(u"123"_s));
}

void tst_Methods::methodsReportProgressAndErrors()
{
    Calculator calculator;
    ThreadTask task;
    task.setTarget(&calculator);
    task.setMethod(u"report"_s);
    QCOMPARE(outcome(task, {}), QVariant());
    QCOMPARE(task.progress(), 0.25);
    QCOMPARE(task.progressText(), u"a quarter"_s);

    task.setMethod(u"fail"_s);
    QCOMPARE(outcome(task, {}), QVariant(u"out of numbers"_s));
    QCOMPARE(task.error().toMap().value(u"name"_s), QVariant(u"std::runtime_error"_s));
}

void tst_Methods::onlyWhatTheClassAllowsRuns_data()
{
    QTest::addColumn<QString>("method");
    QTest::addColumn<bool>("ofDerived");
    QTest::addColumn<QString>("reason");
    QTest::newRow("unnamed method")
            << u"unsafe"_s << false << u"Q_CLASSINFO(\"QFerry.ThreadSafe\", \"unsafe\")"_s;
    QTest::newRow("* is of the class alone") << u"unsafe"_s << true << u"Q_CLASSINFO"_s;
    QTest::newRow("* is not inherited") << u"own"_s << true << u"Q_CLASSINFO"_s;
    QTest::newRow("method of QObject") << u"deleteLater"_s << true << u"Q_CLASSINFO"_s;
    QTest::newRow("not Q_INVOKABLE") << u"plain"_s << false << u"no method called \"plain\""_s;
    QTest::newRow("not public") << u"hidden"_s << false << u"no method called \"hidden\""_s;
    QTest::newRow("signal") << u"destroyed"_s << false << u"no method called \"destroyed\""_s;
    QTest::newRow("uses an object")
            << u"take"_s << false << u"QObject*, which belongs to its thread"_s;
}

void tst_Methods::onlyWhatTheClassAllowsRuns()
{
    QFETCH(const QString, method);
    QFETCH(const bool, ofDerived);
    QFETCH(const QString, reason);
    Calculator calculator;
    Derived derived;
    QObject *target = ofDerived ? static_cast<QObject *>(&derived) : &calculator;
    const QString why =
            outcome(target, method, method == u"take"_s ? QVariantList{ 1 } : QVariantList())
                    .toString();
    QVERIFY2(why.contains(reason), qPrintable(why));
}

void tst_Methods::wrongArgumentsShowTheSignature()
{
    Sieve sieve;
    QVERIFY(outcome(&sieve, u"isOdd"_s)
                    .toString()
                    .contains(u"Sieve.isOdd(int) takes 1 argument"_s));
    QVERIFY(outcome(&sieve, u"isOdd"_s, { 1.5 }).toString().contains(u"1.5 is no int"_s));
}

void tst_Methods::unknownMethodIsToldWithSimilarOnes()
{
    Sieve sieve;
    const QString why = outcome(&sieve, u"isodd"_s).toString();
    QVERIFY2(why.contains(u"Sieve has no method called \"isodd\" (did you mean \"isOdd\"?)"_s),
             qPrintable(why));
}

void tst_Methods::taskAndMethodExcludeEachOther()
{
    Sieve sieve;
    ThreadTask task;
    QVERIFY(outcome(task, {}).toString().contains(u"either a task"_s));
    task.setTask(u"x"_s);
    task.setTarget(&sieve);
    task.setMethod(u"isOdd"_s);
    QVERIFY(outcome(task, {}).toString().contains(u"either a task"_s));
}

void tst_Methods::targetThatDiesWhileQueuedIsAnError()
{
    auto sieve = std::make_unique<Sieve>();
    CapacityLimiterObject limiter;
    limiter.setTotalTokens(0);
    ThreadTask task;
    task.setLimiter(&limiter);
    task.setTarget(sieve.get());
    task.setMethod(u"isOdd"_s);
    QSignalSpy failed(&task, &ThreadTask::failed);
    task.start(1);
    QVERIFY(task.isRunning());

    sieve.reset();
    limiter.setTotalTokens(1);

    QVERIFY(spinUntil([&] { return failed.count() == 1; }));
    QVERIFY(task.errorString().contains(u"was destroyed"_s));
    QVERIFY(!task.target());
}

void tst_Methods::targetThatIsGoneIsAnError()
{
    auto sieve = std::make_unique<Sieve>();
    ThreadTask task;
    task.setTarget(sieve.get());
    task.setMethod(u"isOdd"_s);
    sieve.reset();
    QVERIFY(outcome(task, { 1 }).toString().contains(u"is null"_s));
}

QTEST_GUILESS_MAIN(tst_Methods)
#include "tst_methods.moc"
