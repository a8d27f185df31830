// SPDX-License-Identifier: MIT
// Counts the words of a big file in the event loop, which never has more than 64 lines of it.

#include <qferry/qferry.h>

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QHash>
#include <QTemporaryDir>
#include <QThread>
#include <QTimer>

#include <algorithm>

#if defined(Q_OS_LINUX)
#    include <unistd.h>
#endif

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// The generator: it runs in a worker, may block as it likes, and is at most 64 lines ahead.
static void readLines(QFerry::Yield<QByteArray> &yield, const QString &path, bool follow)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw std::runtime_error(qPrintable(u"%1: %2"_s.arg(path, file.errorString())));
    for (;;) {
        while (!file.atEnd())
            yield(file.readLine()); // leaves the function if nobody wants more; the file is closed
        if (!follow)
            return;
        QFerry::checkCanceled();
        QThread::sleep(1); // until somebody has written more
    }
}

static void writeSample(const QString &path, qint64 megabytes)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        throw std::runtime_error(qPrintable(u"%1: %2"_s.arg(path, file.errorString())));
    QByteArray block;
    while (block.size() < 1 << 20)
        block += "the ferry carries calls and the loop goes on\nno wait is without an end\n";
    for (qint64 i = 0; i < megabytes; ++i) {
        QFerry::checkCanceled();
        file.write(block);
    }
}

/// What the process occupies of the memory, in MB; 0 where the system does not tell.
static double residentMegabytes()
{
#if defined(Q_OS_LINUX)
    QFile statm(u"/proc/self/statm"_s);
    if (statm.open(QIODevice::ReadOnly))
        return statm.readAll().split(' ').at(1).toDouble() * double(::sysconf(_SC_PAGESIZE)) / 1e6;
#endif
    return 0;
}

/// Lives in the loop: no locks.
class WordCount : public QObject
{
public:
    WordCount()
    {
        m_time.start();
        m_timer.callOnTimeout(this, [this] { m_resident = qMax(m_resident, residentMegabytes()); });
        m_timer.start(10ms);
    }
    void add(const QByteArray &line)
    {
        ++m_lines;
        m_bytes += line.size();
        for (const QByteArray &word : line.simplified().split(' '))
            ++m_counts[word];
    }
    void print() const
    {
        QList<QByteArray> words = m_counts.keys();
        const auto isMoreFrequent = [this](const QByteArray &a, const QByteArray &b) {
            return std::pair(-m_counts[a], a) < std::pair(-m_counts[b], b);
        };
        std::sort(words.begin(), words.end(), isMoreFrequent);
        for (const QByteArray &word : words.first(qMin(words.size(), qsizetype(3))))
            qInfo("%-12s %8lld times", word.constData(), m_counts[word]);
        qInfo("%lld lines, %.1f MB in %.1f s", m_lines, double(m_bytes) / 1e6,
              double(m_time.elapsed()) / 1e3);
        qInfo("memory: %.0f MB at first, at most %.0f MB more", m_before,
              qMax(0., m_resident - m_before));
    }

private:
    QHash<QByteArray, qint64> m_counts;
    qint64 m_lines = 0;
    qint64 m_bytes = 0;
    const double m_before = residentMegabytes();
    double m_resident = m_before;
    QElapsedTimer m_time;
    QTimer m_timer;
};

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addPositionalArgument(u"file"_s, u"What to read; a file is made if there is none."_s,
                                 u"[file]"_s);
    parser.addOption(
            { u"megabytes"_s, u"The size of the file that is made."_s, u"number"_s, u"200"_s });
    parser.addOption({ u"follow"_s, u"Wait for more at the end of the file, until Ctrl+C."_s });
    parser.process(app);

    const QTemporaryDir folder;
    QString path = parser.positionalArguments().value(0);
    QFerry::PendingCall<void> file;
    if (path.isEmpty()) {
        path = folder.filePath(u"sample.txt"_s);
        file = QFerry::toThread(writeSample, path, parser.value(u"megabytes"_s).toLongLong());
    } else {
        file = QFerry::toThread([] {});
    }

    const auto lines = QFerry::threadedIterable(&readLines, { .maxSize = 64, .name = u"lines"_s });
    WordCount *count = nullptr;
    file.then(&app,
              [&] {
                  count = new WordCount;
                  // The loop turns between slices of 1 ms: its timers are in time.
                  return lines(path, parser.isSet(u"follow"_s))
                          .forEach(count, [&](const QByteArray &line) { count->add(line); });
              })
            .then(&app,
                  [&] {
                      count->print();
                      app.quit();
                  })
            .onFailed(&app, [&](const std::exception &error) {
                qCritical("%s", error.what());
                app.exit(1);
            });
    const int exitCode = app.exec();
    delete count;
    return exitCode;
}
