// SPDX-License-Identifier: MIT
// Hashes all files of a folder in workers, and shows how little the event loop notices of it.

#include <qferry/qferry.h>

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QCryptographicHash>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QLibraryInfo>
#include <QLocale>
#include <QMap>
#include <QTextStream>
#include <QThread>
#include <QTimer>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// The signal that asked the program to end, SIGINT or SIGTERM. A second one ends it at once.
static std::atomic<int> s_signal = 0;

static void handleSignal(int signal)
{
    if (s_signal.exchange(signal) != 0)
        std::_Exit(128 + signal);
}

// The blocking functions: they run in any thread.

/// Throws CanceledError if the work is to end. Without a worker's call to ask, the signal tells.
static void checkCanceled()
{
    if (QFerry::isWorkerThread())
        QFerry::checkCanceled();
    else if (s_signal != 0)
        throw QFerry::CanceledError();
}

/// Hands all files below a folder to found(), some at a time. What is no file, or a folder that
/// cannot be read, is handed over too: hashing it tells why.
static void walk(const QString &root, const std::function<void(const QStringList &paths)> &found)
{
    using namespace std::filesystem; // as QDirIterator passes over names that are no UTF-8
    const auto toString = [](const path &path) { return QFileInfo(path).filePath(); };
    constexpr int batchSize = 256;
    QStringList files;
    std::vector folders = { QFileInfo(root).filesystemFilePath() };
    while (!folders.empty()) {
        const path folder = std::exchange(folders.back(), {});
        folders.pop_back();
        std::error_code error;
        for (directory_iterator it(folder, error), end; it != end; it.increment(error)) {
            checkCanceled();
            if (!it->is_directory(error))
                files.append(toString(*it));
            else if (!it->is_symlink(error))
                folders.push_back(*it);
            if (files.size() == batchSize)
                found(std::exchange(files, {}));
        }
        if (error)
            files.append(toString(folder));
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
public:
    explicit Checksums(const QString &folder) : m_folder(folder) {}

    /// Does everything in workers; returns at once.
    void start(const std::function<void()> &finished)
    {
        // The walk's worker has the loop start these calls. It waits for the last of them, so as
        // not to run far ahead.
        const auto found = [this](const QStringList &paths) {
            QFerry::fromThread([this, paths] { return startHashing(paths); });
        };
        const QFerry::CallOptions options{ .scope = &m_scope, .name = u"walk"_s };
        follow(QFerry::toThread(options, walk, m_folder, found), m_folder);
        m_calls.whenDone().then(this, finished);
    }

    /// Does everything right here: the loop stands still until it is done.
    void runBlocking()
    {
        const auto hashHere = [this](const QString &path) {
            try {
                m_hashes.insert(path, hashFile(path, m_bytes));
            } catch (const QFerry::CanceledError &) {
                throw;
            } catch (const std::runtime_error &error) {
                m_errors.insert(path, error.what());
            }
        };
        try {
            walk(m_folder,
                 [&](const QStringList &paths) { std::ranges::for_each(paths, hashHere); });
        } catch (const QFerry::CanceledError &) {
        }
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

    /// Keeps the call's error, and counts it among those that the job waits for.
    QFerry::PendingCall<void> follow(const QFerry::PendingCall<void> &call, const QString &path)
    {
        const auto keep = [=, this](const std::exception &e) { m_errors.insert(path, e.what()); };
        return m_calls.add(call.onFailed(this, keep));
    }

    const QString m_folder;
    QFerry::CancelScope m_scope;
    QFerry::CapacityLimiter m_limiter{ QThread::idealThreadCount() }; // hashing keeps a core busy
    std::atomic<qint64> m_bytes = 0; // counted by workers; the rest belongs to the loop thread
    QFerry::CallGroup m_calls{ QFerry::CallGroup::OnFailure::GoOn };
    QMap<QString, QByteArray> m_hashes;
    QMap<QString, QString> m_errors;
};

/// Tells how far the job is and what came of it, and by how much a timer of 5 ms was late at worst:
/// how long the loop stalled.
class Report
{
public:
    static constexpr std::chrono::milliseconds interval = 5ms;

    explicit Report(const Checksums &job) : m_job(job)
    {
        m_sinceStart.start();
        m_sinceTick.start();
    }

    void tick()
    {
        const std::chrono::nanoseconds gap(m_sinceTick.nsecsElapsed());
        m_longestStall = qMax(m_longestStall, gap - interval);
        m_sinceTick.start();
        if (++m_ticks % 20 == 0)
            printProgress();
    }

    void printProgress()
    {
        QTextStream(stderr) << u"\r%L1 files, %L2 bytes, %3   "_s.arg(m_job.fileCount())
                                       .arg(m_job.byteCount())
                                       .arg(speed());
    }

    void printSummary()
    {
        tick();
        printProgress();
        QTextStream(stderr) << '\n';
        QTextStream out(stdout);
        for (auto it = m_job.errors().begin(); it != m_job.errors().end(); ++it)
            out << "cannot read " << it.key() << ": " << it.value() << '\n';
        out << u"Files          %L1\n"_s.arg(m_job.fileCount());
        out << u"Bytes          %L1\n"_s.arg(m_job.byteCount());
        out << u"Errors         %L1\n"_s.arg(m_job.errors().size());
        out << u"Time           %L1 s, %2\n"_s.arg(seconds(), 0, 'f', 3).arg(speed());
        out << u"Longest stall  %L1 ms\n"_s.arg(m_longestStall / 1.0ms, 0, 'f', 1);
        out << u"Digest         %1\n"_s.arg(s_signal ? u"none: canceled"_s : m_job.digest());
    }

private:
    double seconds() const { return m_sinceStart.nsecsElapsed() / 1e9; }
    QString speed() const
    {
        return u"%L1 MB/s"_s.arg(m_job.byteCount() / seconds() / 1e6, 0, 'f', 1);
    }

    const Checksums &m_job;
    QElapsedTimer m_sinceStart;
    QElapsedTimer m_sinceTick;
    std::chrono::nanoseconds m_longestStall = 0ns;
    int m_ticks = 0;
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
    const QStringList arguments = parser.positionalArguments();
    const QFileInfo folder(arguments.value(0, defaultFolder()));
    if (arguments.size() > 1 || !folder.isDir() || !folder.isReadable()) {
        qCritical("checksums: give one folder, and one that can be read");
        return 2;
    }
    std::signal(SIGINT, handleSignal);
    std::signal(SIGTERM, handleSignal);
    qInfo("Hashing %s ...", qUtf8Printable(folder.absoluteFilePath()));

    Checksums job(folder.absoluteFilePath());
    Report report(job);
    QTimer ticker;
    ticker.setTimerType(Qt::PreciseTimer);
    ticker.callOnTimeout([&] {
        report.tick();
        if (s_signal != 0)
            job.cancel();
    });
    ticker.start(Report::interval);

    const auto finish = [&] {
        report.printSummary();
        QCoreApplication::quit();
    };
    QTimer::singleShot(0, &job, [&] {
        if (!parser.isSet(u"blocking"_s))
            return job.start(finish);
        job.runBlocking();
        finish();
    });
    app.exec();
    return s_signal == 0 ? 0 : 128 + s_signal;
}
