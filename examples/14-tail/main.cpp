// SPDX-License-Identifier: MIT
// Follows a file as tail -f does: a generator of lines, signals, processes, and Ctrl+C at the end.

#include "../ctrlc.h"

#include <qferry/qferry.h>

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QFile>
#include <QFileSystemWatcher>
#include <QProcess>
#include <QTemporaryDir>

#include <cstdio>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// The lines of a file: those that it has, then those that are appended, without an end.
static QFerry::AsyncGenerator<QByteArray> linesOf(QString path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw std::runtime_error(file.errorString().toStdString());
    QFileSystemWatcher watcher({ path });
    QByteArray line;
    for (;;) {
        // Begins before the file is read, so that no change is missed.
        const auto changed = QFerry::signal(&watcher, &QFileSystemWatcher::fileChanged);
        for (QByteArray read = file.readLine(); !read.isEmpty(); read = file.readLine()) {
            line += read; // a line may be written in pieces
            if (line.endsWith('\n'))
                co_yield std::exchange(line, {});
        }
        co_await changed;
    }
}

static void print(const QByteArray &line)
{
    std::fwrite(line.constData(), 1, size_t(line.size()), stdout);
    std::fflush(stdout);
}

static QFerry::Task<> feed(QProcess &filter, QString path)
{
    auto lines = linesOf(path);
    while (const auto line = co_await lines.next())
        filter.write(*line);
}

/// Prints what the filter lets through, until it ends.
static QFerry::Task<> printOutput(QProcess &filter)
{
    for (;;) {
        while (filter.canReadLine())
            print(filter.readLine());
        if (filter.state() == QProcess::NotRunning)
            co_return;
        co_await QFerry::whenAny(QFerry::signal(&filter, &QIODevice::readyRead),
                                 QFerry::signal(&filter, &QProcess::finished));
    }
}

static void start(QProcess &process, const QString &command)
{
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process.start(u"sh"_s, { u"-c"_s, command });
}

/// Lets the filter do the rest, for a while.
static QFerry::Task<> finish(QProcess &filter)
{
    filter.closeWriteChannel();
    const auto body = [&] { return printOutput(filter); };
    if (!co_await QFerry::moveOnAfter(3s, body))
        filter.kill();
}

static QFerry::Task<int> tail(QString path, QString command)
{
    CtrlC ctrlC;
    QProcess filter;
    start(filter, command);
    // The first to end ends the others. (Only the filter, or an error, does, but for Ctrl+C.)
    const auto follow = [&] {
        return QFerry::whenAny(feed(filter, path), printOutput(filter), ctrlC.pressed());
    };
    co_await QFerry::asyncFinally(follow, [&] { return finish(filter); });
    co_return ctrlC.exitCode();
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QCommandLineParser parser;
    parser.setApplicationDescription(u"Prints a file, and what is appended to it, until Ctrl+C."_s);
    parser.addHelpOption();
    parser.addOption(
            { u"filter"_s, u"What the lines go through. Default: cat."_s, u"command"_s, u"cat"_s });
    parser.addPositionalArgument(u"file"_s, u"Default: one that is being written."_s, u"[file]"_s);
    parser.process(app);

    const QTemporaryDir folder;
    QString path = parser.positionalArguments().value(0);
    QProcess writer;
    if (path.isEmpty()) {
        path = folder.filePath(u"log"_s);
        if (!QFile(path).open(QIODevice::WriteOnly))
            return 1;
        start(writer,
              u"i=0; while sleep 0.05; do i=$((i+1)); echo line $i >> '%1'; done"_s.arg(path));
    }
    int exitCode = 1;
    try {
        exitCode = QFerry::run(&tail, path, parser.value(u"filter"_s));
    } catch (const std::exception &error) {
        qCritical("%s: %s", qUtf8Printable(path), error.what());
    }
    writer.kill();
    writer.waitForFinished();
    return exitCode;
}
