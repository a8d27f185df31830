// SPDX-License-Identifier: MIT
// Promises of what an application's own functions do.
#include "cancelable.h"

#include <qferry/event.h>
#include <qferry/tothread.h>
#include <qferryqml/promise.h>

#include <QtQml/qqmlcomponent.h>
#include <QtQml/qqmlengine.h>
#include <QtTest/qsignalspy.h>

using namespace QFerry;
using namespace Testing;
using namespace Qt::StringLiterals;

struct Rows
{
    Q_GADGET
    Q_PROPERTY(int count MEMBER count)
public:
    int count = 0;
};

template <typename A>
concept MayBeRegistered = requires
{
    registerPromiseType<A>();
};
static_assert(MayBeRegistered<QFuture<Rows>> && MayBeRegistered<PendingCall<Rows>>);
static_assert(!MayBeRegistered<Task<int>> && !MayBeRegistered<int>);

/// What an application shows to QML.
class Backend : public QObject
{
    Q_OBJECT
public:
    Q_INVOKABLE QJSValue task(int number) { return promise(this, twice(number)); }
    Q_INVOKABLE QJSValue call(int number)
    {
        return promise(this, toThread([number] { return QList<int>{ number, 2 * number }; }));
    }
    Q_INVOKABLE QJSValue future(int number)
    {
        return promise(this, toThread([number] { return 3 * number; }).future());
    }
    Q_INVOKABLE QJSValue nothing()
    {
        return promise(this, toThread([] {}));
    }
    Q_INVOKABLE QJSValue failing()
    {
        return promise(this, toThread([]() -> int { throw std::runtime_error("broken"); }));
    }
    Q_INVOKABLE QFuture<Rows> rows() const
    {
        return toThread([] { return Rows{ 7 }; }).future();
    }
    Q_INVOKABLE QJSValue waiting() { return promise(this, event.wait()); }

    Event event;

private:
    static Task<int> twice(int number)
    {
        co_await checkpoint();
        co_return 2 * number;
    }
};

class tst_Promise : public QObject
{
    Q_OBJECT
private slots:
    void init();
    void itIsResolvedWithTheResult_data();
    void itIsResolvedWithTheResult();
    void itIsRejectedWithTheError();
    void errorsThatNobodyHandlesAreLogged();
    void typesOfFuturesAreRegistered();
    void cancelOfItCancels();
    void destroyingTheObjectCancels();
    void itOutlivesNoEngine();
    void anObjectThatQmlDoesNotKnowIsRefused();

private:
    /// How the promise that the expression gives is settled, as text; empty after the watchdog.
    QString settled(const QString &expression);

    std::unique_ptr<QQmlEngine> m_engine;
    QPointer<Backend> m_backend;
};

void tst_Promise::init()
{
    m_engine = std::make_unique<QQmlEngine>();
    m_backend = new Backend;
    m_engine->globalObject().setProperty(u"backend"_s, m_engine->newQObject(m_backend));
}

QString tst_Promise::settled(const QString &expression)
{
    m_engine->evaluate(u"var end = ''; %1.then(v => { end = 'value ' + JSON.stringify(v) },"
                       " e => { end = e.name + ': ' + e.message })"_s.arg(expression));
    const auto end = [this] { return m_engine->globalObject().property(u"end"_s).toString(); };
    return spinUntil([&] { return !end().isEmpty(); }) ? end() : QString();
}

void tst_Promise::itIsResolvedWithTheResult_data()
{
    QTest::addColumn<QString>("expression");
    QTest::addColumn<QString>("end");
    QTest::newRow("Task") << u"backend.task(21)"_s << u"value 42"_s;
    QTest::newRow("PendingCall") << u"backend.call(21)"_s << u"value [21,42]"_s;
    QTest::newRow("QFuture") << u"backend.future(21)"_s << u"value 63"_s;
    QTest::newRow("void") << u"backend.nothing()"_s << u"value undefined"_s;
}

void tst_Promise::itIsResolvedWithTheResult()
{
    QFETCH(QString, expression);
    QTEST(settled(expression), "end");
}

void tst_Promise::itIsRejectedWithTheError()
{
    QCOMPARE(settled(u"backend.failing()"_s), u"std::runtime_error: broken"_s);
}

void tst_Promise::errorsThatNobodyHandlesAreLogged()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression("broken"));
    m_engine->evaluate(u"var end = false; backend.failing().then(() => {});"
                       "backend.nothing().then(() => { end = true })"_s);
    QVERIFY(spinUntil([&] { return m_engine->globalObject().property(u"end"_s).toBool(); }));
    for (int i = 0; i < 50; ++i)
        QCoreApplication::processEvents();
}

void tst_Promise::typesOfFuturesAreRegistered()
{
    registerPromiseType<QFuture<Rows>>();
    QQmlComponent component(m_engine.get());
    component.setData("import QtQml\nimport QFerry\n"
                      "QtObject { function load(backend) { return "
                      "QFerry.promise(backend.rows()).then(r => r.count) } }",
                      QUrl());
    const std::unique_ptr<QObject> object(component.create());
    QVERIFY2(object, qPrintable(component.errorString()));
    m_engine->globalObject().setProperty(u"page"_s, m_engine->newQObject(object.get()));
    QJSEngine::setObjectOwnership(object.get(), QJSEngine::CppOwnership);
    QCOMPARE(settled(u"page.load(backend)"_s), u"value 7"_s);
}

void tst_Promise::cancelOfItCancels()
{
    m_engine->evaluate(u"var end = ''; var promise = backend.waiting();"
                       "promise.then(() => {}, e => { end = e.name }); promise.cancel()"_s);
    QVERIFY(spinUntil([&] {
        return m_engine->globalObject().property(u"end"_s).toString() == u"CanceledError"_s;
    }));
    QVERIFY(m_backend);
    m_engine->evaluate(u"promise.cancel()"_s); // does nothing more
}

void tst_Promise::destroyingTheObjectCancels()
{
    m_engine->evaluate(u"var end = ''; backend.waiting().then(() => {}, e => { end = e.name })"_s);
    delete m_backend;
    QVERIFY(spinUntil([&] {
        return m_engine->globalObject().property(u"end"_s).toString() == u"CanceledError"_s;
    }));
}

void tst_Promise::itOutlivesNoEngine()
{
    m_engine->evaluate(u"backend.waiting().then(() => {}, () => {})"_s);
    QJSEngine::setObjectOwnership(m_backend, QJSEngine::CppOwnership);
    m_engine.reset();
    QVERIFY(m_backend);
    m_backend->event.set();
    for (int i = 0; i < 50; ++i)
        QCoreApplication::processEvents();
    delete m_backend;
}

void tst_Promise::anObjectThatQmlDoesNotKnowIsRefused()
{
    Backend unknown;
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, unknown.waiting());
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, promise(nullptr, toThread([] {})));
}

QTEST_GUILESS_MAIN(tst_Promise)
#include "tst_promise.moc"
