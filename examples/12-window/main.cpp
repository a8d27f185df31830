// SPDX-License-Identifier: MIT
// A window with member coroutines: it loads files, gives up in time, and closes in the middle.

#include "window.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QLabel>
#include <QPushButton>
#include <QTemporaryDir>

using namespace Qt::StringLiterals;

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; ++i) {
        if (qstrcmp(argv[i], "--screenshot") == 0) // then it needs no display
            qputenv("QT_QPA_PLATFORM", "offscreen");
    }
    QApplication app(argc, argv);
    QCommandLineParser parser;
    parser.setApplicationDescription(u"Shows recordings: 16 bit samples without a header."_s);
    parser.addHelpOption();
    parser.addOption({ u"screenshot"_s, u"Write a picture, without a display."_s, u"file"_s });
    parser.addPositionalArgument(u"file"_s, u"Default: some music."_s, u"[file]"_s);
    parser.process(app);

    const QTemporaryDir folder;
    QString path = parser.positionalArguments().value(0);
    if (path.isEmpty()) {
        path = folder.filePath(u"music.raw"_s);
        writeSample(path);
    }

    Window window(path);
    window.resize(900, 380);
    window.show();
    if (const QString picture = parser.value(u"screenshot"_s); !picture.isEmpty()) {
        QObject::connect(
                &window, &Window::loaded, &app,
                [&, picture] { // which ends with this block
                    qInfo("%s", qUtf8Printable(window.findChild<QLabel *>(u"status"_s)->text()));
                    app.exit(window.grab().save(picture) ? 0 : 1);
                },
                Qt::QueuedConnection);
    }
    window.findChild<QPushButton *>(u"load"_s)->click();
    return app.exec();
}
