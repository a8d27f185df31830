// SPDX-License-Identifier: MIT
// The snippets of the README and of the pages in docs: compiled, run, and compared with their text.
// (Those of docs/tasks.md are run by tst_tasksnippets.cpp, those of docs/watching.md by
// tst_callsmodel.cpp, those of docs/widgets.md, in support/viewer.h, by tst_progressview.cpp; those
// about QML are held by qml/tst_qmlsnippets.cpp.)
#include "cancelable.h"

#include <QtCore/qdir.h>
#include <QtCore/qdiriterator.h>
#include <QtCore/qfile.h>
#include <QtCore/qfileinfo.h>
#include <QtCore/qlocale.h>
#include <QtCore/qpromise.h>
#include <QtCore/qregularexpression.h>
#include <QtCore/qtemporarydir.h>
#include <QtCore/qthread.h>
#include <QtCore/qurl.h>

#include <thread>

using namespace Testing;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// What measure() reads from.
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
    QFerry::Task<> load(QString path);
    void open(const QString &path);
    void search(const QStringList &files, const QString &word);
    void typed(const QString &word);
    void compare(const QString &one, const QString &other);
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
    QStringList listed;
    QStringList followed;
    double sum = 0;

signals:
    void searchStopped();

private:
    void show(const QString &shown) { text = shown; }
    void showProgress(const QFerry::Progress &) {}
    void complain(const char *reason) { complaint = QString::fromUtf8(reason); }
    void addResult(const QString &file, bool isFound) { (isFound ? found : notFound) << file; }
    void addUnsearched(const QString &file) { unsearched << file; }
    void list(const QStringList &lines) { listed << lines; }
    void append(const QString &line) { followed << line.trimmed(); }
    void add(double value) { sum += value; }

    QFerry::LatestCall<void> m_search;
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

static QStringList linesWith(const QString &word)
{
    if (word.endsWith(u'r')) // is being typed
        runUntilCanceled();
    return { word + u" 1"_s, word + u" 2"_s };
}

// README.md
QFerry::Task<> Window::load(QString path) // begins with load(path).start(), ends with the window
{
    try {
        const auto reading = QFerry::toThread({ .timeout = 30s }, readFile, path);
        reading.onProgress(this, &Window::showProgress);
        show(co_await reading); // the loop goes on meanwhile
    } catch (const QFerry::TimeoutError &) {
        complain("This takes too long");
    }
}

void Window::open(const QString &path)
{
    // Returns at once. What comes of it arrives in this thread, unless the window has gone by then.
    QFerry::toThread(readFile, path)
            .then(this, &Window::show)
            .onFailed(this, [this](const std::exception &error) { complain(error.what()); });
}

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

// docs/calls.md
void Window::typed(const QString &word)
{
    m_search.start([=, this](QObject *run) { // which goes when the next run begins
        return QFerry::toThread(linesWith, word).then(run, [this](const QStringList &lines) {
            list(lines);
        });
    });
}

void Window::compare(const QString &one, const QString &other)
{
    QFerry::whenAll(QFerry::toThread(readFile, one), QFerry::toThread(readFile, other))
            .then(this, [this](const std::tuple<QString, QString> &texts) {
                show(std::get<0>(texts) == std::get<1>(texts) ? u"equal"_s : u"different"_s);
            });
}

// docs/coroutines.md
static QFerry::Task<QString> summary(QString path, QString word)
{
    // A function and its arguments: the worker has copies of its own.
    const QString text = co_await QFerry::toThread(readFile, path);

    // References to what the coroutine has: it waits here until the worker has ended.
    const auto count = co_await QFerry::toThread([&] { return text.count(word); });

    // Captures by value, options, handlers: the call gets a name before it is awaited.
    const auto search = QFerry::toThread({ .name = word }, [word] { return linesWith(word); });
    const QStringList lines = co_await search;
    co_return u"%1 in %2 lines"_s.arg(count).arg(lines.size());
}

// docs/streams.md
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

// docs/portals.md
class Client // for threads that block
{
public:
    /// In any thread: waits, while the manager's loop goes on.
    QByteArray get(const QUrl &url) { return portal.call(&Manager::get, &manager, url); }

private:
    QFerry::StartedPortal portal = QFerry::startBlockingPortal("client");
    Manager manager; // its get() returns a QFuture, and is called in the portal's thread
};

// docs/models.md
struct Found
{
    QString name;
    qint64 size = 0;
    QString path;

    QString sizeText() const { return QLocale().formattedDataSize(size); }
};

class Finder : public QObject
{
    Q_OBJECT
public:
    void find(const QString &folder);
    void fileChanged(const QString &path);
    QAbstractItemModel *model() { return &m_files; }

private:
    using Files = QFerry::StreamModel<Found, QString>; // rows of Found, which have keys
    Files m_files{ &Found::path,
                   { { tr("Name"), &Found::name },
                     Files::Column(tr("Size"), &Found::sizeText, Qt::AlignRight)
                             .named("size")
                             .sortedBy(&Found::size)
                             .toolTip([](const Found &file) { return file.path; }) } };
};

static void findFiles(QFerry::Yield<Found> &yield, const QString &folder) // runs in a worker
{
    QDirIterator files(folder, QDir::Files, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        const QFileInfo file(files.next());
        yield({ file.fileName(), file.size(), file.filePath() });
    }
}

void Finder::find(const QString &folder)
{
    m_files.setKeepRows(true); // what was found before stays until the first new row
    m_files.start(QFerry::threadedIterable(&findFiles)(folder)); // cancels what runs
}

void Finder::fileChanged(const QString &path)
{
    const QFileInfo file(path);
    if (file.exists())
        m_files.update(path, [&](Found &found) { found.size = file.size(); });
    else
        m_files.remove(path);
}

class tst_Snippets : public QObject
{
    Q_OBJECT
private slots:
    void pagesShowTheCodeOfThisTest_data() { pages(); }
    void pagesShowTheCodeOfThisTest();
    void linksLeadSomewhere_data() { pages(); }
    void linksLeadSomewhere();
    void loadShowsAFile();
    void openShowsAFile();
    void openComplainsOfAFileThatCannotBeRead();
    void replaceAllAsksInTheLoop();
    void searchDeliversAndIsStopped();
    void onlyTheLatestWordIsLookedFor();
    void filesAreCompared();
    void summaryIsAwaited();
    void followShowsALineAfterTheOther();
    void measureAddsUpWhatSensorsRead();
    void clientServesThreads();
    void finderShowsFiles();

private:
    static void pages();
};

/// The text without what an editor or clang-format may change: indentation and line breaks.
static QString normalized(const QString &code)
{
    return code.simplified();
}

void tst_Snippets::pages()
{
    QTest::addColumn<QString>("page");

    const QDir top(QStringLiteral(QFERRY_PAGES));
    QTest::newRow("README.md") << top.filePath(u"README.md"_s);
    const QStringList names = QDir(top.filePath(u"docs"_s)).entryList({ u"*.md"_s });
    for (const QString &name : names)
        QTest::newRow(qPrintable(name)) << top.filePath(u"docs/"_s + name);
}

void tst_Snippets::pagesShowTheCodeOfThisTest()
{
    QFETCH(const QString, page);
    if (page.endsWith(u"/qml.md"_s) || page.endsWith(u"/qml-reference.md"_s))
        QSKIP("held by the test of the QML snippets");

    static const QRegularExpression cppBlock(
            QStringLiteral("^```cpp\n(.*?)^```$"),
            QRegularExpression::MultilineOption | QRegularExpression::DotMatchesEverythingOption);
    const QString test = normalized(readFile(QStringLiteral(QFERRY_THIS_TEST))
                                    + readFile(QStringLiteral(QFERRY_TASK_SNIPPETS))
                                    + readFile(QStringLiteral(QFERRY_WATCH_SNIPPETS))
                                    + readFile(QStringLiteral(QFERRY_WIDGET_SNIPPETS)));
    for (const auto &block : cppBlock.globalMatch(readFile(page)))
        QVERIFY2(test.contains(normalized(block.captured(1))),
                 qPrintable(u"not in this test:\n"_s + block.captured(1)));
}

/// The headings of a page, as links name them.
static QStringList anchors(const QString &page)
{
    static const QRegularExpression heading(u"^#+ (.*)$"_s, QRegularExpression::MultilineOption);
    static const QRegularExpression dropped(u"[^\\w -]"_s);
    QStringList found;
    for (const auto &title : heading.globalMatch(readFile(page)))
        found << title.captured(1).toLower().remove(dropped).replace(u' ', u'-');
    return found;
}

void tst_Snippets::linksLeadSomewhere()
{
    QFETCH(const QString, page);

    static const QRegularExpression link(u"\\]\\(([^)#:\\s]*)#?([^):\\s]*)\\)"_s);
    for (const auto &found : link.globalMatch(readFile(page))) {
        const QString path = found.captured(1);
        const QString target = path.isEmpty() ? page : QFileInfo(page).dir().filePath(path);
        QVERIFY2(QFileInfo::exists(target), qPrintable(found.captured()));
        QVERIFY2(found.captured(2).isEmpty() || anchors(target).contains(found.captured(2)),
                 qPrintable(found.captured()));
    }
}

/// Writes a file for a window to show.
static QString hello(const QTemporaryDir &folder)
{
    const QString path = folder.filePath(QStringLiteral("hello"));
    QFile file(path);
    if (file.open(QIODevice::WriteOnly))
        file.write("Hello");
    return path;
}

void tst_Snippets::loadShowsAFile()
{
    const QTemporaryDir folder;
    Window window;
    Testing::resultOf(window.load(hello(folder)).start());
    QCOMPARE(window.text, QStringLiteral("Hello"));
}

void tst_Snippets::openShowsAFile()
{
    const QTemporaryDir folder;
    Window window;
    window.open(hello(folder));

    QTRY_COMPARE(window.text, QStringLiteral("Hello"));
}

void tst_Snippets::openComplainsOfAFileThatCannotBeRead()
{
    Window window;
    window.open(QStringLiteral(":/there/is/no/such/file"));

    QTRY_VERIFY(!window.complaint.isEmpty());
    QVERIFY(window.text.isEmpty());
}

void tst_Snippets::replaceAllAsksInTheLoop()
{
    const QStringList files = { QStringLiteral("a"), QStringLiteral("precious"),
                                QStringLiteral("b") };
    Window window;

    QCOMPARE(resultOf(QFerry::toThread(replaceAll, files, &window)), 2);
    QCOMPARE(window.asked, files);
    QVERIFY(window.askedInOwnThread);
}

void tst_Snippets::searchDeliversAndIsStopped()
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

void tst_Snippets::onlyTheLatestWordIsLookedFor()
{
    Window window;
    for (const QString &word : { u"fer"_s, u"ferr"_s, u"ferry"_s })
        window.typed(word);
    QTRY_COMPARE(window.listed, QStringList({ u"ferry 1"_s, u"ferry 2"_s }));
}

void tst_Snippets::filesAreCompared()
{
    const QString test = QStringLiteral(QFERRY_THIS_TEST);
    Window window;
    window.compare(test, test);
    QTRY_COMPARE(window.text, u"equal"_s);
    window.compare(test, QStringLiteral(QFERRY_PAGES "/README.md"));
    QTRY_COMPARE(window.text, u"different"_s);
}

void tst_Snippets::summaryIsAwaited()
{
    const QTemporaryDir folder;
    QFile file(folder.filePath(u"text"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("A ferry is no bridge, and a bridge is no ferry");
    file.close();

    QCOMPARE(resultOf(summary(file.fileName(), u"ferry"_s).start()), u"2 in 2 lines"_s);
}

void tst_Snippets::followShowsALineAfterTheOther()
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

void tst_Snippets::measureAddsUpWhatSensorsRead()
{
    Sensor one(1);
    Sensor ten(10);
    Window window;
    window.measure({ &one, &ten });
    QTRY_COMPARE(window.sum, 1500 * 11.0);
}

void tst_Snippets::clientServesThreads()
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

void tst_Snippets::finderShowsFiles()
{
    const QTemporaryDir folder;
    const QString path = hello(folder);
    Finder finder;
    QAbstractItemModel &model = *finder.model();
    finder.find(folder.path());
    QVERIFY(spinUntil([&] { return model.rowCount() == 1; }));
    QCOMPARE(model.index(0, 0).data(), u"hello"_s);
    QCOMPARE(model.index(0, 1).data(QFerry::StreamModelBase::SortRole), 5);
    QCOMPARE(model.index(0, 1).data(Qt::ToolTipRole), path);
    QFile file(path);
    QVERIFY(file.resize(7));
    finder.fileChanged(path);
    QCOMPARE(model.index(0, 1).data(QFerry::StreamModelBase::SortRole), 7);
    QVERIFY(file.remove());
    finder.fileChanged(path);
    QCOMPARE(model.rowCount(), 0);
}

QTEST_GUILESS_MAIN(tst_Snippets)
#include "tst_snippets.moc"
