// SPDX-License-Identifier: MIT
// The window of the application, used as people use it.
#include "testapplication.h"

#include "tasks.h"

#include <QtGui/qguiapplication.h>
#include <QtGui/qstandarditemmodel.h>
#include <QtQml/qqmlextensionplugin.h>

Q_IMPORT_QML_PLUGIN(DuplicatesPlugin)

using namespace Testing;
using namespace Qt::StringLiterals;

class tst_Duplicates : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void findsWhatIsEqual();
    void searchesWhileOneTypes();
    void isCanceledByEscape();
    void escapeClearsTheSearchFirst();
    void takesAnyName();
    void takesAnyRoot_data();
    void takesAnyRoot();
    void saysThatTheFolderCannotBeRead();
    void countsWhatWasHashed();
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
    TestApplication app;
    app.addAnimals();
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
    TestApplication app;
    app.addAnimals();
    QVERIFY(app.start());
    QVERIFY(app.ends());
    auto *files = app.find(u"files"_s);
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
    TestApplication app;
    app.addAnimals();
    app.addLargeFiles();
    QVERIFY(app.start());
    QVERIFY(app.hashes());
    QVERIFY(app.isRunning());
    QTest::keyClick(app.window(), Qt::Key_Escape);
    QVERIFY(!app.isRunning());
    QVERIFY(app.isIdle());
}

void tst_Duplicates::escapeClearsTheSearchFirst()
{
    TestApplication app;
    app.addLargeFiles();
    QVERIFY(app.start());
    QVERIFY(app.hashes());
    app.press(Qt::Key_F, Qt::ControlModifier);
    app.type("x");
    auto *field = app.find(u"search"_s);
    QVERIFY(field);
    QCOMPARE(field->property("text").toString(), u"x"_s);
    app.press(Qt::Key_Escape);
    QCOMPARE(field->property("text").toString(), QString());
    QVERIFY(app.isRunning());
    app.press(Qt::Key_Escape);
    QVERIFY(!app.isRunning());
}

void tst_Duplicates::takesAnyName()
{
#if !defined(Q_OS_LINUX)
    QSKIP("Names are not bytes here");
#endif
    TestApplication app;
    for (const std::string name :
         { "caf\xe9", "caf\xe8", "two\nlines", "\x1b[31mred", "\xe2\x80\xaetxt.exe" })
        app.write(name, "equal");
    QVERIFY(app.start());
    QVERIFY(app.ends());
    QCOMPARE(app.finder()->property("failures").value<QList<QObject *>>().size(), 0);
    QCOMPARE(app.finder()->property("duplicateCount").toInt(), 4);
    for (const QString &path : app.finder()->paths())
        QVERIFY2(!path.contains(u'\n') && !path.contains(u'\x1b') && !path.contains(u'\u202e'),
                 qPrintable(path));
    QVERIFY(app.finder()->paths().contains(u"two\u240alines"_s));
}

void tst_Duplicates::takesAnyRoot_data()
{
    QTest::addColumn<QString>("root");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("relative");
    QTest::addColumn<QString>("folder");
    QTest::newRow("usual") << u"/a/b"_s << u"/a/b/c/d.txt"_s << u"c/d.txt"_s << u"c"_s;
    QTest::newRow("slash") << u"/a/b/"_s << u"/a/b/c/d.txt"_s << u"c/d.txt"_s << u"c"_s;
    QTest::newRow("right there") << u"/a/b"_s << u"/a/b/d.txt"_s << u"d.txt"_s << u"b"_s;
    QTest::newRow("all") << u"/"_s << u"/a/d.txt"_s << u"a/d.txt"_s << u"a"_s;
    QTest::newRow("right in all") << u"/"_s << u"/d.txt"_s << u"d.txt"_s << u"/"_s;
}

void tst_Duplicates::takesAnyRoot()
{
    QFETCH(QString, root);
    QFETCH(QString, path);
    const FoundFile file(FilePath(path.toStdString()), FilePath(root.toStdString()), 1);
    QTEST(file.relativePath(), "relative");
    QTEST(file.folder(), "folder");
    QCOMPARE(file.name(), u"d.txt"_s);
}

void tst_Duplicates::saysThatTheFolderCannotBeRead()
{
    TestApplication app;
    QVERIFY(app.startIn(app.folder() + u"/nowhere"_s));
    QVERIFY(app.ends());
    QCOMPARE(app.ofRun("state").toInt(), 4);
    QVERIFY(!app.ofRun("error").toString().isEmpty());
    QVERIFY(app.ofRun("share").toDouble() < 1);
}

/// What vanishes, or cannot be read, is not counted.
void tst_Duplicates::countsWhatWasHashed()
{
    DuplicateFinder finder;
    QStandardItemModel files;
    std::vector<std::unique_ptr<FoundFile>> rows;
    finder.setFiles(&files);
    for (const char *name : { "/r/a", "/r/b", "/r/c" }) {
        rows.push_back(std::make_unique<FoundFile>(FilePath(name), FilePath("/r"), 5));
        auto *item = new QStandardItem;
        item->setData(QVariant::fromValue(rows.back().get()), Qt::UserRole);
        files.appendRow(item);
    }
    for (int row = finder.next(); row >= 0; row = finder.next())
        row == 1 ? finder.setError(row, u"gone"_s) : finder.setHash(row, "hash");
    QCOMPARE(finder.property("hashedCount").toInt(), 2);
    QVERIFY(finder.summary().contains(u"Hashed      2, 10 bytes"_s));
    QVERIFY(finder.summary().contains(u"cannot read b: gone"_s));
}

void tst_Duplicates::startsAnew()
{
    TestApplication app;
    app.addAnimals();
    app.addLargeFiles();
    QVERIFY(app.start());
    QVERIFY(app.hashes());
    for (int i = 0; i < 3; ++i)
        QMetaObject::invokeMethod(app.run(), "start");
    QVERIFY(app.hashes());
    QVERIFY(app.isRunning());
    QCOMPARE(app.finder()->fileCount(), 6);
}

void tst_Duplicates::sliderChangesTheTokens()
{
    TestApplication app;
    app.addAnimals();
    app.addLargeFiles();
    QVERIFY(app.start());
    auto *slider = app.find(u"slider"_s);
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
    TestApplication app;
    app.addAnimals();
    app.addLargeFiles();
    QVERIFY(app.start());
    QVERIFY(app.hashes());
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
