// SPDX-License-Identifier: MIT
// The window, used as people use it: by its keys and buttons.
#include "testing.h"

#include "window.h"

#include <QtCore/qdir.h>
#include <QtCore/qfile.h>
#include <QtCore/qstringconverter.h>
#include <QtCore/qtemporarydir.h>
#include <QtTest/qtestkeyboard.h>
#include <QtWidgets/qapplication.h>
#include <QtWidgets/qcheckbox.h>
#include <QtWidgets/qheaderview.h>
#include <QtWidgets/qlabel.h>
#include <QtWidgets/qlineedit.h>
#include <QtWidgets/qplaintextedit.h>
#include <QtWidgets/qprogressbar.h>
#include <QtWidgets/qpushbutton.h>
#include <QtWidgets/qtableview.h>
#include <QtWidgets/qtestsupport_widgets.h>
#include <QtWidgets/qtreeview.h>

using namespace Testing;
using namespace Qt::StringLiterals;

namespace {

/// A window on the screen, and what one does and sees there.
class ShownWindow
{
public:
    explicit ShownWindow(const QString &settings, const QString &folder = {})
        : m_window(new Window(std::make_unique<QSettings>(settings, QSettings::IniFormat)))
    {
        if (!folder.isEmpty())
            m_window->setFolder(folder);
        m_window->show();
        if (!QTest::qWaitForWindowActive(m_window.get())) // else there are no shortcuts
            qWarning("The window does not become active");
    }

    void type(const QString &text) { QTest::keyClicks(find<QLineEdit>("text"), text); }
    void press(Qt::Key key)
    {
        QWidget *focus = m_window->focusWidget();
        QTest::keyClick(focus ? focus : m_window.get(), key);
    }
    void click(const char *button) { find<QPushButton>(button)->click(); }
    bool isBusy() { return find<QPushButton>("cancel")->isEnabled(); }
    QString status() { return find<QLabel>("status")->text(); }
    QString previewed() { return find<QPlainTextEdit>("preview")->toPlainText(); }
    /// The text of a cell, as it is shown.
    QString cell(int row, int column)
    {
        const QAbstractItemModel *model = table()->model();
        return model->index(row, column).data().toString();
    }
    QStringList column(int column)
    {
        QStringList texts;
        for (int row = 0; row < rows(); ++row)
            texts << cell(row, column);
        return texts;
    }
    int rows() { return table()->model()->rowCount(); }
    bool isFocused(QWidget *widget) { return m_window->focusWidget() == widget; }

    /// Waits for the end of a search that is under way, or about to be.
    [[nodiscard]] bool awaitStatus(const QString &begin)
    {
        return spinUntil([&] { return status().startsWith(begin) && !isBusy(); });
    }

    template <typename T>
    T *find(const char *name)
    {
        return m_window->findChild<T *>(QString::fromLatin1(name));
    }
    QTableView *table() { return find<QTableView>("hits"); }
    Window &window() { return *m_window; }
    void destroy() { m_window.reset(); }

private:
    std::unique_ptr<Window> m_window;
};

} // namespace

class tst_Grep : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase();
    void itSearchesAsOneTypes();
    void whatCannotBeSearchedIsTold();
    void encodingsAreTold();
    void aRegularExpressionMayBeWrong();
    void onlyNamedFilesAreSearched();
    void returnGoesToTheResults();
    void aChosenLineIsPreviewed();
    void columnsSort();
    void escapeCancels();
    void theTasksAreListed();
    void settingsAreKept();
    void itMayBeClosedInMidRun();
    void itMayBeDestroyedInMidRun();

private:
    QString freshSettings() { return m_folder.filePath(u"settings%1.ini"_s.arg(++m_number)); }
    void write(const QString &path, const QByteArray &content);

    QTemporaryDir m_folder;
    QString m_small;
    QString m_large; // searching it takes longer than any test
    int m_number = 0;
};

void tst_Grep::write(const QString &path, const QByteArray &content)
{
    QVERIFY(QDir().mkpath(QFileInfo(path).path()));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(content), content.size());
}

static QByteArray utf16(const QString &text)
{
    QStringEncoder encoder(QStringConverter::Utf16LE, QStringConverter::Flag::WriteBom);
    return encoder(text);
}

void tst_Grep::initTestCase()
{
    m_small = m_folder.filePath(u"small"_s);
    write(m_small + u"/ships.txt"_s, "A boat\nA ferry\nAnother Ferry, and a ferry\n");
    write(m_small + u"/below/more.cpp"_s, "// a ferry\r\nint ferries = 2;\r\n");
    write(m_small + u"/binary"_s, QByteArray("ferry\0ferry", 11));
    write(m_small + u"/latin1.txt"_s, "F\xe4hre: ferry\n");
    write(m_small + u"/utf16.txt"_s, utf16(u"a ferry in 16 bits\n"_s));
    write(m_small + u"/empty"_s, "");
    QVERIFY(QFile::link(m_small + u"/nowhere"_s, m_small + u"/dangling"_s));
    QVERIFY(QFile::link(m_small, m_small + u"/below/circle"_s));

    m_large = m_folder.filePath(u"large"_s);
    write(m_large + u"/lines"_s,
          "one two three\n" + QByteArray("four five six\n").repeated(1'000'000));
    for (int i = 0; i < 1000; ++i)
        QVERIFY(QFile::link(m_large + u"/lines"_s, m_large + u"/lines%1"_s.arg(i)));
}

void tst_Grep::itSearchesAsOneTypes()
{
    ShownWindow window(freshSettings(), m_small);
    QVERIFY(!window.isBusy());
    window.type(u"fer"_s);
    QVERIFY(window.awaitStatus(u"Lines: 6, files: 6"_s));
    QCOMPARE(window.rows(), 7); // with a file that cannot be read
    window.type(u"ries"_s);
    QVERIFY(window.awaitStatus(u"Lines: 1"_s));
    QVERIFY(window.column(2).contains(u"int ferries = 2;"_s));
    QVERIFY(window.column(0).contains(u"below/more.cpp"_s));

    window.find<QLineEdit>("text")->clear();
    QVERIFY(window.awaitStatus(u"Type"_s));
    QCOMPARE(window.rows(), 0);
}

void tst_Grep::whatCannotBeSearchedIsTold()
{
    ShownWindow window(freshSettings(), m_small);
    window.type(u"boat"_s);
    QVERIFY(window.awaitStatus(u"Lines: 1"_s));
    QVERIFY2(window.status().contains(u"binary: 1"_s), qPrintable(window.status()));
    QVERIFY2(window.status().contains(u"could not be searched: 1"_s), qPrintable(window.status()));
    const qsizetype row = window.column(0).indexOf(u"dangling"_s);
    QVERIFY(row >= 0);
    QCOMPARE(window.cell(int(row), 1), QString());
    QCOMPARE(window.cell(int(row), 2), u"No such file or directory"_s);
    window.table()->selectRow(int(row));
    QVERIFY(spinUntil([&] { return window.previewed() == u"No such file or directory"_s; }));

    window.window().setFolder(m_folder.filePath(u"missing"_s));
    QVERIFY(window.awaitStatus(u"There is no folder"_s));
}

void tst_Grep::encodingsAreTold()
{
    ShownWindow window(freshSettings(), m_small);
    window.type(u"ferry"_s);
    QVERIFY(window.awaitStatus(u"Lines: 5"_s));
    const qsizetype latin = window.column(0).indexOf(u"latin1.txt"_s);
    const qsizetype wide = window.column(0).indexOf(u"utf16.txt"_s);
    QVERIFY(latin >= 0 && wide >= 0);
    QCOMPARE(window.cell(int(latin), 2), u"F\u00e4hre: ferry"_s);
    QCOMPARE(window.cell(int(wide), 2), u"a ferry in 16 bits"_s);
    const QAbstractItemModel *model = window.table()->model();
    QVERIFY(model->index(int(latin), 0).data(Qt::ToolTipRole).toString().contains(u"Latin 1"_s));
    QVERIFY(model->index(int(wide), 0).data(Qt::ToolTipRole).toString().contains(u"UTF-16"_s));
}

void tst_Grep::aRegularExpressionMayBeWrong()
{
    ShownWindow window(freshSettings(), m_small);
    for (QCheckBox *box : window.window().findChildren<QCheckBox *>())
        box->setChecked(true);
    window.type(u"^A.*(boat|ferry$)"_s);
    QVERIFY(window.awaitStatus(u"Lines: 3"_s));
    window.type(u"("_s);
    QVERIFY(window.awaitStatus(u"No regular expression"_s));
    QCOMPARE(window.rows(), 4); // those of before
}

void tst_Grep::onlyNamedFilesAreSearched()
{
    ShownWindow window(freshSettings(), m_small);
    window.find<QLineEdit>("names")->setText(u"*.cpp *.h"_s);
    window.type(u"ferry"_s);
    QVERIFY(window.awaitStatus(u"Lines: 1, files: 1"_s));
}

void tst_Grep::returnGoesToTheResults()
{
    ShownWindow window(freshSettings(), m_small);
    window.type(u"boat"_s);
    window.press(Qt::Key_Return); // before anything was searched for
    QVERIFY(spinUntil([&] { return window.isFocused(window.table()); }));
    QVERIFY(window.table()->currentIndex().isValid());
    QVERIFY(window.awaitStatus(u"Lines: 1"_s));
}

void tst_Grep::aChosenLineIsPreviewed()
{
    ShownWindow window(freshSettings(), m_small);
    window.type(u"another"_s);
    QVERIFY(window.awaitStatus(u"Lines: 1"_s));
    window.table()->selectRow(int(window.column(0).indexOf(u"ships.txt"_s)));
    QVERIFY(spinUntil([&] { return window.previewed().startsWith(u"A boat\nA ferry\n"_s); }));
    const QPlainTextEdit *preview = window.find<QPlainTextEdit>("preview");
    QCOMPARE(preview->textCursor().blockNumber(), 2);
    QCOMPARE(preview->extraSelections().size(), 1);
}

void tst_Grep::columnsSort()
{
    ShownWindow window(freshSettings(), m_small);
    window.type(u"ferr"_s);
    QVERIFY(window.awaitStatus(u"Lines: 6"_s));
    window.table()->sortByColumn(1, Qt::DescendingOrder);
    QCOMPARE(window.cell(0, 1), u"3"_s);
    window.table()->sortByColumn(0, Qt::AscendingOrder);
    QCOMPARE(window.cell(0, 0), u"below/more.cpp"_s);
}

void tst_Grep::escapeCancels()
{
    ShownWindow window(freshSettings(), m_large);
    window.type(u"two"_s);
    QVERIFY(spinUntil([&] { return window.rows() > 0; }));
    QVERIFY(window.isBusy());
    QVERIFY(window.status().startsWith(u"Searching"_s));
    window.press(Qt::Key_Escape);
    QVERIFY(window.awaitStatus(u"Canceled"_s));
    QVERIFY(window.rows() > 0);
    QCOMPARE(window.find<QLineEdit>("text")->text(), u"two"_s);
    window.press(Qt::Key_Escape); // once more
    QVERIFY(window.status().startsWith(u"Canceled"_s));

    window.type(u"X"_s);
    QVERIFY(spinUntil([&] { return window.isBusy(); }));
    window.click("cancel");
    QVERIFY(window.awaitStatus(u"Canceled"_s));
}

void tst_Grep::theTasksAreListed()
{
    ShownWindow window(freshSettings(), m_large);
    window.type(u"fourX"_s);
    window.click("tasksButton");
    auto *tasks = window.find<QTreeView>("tasks");
    QVERIFY(tasks->isVisible());
    QVERIFY(spinUntil([&] { return tasks->model()->rowCount() > 0; }));
    QCOMPARE(tasks->model()->index(0, 0).data().toString(), u"search"_s);
    QVERIFY(spinUntil(
            [&] { return window.find<QPushButton>("tasksButton")->text().contains(u'1'); }));
    window.window().grab(); // its delegate paints
    window.click("cancel");
    QVERIFY(spinUntil([&] { return tasks->model()->rowCount() == 0; }));
    window.click("tasksButton");
    QVERIFY(!tasks->isVisible());
}

void tst_Grep::settingsAreKept()
{
    const QString settings = freshSettings();
    {
        ShownWindow window(settings, m_small);
        window.find<QLineEdit>("names")->setText(u"*.cpp"_s);
        window.table()->horizontalHeader()->resizeSection(0, 123);
        window.click("tasksButton");
        window.window().close();
    }
    ShownWindow window(settings);
    QCOMPARE(window.window().folder(), m_small);
    QCOMPARE(window.find<QLineEdit>("names")->text(), u"*.cpp"_s);
    QCOMPARE(window.table()->horizontalHeader()->sectionSize(0), 123);
    QVERIFY(window.find<QTreeView>("tasks")->isVisible());
}

void tst_Grep::itMayBeClosedInMidRun()
{
    ShownWindow window(freshSettings(), m_large);
    window.type(u"two"_s);
    QVERIFY(spinUntil([&] { return window.rows() > 0; }));
    window.window().close();
    QVERIFY(!window.isBusy());
    QVERIFY(spinUntil([] { return QFerry::activeCalls().isEmpty(); }));
}

void tst_Grep::itMayBeDestroyedInMidRun()
{
    ShownWindow window(freshSettings(), m_large);
    window.type(u"two"_s);
    QVERIFY(spinUntil([&] { return window.rows() > 0; }));
    window.table()->selectRow(0); // a file is being read, too
    window.destroy();
    QVERIFY(spinUntil([] { return QFerry::activeCalls().isEmpty(); }));

    ShownWindow other(freshSettings(), m_small);
    other.type(u"x"_s);
    other.destroy(); // before the search began
    QCoreApplication::processEvents();
}

int main(int argc, char **argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication app(argc, argv);
    tst_Grep test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_grep.moc"
