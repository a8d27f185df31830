// SPDX-License-Identifier: MIT
#include "testing.h"

#include <QtCore/qpointer.h>

#include <span>

using namespace QFerry;
using namespace Testing;

/// What a class of windows could do with what comes of its calls.
class Base : public QObject
{
    Q_OBJECT
public:
    void show(const QString &text) { shown << text; }
    void note() { ++notes; }
    QString shout(const QString &text) const noexcept { return text.toUpper(); }
    PendingCall<int> measure(QString text)
    {
        return toThread([text = std::move(text)] { return int(text.size()); });
    }
    void complain(const std::runtime_error &error) { complaints << QLatin1String(error.what()); }
    int excuse(const std::exception &) { return -1; }
    void add(int value) { values << value; }
    void add(const QString &) { }
    bool addUntilTwo(int value)
    {
        values << value;
        return value < 2;
    }
    void addAll(std::span<int> batch)
    {
        for (const int value : batch)
            values << value;
    }
    void report(const Progress &progress) { reports << progress.value; }

    QStringList shown;
    QStringList complaints;
    QList<int> values;
    QList<qint64> reports;
    int notes = 0;
};

class Derived : public Base
{
    Q_OBJECT
};

/// What QObject::connect() takes for a slot is a handler: member functions of the context.
class tst_MemberHandlers : public QObject
{
    Q_OBJECT
private slots:
    void thenCallsTheContext();
    void itMayLeaveOutTheResult();
    void whatItReturnsIsTheNextResult();
    void aCallThatItReturnsIsWaitedFor();
    void itMayBelongToABaseClass();
    void theContextMayBeAQPointer();
    void anOverloadMayBeChosen();
    void onFailedMatchesItsParameter();
    void whatItReturnsStandsIn();
    void onCanceledCallsTheContext();
    void onProgressCallsTheContext();
    void onProgressMayLeaveOutTheProgress();
    void loopsOverStreamsCallTheContext();
    void aLoopStopsIfItSaysSo();
    void aNullMemberIsAnError();
    void itIsDroppedWithTheContext();
};

void tst_MemberHandlers::thenCallsTheContext()
{
    Base window;
    QVERIFY(waitFor(toThread([] { return QStringLiteral("text"); }).then(&window, &Base::show)));
    QCOMPARE(window.shown, QStringList(QStringLiteral("text")));
}

void tst_MemberHandlers::itMayLeaveOutTheResult()
{
    Base window;
    QVERIFY(waitFor(toThread([] { return 1; }).then(&window, &Base::note)));
    QVERIFY(waitFor(toThread([] {}).then(&window, &Base::note)));
    QCOMPARE(window.notes, 2);
}

void tst_MemberHandlers::whatItReturnsIsTheNextResult()
{
    Base window;
    const auto call = toThread([] { return QStringLiteral("text"); }).then(&window, &Base::shout);
    QCOMPARE(resultOf(call), QStringLiteral("TEXT"));
}

void tst_MemberHandlers::aCallThatItReturnsIsWaitedFor()
{
    Base window;
    const auto call = toThread([] { return QStringLiteral("text"); }).then(&window, &Base::measure);
    QCOMPARE(resultOf(call), 4);
}

void tst_MemberHandlers::itMayBelongToABaseClass()
{
    Derived window;
    QVERIFY(waitFor(toThread([] { return QStringLiteral("text"); }).then(&window, &Derived::show)));
    QVERIFY(waitFor(toThread([] { return QStringLiteral("text"); }).then(&window, &Base::show)));
    QVERIFY(waitFor(toThread([] {}).then(&window, &QObject::dumpObjectInfo)));
    QCOMPARE(window.shown.size(), 2);
}

void tst_MemberHandlers::theContextMayBeAQPointer()
{
    Derived window;
    const QPointer<Derived> pointer(&window);
    QVERIFY(waitFor(toThread([] { return QStringLiteral("text"); }).then(pointer, &Base::show)));
    QCOMPARE(window.shown.size(), 1);
}

void tst_MemberHandlers::anOverloadMayBeChosen()
{
    Base window;
    QVERIFY(waitFor(toThread([] { return 5; }).then(&window, qOverload<int>(&Base::add))));
    QCOMPARE(window.values, QList<int>{ 5 });
}

void tst_MemberHandlers::onFailedMatchesItsParameter()
{
    Base window;
    const auto call = toThread([] { throw std::runtime_error("broken"); });
    QVERIFY(waitFor(call.onFailed(&window, &Base::complain)));
    QVERIFY(waitFor(call.onFailed(&window, &Base::note)));
    const auto other = toThread([] { throw std::logic_error("wrong"); })
                               .onFailed(&window, &Base::complain);
    QVERIFY_EXCEPTION_THROWN(resultOf(other), std::logic_error);
    QCOMPARE(window.complaints, QStringList(QStringLiteral("broken")));
    QCOMPARE(window.notes, 1);
}

void tst_MemberHandlers::whatItReturnsStandsIn()
{
    Base window;
    const auto call = toThread([]() -> int { throw std::runtime_error("broken"); });
    QCOMPARE(resultOf(call.onFailed(&window, &Base::excuse)), -1);
}

void tst_MemberHandlers::onCanceledCallsTheContext()
{
    Base window;
    QVERIFY(waitFor(PendingCall<void>().onCanceled(&window, &Base::note)));
    QCOMPARE(window.notes, 1);
}

void tst_MemberHandlers::onProgressCallsTheContext()
{
    Base window;
    Gate start;
    const auto call = toThread([&start] {
        start.pass();
        reportProgress(3, 10);
    });
    call.onProgress(&window, &Base::report);
    start.open();
    QVERIFY(waitFor(call));
    QCOMPARE(window.reports, QList<qint64>{ 3 });
}

void tst_MemberHandlers::onProgressMayLeaveOutTheProgress()
{
    Base window;
    int heard = 0;
    Gate start;
    const auto call = toThread([&start] {
        start.pass();
        reportProgress(3, 10);
    });
    call.onProgress(&window, &Base::note).onProgress(&window, [&heard] { ++heard; });
    start.open();
    QVERIFY(waitFor(call));
    QCOMPARE(window.notes, 1);
    QCOMPARE(heard, 1);
}

void tst_MemberHandlers::loopsOverStreamsCallTheContext()
{
    const auto numbers = threadedIterable([] { return std::vector{ 1, 2, 3 }; });
    const QList<int> all{ 1, 2, 3 };
    Base window;
    QVERIFY(waitFor(numbers().forEach(&window, qOverload<int>(&Base::add))));
    QCOMPARE(std::exchange(window.values, {}), all);
    QVERIFY(waitFor(numbers().forEachBatch(&window, &Base::addAll)));
    QCOMPARE(window.values, all);
    auto stream = numbers();
    QVERIFY(waitFor(stream.forEach(&window, &Base::note)));
    QCOMPARE(window.notes, 3);
}

void tst_MemberHandlers::aLoopStopsIfItSaysSo()
{
    const auto numbers = threadedIterable([] { return std::vector{ 1, 2, 3 }; });
    Base window;
    QVERIFY(waitFor(numbers().forEach(&window, &Base::addUntilTwo)));
    QCOMPARE(window.values, (QList<int>{ 1, 2 }));
}

void tst_MemberHandlers::aNullMemberIsAnError()
{
    Base window;
    const auto call = toThread([] { return QStringLiteral("text"); });
    void (Base::*none)(const QString &) = nullptr;
    QVERIFY_EXCEPTION_THROWN(resultOf(call.then(&window, none)), InvalidUseError);
    void (Base::*nothing)(const Progress &) = nullptr;
    QVERIFY_EXCEPTION_THROWN(call.onProgress(&window, nothing), InvalidUseError);
}

void tst_MemberHandlers::itIsDroppedWithTheContext()
{
    auto window = std::make_unique<Base>();
    Gate gate;
    const auto call = toThread([&gate] {
        gate.pass();
        return QStringLiteral("text");
    });
    const auto shown = call.then(window.get(), &Base::show);
    window.reset();
    gate.open();
    QVERIFY(waitFor(shown));
    QVERIFY(shown.isCanceled());
    QVERIFY(waitFor(call));
}

QTEST_GUILESS_MAIN(tst_MemberHandlers)
#include "tst_memberhandlers.moc"
