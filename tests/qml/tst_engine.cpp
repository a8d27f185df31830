// SPDX-License-Identifier: MIT
// QML engines and what runs for them: an engine may go at any time.
#include "cancelable.h"

#include <qferryqml/capacitylimiterobject.h>
#include <qferryqml/registertask.h>
#include <qferryqml/threadtask.h>

#include <QtCore/qscopeguard.h>
#include <QtQml/qqmlcomponent.h>
#include <QtQml/qqmlengine.h>

using namespace QFerry;
using namespace Testing;
using namespace Qt::StringLiterals;

namespace {

/// An engine with an object made of QML code.
class Loaded
{
public:
    explicit Loaded(const QByteArray &code)
    {
        QQmlComponent component(&m_engine);
        component.setData("import QtQml\nimport QFerry\n" + code, QUrl());
        m_object.reset(component.create());
        if (!m_object)
            throw std::runtime_error(component.errorString().toStdString());
    }
    QObject *object() const { return m_object.get(); }
    QQmlEngine &engine() { return m_engine; }
    /// The object goes with the engine, or behind it.
    void leaveObjectToEngine()
    {
        QJSEngine::setObjectOwnership(m_object.release(), QJSEngine::JavaScriptOwnership);
    }

private:
    QQmlEngine m_engine;
    std::unique_ptr<QObject> m_object;
};

} // namespace

class tst_Engine : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase();
    void init();
    void engineMayGoWhileTasksRun_data();
    void engineMayGoWhileTasksRun();
    void engineMayGoWhileTasksAreQueued();
    void engineMayGoWithResultsUnderWay();
    void enginesShareTasksAndTheDefaultLimiter();
    void scriptObjectsAreCollectedWhileTheyRun();

private:
    std::shared_ptr<Gate> m_running;
    std::shared_ptr<Gate> m_ended;
};

void tst_Engine::initTestCase()
{
    registerTask("add", [](int a, int b) { return a + b; });
}

/// Each test has its own gates: functions of the one before may still run.
void tst_Engine::init()
{
    m_running = std::make_shared<Gate>();
    m_ended = std::make_shared<Gate>();
    unregisterTask(u"endless"_s);
    registerTask("endless", [running = m_running, ended = m_ended] {
        const auto farewell = qScopeGuard([&] { ended->open(); });
        running->open();
        runUntilCanceled();
    });
}

void tst_Engine::engineMayGoWhileTasksRun_data()
{
    QTest::addColumn<bool>("isObjectFirst");
    QTest::newRow("after its objects") << true;
    QTest::newRow("with its objects") << false;
}

void tst_Engine::engineMayGoWhileTasksRun()
{
    QFETCH(const bool, isObjectFirst);
    {
        Loaded loaded(R"(
            QtObject {
                id: root
                property ThreadTask a: ThreadTask { task: "endless" }
                property ThreadTask b: ThreadTask { task: "endless" }
                Component.onCompleted: {
                    a.start().then(() => console.error("it succeeded"), error => a.start());
                    QFerry.async(function*() { yield b.start(); b.start(); });
                    QFerry.run("endless").then(() => console.error("it succeeded"), error => QFerry.run("add", 1, 1));
                    QFerry.async(root, function*() { yield QFerry.delay(1000000); console.error("it goes on") });
                }
            })");
        m_running->pass(3);
        if (!isObjectFirst)
            loaded.leaveObjectToEngine();
    }
    m_ended->pass(3);
    QCoreApplication::processEvents();
}

void tst_Engine::engineMayGoWhileTasksAreQueued()
{
    {
        const Loaded loaded(R"(
            QtObject {
                property CapacityLimiter none: CapacityLimiter { id: none; totalTokens: 0 }
                property ThreadTask a: ThreadTask { task: "endless"; limiter: none; rerunPolicy: ThreadTask.Queue }
                Component.onCompleted: { a.start(); a.start(); a.start().catch(() => 1) }
            })");
    }
    QCoreApplication::processEvents();
    QVERIFY(!m_running->tryPass(1, std::chrono::milliseconds(0)));
}

void tst_Engine::engineMayGoWithResultsUnderWay()
{
    for (int i = 0; i < 50; ++i) {
        const Loaded loaded(R"(
            QtObject {
                property ThreadTask a: ThreadTask { task: "add" }
                property ThreadTask b: ThreadTask { task: "no such task" }
                Component.onCompleted: { a.start(1, 2).then(() => 1); b.start().catch(() => 1) }
            })");
        if (i % 2 == 0)
            QCoreApplication::processEvents();
    }
    QCoreApplication::processEvents();
}

void tst_Engine::enginesShareTasksAndTheDefaultLimiter()
{
    const QByteArray code = R"(
        QtObject {
            property ThreadTask a: ThreadTask { task: "add" }
            property int total: QFerry.defaultLimiter.totalTokens
            property int result: 0
            Component.onCompleted: a.start(1, 2).then(value => result = value)
        })";
    const Loaded one(code);
    const Loaded other(code);
    defaultThreadLimiter().setTotalTokens(7);
    const auto restore = qScopeGuard([] { defaultThreadLimiter().setTotalTokens(40); });
    for (const Loaded *loaded : { &one, &other }) {
        QVERIFY(spinUntil([&] { return loaded->object()->property("result") == 3; }));
        QVERIFY(spinUntil([&] { return loaded->object()->property("total") == 7; }));
    }
}

void tst_Engine::scriptObjectsAreCollectedWhileTheyRun()
{
    Loaded loaded(R"(
        QtObject {
            id: root
            property Component tasks: Component { ThreadTask { task: "endless" } }
            function startAndForget() { tasks.createObject(null).start() }
        })");
    QMetaObject::invokeMethod(loaded.object(), "startAndForget");
    m_running->pass();
    const auto hasEnded = [&] {
        loaded.engine().collectGarbage();
        return m_ended->tryPass(1, std::chrono::milliseconds(0));
    };
    QVERIFY(spinUntil(hasEnded));
}

QTEST_GUILESS_MAIN(tst_Engine)
#include "tst_engine.moc"
