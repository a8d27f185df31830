// SPDX-License-Identifier: MIT
// Hashes all files of a folder in workers, and shows how little the event loop notices of it.

#include <qferry/qferry.h>

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QCryptographicHash>
#include <QDirIterator>
#include <QElapsedTimer>
#include <QLibraryInfo>
#include <QLocale>
#include <QMap>
#include <QSocketNotifier>
#include <QTextStream>
#include <QThread>
#include <QTimer>

#include <array>
#include <csignal>
#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// SIGINT and SIGTERM, brought into the event loop by a pipe. A second one ends the process at
/// once.
class Interrupt
{
public:
    static void listen(QObject *context, const std::function<void()> &onInterrupt)
    {
        if (::pipe(s_pipe) != 0)
            qFatal("cannot make a pipe");
        auto *notifier = new QSocketNotifier(s_pipe[0], QSocketNotifier::Read, context);
        QObject::connect(notifier, &QSocketNotifier::activated, context, [=] {
            notifier->setEnabled(false);
            onInterrupt();
        });
        std::signal(SIGINT, handle);
        std::signal(SIGTERM, handle);
    }

    /// As shells have it: 130 after Ctrl+C, 0 if nothing happened.
    static int exitCode() { return s_signal == 0 ? 0 : 128 + s_signal; }

private:
    static void handle(int signal)
    {
        if (s_signal.exchange(signal) != 0)
            ::_exit(128 + signal);
        [[maybe_unused]] const auto written = ::write(s_pipe[1], "", 1);
    }

    static inline int s_pipe[2];
    static inline std::atomic<int> s_signal = 0;
};

/// Takes the time, and by how much a timer of 5 ms was late at worst: how long the loop stalled.
class LoopWatch
{
public:
    void start()
    {
        m_sinceStart.start();
        m_sinceTick.start();
        m_timer.setTimerType(Qt::PreciseTimer);
        m_timer.callOnTimeout([this] { tick(); });
        m_timer.start(interval);
    }
    void tick()
    {
        const std::chrono::nanoseconds gap(m_sinceTick.nsecsElapsed());
        m_longestStall = qMax(m_longestStall, gap - interval);
        m_sinceTick.start();
    }
    double seconds() const { return m_sinceStart.nsecsElapsed() / 1e9; }
    double longestStallMs() const { return m_longestStall / 1.0ms; }

private:
    static constexpr std::chrono::milliseconds interval = 5ms;
    QTimer m_timer;
    QElapsedTimer m_sinceStart;
    QElapsedTimer m_sinceTick;
    std::chrono::nanoseconds m_longestStall = 0ns;
};

// The blocking functions: they run in any thread.

/// Throws CanceledError if the work is to end. Without a worker's call to ask, the signal tells.
static void checkCanceled()
{
    if (QFerry::isWorkerThread())
        QFerry::checkCanceled();
    else if (Interrupt::exitCode() != 0)
        throw QFerry::CanceledError();
}

/// Hands all files below a folder to found(), some at a time. What is no file, or a folder that
/// cannot be read, is handed over too: hashing it tells why.
static void walk(const QString &root, const std::function<void(const QStringList &paths)> &found)
{
    constexpr auto everything =
            QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot;
    constexpr int batchSize = 256;
    QStringList files;
    QStringList folders = { root };
    while (!folders.isEmpty()) {
        QDirIterator entries(folders.takeLast(), everything);
        while (entries.hasNext()) {
            checkCanceled();
            const QFileInfo entry = entries.nextFileInfo();
            if (!entry.isDir())
                files.append(entry.filePath());
            else if (!entry.isSymLink())
                (entry.isReadable() && entry.isExecutable() ? folders : files)
                        .append(entry.filePath());
            if (files.size() == batchSize)
                found(std::exchange(files, {}));
        }
    }
    if (!files.isEmpty())
        found(files);
}

/// The file's SHA-256; counts bytes while it reads.
static QByteArray hashFile(const QString &path, std::atomic<qint64> &bytes)
{
    if (const QFileInfo info(path); info.exists() && !info.isFile() && !info.isDir())
        throw std::runtime_error("Not a regular file"); // reading a pipe or a device may never end
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly | QIODevice::Unbuffered))
        throw std::runtime_error(file.errorString().toStdString());

    QCryptographicHash hash(QCryptographicHash::Sha256);
    std::array<char, 64 * 1024> block;
    while (const qint64 size = file.read(block.data(), block.size())) {
        if (size < 0)
            throw std::runtime_error(file.errorString().toStdString());
        hash.addData(QByteArrayView(block.data(), size));
        bytes += size;
        checkCanceled();
    }
    return hash.result();
}

/// The whole job, and what comes of it. Lives in the loop thread.
class Checksums : public QObject
{
    Q_OBJECT
public:
    explicit Checksums(const QString &folder) : m_folder(folder) {}

    /// Does everything in workers; returns at once.
    void start()
    {
        // The walk's worker has the loop start these calls. It waits for the last of them, so as
        // not to run far ahead.
        const auto found = [this](const QStringList &paths) {
            QFerry::fromThread([this, paths] { return startHashing(paths); });
        };
        const QFerry::CallOptions options{ .scope = &m_scope, .name = u"walk"_s };
        follow(QFerry::toThread(options, walk, m_folder, found), m_folder);
    }

    /// Does everything right here: the loop stands still until it is done.
    void runBlocking()
    {
        try {
            walk(m_folder, [this](const QStringList &paths) {
                for (const QString &path : paths)
                    hashHere(path);
            });
        } catch (const QFerry::CanceledError &) {
        }
        emit finished();
    }

    /// Calls that wait will never start; those that run stop at their next checkCanceled().
    void cancel() { m_scope.cancel(); }

    qint64 fileCount() const { return m_hashes.size(); }
    qint64 byteCount() const { return m_bytes; }
    const QMap<QString, QString> &errors() const { return m_errors; }
    /// Of all paths, from the folder on, and their hashes.
    QString digest() const
    {
        QCryptographicHash all(QCryptographicHash::Sha256);
        for (auto it = m_hashes.begin(); it != m_hashes.end(); ++it) {
            all.addData(it.key().mid(m_folder.size()).toUtf8());
            all.addData(it.value());
        }
        return QString::fromLatin1(all.result().toHex());
    }

signals:
    void finished();

private:
    /// A call for each path; what is returned ends with the last of them.
    QFerry::PendingCall<void> startHashing(const QStringList &paths)
    {
        const QFerry::CallOptions options{ .limiter = &m_limiter, .scope = &m_scope };
        QFerry::PendingCall<void> last;
        for (const QString &path : paths) {
            const auto keep = [=, this](const QByteArray &hash) { m_hashes.insert(path, hash); };
            const auto call = QFerry::toThread(options, hashFile, path, std::ref(m_bytes));
            last = follow(call.then(this, keep), path);
        }
        return last;
    }

    /// However the call ends, this hears of it; what is returned ends well.
    QFerry::PendingCall<void> follow(const QFerry::PendingCall<void> &call, const QString &path)
    {
        const auto keep = [=, this](const std::exception &e) { m_errors.insert(path, e.what()); };
        const auto end = [this] {
            if (--m_underWay == 0)
                emit finished();
        };
        ++m_underWay;
        return call.onFailed(this, keep).onCanceled(this, [] {}).then(this, end);
    }

    void hashHere(const QString &path)
    {
        try {
            m_hashes.insert(path, hashFile(path, m_bytes));
        } catch (const QFerry::CanceledError &) {
            throw;
        } catch (const std::exception &error) {
            m_errors.insert(path, error.what());
        }
    }

    const QString m_folder;
    QFerry::CancelScope m_scope;
    QFerry::CapacityLimiter m_limiter{ QThread::idealThreadCount() }; // hashing keeps a core busy
    std::atomic<qint64> m_bytes = 0; // counted by workers; the rest belongs to the loop thread
    int m_underWay = 0;
    QMap<QString, QByteArray> m_hashes;
    QMap<QString, QString> m_errors;
};

/// Tells how far the job is, in a terminal in one line that changes, and what has come of it.
class Report
{
public:
    Report(const Checksums &job, const LoopWatch &watch) : m_job(job), m_watch(watch)
    {
        m_timer.callOnTimeout([this] { showProgress(); });
        m_timer.start(m_inTerminal ? 100ms : 2s);
    }

    void printSummary()
    {
        const QString time = u"%L1 s, %2"_s.arg(m_watch.seconds(), 0, 'f', 3).arg(speed());
        m_out << (m_inTerminal ? eraseLine : "");
        for (auto it = m_job.errors().begin(); it != m_job.errors().end(); ++it)
            m_out << "cannot read " << it.key() << ": " << it.value() << '\n';
        m_out << u"Files          %L1\n"_s.arg(m_job.fileCount());
        m_out << u"Bytes          %L1\n"_s.arg(m_job.byteCount());
        m_out << u"Errors         %L1\n"_s.arg(m_job.errors().size());
        m_out << u"Time           %1\n"_s.arg(time);
        m_out << u"Longest stall  %L1 ms\n"_s.arg(m_watch.longestStallMs(), 0, 'f', 1);
        const bool canceled = Interrupt::exitCode() != 0;
        m_out << u"Digest         %1\n"_s.arg(canceled ? u"none: canceled"_s : m_job.digest());
    }

private:
    void showProgress()
    {
        const QString counts =
                u"%L1 files, %L2 bytes"_s.arg(m_job.fileCount()).arg(m_job.byteCount());
        m_out << (m_inTerminal ? eraseLine : "") << counts << ", " << speed();
        m_out << (m_inTerminal ? "" : "\n") << Qt::flush;
    }

    QString speed() const
    {
        return u"%L1 MB/s"_s.arg(m_job.byteCount() / m_watch.seconds() / 1e6, 0, 'f', 1);
    }

    static constexpr const char *eraseLine = "\r\033[K";
    const Checksums &m_job;
    const LoopWatch &m_watch;
    const bool m_inTerminal = ::isatty(STDOUT_FILENO);
    QTextStream m_out{ stdout };
    QTimer m_timer;
};

static QString defaultFolder()
{
    const QString headers = QLibraryInfo::path(QLibraryInfo::HeadersPath);
    return QDir(headers).exists() ? headers : QStringLiteral(QFERRY_REPOSITORY);
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QLocale::setDefault(QLocale::English);

    QCommandLineParser parser;
    parser.setApplicationDescription(u"Hashes all files of a folder in workers."_s);
    parser.addHelpOption();
    parser.addOption({ u"blocking"_s, u"Do the same work in the loop thread."_s });
    parser.addPositionalArgument(u"folder"_s, u"Default: Qt's headers."_s, u"[folder]"_s);
    parser.process(app);
    const bool blocking = parser.isSet(u"blocking"_s);
    const QStringList arguments = parser.positionalArguments();
    const QFileInfo folder(arguments.value(0, defaultFolder()));
    if (arguments.size() > 1 || !folder.isDir() || !folder.isReadable()) {
        qCritical("checksums: give one folder, and one that can be read");
        return 2;
    }

    Checksums job(folder.absoluteFilePath());
    LoopWatch watch;
    Report report(job, watch);
    QObject::connect(&job, &Checksums::finished, &app, [&] {
        watch.tick();
        report.printSummary();
        app.quit();
    });
    Interrupt::listen(&job, [&job] { job.cancel(); });
    QTimer::singleShot(0, &job, [&] {
        watch.start();
        blocking ? job.runBlocking() : job.start();
    });

    qInfo("Hashing %s ...", qUtf8Printable(folder.absoluteFilePath()));
    app.exec();
    return Interrupt::exitCode();
}

#include "main.moc"
