// SPDX-License-Identifier: MIT
// The snippets of docs/tasks.md: compiled and run. (tst_snippets.cpp compares them with their
// text.)
#include "testing.h"

#include <qferry/iodevice.h>

#include <QtCore/qfile.h>
#include <QtCore/qfilesystemwatcher.h>
#include <QtCore/qprocess.h>
#include <QtCore/qtemporarydir.h>
#include <QtCore/qthread.h>

#include <numeric>

using namespace Testing;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static QString readFile(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw std::runtime_error(file.errorString().toStdString());
    return QString::fromUtf8(file.readAll());
}

static void append(const QString &path, const QByteArray &text)
{
    QFile file(path);
    if (!file.open(QIODevice::Append) || file.write(text) != text.size())
        throw std::runtime_error(file.errorString().toStdString());
}

// docs/tasks.md
static QFerry::Task<int> countLines(QString path)
{
    const QString text = co_await QFerry::toThread(readFile, path); // the loop goes on meanwhile
    co_return int(text.count(u'\n'));
}

static int mostLines(const QStringList &paths) // blocks: for a worker
{
    int most = 0;
    for (const QString &path : paths)
        most = qMax(most, QFerry::fromThread(&countLines, path));
    return most;
}

class Window : public QObject
{
public:
    void open(const QString &path) { m_tasks.start(load(path)); }
    void stop() { m_tasks.cancel(); }

    QStringList shown;

private:
    QFerry::Task<> load(QString path);
    void show(const QString &text) { shown << text; }

    QFerry::TaskScope m_tasks; // the last member
};

QFerry::Task<> Window::load(QString path)
{
    try {
        const QString text = co_await QFerry::toThread(readFile, path);
        show(text);
    } catch (const QFerry::CanceledError &) { // by stop(), or as the window goes: it is whole yet
        show(u"stopped"_s);
    } catch (const std::exception &error) {
        show(QString::fromUtf8(error.what()));
    }
}

static QFerry::Task<int> countAll(QStringList paths)
{
    int lines = 0;
    const auto add = [&](QString path) -> QFerry::Task<> {
        const int count = co_await countLines(path);
        lines += count; // no mutex: all tasks of a loop share its thread
    };
    co_await QFerry::taskGroup([&](QFerry::TaskGroup &group) -> QFerry::Task<> {
        for (const QString &path : paths)
            group.startSoon(add, path);
        co_return;
    });
    co_return lines; // all have ended here
}

static QFerry::Task<int> countEight(QStringList paths)
{
    const QList<int> counts = co_await QFerry::amap(paths, &countLines, { .limit = 8 });
    co_return std::accumulate(counts.begin(), counts.end(), 0);
}

static QFerry::Task<QStringList> readAsTheyCome(QStringList paths)
{
    QList<QFerry::PendingCall<QString>> calls;
    for (const QString &path : paths)
        calls << QFerry::toThread(readFile, path);
    QFerry::AsCompleted ended(calls);
    QStringList texts;
    while (const auto call = co_await ended.next())
        texts << co_await *call; // or throws its error
    co_return texts;
}

static QFerry::Task<> keepLog(QFerry::TaskStatus<QString> &status, QString folder)
{
    const QString path = folder + u"/log"_s;
    co_await QFerry::toThread(append, path, "begin\n");
    status.started(path); // now start() ends, and this goes on
    for (;;) {
        co_await QFerry::sleep(10ms);
        co_await QFerry::toThread(append, path, "still here\n");
    }
}

static QFerry::Task<int> countWithLog(QStringList paths, QString folder)
{
    co_return co_await QFerry::taskGroup([&](QFerry::TaskGroup &group) -> QFerry::Task<int> {
        const QString path = co_await group.start(&keepLog, folder);
        const int lines = co_await countAll(paths + QStringList(path));
        group.cancel(); // ends the log
        co_return lines;
    });
}

static QFerry::Task<bool> haveEqualLength(QString one, QString other)
{
    const auto counts = co_await QFerry::whenAll(countLines(one), countLines(other));
    co_return std::get<0>(counts) == std::get<1>(counts);
}

static QFerry::Task<QString> firstOf(QString one, QString other)
{
    auto first = co_await QFerry::whenAny(QFerry::toThread(readFile, one),
                                          QFerry::toThread(readFile, other));
    co_return std::visit([](const QString &text) { return text; }, first);
}

static QFerry::Task<QString> countInTime(QString path, std::chrono::milliseconds time)
{
    const auto count = [&] { return countLines(path); };
    if (const std::optional<int> lines = co_await QFerry::moveOnAfter(time, count))
        co_return QString::number(*lines);
    co_return u"too many to count"_s;
}

static QFerry::Task<> workOn(QString path)
{
    co_await QFerry::toThread(append, path, "working\n");
    for (;;)
        co_await QFerry::sleep(1s); // throws CanceledError in the end
}

static QFerry::Task<> signOff(QString path)
{
    co_await QFerry::toThread(append, path, "done\n");
}

static QFerry::Task<> work(QString path)
{
    co_await QFerry::asyncFinally([&] { return workOn(path); }, [&] { return signOff(path); });
}

static QFerry::Task<> greet(QFerry::Event &doorOpened, QStringList &guests, QString name)
{
    co_await doorOpened.wait();
    guests << name;
}

static QFerry::Task<QStringList> party()
{
    QFerry::Event doorOpened;
    QStringList guests;
    co_await QFerry::taskGroup([&](QFerry::TaskGroup &group) -> QFerry::Task<> {
        for (const QString &name : { u"Ada"_s, u"Grace"_s })
            group.startSoon(greet(doorOpened, guests, name));
        co_await QFerry::sleep(10ms);
        doorOpened.set(); // in any thread
    });
    co_return guests;
}

static QFerry::Task<QList<int>> countAtMostTwoAtATime(QStringList paths)
{
    QFerry::Semaphore permits(2);
    const auto count = [&](QString path) -> QFerry::Task<int> {
        const auto permit = co_await permits.acquire(); // given back as it goes
        co_return co_await countLines(path);
    };
    std::vector<QFerry::Task<int>> tasks;
    for (const QString &path : paths)
        tasks.push_back(count(path));
    co_return co_await QFerry::whenAll(std::move(tasks));
}

static QFerry::AsyncGenerator<QString> versions(QString path)
{
    QFileSystemWatcher watcher({ path });
    for (;;) {
        const auto changed = QFerry::signal(&watcher, &QFileSystemWatcher::fileChanged);
        const QString text = co_await QFerry::toThread(readFile, path);
        co_yield text;
        co_await changed;
    }
}

static QFerry::Task<> waitUntilItEndsWith(QString path, QString end)
{
    auto texts = versions(path);
    while (const auto text = co_await texts.next()) {
        if (text->endsWith(end))
            co_return; // which ends the generator
    }
}

static QFerry::Task<QByteArrayList> sorted(QByteArray text)
{
    QProcess sort;
    sort.start(u"sort"_s, QStringList());
    co_await QFerry::writeAll(sort, text);
    sort.closeWriteChannel();
    QByteArrayList lines;
    while (const auto line = co_await QFerry::readLine(sort))
        lines << *line;
    co_return lines;
}

class tst_TaskSnippets : public QObject
{
    Q_OBJECT
private slots:
    void init();
    void aTaskAwaitsAWorker();
    void aWorkerAwaitsATask();
    void tasksOfAWindow();
    void aGroupWaitsForItsTasks();
    void aFunctionIsAppliedToManyItems();
    void eachAsItEnds();
    void aTaskOfAGroupTellsThatItHasStarted();
    void severalAsOne();
    void theFirstOfSeveral();
    void inTime();
    void theCleanupRunsThoughItIsCanceled();
    void anEventReleasesAllWhoWait();
    void aSemaphoreLimits();
    void aGeneratorFollowsAFile();
    void aProcessSorts();

private:
    QString file(const QString &name) const { return m_folder->filePath(name); }
    std::optional<QTemporaryDir> m_folder;
    QString m_three;
    QString m_two;
};

void tst_TaskSnippets::init()
{
    m_folder.emplace();
    m_three = file(u"three"_s);
    m_two = file(u"two"_s);
    append(m_three, "1\n2\n3\n");
    append(m_two, "1\n2\n");
}

void tst_TaskSnippets::aTaskAwaitsAWorker()
{
    QCOMPARE(QFerry::run(&countLines, m_three), 3);
}

void tst_TaskSnippets::aWorkerAwaitsATask()
{
    QCOMPARE(resultOf(QFerry::toThread(mostLines, QStringList{ m_two, m_three })), 3);
}

void tst_TaskSnippets::tasksOfAWindow()
{
    Window window;
    window.open(m_two);
    QTRY_COMPARE(window.shown, QStringList(u"1\n2\n"_s));
    window.open(file(u"missing"_s));
    QTRY_COMPARE(window.shown.size(), 2);
    window.open(m_two);
    window.stop();
    QTRY_COMPARE(window.shown.size(), 3);
}

void tst_TaskSnippets::aGroupWaitsForItsTasks()
{
    QCOMPARE(resultOfTask(countAll({ m_two, m_three })), 5);
    QVERIFY_THROWS_EXCEPTION(std::runtime_error,
                             resultOfTask(countAll({ m_two, file(u"missing"_s) })));
}

void tst_TaskSnippets::aFunctionIsAppliedToManyItems()
{
    QCOMPARE(resultOfTask(countEight({ m_two, m_three, m_two })), 7);
}

void tst_TaskSnippets::eachAsItEnds()
{
    QStringList texts = resultOfTask(readAsTheyCome({ m_three, m_two }));
    texts.sort();
    QCOMPARE(texts, QStringList({ u"1\n2\n"_s, u"1\n2\n3\n"_s }));
}

void tst_TaskSnippets::aTaskOfAGroupTellsThatItHasStarted()
{
    QVERIFY(resultOfTask(countWithLog({ m_two, m_three }, m_folder->path())) >= 6);
}

void tst_TaskSnippets::severalAsOne()
{
    QVERIFY(!resultOfTask(haveEqualLength(m_two, m_three)));
    QVERIFY(resultOfTask(haveEqualLength(m_two, m_two)));
}

void tst_TaskSnippets::theFirstOfSeveral()
{
    QCOMPARE(resultOfTask(firstOf(m_two, m_two)), u"1\n2\n"_s);
}

void tst_TaskSnippets::inTime()
{
    QCOMPARE(resultOfTask(countInTime(m_three, std::chrono::milliseconds(watchdog))), u"3"_s);
    QCOMPARE(resultOfTask(countInTime(m_three, 0ms)), u"too many to count"_s);
}

void tst_TaskSnippets::theCleanupRunsThoughItIsCanceled()
{
    const QString path = file(u"log"_s);
    const auto working = work(path).start();
    QTRY_VERIFY(QFile::exists(path) && readFile(path) == u"working\n"_s);
    working.cancel();
    QVERIFY(waitFor(working));
    QVERIFY(working.isCanceled());
    QCOMPARE(readFile(path), u"working\ndone\n"_s);
}

void tst_TaskSnippets::anEventReleasesAllWhoWait()
{
    QCOMPARE(resultOfTask(party()), QStringList({ u"Ada"_s, u"Grace"_s }));
}

void tst_TaskSnippets::aSemaphoreLimits()
{
    QCOMPARE(resultOfTask(countAtMostTwoAtATime({ m_two, m_three, m_two })),
             QList<int>({ 2, 3, 2 }));
}

void tst_TaskSnippets::aGeneratorFollowsAFile()
{
    const auto waiting = waitUntilItEndsWith(m_two, u"end\n"_s).start();
    append(m_two, "more\n");
    append(m_two, "end\n");
    QVERIFY(waitFor(waiting));
    QVERIFY(waiting.isFinished() && !waiting.isCanceled());
}

void tst_TaskSnippets::aProcessSorts()
{
    QCOMPARE(resultOfTask(sorted("b\na\n")), QByteArrayList({ "a\n", "b\n" }));
}

QTEST_GUILESS_MAIN(tst_TaskSnippets)
#include "tst_tasksnippets.moc"
