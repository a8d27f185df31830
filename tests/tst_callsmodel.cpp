// SPDX-License-Identifier: MIT
// What is shown of a program: CallsModel, programSnapshot() and dumpCalls().
#include "cancelable.h"
#include "outside.h"

#include <qferry/callsmodel.h>

#include <QtCore/qpointer.h>
#include <QtCore/qtemporaryfile.h>
#include <QtTest/qabstractitemmodeltester.h>
#include <QtTest/qsignalspy.h>

#include <algorithm>

#if defined(Q_OS_UNIX)
#    include <csignal>

#    include <unistd.h>
#endif

using namespace QFerry;
using namespace Testing;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

/// Looks only when it is told to, and is tested all the while.
class TestedModel : public CallsModel
{
public:
    TestedModel()
    {
        setActive(false);
        refresh();
    }
    /// -1: there is none.
    int rowOf(const QString &name) const
    {
        for (int row = 0; row < rowCount(); ++row) {
            if (info(row).name == name)
                return row;
        }
        return -1;
    }
    QVariant of(const QString &name, int role) const { return index(rowOf(name), 0).data(role); }

private:
    QAbstractItemModelTester m_tester{ this,
                                       QAbstractItemModelTester::FailureReportingMode::QtTest };
};

template <typename Infos, typename Predicate>
auto found(const Infos &infos, Predicate predicate)
{
    const auto it = std::find_if(infos.begin(), infos.end(), predicate);
    return it == infos.end() ? typename Infos::value_type() : *it;
}

#if defined(Q_OS_UNIX)
/// While it lives, what is written to standard error goes into a file.
class ErrorOutput
{
public:
    ErrorOutput() : m_before(dup(STDERR_FILENO))
    {
        if (!m_file.open() || dup2(m_file.handle(), STDERR_FILENO) < 0)
            throw std::runtime_error("standard error cannot be redirected");
    }
    ~ErrorOutput()
    {
        dup2(m_before, STDERR_FILENO);
        close(m_before);
    }
    Q_DISABLE_COPY_MOVE(ErrorOutput)
    QByteArray text()
    {
        QFile file(m_file.fileName());
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

private:
    QTemporaryFile m_file;
    const int m_before;
};
#endif

} // namespace

/// What the page's view and button are: neither Qt Widgets nor Qt Quick is needed here.
class View : public QObject
{
public:
    void setModel(QAbstractItemModel *shown) { model = shown; }
    QAbstractItemModel *model = nullptr;
};
class Button : public QObject
{
public:
    void setText(const QString &shown) { text = shown; }
    QString text;
};

// docs/watching.md

static void tellWhatWaits()
{
    for (const QFerry::CallInfo &call : QFerry::callsSnapshot()) {
        if (call.state == QFerry::CallInfo::State::WaitsForToken)
            qInfo() << call.name << "waits for a token of" << call.limiter;
        else if (call.cancelRequested)
            qInfo() << call.name << "was asked to end, and runs in thread" << call.threadId;
    }
}

static void showCalls(View *view, Button *button)
{
    auto *model = new QFerry::CallsModel(view);
    view->setModel(model);
    QObject::connect(model, &QFerry::CallsModel::totalsChanged, button, [model, button] {
        button->setText(u"%1 running, %2 waiting"_s.arg(model->running()).arg(model->waiting()));
    });
}

class tst_CallsModel : public QObject
{
    Q_OBJECT
private slots:
    void tellsOfLimiters();
    void tellsOfStreams();
    void tellsOfPortals();
    void tellsOfLoopsThatStandStill();
    void isWrittenAsText();
    void isWrittenOnASignal();
    void hasARowForEachCall();
    void tellsTheLeast();
    void putsStuckRowsFirst();
    void hasTotals();
    void cancels();
    void looksWhileItIsActive();
    void handlersMayDoAnything();
    void saysWhatIsWrong();
    void thePageShowsIt();
};

void tst_CallsModel::tellsOfLimiters()
{
    CapacityLimiter disk(1);
    disk.setName(u"disk"_s);
    Blocker blocker;
    const auto one = toThread({ .limiter = &disk }, blocker.function());
    const auto two = toThread({ .limiter = &disk }, blocker.function());
    QVERIFY(blocker.hasStarted());
    const auto info = found(programSnapshot().limiters,
                            [](const LimiterInfo &limiter) { return limiter.name == u"disk"_s; });
    QCOMPARE(info.total, 1);
    QCOMPARE(info.borrowed, 1);
    QCOMPARE(info.waiting, 1);
    QVERIFY(info.id != 0);
    blocker.releaseAll();
    QVERIFY(waitFor(one));
    QVERIFY(waitFor(two));
}

void tst_CallsModel::tellsOfStreams()
{
    const auto count = [](Yield<int> &yield) {
        for (int i = 0;; ++i)
            yield(i);
    };
    const auto infoOf = [] {
        return found(programSnapshot().streams,
                     [](const StreamInfo &info) { return info.name == u"numbers"_s; });
    };
    auto stream = threadedIterable(count, { .maxSize = 4, .name = u"numbers"_s })();
    QCOMPARE(infoOf().id, quint64(0)); // it has not started
    QCOMPARE(resultOf(stream.next()), 0);
    const QDeadlineTimer deadline(watchdog);
    while (infoOf().waitingProducers == 0 && !deadline.hasExpired())
        QThread::yieldCurrentThread();
    const StreamInfo info = infoOf();
    QCOMPARE(info.waitingProducers, 1);
    QCOMPARE(info.capacity, quint64(4));
    QCOMPARE(info.taken, quint64(1));
    QCOMPARE(info.made, quint64(5));
    QCOMPARE(info.inside(), quint64(4));
    QVERIFY(!info.consumerWaits);
    QCOMPARE(info.thread, u"main thread"_s);
    QVERIFY(info.callId != 0);
    QVERIFY(cancelCall(info.callId));
    QVERIFY(spinUntil([&] { return infoOf().callId == 0; }));

    FromThreadChannel<int> channel;
    const auto next = channel.get();
    QVERIFY(spinUntil([] {
        return found(programSnapshot().streams,
                     [](const StreamInfo &channelInfo) {
                         return channelInfo.consumerWaits;
                     }).id
               != 0;
    }));
    channel.producer().put(1);
    QVERIFY(waitFor(next));
}

void tst_CallsModel::tellsOfPortals()
{
    QVERIFY(programSnapshot().portals.isEmpty());
    {
        const auto portal = startBlockingPortal();
        const QList<PortalInfo> portals = programSnapshot().portals;
        QCOMPARE(portals.size(), 1);
        QVERIFY(portals.first().running);
        QCOMPARE(portals.first().guests, 0);
        QVERIFY(portals.first().id != 0);
    }
    QVERIFY(programSnapshot().portals.isEmpty());
}

void tst_CallsModel::tellsOfLoopsThatStandStill()
{
    LoopThread thread;
    quint64 id = 0;
    thread.call([&id] {
        (void)currentLoop();
        id = found(programSnapshot().loops, [](const LoopInfo &info) {
                 return info.threadId != 0 && info.thread != u"main thread"_s;
             }).threadId;
    });
    QVERIFY(id != 0);
    const auto stall = [id] {
        return found(programSnapshot().loops,
                     [id](const LoopInfo &info) { return info.threadId == id; })
                .stall;
    };
    QCOMPARE(stall().count(), 0); // nobody watches
    const CallsWatch watch;
    Blocker blocker;
    QMetaObject::invokeMethod(thread.context(), blocker.function(), Qt::QueuedConnection);
    QVERIFY(blocker.hasStarted());
    const QDeadlineTimer deadline(watchdog);
    while (stall() < 20ms && !deadline.hasExpired())
        QThread::yieldCurrentThread();
    QVERIFY(stall() >= 20ms);
    blocker.releaseAll();
}

void tst_CallsModel::isWrittenAsText()
{
    CapacityLimiter disk(1);
    disk.setName(u"disk"_s);
    Blocker blocker;
    const auto reports = [block = blocker.function()] {
        reportProgress(3, 12, u"c.txt"_s);
        block();
    };
    const auto one = toThread({ .limiter = &disk, .name = u"scan"_s }, reports);
    const auto two = toThread({ .limiter = &disk }, reports);
    QVERIFY(blocker.hasStarted());
    one.cancel();
    const QString text = dumpCalls();
    for (const QString &part :
         { u" scan: runs for at least "_s, u", 3 of 12, c.txt, asked to end, limiter disk"_s,
           u" unnamed call: waits for a token for at least "_s, u" disk: 1 of 1, 1 wait\n"_s,
           u"event loops\n"_s, u", from main thread\n"_s })
        QVERIFY2(text.contains(part), qPrintable(text));
    blocker.releaseAll();
    QVERIFY(waitFor(one));
    QVERIFY(waitFor(two));
}

void tst_CallsModel::isWrittenOnASignal()
{
#if defined(Q_OS_UNIX)
    QVERIFY(!dumpCallsOn(-1));
    QVERIFY(!dumpCallsOn(SIGKILL));
    QFerry::dumpCallsOn(SIGUSR1);
    QVERIFY(dumpCallsOn(SIGUSR1));
    Blocker blocker;
    const auto call = toThread({ .name = u"scan"_s }, blocker.function());
    QVERIFY(blocker.hasStarted());
    ErrorOutput output;
    QCOMPARE(raise(SIGUSR1), 0);
    const QDeadlineTimer deadline(watchdog);
    while (!output.text().contains(" scan: runs") && !deadline.hasExpired())
        QThread::yieldCurrentThread();
    QVERIFY(output.text().contains(" scan: runs"));
    blocker.releaseAll();
    QVERIFY(waitFor(call));
#else
    QSKIP("This system has no such signals");
#endif
}

void tst_CallsModel::hasARowForEachCall()
{
    CapacityLimiter disk(1);
    disk.setName(u"disk"_s);
    TestedModel model;
    QCOMPARE(model.rowCount(), 0);
    Blocker blocker;
    const auto reports = [block = blocker.function()] {
        reportProgress(1, 4, u"a.txt"_s);
        block();
    };
    const auto one = toThread({ .limiter = &disk, .name = u"one"_s }, reports);
    const auto two = toThread({ .limiter = &disk, .name = u"two"_s }, blocker.function());
    QVERIFY(blocker.hasStarted());
    model.refresh();
    QCOMPARE(model.rowCount(), 2);
    QCOMPARE(model.of(u"one"_s, CallsModel::StateRole), QVariant(u"Running"_s));
    QCOMPARE(model.of(u"one"_s, CallsModel::KindRole), QVariant(u"Call"_s));
    QCOMPARE(model.of(u"one"_s, CallsModel::ProgressRole), QVariant(0.25));
    QCOMPARE(model.of(u"one"_s, CallsModel::RunningRole), QVariant(true));
    QVERIFY(model.of(u"one"_s, CallsModel::ThreadIdRole).toULongLong() != 0);
    QCOMPARE(model.of(u"two"_s, CallsModel::StateRole), QVariant(u"WaitsForToken"_s));
    QCOMPARE(model.of(u"two"_s, CallsModel::LimiterRole), QVariant(u"disk"_s));
    const int row = model.rowOf(u"one"_s);
    const auto text = [&](int column) { return model.index(row, column).data().toString(); };
    QCOMPARE(text(CallsModel::NameColumn), u"one"_s);
    QCOMPARE(text(CallsModel::StateColumn), u"runs"_s);
    QCOMPARE(text(CallsModel::ProgressColumn), u"25 % a.txt"_s);
    QVERIFY(text(CallsModel::TimeColumn).startsWith(u"over 0."_s));
    QCOMPARE(text(CallsModel::LimiterColumn), u"disk"_s);
    QVERIFY(text(CallsModel::ThreadColumn).startsWith(u"one ("_s));
    for (int column = 0; column < model.columnCount(); ++column)
        QVERIFY(!model.headerData(column, Qt::Horizontal).toString().isEmpty());
    blocker.releaseAll();
    QVERIFY(waitFor(one));
    QVERIFY(waitFor(two));
    QVERIFY(spinUntil([&] {
        model.refresh();
        return model.rowCount() == 0;
    }));
}

void tst_CallsModel::tellsTheLeast()
{
    TestedModel model;
    QSignalSpy inserted(&model, &CallsModel::rowsInserted);
    QSignalSpy removed(&model, &CallsModel::rowsRemoved);
    QSignalSpy changed(&model, &CallsModel::dataChanged);
    QSignalSpy reset(&model, &CallsModel::modelReset);
    CapacityLimiter none(0);
    QList<PendingCall<void>> calls;
    for (int i = 0; i < 6; ++i)
        calls.append(toThread({ .limiter = &none, .name = QString::number(i) }, [] {}));
    model.refresh();
    QCOMPARE(model.rowCount(), 6);
    QCOMPARE(inserted.count(), 1);
    for (int i : { 1, 2, 4 })
        calls[i].cancel();
    model.refresh();
    QCOMPARE(model.rowCount(), 3);
    QCOMPARE(removed.count(), 2);
    QCOMPARE(removed.at(0).at(1).toInt(), 4);
    QCOMPARE(removed.at(1).at(1).toInt(), 1);
    QCOMPARE(removed.at(1).at(2).toInt(), 2);
    QCOMPARE(model.info(1).name, u"3"_s);
    changed.clear();
    inserted.clear();
    const auto more = toThread({ .limiter = &none, .name = u"more"_s }, [] {});
    model.refresh();
    QCOMPARE(inserted.count(), 1);
    QCOMPARE(inserted.first().at(1).toInt(), 3);
    for (const QList<QVariant> &arguments : changed) // the time may have
        QCOMPARE(arguments.at(2).value<QList<int>>().size(), 2);
    QCOMPARE(reset.count(), 0);
    calls.clear();
    none.setTotalTokens(1);
    QVERIFY(waitFor(more));
}

void tst_CallsModel::putsStuckRowsFirst()
{
    TestedModel model;
    Blocker blocker;
    const auto good = toThread({ .name = u"good"_s }, blocker.function());
    QVERIFY(blocker.hasStarted());
    model.refresh();
    const auto bad = toThread({ .name = u"bad"_s }, blocker.function());
    QVERIFY(blocker.hasStarted());
    model.refresh();
    QCOMPARE(model.rowOf(u"bad"_s), 1);
    bad.cancel();
    model.setStuckAfter(1'000'000);
    model.refresh();
    QCOMPARE(model.of(u"bad"_s, CallsModel::StuckRole), QVariant(false));
    QCOMPARE(model.of(u"bad"_s, CallsModel::CancelRequestedRole), QVariant(true));
    QCOMPARE(model.index(1, CallsModel::StateColumn).data().toString(), u"asked to end, runs"_s);
    QCOMPARE(model.stuck(), 0);
    QSignalSpy moved(&model, &CallsModel::rowsMoved);
    model.setStuckAfter(0);
    model.refresh();
    QCOMPARE(moved.count(), 1);
    QCOMPARE(model.rowOf(u"bad"_s), 0);
    QCOMPARE(model.of(u"bad"_s, CallsModel::StuckRole), QVariant(true));
    QVERIFY(model.of(u"bad"_s, CallsModel::ThreadIdRole).toULongLong() != 0);
    QCOMPARE(model.stuck(), 1);
    QCOMPARE(model.running(), 2);
    blocker.releaseAll();
    QVERIFY(waitFor(good));
    QVERIFY(waitFor(bad));
}

void tst_CallsModel::hasTotals()
{
    TestedModel model;
    QCOMPARE(model.progress(), -1.0);
    QSignalSpy totals(&model, &CallsModel::totalsChanged);
    QSignalSpy limiters(&model, &CallsModel::limitersChanged);
    CapacityLimiter two(2);
    Blocker blocker;
    const auto half = [block = blocker.function()] {
        reportProgress(1, 2);
        block();
    };
    const auto quarter = [block = blocker.function()] {
        reportProgress(1, 4);
        block();
    };
    const QList<PendingCall<void>> calls{ toThread({ .limiter = &two }, half),
                                          toThread({ .limiter = &two }, quarter),
                                          toThread({ .limiter = &two }, half) };
    QVERIFY(blocker.hasStarted(2));
    model.refresh();
    QCOMPARE(totals.count(), 1);
    QCOMPARE(model.count(), 3);
    QCOMPARE(model.running(), 2);
    QCOMPARE(model.waiting(), 1);
    QCOMPARE(model.progress(), 0.375);
    QCOMPARE(limiters.count(), 1);
    const QVariantList infos = model.limiters();
    QVERIFY(std::any_of(infos.begin(), infos.end(), [](const QVariant &info) {
        return info.value<LimiterInfo>().waiting == 1;
    }));
    model.refresh();
    QCOMPARE(totals.count(), 1);
    QCOMPARE(limiters.count(), 1);
    blocker.releaseAll();
    for (const auto &call : calls)
        QVERIFY(waitFor(call));
}

void tst_CallsModel::cancels()
{
    TestedModel model;
    Gate running;
    const auto one = toThread(openAndRunUntilCanceled(running));
    const auto two = toThread(openAndRunUntilCanceled(running));
    running.pass(2);
    model.refresh();
    QVERIFY(model.cancelRow(0));
    QVERIFY(model.cancel(model.info(1).id));
    QVERIFY(isCanceledInTime(one));
    QVERIFY(isCanceledInTime(two));
    QVERIFY(spinUntil([&] { return callsSnapshot().isEmpty(); }));
    QVERIFY(!model.cancelRow(0)); // which has ended meanwhile
    QVERIFY(!model.cancelRow(2));
    QVERIFY(!model.cancelRow(-1));
}

void tst_CallsModel::looksWhileItIsActive()
{
    CallsModel model;
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);
    QVERIFY(model.isActive());
    QCOMPARE(model.interval(), 100);
    model.setInterval(1);
    Blocker blocker;
    const auto call = toThread(blocker.function());
    QVERIFY(spinUntil([&] { return model.running() == 1; }));
    model.setActive(false);
    blocker.releaseAll();
    QVERIFY(waitFor(call));
    QVERIFY(spinUntil([] { return callsSnapshot().isEmpty(); }));
    QCOMPARE(model.rowCount(), 1); // nobody looked
    model.setActive(true);
    QVERIFY(spinUntil([&] { return model.rowCount() == 0; }));
    const auto watched = toThread(blocker.function());
    QVERIFY(waitFor(watched));
}

void tst_CallsModel::handlersMayDoAnything()
{
    Blocker blocker;
    const QList<PendingCall<void>> calls{ toThread(blocker.function()),
                                          toThread(blocker.function()) };
    QVERIFY(blocker.hasStarted(2));
    {
        TestedModel model;
        connect(&model, &CallsModel::dataChanged, &model, &CallsModel::refresh);
        connect(&model, &CallsModel::totalsChanged, &model, &CallsModel::refresh);
        connect(&model, &CallsModel::rowsRemoved, &model, [&model] { model.setActive(true); });
        calls[0].cancel();
        model.refresh();
        QCOMPARE(model.rowCount(), 2);
        blocker.releaseAll();
        QVERIFY(spinUntil([&] {
            model.refresh();
            return model.rowCount() == 0;
        }));
        QVERIFY(model.isActive());
    }
    Blocker other;
    const auto last = toThread(other.function());
    QVERIFY(other.hasStarted());
    for (const auto signal : { &CallsModel::totalsChanged, &CallsModel::limitersChanged }) {
        auto *model = new CallsModel;
        connect(model, signal, model, [model] { delete model; });
        const QPointer<CallsModel> guard(model);
        QVERIFY(spinUntil([&guard] { return !guard; }));
    }
    auto *model = new CallsModel;
    connect(model, &CallsModel::rowsInserted, model, [model] { delete model; });
    const QPointer<CallsModel> guard(model);
    QVERIFY(spinUntil([&guard] { return !guard; }));
    other.releaseAll();
    QVERIFY(waitFor(last));
}

void tst_CallsModel::saysWhatIsWrong()
{
    TestedModel model;
    QVERIFY_EXCEPTION_THROWN(model.setInterval(0), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(model.setStuckAfter(-1), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(model.info(0), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(model.info(-1), InvalidUseError);
    QVERIFY(!model.data(model.index(0, 0)).isValid());
}

void tst_CallsModel::thePageShowsIt()
{
    CapacityLimiter disk(1);
    disk.setName(u"disk"_s);
    View view;
    Button button;
    showCalls(&view, &button);
    QVERIFY(view.model);
    Blocker blocker;
    const auto scan = toThread({ .limiter = &disk, .name = u"scan"_s }, blocker.function());
    QVERIFY(blocker.hasStarted());
    const auto other = toThread({ .limiter = &disk, .name = u"other"_s }, blocker.function());
    QVERIFY(spinUntil([&button] { return button.text == u"1 running, 1 waiting"_s; }));
    QTest::ignoreMessage(QtInfoMsg, "\"other\" waits for a token of \"disk\"");
    tellWhatWaits();
    blocker.releaseAll();
    QVERIFY(waitFor(scan));
    QVERIFY(waitFor(other));
}

QTEST_GUILESS_MAIN(tst_CallsModel)
#include "tst_callsmodel.moc"
