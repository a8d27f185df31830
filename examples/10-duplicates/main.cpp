// SPDX-License-Identifier: MIT
// Finds the files of a folder that are equal: an application with Qt Quick Controls.

#include "duplicatefinder.h"
#include "tasks.h"

#include <QCommandLineParser>
#include <QFileInfo>
#include <QGuiApplication>
#include <QLibraryInfo>
#include <QQmlApplicationEngine>
#include <QQuickWindow>
#include <QtQml/qqmlextensionplugin.h>

Q_IMPORT_QML_PLUGIN(DuplicatesPlugin)

using namespace Qt::StringLiterals;

struct Options
{
    QString folder;
    QString picture; // what to write; then the application runs once, without a display
    int percent = 100; // of the run, for the picture
    QSize size;
    QString colours;
};

/// Where there is much that is equal: /usr/share, usually.
static QString defaultFolder()
{
    const QString share = QLibraryInfo::path(QLibraryInfo::PrefixPath) + u"/share"_s;
    return QFileInfo(share).isDir() ? share : QLibraryInfo::path(QLibraryInfo::HeadersPath);
}

static Options readOptions(const QCoreApplication &app)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(u"Finds the files of a folder that are equal."_s);
    parser.addHelpOption();
    parser.addOptions({
            { u"screenshot"_s, u"Run without a display and write a picture at the end."_s,
              u"file"_s },
            { u"at"_s, u"Leave, and take the picture, when so much is done."_s, u"percent"_s,
              u"100"_s },
            { u"size"_s, u"Of the window. Default: 1180x760."_s, u"WxH"_s, u"1180x760"_s },
            { u"dark"_s, u"Light on dark; else as the system has it."_s },
            { u"light"_s, u"Dark on light."_s },
    });
    parser.addPositionalArgument(u"folder"_s,
                                 u"Where to search. Default, with --screenshot: /usr/share."_s,
                                 u"[folder]"_s);
    parser.process(app);

    Options options;
    options.picture = parser.value(u"screenshot"_s);
    bool isPercent = false;
    options.percent = parser.value(u"at"_s).toInt(&isPercent);
    options.folder = parser.positionalArguments().value(0);
    if (options.folder.isEmpty() && !options.picture.isEmpty())
        options.folder = defaultFolder();
    const QStringList size = parser.value(u"size"_s).split(u'x');
    options.size = QSize(size.value(0).toInt(), size.value(1).toInt());
    options.colours = parser.isSet(u"dark"_s)    ? u"dark"_s
                      : parser.isSet(u"light"_s) ? u"light"_s
                                                 : QString();

    if (!isPercent || options.percent < 1 || options.percent > 100) {
        qCritical("duplicates: give --at a number of percent, from 1 to 100");
        ::exit(2);
    }
    if (parser.positionalArguments().size() > 1 || options.size.isEmpty()
        || (!options.folder.isEmpty() && !QFileInfo(options.folder).isDir())) {
        qCritical("duplicates: give at most one folder, and a size such as 800x600");
        ::exit(2);
    }
    if (!options.folder.isEmpty())
        options.folder = QFileInfo(options.folder).canonicalFilePath();
    return options;
}

/// Before there is an application: without a display, Qt draws by itself.
static void chooseRenderer(int argc, char **argv)
{
    const auto isScreenshot = [](const char *arg) {
        return QByteArray(arg).startsWith("--screenshot");
    };
    if (std::none_of(argv, argv + argc, isScreenshot))
        return;
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QQuickWindow::setGraphicsApi(QSGRendererInterface::Software);
}

int main(int argc, char **argv)
{
    chooseRenderer(argc, argv);
    QGuiApplication app(argc, argv);
    app.setApplicationDisplayName(u"Duplicates"_s);
    const Options options = readOptions(app);
    registerTasks();

    QQmlApplicationEngine engine;
    engine.setInitialProperties({
            { u"width"_s, options.size.width() },
            { u"height"_s, options.size.height() },
            { u"folder"_s, options.folder },
            { u"colours"_s, options.colours },
            { u"leaveAt"_s, options.picture.isEmpty() ? 0 : options.percent },
    });
    QObject::connect(
            &engine, &QQmlApplicationEngine::objectCreationFailed, &app, [] { ::exit(1); },
            Qt::QueuedConnection);
    engine.load(u"qrc:/Duplicates/Main.qml"_s);
    const int result = app.exec();

    if (!options.picture.isEmpty()) {
        auto *window = qobject_cast<QQuickWindow *>(engine.rootObjects().value(0));
        if (!window || !window->grabWindow().save(options.picture)) {
            qCritical("duplicates: cannot write %s", qUtf8Printable(options.picture));
            return 1;
        }
        qInfo("%s",
              qUtf8Printable(window->property("finder").value<DuplicateFinder *>()->summary()));
    }
    return result;
}
