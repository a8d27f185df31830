// SPDX-License-Identifier: MIT
// The window, used as people use it: by its buttons.
#include "testing.h"

#include "window.h"

#include <QtCore/qfile.h>
#include <QtCore/qtemporarydir.h>
#include <QtGui/qevent.h>
#include <QtWidgets/qapplication.h>
#include <QtWidgets/qlabel.h>
#include <QtWidgets/qlineedit.h>
#include <QtWidgets/qprogressbar.h>
#include <QtWidgets/qpushbutton.h>
#include <QtWidgets/qspinbox.h>

using namespace Testing;
using namespace Qt::StringLiterals;

namespace {

/// A window on the screen, and what one sees there.
class ShownWindow
{
public:
    explicit ShownWindow(const QString &path) : m_window(new Window(path)) { m_window->show(); }

    void click(const char *button) { find<QPushButton>(button)->click(); }
    bool isEnabled(const char *button) { return find<QPushButton>(button)->isEnabled(); }
    bool isBusy() { return isEnabled("cancel"); }
    QString status() { return find<QLabel>("status")->text(); }
    int progress() { return m_window->findChild<QProgressBar *>()->value(); }
    void setLimit(double seconds) { m_window->findChild<QDoubleSpinBox *>()->setValue(seconds); }
    void setPath(const QString &path) { m_window->findChild<QLineEdit *>()->setText(path); }
    qsizetype columns()
    {
        for (QWidget *child : m_window->findChildren<QWidget *>()) {
            if (auto *view = dynamic_cast<WaveformView *>(child))
                return view->waveform().columns.size();
        }
        return -1;
    }
    void destroy() { m_window.reset(); }

private:
    template <typename T>
    T *find(const char *name)
    {
        return m_window->findChild<T *>(QString::fromLatin1(name));
    }

    std::unique_ptr<Window> m_window;
};

} // namespace

class tst_Window : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase();
    void aFileIsShown();
    void aSecondClickFindsTheButtonDisabled();
    void aFileThatIsMissingIsComplainedOf();
    void theButtonCancels();
    void theLimitEndsIt();
    void itLoadsAgainAfterACancel();
    void itMayBeClosedInMidRun();
    void itMayBeDestroyedAsSoonAsItLoads();

private:
    QTemporaryDir m_folder;
    QString m_small;
    QString m_large; // reading it takes longer than any test
};

void tst_Window::initTestCase()
{
    m_small = m_folder.filePath(u"small"_s);
    m_large = m_folder.filePath(u"large"_s);
    QFile small(m_small);
    QVERIFY(small.open(QIODevice::WriteOnly) && small.write(QByteArray(20'000, 'x')) == 20'000);
    QFile large(m_large);
    QVERIFY(large.open(QIODevice::WriteOnly) && large.resize(qint64(1) << 34)); // takes no room
}

void tst_Window::aFileIsShown()
{
    ShownWindow window(m_small);
    QVERIFY(!window.isBusy());

    window.click("load");
    QTRY_VERIFY(!window.isBusy());
    QVERIFY2(window.status().contains(u"samples in"_s), qPrintable(window.status()));
    QCOMPARE(window.columns(), 1600);
}

void tst_Window::aSecondClickFindsTheButtonDisabled()
{
    ShownWindow window(m_large);
    window.click("load");
    QVERIFY(!window.isEnabled("load"));
    QVERIFY(window.isEnabled("cancel"));
    QCOMPARE(window.status(), u"Reading ..."_s);
    QTRY_VERIFY(window.progress() > 0);
}

void tst_Window::aFileThatIsMissingIsComplainedOf()
{
    ShownWindow window(m_folder.filePath(u"missing"_s));
    window.click("load");
    QTRY_VERIFY(!window.isBusy());
    QCOMPARE(window.status(), u"No such file or directory"_s);
    QVERIFY(window.isEnabled("load"));
}

void tst_Window::theButtonCancels()
{
    ShownWindow window(m_large);
    window.click("load");
    QTRY_VERIFY(window.progress() > 0);
    window.click("cancel");
    QTRY_COMPARE(window.status(), u"Canceled."_s);
    QVERIFY(window.isEnabled("load"));
    QCOMPARE(window.columns(), 0);
}

void tst_Window::theLimitEndsIt()
{
    ShownWindow window(m_large);
    window.setLimit(0.05);
    window.click("load");
    QTRY_COMPARE(window.status(), u"Gave up: it takes too long."_s);
    QVERIFY(window.isEnabled("load"));
}

void tst_Window::itLoadsAgainAfterACancel()
{
    ShownWindow window(m_large);
    window.click("load");
    window.click("cancel");
    QTRY_VERIFY(!window.isBusy());
    window.setPath(m_small);
    window.click("load");
    QTRY_VERIFY(window.status().contains(u"samples in"_s));
}

void tst_Window::itMayBeClosedInMidRun()
{
    ShownWindow window(m_large);
    window.click("load");
    QTRY_VERIFY(window.progress() > 0);
    window.destroy(); // nothing of the task runs afterwards, and nobody waits for the worker
    QTRY_COMPARE(QFerry::activeCalls().size(), 0);
}

void tst_Window::itMayBeDestroyedAsSoonAsItLoads()
{
    ShownWindow window(m_small);
    window.click("load");
    window.destroy();
    QCoreApplication::processEvents();
}

int main(int argc, char **argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication app(argc, argv);
    tst_Window test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_window.moc"
