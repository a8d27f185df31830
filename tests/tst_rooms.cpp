// SPDX-License-Identifier: MIT
// Keeps the plan of the house, which docs/inside.md draws: who includes whom, and where what is
// defined.
#include <QtCore/qdiriterator.h>
#include <QtCore/qfileinfo.h>
#include <QtCore/qmap.h>
#include <QtCore/qregularexpression.h>
#include <QtTest/qtest.h>

using namespace Qt::StringLiterals;

struct Room
{
    int floor;           // it includes only what lies on floors below
    const char *onPorch; // the public headers that belong to it
};

static const QMap<QString, Room> rooms{
    { u"base"_s, { 1, "context errors global" } },
    { u"thread"_s, { 2, "" } },
    { u"pool"_s, { 3, "capacitylimiter" } },
    { u"loop"_s, { 3, "looptoken" } },
    { u"call"_s, { 4, "incontext limitertoken pendingcall progress taskname" } },
    { u"cancel"_s, { 5, "cancelscope deadline" } },
    { u"worker"_s, { 6, "calloptions shutdown tothread worker" } },
    { u"wait"_s, { 7, "fromthread run toloop" } },
    { u"channel"_s, { 7, "channel channelproducer" } },
    { u"task"_s,
      { 8, "amap ascompleted asyncgenerator asyncwith callgroup emissions enterscope event gather "
           "iodevice latestcall lock network process semaphore signal sleep task taskgroup "
           "taskscope taskstatus" } },
    { u"portal"_s,
      { 9, "blockingportal blockingportalprovider contextmanager startblockingportal" } },
    { u"stream"_s, { 9, "stream threaded threadediterable tostream yield" } },
    { u"model"_s,
      { 10,
        "callinfo callsmodel modelcolumn programinfo progressview streammodel streammodelbase" } },
    { u"all of them"_s, { 11, "qferry" } },
};

/// x of x.h, x_p.h and x.cpp.
static QString stem(const QString &path)
{
    return QFileInfo(path).baseName().section(u'_', 0, 0);
}

/// Of a file of src/qferry. Empty if it has none.
static QString roomOf(const QString &path)
{
    if (path.contains(u'/'))
        return rooms.contains(path.section(u'/', 0, 0)) ? path.section(u'/', 0, 0) : QString();
    for (auto room = rooms.begin(); room != rooms.end(); ++room) {
        if (path.endsWith(u".h")
            && QString::fromLatin1(room->onPorch).split(u' ').contains(stem(path)))
            return room.key();
    }
    return {};
}

class tst_Rooms : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase();
    void everyFileHasARoom();
    void roomsIncludeWhatLiesBelow();
    void installedHeadersIncludeInstalledOnes();
    void theHeaderOfAllIncludesThePorch();
    void namesAreDefinedWhereTheyAreDeclared();
    void internalFilesSayWhatTheyAreFor();

private:
    QStringList included(const QString &path) const;
    bool hasHeader(const QString &source) const;

    QMap<QString, QString> m_files; // what is in src/qferry
};

void tst_Rooms::initTestCase()
{
    const QDir top(QStringLiteral(QFERRY_SOURCES));
    for (QDirIterator i(top.path(), QDir::Files, QDirIterator::Subdirectories); i.hasNext();) {
        QFile file(i.next());
        QVERIFY(file.open(QIODevice::ReadOnly));
        m_files.insert(top.relativeFilePath(file.fileName()), QString::fromUtf8(file.readAll()));
    }
    QVERIFY(m_files.size() > 100);
}

/// The files of src/qferry that one of them includes.
QStringList tst_Rooms::included(const QString &path) const
{
    static const QRegularExpression include(u"^# *include ([<\"])(?:qferry/)?([\\w/]+\\.h)"_s,
                                            QRegularExpression::MultilineOption);
    QStringList result;
    for (const auto &found : include.globalMatch(m_files.value(path))) {
        QString name = found.captured(2);
        if (found.captured(1) == u'"')
            name = roomOf(path) + u'/' + name;
        if (m_files.contains(name))
            result.append(name);
    }
    return result;
}

void tst_Rooms::everyFileHasARoom()
{
    QStringList homeless;
    for (auto file = m_files.keyBegin(); file != m_files.keyEnd(); ++file) {
        if (roomOf(*file).isEmpty())
            homeless.append(*file);
    }
    QCOMPARE(homeless.join(u'\n'), QString());
}

void tst_Rooms::roomsIncludeWhatLiesBelow()
{
    QStringList upward;
    for (auto file = m_files.keyBegin(); file != m_files.keyEnd(); ++file) {
        const QString room = roomOf(*file);
        for (const QString &other : included(*file)) {
            if (roomOf(other) != room && rooms[roomOf(other)].floor >= rooms[room].floor)
                upward.append(*file + u" includes "_s + other);
        }
    }
    QCOMPARE(upward.join(u'\n'), QString());
}

void tst_Rooms::installedHeadersIncludeInstalledOnes()
{
    QStringList wrong;
    for (auto file = m_files.keyBegin(); file != m_files.keyEnd(); ++file) {
        if (file->endsWith(u"_p.h") || !file->endsWith(u".h"))
            continue;
        for (const QString &other : included(*file)) {
            if (other.endsWith(u"_p.h"))
                wrong.append(*file + u" includes "_s + other);
        }
    }
    QCOMPARE(wrong.join(u'\n'), QString());
}

void tst_Rooms::theHeaderOfAllIncludesThePorch()
{
    QStringList porch = m_files.keys();
    erase_if(porch, [](const QString &path) { return path.contains(u'/') || path == u"qferry.h"; });
    porch.removeOne(u"channelproducer.h"_s); // comes with channel.h
    porch.removeOne(u"global.h"_s);          // comes with all
    porch.removeOne(u"iodevice.h"_s);        // for those who read devices
    porch.removeOne(u"network.h"_s);         // needs Qt Network
    porch.removeOne(u"process.h"_s);         // for those who run programs
    QCOMPARE(included(u"qferry.h"_s), porch);
}

/// In the .cpp of that header; but for what is on the porch, which knows all rooms.
void tst_Rooms::namesAreDefinedWhereTheyAreDeclared()
{
    static const QRegularExpression declared(
            u"^ *(?:class|struct)(?: \\w+_EXPORT)? (\\w+)[^;(]*$"_s,
            QRegularExpression::MultilineOption);
    static const QRegularExpression defined(u"^(?:[\\w<].* [*&]*)?([A-Z]\\w+)::~?\\w+\\("_s,
                                            QRegularExpression::MultilineOption);
    QHash<QString, QString> homes; // of classes
    for (auto file = m_files.cbegin(); file != m_files.cend(); ++file) {
        if (!file.key().endsWith(u".h") || !file.key().contains(u'/'))
            continue;
        for (const auto &found : declared.globalMatch(*file))
            homes.insert(found.captured(1), file.key());
    }
    QStringList wrong;
    for (auto file = m_files.cbegin(); file != m_files.cend(); ++file) {
        if (!file.key().endsWith(u".cpp"))
            continue;
        for (const auto &found : defined.globalMatch(*file)) {
            const QString home = homes.value(found.captured(1));
            if (!home.isEmpty() && stem(home) != stem(file.key()))
                wrong.append(found.captured().trimmed() + u" in "_s + file.key()
                             + u", not beside "_s + home);
        }
    }
    QCOMPARE(wrong.join(u'\n'), QString());
}

/// Whether the .cpp has a header of its own in its room.
bool tst_Rooms::hasHeader(const QString &source) const
{
    const QString name = source.chopped(4);
    return m_files.contains(name + u".h"_s) || m_files.contains(name + u"_p.h"_s);
}

/// A header before its first class, a .cpp without a header in its first line.
void tst_Rooms::internalFilesSayWhatTheyAreFor()
{
    static const QRegularExpression opensWithComment(u"^// SPDX.*\n//"_s);
    static const QRegularExpression comment(u"^ *(?://(?! SPDX)|/\\*\\*)"_s,
                                            QRegularExpression::MultilineOption);
    static const QRegularExpression firstClass(u"^(?:class|struct) [^;]*$"_s,
                                               QRegularExpression::MultilineOption);
    QStringList silent;
    for (auto file = m_files.cbegin(); file != m_files.cend(); ++file) {
        if (!file.key().contains(u'/'))
            continue;
        const bool isHeader = file.key().endsWith(u".h");
        const QString head = isHeader ? file->left(file->indexOf(firstClass)) : *file;
        if (isHeader ? !head.contains(comment)
                     : !hasHeader(file.key()) && !head.contains(opensWithComment))
            silent.append(file.key());
    }
    QCOMPARE(silent.join(u'\n'), QString());
}

QTEST_APPLESS_MAIN(tst_Rooms)
#include "tst_rooms.moc"
