// SPDX-License-Identifier: MIT
// The first six snippets of the README: compiled, run, and compared with the README's text.
#include "cancelable.h"

#include <QtCore/qfile.h>
#include <QtCore/qpromise.h>
#include <QtCore/qregularexpression.h>
#include <QtCore/qtemporarydir.h>
#include <QtCore/qthread.h>
#include <QtCore/qurl.h>

#include <thread>

using namespace Testing;
using namespace std::chrono_literals;

/// What the fifth reads from.
class Sensor
{
public:
    explicit Sensor(double value) : m_value(value) {}
    void readInto(const QFerry::ChannelProducer<double> &channel)
    {
        for (int i = 0; i < 1500; ++i)
            channel.put(m_value);
    }

private:
    double m_value;
};

class Window : public QObject
{
    Q_OBJECT
public:
    void open(const QString &path);
    void search(const QStringList &files, const QString &word);
    void follow(const QString &path);
    void measure(const QList<Sensor *> &sensors);
    bool mayReplace(const QString &file)
    {
        asked << file;
        askedInOwnThread &= QThread::currentThread() == thread();
        return file != QStringLiteral("precious");
    }

    QString text;
    QString complaint;
    QStringList asked;
    bool askedInOwnThread = true;
    QStringList found;
    QStringList notFound;
    QStringList unsearched;
    QStringList followed;
    double sum = 0;

signals:
    void searchStopped();

private:
    void show(const QString &shown) { text = shown; }
    void complain(const char *reason) { complaint = QString::fromUtf8(reason); }
    void addResult(const QString &file, bool isFound) { (isFound ? found : notFound) << file; }
    void addUnsearched(const QString &file) { unsearched << file; }
    void append(const QString &line) { followed << line.trimmed(); }
    void add(double value) { sum += value; }
};

static QString readFile(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw std::runtime_error(file.errorString().toStdString());
    return QString::fromUtf8(file.readAll());
}

static bool contains(const QString &file, const QString &word)
{
    if (file == QStringLiteral("endless"))
        runUntilCanceled();
    return file.contains(word);
}

// The first snippet.
void Window::open(const QString &path)
{
    // Returns at once. What comes of it arrives in this thread, unless the window has gone by then.
    QFerry::toThread(readFile, path)
            .then(this, &Window::show)
            .onFailed(this, [this](const std::exception &error) { complain(error.what()); });
}

// The second snippet.
static int replaceAll(const QStringList &files, Window *window) // runs in a worker
{
    int replaced = 0;
    for (const QString &file : files) {
        QFerry::checkCanceled(); // leaves the function, if somebody has canceled the call

        // Runs in the loop thread, where the window lives; the worker waits for the answer.
        if (QFerry::fromThread([&] { return window->mayReplace(file); }))
            ++replaced;
    }
    return replaced;
}

// The third snippet.
void Window::search(const QStringList &files, const QString &word)
{
    auto *scope = new QFerry::CancelScope(this); // closing the window cancels what is in it
    scope->setDeadline(5s);
    connect(this, &Window::searchStopped, scope, [scope] { scope->cancel(); });

    for (const QString &file : files) {
        QFerry::toThread({ .scope = scope }, contains, file, word)
                .then(this, [=, this](bool isFound) { addResult(file, isFound); })
                .onCanceled(this, [=, this] { addUnsearched(file); });
    }
}

// The fourth snippet.
static void readLines(QFerry::Yield<QString> &yield, const QString &path) // runs in a worker
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw std::runtime_error(file.errorString().toStdString());
    while (!file.atEnd())
        yield(QString::fromUtf8(file.readLine())); // waits while the loop is 64 lines behind
}

void Window::follow(const QString &path)
{
    const auto lines = QFerry::threadedIterable(&readLines, { .maxSize = 64 });
    lines(path)
            .forEach(this, &Window::append) // closing the window ends it
            .onFailed(this, [this](const std::exception &error) { complain(error.what()); });
}

// The fifth snippet.
void Window::measure(const QList<Sensor *> &sensors)
{
    auto *channel =
            new QFerry::FromThreadChannel<double>(1000, 0s, this); // put() blocks at 1000 items
    connect(channel, &QFerry::FromThreadChannelBase::readyRead, this, [=, this] {
        for (const double value : channel->takeAvailable())
            add(value);
    });

    const auto readInto =
            QFerry::threaded(&Sensor::readInto); // a function that blocks, wrapped once
    for (Sensor *sensor : sensors)
        readInto(sensor, channel->producer()); // puts what it reads, in a worker
}

/// Answers later, in the thread that it is called in.
class Manager
{
public:
    QFuture<QByteArray> get(const QUrl &url)
    {
        const auto promise = std::make_shared<QPromise<QByteArray>>();
        promise->start();
        QTimer::singleShot(1ms, [promise, url] {
            promise->addResult(url.path().toUtf8());
            promise->finish();
        });
        return promise->future();
    }
};

// The sixth snippet.
class Client // for threads that block
{
public:
    /// In any thread: waits, while the manager's loop goes on.
    QByteArray get(const QUrl &url) { return portal.call(&Manager::get, &manager, url); }

private:
    QFerry::StartedPortal portal = QFerry::startBlockingPortal("client");
    Manager manager; // its get() returns a QFuture, and is called in the portal's thread
};

class tst_Snippets : public QObject
{
    Q_OBJECT
private slots:
    void readmeShowsTheCodeOfThisTest_data();
    void readmeShowsTheCodeOfThisTest();
    void theFirstShowsAFile();
    void theFirstComplainsOfAFileThatCannotBeRead();
    void theSecondAsksInTheLoop();
    void theThirdDeliversAndCancels();
    void theFourthShowsALineAfterTheOther();
    void theFifthAddsUpWhatSensorsRead();
    void theSixthServesThreads();
};

/// The text without what an editor or clang-format may change: indentation and line breaks.
static QString normalized(const QString &code)
{
    return code.simplified();
}

void tst_Snippets::readmeShowsTheCodeOfThisTest_data()
{
    QTest::addColumn<QString>("snippet");

    static const QRegularExpression cppBlock(
            QStringLiteral("^```cpp\n(.*?)^```$"),
            QRegularExpression::MultilineOption | QRegularExpression::DotMatchesEverythingOption);
    auto blocks = cppBlock.globalMatch(readFile(QStringLiteral(QFERRY_README)));
    for (int i = 1; i <= 6; ++i)
        QTest::addRow("snippet %d", i)
                << (blocks.hasNext() ? blocks.next().captured(1) : QString());
}

void tst_Snippets::readmeShowsTheCodeOfThisTest()
{
    QFETCH(const QString, snippet);
    const QString code = normalized(snippet);

    QVERIFY2(!code.isEmpty(), "the README has fewer snippets");
    const QString test = normalized(readFile(QStringLiteral(QFERRY_THIS_TEST)));
    QVERIFY2(test.contains(code), qPrintable(QStringLiteral("not in this test:\n") + snippet));
}

void tst_Snippets::theFirstShowsAFile()
{
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("hello"));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("Hello");
    file.close();

    Window window;
    window.open(path);

    QTRY_COMPARE(window.text, QStringLiteral("Hello"));
}

void tst_Snippets::theFirstComplainsOfAFileThatCannotBeRead()
{
    Window window;
    window.open(QStringLiteral(":/there/is/no/such/file"));

    QTRY_VERIFY(!window.complaint.isEmpty());
    QVERIFY(window.text.isEmpty());
}

void tst_Snippets::theSecondAsksInTheLoop()
{
    const QStringList files = { QStringLiteral("a"), QStringLiteral("precious"),
                                QStringLiteral("b") };
    Window window;

    QCOMPARE(resultOf(QFerry::toThread(replaceAll, files, &window)), 2);
    QCOMPARE(window.asked, files);
    QVERIFY(window.askedInOwnThread);
}

void tst_Snippets::theThirdDeliversAndCancels()
{
    Window window;
    window.search({ QStringLiteral("ferry"), QStringLiteral("endless"), QStringLiteral("bridge") },
                  QStringLiteral("ferr"));

    QTRY_COMPARE(window.found, QStringList(QStringLiteral("ferry")));
    QTRY_COMPARE(window.notFound, QStringList(QStringLiteral("bridge")));
    QVERIFY(window.unsearched.isEmpty());

    emit window.searchStopped();

    QTRY_COMPARE(window.unsearched, QStringList(QStringLiteral("endless")));
}

void tst_Snippets::theFourthShowsALineAfterTheOther()
{
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("lines"));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QStringList lines;
    for (int i = 0; i < 1000; ++i)
        lines << QStringLiteral("line %1").arg(i);
    file.write(lines.join(u'\n').toUtf8());
    file.close();

    Window window;
    window.follow(path);
    QTRY_COMPARE(window.followed.size(), lines.size());
    QCOMPARE(window.followed, lines);

    window.follow(QStringLiteral(":/there/is/no/such/file"));
    QTRY_VERIFY(!window.complaint.isEmpty());
}

void tst_Snippets::theFifthAddsUpWhatSensorsRead()
{
    Sensor one(1);
    Sensor ten(10);
    Window window;
    window.measure({ &one, &ten });
    QTRY_COMPARE(window.sum, 1500 * 11.0);
}

void tst_Snippets::theSixthServesThreads()
{
    Client client;
    std::vector<std::thread> threads;
    std::atomic<int> answers = 0;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            const QString path = QStringLiteral("/page/%1").arg(i);
            answers += client.get(QUrl(QStringLiteral("http://host") + path)) == path.toUtf8();
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(answers, 4);
}

QTEST_GUILESS_MAIN(tst_Snippets)
#include "tst_snippets.moc"
