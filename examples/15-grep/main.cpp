// SPDX-License-Identifier: MIT
// A window that searches files as one types: a stream into a table, of Qt Widgets.

#include "window.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QLabel>
#include <QTableView>
#include <QTemporaryDir>

using namespace Qt::StringLiterals;

/// Writes a picture of the window once a line of what was found is chosen and shown.
static void takePicture(Window &window, const QString &path)
{
    QObject::connect(&window, &Window::searched, &window, [&window] {
        qInfo("%s", qUtf8Printable(window.findChild<QLabel *>(u"status"_s)->text()));
        window.findChild<QTableView *>(u"hits"_s)->selectRow(3);
    });
    QObject::connect(
            window.findChild<Preview *>(), &Preview::shown, &window,
            [&window, path] { QCoreApplication::exit(window.grab().save(path) ? 0 : 1); },
            Qt::QueuedConnection);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; ++i) {
        if (qstrcmp(argv[i], "--screenshot") == 0) // then it needs no display
            qputenv("QT_QPA_PLATFORM", "offscreen");
    }
    QApplication app(argc, argv);
    QCoreApplication::setOrganizationName(u"QFerry"_s);
    QCoreApplication::setApplicationName(u"grep"_s);
    QCommandLineParser parser;
    parser.setApplicationDescription(u"Searches the files of a folder as one types."_s);
    parser.addHelpOption();
    parser.addOption({ u"screenshot"_s, u"Write a picture, without a display."_s, u"file"_s });
    parser.addPositionalArgument(u"folder"_s, u"Default: that of the last time."_s, u"[folder]"_s);
    parser.addPositionalArgument(u"text"_s, u"To search for."_s, u"[text]"_s);
    parser.process(app);

    const QString picture = parser.value(u"screenshot"_s);
    const QTemporaryDir unsaved;
    auto settings = picture.isEmpty()
                            ? std::make_unique<QSettings>()
                            : std::make_unique<QSettings>(unsaved.filePath(u"settings.ini"_s),
                                                          QSettings::IniFormat);
    Window window(std::move(settings));
    const QStringList arguments = parser.positionalArguments();
    if (!arguments.isEmpty())
        window.setFolder(QDir(arguments.first()).absolutePath());
    window.setText(arguments.value(1));
    if (!picture.isEmpty())
        takePicture(window, picture);
    window.show();
    return app.exec();
}
