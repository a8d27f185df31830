// SPDX-License-Identifier: MIT
// bindProgress() and showProgress(), with the real widgets; and the snippets of docs/widgets.md.
#include "cancelable.h"
#include "outside.h"
#include "reporter.h"
#include "viewer.h"

#include <QtGui/qaction.h>
#include <QtWidgets/qapplication.h>

#include <limits>

using namespace Testing;
using namespace Qt::StringLiterals;
using QFerry::Progress;

namespace {

class ShowCounter : public QObject
{
public:
    bool eventFilter(QObject *, QEvent *event) override
    {
        count += event->type() == QEvent::Show;
        return false;
    }
    int count = 0;
};

struct Widgets
{
    bool isBusy() const { return bar.maximum() == 0; }
    bool isFull() const { return bar.maximum() > 0 && bar.value() == bar.maximum(); }
    bool isEmpty() const { return bar.maximum() > 0 && bar.value() <= 0; }

    QProgressBar bar;
    QPushButton button;
};

} // namespace

class tst_ProgressView : public QObject
{
    Q_OBJECT
private slots:
    void aBarShowsACall();
    void largeNumbersAreScaled();
    void aButtonCancels();
    void anErrorIsLeftToOthers();
    void aMoveOnlyResultIsLeftToOthers();
    void aBarShowsTheLastCall();
    void widgetsMayGoFirst();
    void aFinishedCallIsShown();
    void wrongUseIsRefused();
    void aBarShowsRunsOfAModel();
    void aDialogOpensAndCloses();
    void aDialogDoesNotOpenForAShortCall();
    void aDialogDoesNotCloseAtItsMaximum();
    void aCanceledDialogStaysClosed();
    void aDialogServesAgain();
    void aModalDialogMeetsManyReports();
    void theSnippetsWork();
};

void tst_ProgressView::aBarShowsACall()
{
    Reporter reporter;
    Widgets widgets;
    const auto call = QFerry::bindProgress(reporter.start(), &widgets.bar, &widgets.button);
    QVERIFY(widgets.isBusy());
    QVERIFY(widgets.button.isEnabled());

    reporter.report({ 3, 12 });
    QVERIFY(spinUntil([&] { return widgets.bar.value() == 3; }));
    QCOMPARE(widgets.bar.maximum(), 12);
    reporter.report({ 0, 0 });
    QVERIFY(spinUntil([&] { return widgets.isBusy(); }));
    reporter.finish();
    QCOMPARE(resultOf(call), 5);
    QVERIFY(spinUntil([&] { return widgets.isFull(); }));
    QVERIFY(!widgets.button.isEnabled());
}

void tst_ProgressView::largeNumbersAreScaled()
{
    Reporter reporter;
    Widgets widgets;
    QFerry::bindProgress(reporter.start(), &widgets.bar);
    constexpr qint64 most = std::numeric_limits<qint64>::max();
    reporter.report({ most / 4, most });
    QVERIFY(spinUntil([&] { return !widgets.isBusy(); }));
    QCOMPARE(widgets.bar.value(), widgets.bar.maximum() / 4);
    reporter.report({ most, most / 3 });
    QVERIFY(spinUntil([&] { return widgets.isFull(); }));
}

void tst_ProgressView::aButtonCancels()
{
    Reporter reporter;
    Widgets widgets;
    const auto call =
            QFerry::bindProgress(QFerry::toThread(runUntilCanceled), &widgets.bar, &widgets.button);
    widgets.button.click();
    QVERIFY(!widgets.button.isEnabled()); // at once
    QVERIFY(isCanceledInTime(call));
    QVERIFY(spinUntil([&] { return widgets.isEmpty(); }));

    QAction action;
    const auto other =
            QFerry::bindProgress(QFerry::toThread(runUntilCanceled), &widgets.bar, &action);
    action.trigger();
    QVERIFY(isCanceledInTime(other));
}

void tst_ProgressView::anErrorIsLeftToOthers()
{
    Widgets widgets;
    QFerryMessages messages;
    {
        const auto call =
                QFerry::bindProgress(QFerry::toThread([] { throw std::runtime_error("seen"); }),
                                     &widgets.bar, &widgets.button);
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, resultOf(call));
        QVERIFY(spinUntil([&] { return widgets.isEmpty(); }));
    }
    QCOMPARE(messages.all(), QStringList());
    {
        QFerry::bindProgress(QFerry::toThread([] { throw std::runtime_error("unseen"); }),
                             &widgets.bar, &widgets.button);
    }
    QVERIFY(spinUntil([&] { return messages.count() > 0; }));
    QVERIFY(messages.all().first().contains(u"unseen"_s));
}

void tst_ProgressView::aMoveOnlyResultIsLeftToOthers()
{
    Widgets widgets;
    const auto call =
            QFerry::bindProgress(QFerry::toThread([] { return std::make_unique<int>(7); }),
                                 &widgets.bar, &widgets.button);
    QCOMPARE(*resultOf(call), 7);
    QVERIFY(spinUntil([&] { return widgets.isFull(); }));
}

void tst_ProgressView::aBarShowsTheLastCall()
{
    Reporter first;
    Reporter second;
    Widgets widgets;
    const auto before = QFerry::bindProgress(first.start(), &widgets.bar, &widgets.button);
    const auto after = QFerry::bindProgress(second.start(), &widgets.bar, &widgets.button);
    first.report({ 1, 3 });
    first.finish();
    QVERIFY(waitFor(before));
    QVERIFY(widgets.isBusy()); // with the second
    QVERIFY(widgets.button.isEnabled());
    widgets.button.click();
    second.finish();
    QVERIFY(waitFor(after));
    QCOMPARE(before.isCanceled(), false);
    QCOMPARE(after.isCanceled(), true);
}

void tst_ProgressView::widgetsMayGoFirst()
{
    Reporter reporter;
    auto widgets = std::make_unique<Widgets>();
    const auto call = QFerry::bindProgress(reporter.start(), &widgets->bar, &widgets->button);
    reporter.report({ 3, 12 });
    widgets.reset();
    reporter.finish();
    QCOMPARE(resultOf(call), 5); // it was not canceled

    Reporter other;
    QProgressBar bar;
    auto button = std::make_unique<QPushButton>();
    QFerry::bindProgress(other.start(), &bar, button.get());
    button.reset();
    other.finish();
    QVERIFY(spinUntil([&] { return bar.maximum() > 0 && bar.value() == bar.maximum(); }));

    Reporter third;
    auto dialog = std::make_unique<QProgressDialog>();
    const auto shown = QFerry::showProgress(third.start(), *dialog);
    third.report({ 3, 12 });
    dialog.reset();
    third.finish();
    QCOMPARE(resultOf(shown), 5);
}

void tst_ProgressView::aFinishedCallIsShown()
{
    Widgets widgets;
    const auto call = QFerry::toThread([] {});
    QVERIFY(waitFor(call));
    QFerry::bindProgress(call, &widgets.bar, &widgets.button);
    QVERIFY(spinUntil([&] { return widgets.isFull(); }));
    QFerry::bindProgress(QFerry::PendingCall<int>(), &widgets.bar, &widgets.button);
    QVERIFY(spinUntil([&] { return widgets.isEmpty(); }));
    QVERIFY(!widgets.button.isEnabled());
}

void tst_ProgressView::wrongUseIsRefused()
{
    QProgressBar bar;
    QProgressBar *none = nullptr;
    const auto call = QFerry::toThread([] {});
    QVERIFY_THROWS_EXCEPTION(QFerry::InvalidUseError, QFerry::bindProgress(call, none));
    QVERIFY_THROWS_EXCEPTION(QFerry::InvalidUseError,
                             runOutside([&] { QFerry::bindProgress(call, &bar); }));
    QFerry::StreamModelBase *noModel = nullptr;
    QVERIFY_THROWS_EXCEPTION(QFerry::InvalidUseError, QFerry::bindProgress(noModel, &bar));
    QVERIFY(waitFor(call));
}

static void reportAndWait(QFerry::Yield<int> &yield, Gate *gate)
{
    QFerry::reportProgress(1, 4);
    yield(1);
    gate->pass();
}

void tst_ProgressView::aBarShowsRunsOfAModel()
{
    Gate gate;
    Widgets widgets;
    {
        QFerry::StreamModel<int> model;
        QFerry::bindProgress(&model, &widgets.bar, &widgets.button);
        QVERIFY(!widgets.button.isEnabled());
        model.start(QFerry::threadedIterable(&reportAndWait)(&gate));
        QVERIFY(widgets.isBusy());
        QVERIFY(widgets.button.isEnabled());
        QVERIFY(spinUntil([&] { return !widgets.isBusy(); }));
        QCOMPARE(widgets.bar.value(), widgets.bar.maximum() / 4);
        gate.open();
        QVERIFY(spinUntil([&] { return widgets.isFull(); }));
        QVERIFY(!widgets.button.isEnabled());

        model.start(QFerry::threadedIterable([](QFerry::Yield<int> &) { runUntilCanceled(); })());
        QVERIFY(widgets.button.isEnabled());
        widgets.button.click();
        QCOMPARE(model.status(), QFerry::StreamModelBase::Canceled);
        QVERIFY(widgets.isEmpty());

        model.start(QFerry::threadedIterable([](QFerry::Yield<int> &) { runUntilCanceled(); })());
    }
    QVERIFY(widgets.isEmpty()); // the model has gone
    QVERIFY(!widgets.button.isEnabled());
}

void tst_ProgressView::aDialogOpensAndCloses()
{
    Reporter reporter;
    QProgressDialog dialog(u"Reading"_s, u"Cancel"_s, 0, 0);
    dialog.setMinimumDuration(0);
    const auto call = QFerry::showProgress(reporter.start(), dialog);
    QVERIFY(spinUntil([&] { return dialog.isVisible(); })); // though nothing was reported
    reporter.report({ 3, 12, u"c.txt"_s });
    QVERIFY(spinUntil([&] { return dialog.value() == 3; }));
    QCOMPARE(dialog.labelText(), u"c.txt"_s);
    reporter.finish();
    QVERIFY(spinUntil([&] { return !dialog.isVisible(); }));
    QVERIFY(!dialog.wasCanceled());
    QCOMPARE(resultOf(call), 5);
    QVERIFY(dialog.autoClose() && dialog.autoReset());
}

void tst_ProgressView::aDialogDoesNotOpenForAShortCall()
{
    QProgressDialog dialog;
    const auto *timer = dialog.findChild<QTimer *>(); // that would open it
    QVERIFY(timer && timer->isActive());
    const auto call = QFerry::showProgress(QFerry::toThread([] {}), dialog);
    QVERIFY(waitFor(call));
    QVERIFY(spinUntil([&] { return !timer->isActive(); }));
    QVERIFY(!dialog.isVisible());
}

void tst_ProgressView::aDialogDoesNotCloseAtItsMaximum()
{
    Reporter reporter;
    QProgressDialog dialog;
    dialog.setMinimumDuration(0);
    const auto call = QFerry::showProgress(reporter.start(), dialog);
    QVERIFY(spinUntil([&] { return dialog.isVisible(); }));
    reporter.report({ 12, 12 });
    QVERIFY(spinUntil([&] { return dialog.value() == 12; }));
    QVERIFY(dialog.isVisible());
    reporter.report({ 2, 40 });
    QVERIFY(spinUntil([&] { return dialog.maximum() == 40; }));
    QVERIFY(dialog.isVisible());
    reporter.finish();
    QVERIFY(spinUntil([&] { return !dialog.isVisible(); }));
}

void tst_ProgressView::aCanceledDialogStaysClosed()
{
    Reporter reporter; // whose call hears of the cancel only when it has something to do
    QProgressDialog dialog;
    dialog.setMinimumDuration(0);
    const auto call = QFerry::showProgress(reporter.start(), dialog);
    reporter.report({ 3, 12 });
    QVERIFY(spinUntil([&] { return dialog.isVisible() && dialog.value() == 3; }));
    dialog.findChild<QPushButton *>()->click();
    QVERIFY(!dialog.isVisible());
    QVERIFY(!call.isFinished());
    ShowCounter shown;
    dialog.installEventFilter(&shown);
    reporter.report({ 4, 12 });
    QVERIFY(isCanceledInTime(call));
    QVERIFY(spinUntil([&] { return dialog.autoClose(); })); // it has heard of the end
    QVERIFY(dialog.wasCanceled());
    QCOMPARE(shown.count, 0);
}

void tst_ProgressView::aDialogServesAgain()
{
    QProgressDialog dialog;
    dialog.setMinimumDuration(0);
    const auto canceled = QFerry::showProgress(QFerry::toThread(runUntilCanceled), dialog);
    QVERIFY(spinUntil([&] { return dialog.isVisible(); }));
    dialog.findChild<QPushButton *>()->click();
    QVERIFY(waitFor(canceled));

    Reporter reporter;
    const auto call = QFerry::showProgress(reporter.start(), dialog);
    QVERIFY(!dialog.wasCanceled());
    QVERIFY(spinUntil([&] { return dialog.isVisible(); }));
    QVERIFY(!call.isFinished());
}

/// While a modal dialog is in setValue(), which turns the event loop, the next report comes.
class EagerDialog : public QProgressDialog
{
public:
    void setValue(int value)
    {
        deepest = qMax(deepest, ++depth);
        const int before = heard;
        if (isVisible() && value > 0 && value < 50) {
            reporter.report({ value + 1, 1000 });
            isFine &= spinUntil([&] { return heard > before; });
        }
        QProgressDialog::setValue(value);
        --depth;
    }

    Reporter reporter;
    int heard = 0; // reports
    int depth = 0;
    int deepest = 0;
    bool isFine = true;
};

void tst_ProgressView::aModalDialogMeetsManyReports()
{
    EagerDialog dialog;
    dialog.setWindowModality(Qt::ApplicationModal);
    dialog.setMinimumDuration(0);
    const auto call = dialog.reporter.start();
    call.onProgress(&dialog, [&] { ++dialog.heard; });
    QFerry::showProgress(call, dialog);
    QVERIFY(spinUntil([&] { return dialog.isVisible(); }));
    dialog.reporter.report({ 1, 1000 });
    QVERIFY(spinUntil([&] { return dialog.value() == 50; })); // the last is shown
    QVERIFY(dialog.isFine);
    QCOMPARE(dialog.deepest, 1);
    dialog.reporter.finish();
    QCOMPARE(resultOf(call), 5);
    QVERIFY(spinUntil([&] { return !dialog.isVisible(); }));
}

void tst_ProgressView::theSnippetsWork()
{
    const QString path = QString::fromUtf8(__FILE__);
    Viewer viewer;
    viewer.openSlowly(path);
    QVERIFY(spinUntil([&] { return viewer.text.contains(u"theSnippetsWork"_s); }));
    QVERIFY(spinUntil([&] { return !viewer.findChild<QProgressDialog *>(); }));
    viewer.m_lines.start(QFerry::threadedIterable([](QFerry::Yield<int> &yield) { yield(3); })());
    QVERIFY(spinUntil([&] { return viewer.m_sorted.rowCount() == 1; }));
    QVERIFY(spinUntil([&] { return viewer.m_bar->value() == 1; }));
    viewer.text.clear();
    viewer.open(path);
    QVERIFY(spinUntil([&] { return viewer.text.contains(u"theSnippetsWork"_s); }));
    viewer.open(path + u".missing"_s);
    QVERIFY(spinUntil([&] { return !viewer.complaint.isEmpty(); }));
    viewer.m_table->setModel(nullptr);
}

int main(int argc, char **argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication app(argc, argv);
    tst_ProgressView test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_progressview.moc"
