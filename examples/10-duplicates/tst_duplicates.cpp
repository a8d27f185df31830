// SPDX-License-Identifier: MIT
// The window of the application, used as people use it.
#include "testapplication.h"

#include "tasks.h"

#include <QtGui/qguiapplication.h>
#include <QtQml/qqmlextensionplugin.h>

#include <cmath>

Q_IMPORT_QML_PLUGIN(DuplicatesPlugin)

using namespace Testing;
using namespace Qt::StringLiterals;

int testModels(int argc, char **argv); // tst_duplicatemodels.cpp

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
    void saysThatTheFolderCannotBeRead();
    void startsAnew();
    void searchesAnewToo();
    void findsMoreThanAThousand();
    void resumes();
    void showsAllThatAreAtWork();
    void cardsDoNotOverlap_data();
    void cardsDoNotOverlap();
    void currentRowIsSeen();
    void startPageInvites();
    void movesToTheTrashAndBack();
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
    QCOMPARE(app.groups()->groupCount(), 1);
    DuplicateGroups *groups = app.groups();
    const QModelIndex group = groups->index(0);
    QCOMPARE(group.data(DuplicateGroups::SpaceRole).toInt(), 19);
    QStringList paths = group.data(DuplicateGroups::FirstPathsRole).toStringList();
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
    QVERIFY(app.shows(4));
    QTest::keyClick(app.window(), Qt::Key_F, Qt::ControlModifier);
    app.type("FOX");
    QVERIFY(app.shows(2));
    QVERIFY(files->isVisible());
    app.type(" ag");
    QVERIFY(app.shows(1));
    QTest::keyClick(app.window(), Qt::Key_Escape);
    QVERIFY(app.shows(4));
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
    QCOMPARE(app.finder()->failureCount(), 0);
    QCOMPARE(app.groups()->duplicateCount(), 4);
    for (const QString &path : app.finder()->paths())
        QVERIFY2(!path.contains(u'\n') && !path.contains(u'\x1b') && !path.contains(u'\u202e'),
                 qPrintable(path));
    QVERIFY(app.finder()->paths().contains(u"two\u240alines"_s));
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

/// The rows of a search are those of the new run.
void tst_Duplicates::searchesAnewToo()
{
    TestApplication app;
    app.addAnimals();
    QVERIFY(app.start());
    QVERIFY(app.ends());
    app.press(Qt::Key_F, Qt::ControlModifier);
    app.type("fox");
    QVERIFY(app.shows(2));
    app.write("fox three", "!");
    app.press(Qt::Key_F5);
    QVERIFY(app.ends());
    QVERIFY(app.shows(3));
    QObject *files = app.find(u"files"_s)->property("model").value<QObject *>();
    auto *model = qobject_cast<QAbstractItemModel *>(files);
    QVERIFY(model);
    for (int row = 0; row < 3; ++row)
        QVERIFY(model->index(row, 0).data(Qt::UserRole + 1).value<FoundFile *>());
}

void tst_Duplicates::findsMoreThanAThousand()
{
    TestApplication app;
    for (int i = 0; i < 1100; ++i)
        app.write("found " + std::to_string(i), {});
    QVERIFY(app.start());
    app.press(Qt::Key_F, Qt::ControlModifier);
    app.type("found"); // while files come
    QVERIFY(app.ends());
    QVERIFY(app.shows(1100));
}

void tst_Duplicates::resumes()
{
    TestApplication app;
    app.addAnimals();
    app.addLargeFiles();
    QVERIFY(app.start());
    QVERIFY(app.hashes());
    QVERIFY(spinUntil([&] { return app.finder()->hashedCount() == 3; }));
    app.press(Qt::Key_Escape);
    QVERIFY(app.isIdle());
    const qint64 bytes = app.finder()->hashedBytes();
    QVERIFY(bytes > 1000);
    const auto count = [&](FoundFile::State state) {
        int files = 0;
        for (int row = 0; row < app.finder()->fileCount(); ++row)
            files += app.finder()->file(row)->state() == state;
        return files;
    };
    QCOMPARE(count(FoundFile::Waiting), 0);
    QCOMPARE(count(FoundFile::Left), 2);
    QMetaObject::invokeMethod(app.run(), "resume");
    QVERIFY(app.isRunning());
    QVERIFY(app.hashes());
    QCOMPARE(app.finder()->hashedCount(), 3);
    QCOMPARE(count(FoundFile::Left), 0);
}

void tst_Duplicates::showsAllThatAreAtWork()
{
    TestApplication app;
    app.addLargeFiles(8);
    QVERIFY(app.start());
    auto *limiter = app.ofRun("limiter").value<QObject *>();
    auto *atWork = app.find(u"atWork"_s);
    QVERIFY(limiter && atWork);
    const auto showsAll = [&](int least) {
        return spinUntil([=] {
            const int shown = atWork->property("count").toInt();
            return shown >= least && shown == limiter->property("borrowedTokens").toInt();
        });
    };
    app.run()->setProperty("tokens", 8);
    QVERIFY(showsAll(8));
    app.run()->setProperty("tokens", 1); // takes no token back
    QVERIFY(showsAll(2));
}

void tst_Duplicates::cardsDoNotOverlap_data()
{
    QTest::addColumn<QSize>("size");
    QTest::newRow("least") << QSize(640, 480);
    QTest::newRow("small") << QSize(800, 600);
    QTest::newRow("wide") << QSize(1180, 480);
}

void tst_Duplicates::cardsDoNotOverlap()
{
    QFETCH(QSize, size);
    TestApplication app;
    app.addAnimals();
    QVERIFY(app.startIn(app.folder(), size));
    QVERIFY(app.ends());
    QCoreApplication::processEvents();
    double end = 0;
    for (const QString &name : { u"progressCard"_s, u"throughputCard"_s, u"workersCard"_s }) {
        const auto *card = app.find(name);
        QVERIFY(card);
        QVERIFY2(card->y() >= end, qPrintable(name));
        QVERIFY2(card->height() >= card->implicitHeight() - 1, qPrintable(name));
        end = card->y() + card->height();
    }
}

static double luminance(const QColor &color)
{
    const auto linear = [](double part) {
        return part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF())
           + 0.0722 * linear(color.blueF());
}

void tst_Duplicates::currentRowIsSeen()
{
    TestApplication app;
    app.addAnimals();
    QVERIFY(app.start());
    QVERIFY(app.ends());
    for (const QString &colours : { u"dark"_s, u"light"_s }) {
        app.window()->setProperty("colours", colours);
        auto *groups = app.find(u"groups"_s);
        QVERIFY(groups);
        groups->forceActiveFocus();
        auto *highlight = groups->property("highlightItem").value<QQuickItem *>();
        QVERIFY(highlight);
        QVERIFY(highlight->isVisible());
        const auto line = highlight->property("border").value<QObject *>()->property("color");
        const auto palette = app.window()->property("palette").value<QObject *>();
        const double a = luminance(line.value<QColor>());
        const double b = luminance(palette->property("window").value<QColor>());
        QVERIFY((std::max(a, b) + 0.05) / (std::min(a, b) + 0.05) >= 3);
    }
}

void tst_Duplicates::startPageInvites()
{
    TestApplication app;
    QVERIFY(app.startIn({}));
    auto *browse = app.find(u"browse"_s);
    QVERIFY(browse);
    QVERIFY(browse->isVisible() && browse->isEnabled());
    QVERIFY(!app.find(u"main"_s)->isVisible());
    QVERIFY(!app.find(u"files"_s)->isVisible());
}

void tst_Duplicates::movesToTheTrashAndBack()
{
    TestApplication app;
    app.addAnimals();
    const QTemporaryDir data;
    qputenv("XDG_DATA_HOME", QFile::encodeName(data.path()));
    QVERIFY(app.start());
    QVERIFY(app.ends());
    app.groups()->selectAllButOne();
    QCOMPARE(app.groups()->selectedCount(), 1);
    QCOMPARE(app.groups()->selectedFiles().first()->name(), u"fox again"_s);

    auto *trash = app.find<QObject>(u"trash"_s);
    QVERIFY(trash);
    const auto isThrough = [&] {
        return spinUntil([=] { return !trash->property("busy").toBool(); });
    };
    app.find(u"groups"_s)->forceActiveFocus();
    app.press(Qt::Key_Delete);
    QVERIFY(isThrough());
    QCOMPARE(trash->property("errors").toStringList(), QStringList());
    QVERIFY(!std::filesystem::exists(app.root() / "fox again"));
    QVERIFY(std::filesystem::exists(app.root() / "fox"));
    QCOMPARE(app.groups()->groupCount(), 0);
    QCOMPARE(app.groups()->space(), 0);

    if (trash->property("undoCount").toInt() == 0)
        QSKIP("The system does not tell where it is in the trash");
    app.press(Qt::Key_Z, Qt::ControlModifier);
    QVERIFY(isThrough());
    QVERIFY(std::filesystem::exists(app.root() / "fox again"));
    QVERIFY(spinUntil([&] { return app.groups()->groupCount() == 1; }));
    QCOMPARE(QDir(data.filePath(u"Trash/info"_s)).entryList(QDir::Files), QStringList());
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
    const int models = testModels(argc, argv);
    return QTest::qExec(&test, argc, argv) + models;
}

#include "tst_duplicates.moc"
