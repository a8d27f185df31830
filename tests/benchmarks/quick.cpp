// SPDX-License-Identifier: MIT
// The time from frame to frame of a Qt Quick window whose list a million rows stream into. A
// program of its own, for it needs Qt Quick.
#include "jsonreport.h"
#include "measure.h"

#include <qferryqml/registertask.h>
#include <qferryqml/threadstreammodel.h>

#include <QtCore/qcommandlineparser.h>
#include <QtCore/qeventloop.h>
#include <QtCore/qstringlistmodel.h>
#include <QtCore/qthreadpool.h>
#include <QtCore/qtimer.h>
#include <QtGui/qguiapplication.h>
#include <QtQml/qqmlcomponent.h>
#include <QtQml/qqmlengine.h>
#include <QtQuick/qquickwindow.h>

using namespace Bench;

namespace {

const char *const windowText = R"(
    import QtQuick
    Window {
        property alias model: list.model
        width: 480; height: 640; visible: true
        ListView {
            id: list
            anchors { fill: parent; topMargin: 40 }
            delegate: Text { required property var model; text: model.modelData ?? model.display; height: 20 }
        }
        Text { text: list.count }
        Rectangle { // there is something to draw in each frame
            y: 20; width: 20; height: 20; color: "green"
            NumberAnimation on x { from: 0; to: 460; duration: 1000; loops: Animation.Infinite; running: true }
        }
    })";

/// A window that notes the milliseconds from one frame to the next.
class Window
{
public:
    explicit Window(QAbstractItemModel *model)
    {
        QQmlComponent component(&m_engine);
        component.setData(windowText, {});
        m_window.reset(qobject_cast<QQuickWindow *>(component.createWithInitialProperties(
                { { u"model"_s, QVariant::fromValue(model) } })));
        if (!m_window)
            qFatal("%s", qPrintable(component.errorString()));
        QObject::connect(
                m_window.get(), &QQuickWindow::frameSwapped, m_window.get(),
                [this] { noteFrame(); }, Qt::DirectConnection);
    }

    /// From the tenth frame on: the first ones show how long a window takes to open.
    Samples framesDuring(const std::function<void(std::function<void()> done)> &work)
    {
        QEventLoop loop;
        m_warm = [&] { QTimer::singleShot(0, &loop, [&] { work([&loop] { loop.quit(); }); }); };
        loop.exec();
        noteFrame(); // the one that is due
        return std::exchange(m_frames, {});
    }

private:
    void noteFrame()
    {
        const auto now = Clock::now();
        if (++m_count == 10)
            m_warm();
        else if (m_count > 10)
            m_frames.push_back(milliseconds(now - m_last));
        m_last = now;
    }

    QQmlEngine m_engine;
    std::unique_ptr<QQuickWindow> m_window;
    std::function<void()> m_warm;
    Clock::time_point m_last;
    Samples m_frames;
    int m_count = 0;
};

QString rowText(int row)
{
    return u"row %1"_s.arg(row);
}

Variant withModel(int rows)
{
    return { u"ThreadStreamModel, %L1 rows"_s.arg(rows), [rows] {
                QFerry::ThreadStreamModel model;
                model.setTask(u"rows"_s);
                model.setArgs({ rows });
                return Window(&model).framesDuring([&model](const std::function<void()> &done) {
                    QObject::connect(&model, &QFerry::ThreadStreamModel::finished, &model, done);
                    model.start();
                });
            } };
}

/// What one writes without it: the worker posts each row.
Variant withPosts(int rows)
{
    return { u"a queued call for each row, %L1 rows"_s.arg(rows), [rows] {
                QStringListModel model;
                return Window(&model).framesDuring(
                        [&model, rows](const std::function<void()> &done) {
                            QThreadPool::globalInstance()->start([&model, rows, done] {
                                for (int row = 0; row < rows; ++row) {
                                    QMetaObject::invokeMethod(
                                            &model,
                                            [&model, row] {
                                                model.insertRow(row);
                                                model.setData(model.index(row), rowText(row));
                                            },
                                            Qt::QueuedConnection);
                                }
                                QMetaObject::invokeMethod(&model, done, Qt::QueuedConnection);
                            });
                        });
            } };
}

Variant withNothing()
{
    return { u"no rows, for one second"_s, [] {
                QStringListModel model;
                return Window(&model).framesDuring(
                        [](const std::function<void()> &done) { QTimer::singleShot(1s, done); });
            } };
}

} // namespace

int main(int argc, char **argv)
{
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) {
        qputenv("QT_QPA_PLATFORM", "offscreen");
        QQuickWindow::setGraphicsApi(QSGRendererInterface::Software);
    }
    QGuiApplication app(argc, argv);
    QGuiApplication::setQuitOnLastWindowClosed(false);
    QCommandLineParser parser;
    parser.setApplicationDescription(
            u"Measures a Qt Quick window under a stream of rows. Without QT_QPA_PLATFORM it needs no display."_s);
    parser.addHelpOption();
    const QCommandLineOption reps(u"reps"_s, u"Repetitions."_s, u"count"_s, u"7"_s);
    const QCommandLineOption trialOption(
            u"trial"_s, u"Few rows: shows that it works, the figures mean nothing."_s);
    const QCommandLineOption json(u"json"_s, u"Writes the figures to a file, too."_s, u"file"_s);
    parser.addOptions({ reps, trialOption, json });
    parser.process(app);
    setTrial(parser.isSet(trialOption));

    QFerry::registerTask("rows", [](QFerry::Yield<QString> &yield, int rows) {
        for (int row = 0; row < rows; ++row)
            yield(rowText(row));
    });
    Report report(qMax(parser.value(reps).toInt(), 1), isTrial() ? Goals::Ignored : Goals::Judged);
    report.begin(u"quick"_s);
    // The peer gets a tenth of the rows: those take longer than all of ours.
    const Table table = report.compare(
            u"frame time under a stream of rows"_s, u"ms"_s,
            { withModel(amount(1'000'000)), withPosts(amount(100'000)), withNothing() });
    report.atMost(u"p99 of the frame time"_s, table.first().p99(), 33, u"ms"_s);
    if (parser.isSet(json))
        writeJson(report, parser.value(json));
    return report.summary() ? 0 : 1;
}
