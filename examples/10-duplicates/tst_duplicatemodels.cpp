// SPDX-License-Identifier: MIT
// The models behind the window of the application, by themselves.
#include "testing.h"

#include "duplicatefinder.h"
#include "filelist.h"

#include <QtGui/qstandarditemmodel.h>
#include <QtTest/qabstractitemmodeltester.h>
#include <QtTest/qsignalspy.h>

using namespace Testing;
using namespace Qt::StringLiterals;

namespace {

/// Files that are nowhere but in a model, and a finder that looks at it.
class Files
{
public:
    Files() { finder.setFiles(&m_model); }

    void add(const QString &name, qint64 size = 5)
    {
        const FilePath path("/r/" + name.toStdString());
        m_files.push_back(std::make_unique<FoundFile>(path, FilePath("/r"), size));
        auto *item = new QStandardItem;
        item->setData(QVariant::fromValue(m_files.back().get()), Qt::UserRole);
        m_model.appendRow(item);
    }
    /// All that wait; those of one size are equal.
    void hash()
    {
        for (int row = finder.next(); row >= 0; row = finder.next())
            finder.setHash(row, QByteArray::number(finder.file(row)->size()));
    }

private:
    QStandardItemModel m_model;
    std::vector<std::unique_ptr<FoundFile>> m_files;

public:
    DuplicateFinder finder;
};

QStringList namesOf(const FileList &list)
{
    QStringList names;
    for (int row = 0; row < list.count(); ++row)
        names += list.index(row).data(FileList::FileRole).value<FoundFile *>()->name();
    return names;
}

} // namespace

class tst_DuplicateModels : public QObject
{
    Q_OBJECT

private slots:
    void takesAnyRoot_data();
    void takesAnyRoot();
    void countsWhatWasHashed();
    void manyEqualFilesAreToldTogether();
    void openGroupHasItsFiles();
    void groupsAreSorted();
    void oneOfEachGroupStays();
    void whatIsGoneLeavesItsGroup();
    void listIsSortedAndGrows();
};

void tst_DuplicateModels::takesAnyRoot_data()
{
    QTest::addColumn<QString>("root");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("relative");
    QTest::addColumn<QString>("folder");
    QTest::newRow("usual") << u"/a/b"_s << u"/a/b/c/d.txt"_s << u"c/d.txt"_s << u"c"_s;
    QTest::newRow("slash") << u"/a/b/"_s << u"/a/b/c/d.txt"_s << u"c/d.txt"_s << u"c"_s;
    QTest::newRow("right there") << u"/a/b"_s << u"/a/b/d.txt"_s << u"d.txt"_s << u"b"_s;
    QTest::newRow("all") << u"/"_s << u"/a/d.txt"_s << u"a/d.txt"_s << u"a"_s;
    QTest::newRow("right in all") << u"/"_s << u"/d.txt"_s << u"d.txt"_s << u"/"_s;
}

void tst_DuplicateModels::takesAnyRoot()
{
    QFETCH(QString, root);
    QFETCH(QString, path);
    const FoundFile file(FilePath(path.toStdString()), FilePath(root.toStdString()), 1);
    QTEST(file.relativePath(), "relative");
    QTEST(file.folder(), "folder");
    QCOMPARE(file.name(), u"d.txt"_s);
}

/// What vanishes, or cannot be read, is not counted.
void tst_DuplicateModels::countsWhatWasHashed()
{
    Files files;
    for (const char *name : { "a", "b", "c" })
        files.add(QLatin1StringView(name));
    QCOMPARE(files.finder.next(), 0);
    files.finder.setError(0, u"gone"_s);
    files.hash();
    QVERIFY(files.finder.summary().contains(u"Hashed      2, 10 bytes"_s));
    QVERIFY(files.finder.summary().contains(u"cannot read a: gone"_s));
}

void tst_DuplicateModels::manyEqualFilesAreToldTogether()
{
    Files files;
    for (int i = 0; i < 2000; ++i)
        files.add(QString::number(i));
    DuplicateGroups *groups = files.finder.groups();
    QAbstractItemModelTester tester(groups);
    QSignalSpy changes(groups, &QAbstractItemModel::dataChanged);
    QSignalSpy insertions(groups, &QAbstractItemModel::rowsInserted);
    files.hash();
    groups->settle();
    QCOMPARE(groups->rowCount(), 1);
    QCOMPARE(groups->duplicateCount(), 1999);
    QVERIFY(changes.size() + insertions.size() < 100);
    // However many there are, a row is no larger.
    QCOMPARE(groups->index(0).data(DuplicateGroups::FirstPathsRole).toStringList().size(), 2);
    groups->toggle(0);
    QCOMPARE(groups->rowCount(), 2001);
    QVERIFY(insertions.size() < 100);
}

void tst_DuplicateModels::openGroupHasItsFiles()
{
    Files files;
    DuplicateGroups *groups = files.finder.groups();
    QAbstractItemModelTester tester(groups);
    for (const int size : { 10, 10, 20, 20, 30, 30 })
        files.add(u"%1"_s.arg(size), size);
    files.hash();
    groups->settle();
    QCOMPARE(groups->rowCount(), 3);
    groups->toggle(2); // of 10
    QCOMPARE(groups->rowCount(), 5);
    QVERIFY(groups->index(3).data(DuplicateGroups::FileRole).value<FoundFile *>());
    for (int i = 0; i < 3; ++i)
        files.add(u"more"_s, 10); // is the first now, with its files
    files.hash();
    groups->settle();
    QCOMPARE(groups->rowCount(), 8);
    QCOMPARE(groups->index(0).data(DuplicateGroups::CountRole).toInt(), 5);
    QVERIFY(groups->index(0).data(DuplicateGroups::OpenRole).toBool());
    QVERIFY(groups->index(5).data(DuplicateGroups::FileRole).value<FoundFile *>());
    QVERIFY(!groups->index(6).data(DuplicateGroups::FileRole).value<FoundFile *>());
    groups->toggle(6);
    QCOMPARE(groups->rowCount(), 5);
    groups->toggle(groups->index(0).data(DuplicateGroups::OpenRole).toBool() ? 0 : 1);
    QVERIFY(groups->rowCount() == 3 || groups->rowCount() == 5);
}

void tst_DuplicateModels::groupsAreSorted()
{
    Files files;
    for (const QString &name : { u"b"_s, u"b2"_s })
        files.add(name, 10);
    for (const QString &name : { u"c"_s, u"c2"_s, u"c3"_s, u"c4"_s })
        files.add(name, 5);
    for (const QString &name : { u"a"_s, u"a2"_s })
        files.add(name, 1);
    files.hash();
    DuplicateGroups *groups = files.finder.groups();
    groups->settle();
    const auto firsts = [&] {
        QStringList names;
        for (int row = 0; row < groups->rowCount(); ++row)
            names += groups->index(row)
                             .data(DuplicateGroups::FirstPathsRole)
                             .toStringList()
                             .value(0);
        return names.join(u' ');
    };
    QCOMPARE(firsts(), u"c b a"_s);
    groups->setOrder(DuplicateGroups::BySize);
    QCOMPARE(firsts(), u"b c a"_s);
    groups->setOrder(DuplicateGroups::ByName);
    QCOMPARE(firsts(), u"a b c"_s);
}

void tst_DuplicateModels::oneOfEachGroupStays()
{
    Files files;
    for (const QString &name : { u"folder/a"_s, u"a"_s, u"other/a"_s })
        files.add(name);
    files.hash();
    DuplicateGroups *groups = files.finder.groups();
    groups->selectAllButOne();
    QCOMPARE(groups->selectedCount(), 2);
    QCOMPARE(groups->selectedBytes(), 10);
    QVERIFY(!files.finder.file(1)->isSelected());
    QVERIFY(!groups->setSelected(files.finder.file(1), true));
    QVERIFY(groups->setSelected(files.finder.file(0), false));
    QVERIFY(groups->setSelected(files.finder.file(1), true));
    groups->selectNone();
    QCOMPARE(groups->selectedCount(), 0);
}

void tst_DuplicateModels::whatIsGoneLeavesItsGroup()
{
    Files files;
    for (int i = 0; i < 6; ++i)
        files.add(QString::number(i));
    files.hash();
    DuplicateGroups *groups = files.finder.groups();
    QAbstractItemModelTester tester(groups);
    groups->settle();
    groups->toggle(0);
    QCOMPARE(groups->rowCount(), 7);
    groups->remove({ files.finder.file(1), files.finder.file(2), files.finder.file(4) });
    QCOMPARE(groups->rowCount(), 4);
    QCOMPARE(groups->space(), 10);
    QCOMPARE(groups->index(3).data(DuplicateGroups::FileRole).value<FoundFile *>(),
             files.finder.file(5));
    groups->remove({ files.finder.file(0), files.finder.file(3) });
    QCOMPARE(groups->rowCount(), 0);
    QCOMPARE(files.finder.file(5)->state(), FoundFile::Unique);
    groups->add(files.finder.file(0)); // back again
    groups->settle();
    QCOMPARE(groups->rowCount(), 1);
}

void tst_DuplicateModels::listIsSortedAndGrows()
{
    Files files;
    files.add(u"x/b"_s, 1);
    files.add(u"y/a"_s, 3);
    FileList list;
    QAbstractItemModelTester tester(&list);
    list.setFinder(&files.finder);
    QCOMPARE(namesOf(list), QStringList({ u"b"_s, u"a"_s }));
    const auto becomes = [&](const QStringList &names) {
        return spinUntil([&] { return namesOf(list) == names; });
    };
    list.setOrder(FileList::ByName);
    QVERIFY(becomes({ u"a"_s, u"b"_s }));
    QSignalSpy resets(&list, &QAbstractItemModel::modelReset);
    files.add(u"z/ab"_s, 2);
    QVERIFY(becomes({ u"a"_s, u"ab"_s, u"b"_s }));
    QCOMPARE(resets.size(), 0); // was inserted
    list.setOrder(FileList::BySize);
    QVERIFY(becomes({ u"a"_s, u"ab"_s, u"b"_s }));
    list.setText(u"X/"_s);
    QVERIFY(becomes({ u"b"_s }));
    list.setText(u"nowhere"_s);
    QVERIFY(becomes({}));
    list.setText({});
    list.setOrder(FileList::AsFound);
    QVERIFY(becomes({ u"b"_s, u"a"_s, u"ab"_s }));
}

int testModels(int argc, char **argv)
{
    tst_DuplicateModels test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_duplicatemodels.moc"
