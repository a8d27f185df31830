// SPDX-License-Identifier: MIT
// The window of the application, used as people use it.
#include "testing.h"

#include "duplicatefinder.h"
#include "tasks.h"

#include <QtCore/qfile.h>
#include <QtCore/qtemporarydir.h>
#include <QtGui/qguiapplication.h>
#include <QtQml/qqmlapplicationengine.h>
#include <QtQml/qqmlextensionplugin.h>
#include <QtQuick/qquickitem.h>
#include <QtQuick/qquickwindow.h>

Q_IMPORT_QML_PLUGIN(DuplicatesPlugin)

using namespace Testing;
using namespace Qt::StringLiterals;

namespace {

/// The application with a folder that has four files, two of them equal, and one that is so large
/// that hashing it takes longer than any test.
class Application
{
public:
    Application()
    {
        write(u"fox"_s, "the quick brown fox");
        write(u"fox again"_s, "the quick brown fox");
        write(u"dog"_s, "the slow, lazy dog!");
        write(u"small"_s, "small");
    }

    void addLargeFiles() const
    {
        for (const QString &name : { u"large"_s, u"large again"_s }) {
            QFile file(m_folder.filePath(name));
            if (!file.open(QIODevice::WriteOnly) || !file.resize(qint64(1) << 36)) // takes no room
                qFatal("cannot make a large file");
        }
    }

    bool start()
    {
        m_engine.emplace();
        m_engine->setInitialProperties(
                { { u"folder"_s, m_folder.path() }, { u"width"_s, 800 }, { u"height"_s, 600 } });
        m_engine->load(u"qrc:/Duplicates/Main.qml"_s);
        m_window = qobject_cast<QQuickWindow *>(m_engine->rootObjects().value(0));
        return m_window != nullptr;
    }
    void destroy() { m_engine.reset(); }

    QQuickWindow *window() const { return m_window; }
    template <typename T>
    T *find(const QString &name) const
    {
        return m_window->findChild<T *>(name);
    }
    void type(const QByteArray &text) const
    {
        for (const char letter : text)
            QTest::keyClick(m_window, letter);
    }
    QObject *run() const { return m_window->property("run").value<QObject *>(); }
    DuplicateFinder *finder() const { return run()->property("finder").value<DuplicateFinder *>(); }
    bool isRunning() const { return run()->property("state").toInt() == 1; }
    bool ends() const
    {
        return spinUntil([this] { return !isRunning(); });
    }

private:
    void write(const QString &name, const QByteArray &content) const
    {
        QFile file(m_folder.filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
            qFatal("cannot write a file");
    }

    const QTemporaryDir m_folder;
    std::optional<QQmlApplicationEngine> m_engine;
    QQuickWindow *m_window = nullptr;
};

} // namespace

class tst_Duplicates : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void findsWhatIsEqual();
    void searchesWhileOneTypes();
    void isCanceledByEscape();
    void startsAnew();
    void sliderChangesTheTokens();
    void isDestroyedWhileItWorks();
};

void tst_Duplicates::initTestCase()
{
    registerTasks();
}

void tst_Duplicates::findsWhatIsEqual()
{
    Application app;
    QVERIFY(app.start());
    QVERIFY(app.ends());
    QCOMPARE(app.finder()->fileCount(), 4);
    QCOMPARE(app.finder()->groupCount(), 1);
    const QModelIndex group = app.finder()->index(0);
    QCOMPARE(group.data(DuplicateFinder::SpaceRole).toInt(), 19);
    QStringList paths = group.data(DuplicateFinder::PathsRole).toStringList();
    paths.sort();
    QCOMPARE(paths, QStringList({ u"fox"_s, u"fox again"_s }));
}

void tst_Duplicates::searchesWhileOneTypes()
{
    Application app;
    QVERIFY(app.start());
    QVERIFY(app.ends());
    auto *files = app.find<QQuickItem>(u"files"_s);
    QVERIFY(files);
    const auto showsSoon = [files](int count) {
        return spinUntil([=] { return files->property("count").toInt() == count; });
    };
    QVERIFY(showsSoon(4));
    QTest::keyClick(app.window(), Qt::Key_F, Qt::ControlModifier);
    app.type("FOX");
    QVERIFY(showsSoon(2));
    QVERIFY(files->isVisible());
    app.type(" ag");
    QVERIFY(showsSoon(1));
    QTest::keyClick(app.window(), Qt::Key_Escape);
    QVERIFY(showsSoon(4));
}

void tst_Duplicates::isCanceledByEscape()
{
    Application app;
    app.addLargeFiles();
    QVERIFY(app.start());
    QVERIFY(spinUntil([&] { return app.finder()->hashedBytes() > 1000; }));
    QVERIFY(app.isRunning());
    QTest::keyClick(app.window(), Qt::Key_Escape);
    QVERIFY(!app.isRunning());
    QVERIFY(spinUntil([&] { return app.run()->property("busy").toInt() == 0; }));
}

void tst_Duplicates::startsAnew()
{
    Application app;
    app.addLargeFiles();
    QVERIFY(app.start());
    QVERIFY(spinUntil([&] { return app.finder()->hashedBytes() > 1000; }));
    for (int i = 0; i < 3; ++i)
        QMetaObject::invokeMethod(app.run(), "start");
    QVERIFY(spinUntil([&] { return app.finder()->hashedBytes() > 1000; }));
    QVERIFY(app.isRunning());
    QCOMPARE(app.finder()->fileCount(), 6);
}

void tst_Duplicates::sliderChangesTheTokens()
{
    Application app;
    app.addLargeFiles();
    QVERIFY(app.start());
    auto *slider = app.find<QQuickItem>(u"slider"_s);
    QVERIFY(slider);
    slider->forceActiveFocus();
    QTest::keyClick(app.window(), Qt::Key_Right);
    QTest::keyClick(app.window(), Qt::Key_Right);
    QCOMPARE(app.run()->property("tokens").toInt(), 6);
    auto *limiter = app.run()->property("limiter").value<QObject *>();
    QVERIFY(limiter);
    QCOMPARE(limiter->property("totalTokens").toInt(), 6);
}

void tst_Duplicates::isDestroyedWhileItWorks()
{
    Application app;
    app.addLargeFiles();
    QVERIFY(app.start());
    QVERIFY(spinUntil([&] { return app.finder()->hashedBytes() > 1000; }));
    app.destroy();
    QVERIFY(spinUntil([] { return QFerry::activeCalls().isEmpty(); }));
}

int main(int argc, char **argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QQuickWindow::setGraphicsApi(QSGRendererInterface::Software);
    QGuiApplication app(argc, argv);
    tst_Duplicates test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_duplicates.moc"
