// SPDX-License-Identifier: MIT
// Rows that a program changes, their columns and keys: what a model holds, and what views are told.
#include "models.h"

#include <QtCore/qsortfilterproxymodel.h>
#include <QtTest/qsignalspy.h>

#include <string>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace {

class Place
{
    Q_GADGET
    Q_PROPERTY(QString name MEMBER name)
    Q_PROPERTY(double height READ height)

public:
    QString name;
    int meters = 0;
    double height() const { return meters; }
};

} // namespace

class tst_ModelRows : public QObject
{
    Q_OBJECT

private slots:
    // columns and roles
    void columnsShowWhatGettersGive();
    void gettersMayBeAnything();
    void propertiesOfAGadgetAreColumns();
    void headersHaveTitles();
    void otherColumnsResetTheModel();
    void getterThatThrowsIsToldOnce();
    // rows by hand
    void rowsAreAddedAndRemoved();
    void changedRowsAreToldByWhatIsDifferent();
    void noSuchRowIsAnError();
    void otherThreadIsAnError();
    void changesInASlotWait();
    // keys
    void rowsAreFoundByKeys();
    void rowWithAKnownKeyTakesItsPlace();
    void keyOfAnotherRowIsRefused();
    void setRowsTellsWhatIsDifferent_data();
    void setRowsTellsWhatIsDifferent();
    void setRowsKeepsPersistentIndexes();
    void manyChangesByKeys();
    void keyGetterThatThrowsKeepsTheRow();
};

// --- Columns and roles

void tst_ModelRows::columnsShowWhatGettersGive()
{
    Entries model({ { u"Name"_s, &Entry::name },
                    Entries::Column(u"Size"_s, &Entry::sizeText, Qt::AlignRight)
                            .named("size")
                            .sortedBy(&Entry::size)
                            .toolTip(&Entry::path),
                    Entries::Column::role("path", &Entry::path) });
    const Told told(model);
    model.append({ u"a"_s, 7, u"/a"_s });
    QCOMPARE(model.columnCount(), 2);
    QCOMPARE(model.index(0).data(), u"a"_s);
    QCOMPARE(model.index(0).data(StreamModelBase::SortRole), u"a"_s);
    QCOMPARE(model.index(0, 1).data(), u"7 B"_s);
    QCOMPARE(model.index(0, 1).data(StreamModelBase::SortRole), 7);
    QCOMPARE(model.index(0, 1).data(Qt::ToolTipRole), u"/a"_s);
    QVERIFY(!model.index(0, 0).data(Qt::ToolTipRole).isValid());
    QCOMPARE(model.index(0, 1).data(Qt::TextAlignmentRole), int(Qt::AlignRight | Qt::AlignVCenter));
    QVERIFY(!model.index(0, 0).data(Qt::TextAlignmentRole).isValid());

    const QHash<int, QByteArray> names = model.roleNames();
    const auto named = [&](const QByteArray &name, int column) {
        return model.index(0, column).data(names.key(name));
    };
    QCOMPARE(named("column0", 1), u"a"_s);
    QCOMPARE(named("size", 0), u"7 B"_s);
    QCOMPARE(named("path", 0), u"/a"_s);
    QCOMPARE(named("modelData", 1).value<Entry>(), Entry({ u"a"_s, 7, u"/a"_s }));
}

void tst_ModelRows::gettersMayBeAnything()
{
    const auto doubled = [](const Entry &entry) { return entry.size * 2; };
    const std::function<QVariant(const Entry &)> variant = [](const Entry &entry) {
        return QVariant(entry.name);
    };
    StreamModel<std::shared_ptr<Entry>> pointers({ { u"Name"_s, &Entry::name } });
    pointers.append(std::make_shared<Entry>(Entry{ u"a"_s, 1 }));
    QCOMPARE(pointers.index(0).data(), u"a"_s);

    Entries model({ { u"doubled"_s, doubled },
                    { u"variant"_s, variant },
                    { u"text"_s, [](const Entry &) { return std::string("ä"); } },
                    { u"literal"_s, [](const Entry &) { return "ö"; } },
                    { u"none"_s, [](const Entry &) { return std::optional<int>(); } },
                    { u"some"_s, [](const Entry &) { return std::optional<int>(3); } } });
    model.append({ u"a"_s, 4 });
    const QVariantList expected{ 8, u"a"_s, u"ä"_s, u"ö"_s, {}, 3 };
    for (int column = 0; column < model.columnCount(); ++column)
        QCOMPARE(model.index(0, column).data(), expected[column]);
}

void tst_ModelRows::propertiesOfAGadgetAreColumns()
{
    StreamModel<Place> model;
    const Told told(model);
    Place place;
    place.name = u"Rigi"_s;
    place.meters = 1798;
    model.append(place);
    QCOMPARE(model.columnCount(), 2);
    QCOMPARE(model.headerData(1, Qt::Horizontal), u"height"_s);
    QCOMPARE(model.index(0, 1).data(), 1798.0);
    QCOMPARE(model.index(0, 0).data(model.roleNames().key("name")), u"Rigi"_s);

    Numbers numbers;
    numbers.append(5);
    QCOMPARE(numbers.columnCount(), 1);
    QCOMPARE(numbers.index(0).data(), 5);
}

void tst_ModelRows::headersHaveTitles()
{
    Entries model(entryColumns());
    QSignalSpy changed(&model, &QAbstractItemModel::headerDataChanged);
    QCOMPARE(model.headerData(0, Qt::Horizontal), u"Name"_s);
    QCOMPARE(model.headerData(1, Qt::Horizontal, Qt::TextAlignmentRole),
             int(Qt::AlignRight | Qt::AlignVCenter));
    QVERIFY(model.setHeaderData(0, Qt::Horizontal, u"Nom"_s));
    QVERIFY(model.setHeaderData(0, Qt::Horizontal, u"of the file"_s, Qt::ToolTipRole));
    QCOMPARE(model.headerData(0, Qt::Horizontal), u"Nom"_s);
    QCOMPARE(model.headerData(0, Qt::Horizontal, Qt::ToolTipRole), u"of the file"_s);
    QCOMPARE(changed.count(), 2);
    QVERIFY(!model.setHeaderData(2, Qt::Horizontal, u"?"_s));
    QVERIFY(!model.headerData(2, Qt::Horizontal).isValid());
}

void tst_ModelRows::otherColumnsResetTheModel()
{
    Entries model(entryColumns());
    Told told(model);
    model.append({ u"a"_s, 7 });
    (void)told.words();
    model.setColumns({ { u"Size"_s, &Entry::size } });
    QCOMPARE(told.words(), u"reset"_s);
    QCOMPARE(model.columnCount(), 1);
    QCOMPARE(model.index(0).data(), 7);
}

void tst_ModelRows::getterThatThrowsIsToldOnce()
{
    const auto half = [](const Entry &entry) {
        if (entry.size % 2 != 0)
            throw std::runtime_error("odd");
        return entry.size / 2;
    };
    Entries model({ { u"Name"_s, &Entry::name }, { u"Half"_s, half } });
    const QFerryMessages messages;
    model.append(std::vector<Entry>{ { u"a"_s, 1 }, { u"b"_s, 2 }, { u"c"_s, 3 } });
    QVERIFY(!model.index(0, 1).data().isValid());
    QCOMPARE(model.index(1, 1).data(), 1);
    QVERIFY(!model.index(2, 1).data().isValid());
    QCOMPARE(messages.count(), 1);
    QVERIFY(messages.all().first().contains(u"column \"Half\""_s));
    QVERIFY(messages.all().first().contains(u"odd"_s));
    model.set(0, { u"a"_s, 4 });
    QCOMPARE(model.index(0, 1).data(), 2);
}

// --- Rows by hand

void tst_ModelRows::rowsAreAddedAndRemoved()
{
    Numbers model;
    Told told(model);
    QSignalSpy counted(&model, &StreamModelBase::countChanged);
    model.append(1);
    model.append(std::vector{ 2, 3 });
    model.insert(0, 0);
    model.insert(4, std::vector{ 4, 5 });
    QCOMPARE(told.words(), u"insert 0-0, insert 1-2, insert 0-0, insert 4-5"_s);
    QCOMPARE(rowsOf(model), (std::vector{ 0, 1, 2, 3, 4, 5 }));
    QCOMPARE(counted.count(), 4);

    model.move(0, 5);
    model.move(4, 0);
    QCOMPARE(told.words(), u"move 0-0 to 6, move 4-4 to 0"_s);
    QCOMPARE(rowsOf(model), (std::vector{ 5, 1, 2, 3, 4, 0 }));

    model.removeAt(1, 2);
    model.removeAt(3);
    QCOMPARE(told.words(), u"remove 1-2, remove 3-3"_s);
    QCOMPARE(rowsOf(model), (std::vector{ 5, 3, 4 }));

    model.setRows({ 7, 8 });
    QCOMPARE(told.words(), u"reset"_s);
    QCOMPARE(rowsOf(model), (std::vector{ 7, 8 }));
    model.clear();
    QCOMPARE(model.count(), 0);
    model.append(std::vector<int>());
    QCOMPARE(told.words(), u"reset"_s);
}

void tst_ModelRows::changedRowsAreToldByWhatIsDifferent()
{
    Entries model(entryColumns());
    model.append(std::vector<Entry>{ { u"a"_s, 1 }, { u"b"_s, 2 } });
    Told told(model);
    const auto roleOf = [&](const char *name) { return model.roleNames().key(name); };

    model.set(1, { u"b"_s, 3 });
    QCOMPARE(told.roles(), (QList<QList<int>>{ { Qt::DisplayRole, Qt::EditRole },
                                               { roleOf("modelData"), roleOf("column1") } }));
    QCOMPARE(told.words(), u"change 1-1 columns 1-1, change 1-1 columns 0-1"_s);
    model.set(0, [](Entry &entry) { entry = { u"z"_s, 26 }; });
    QCOMPARE(told.words(), u"change 0-0 columns 0-1"_s);
    model.set(0, [](Entry &entry) { entry.path = u"/z"_s; }); // which no column shows
    QCOMPARE(told.roles(), (QList<QList<int>>{ { roleOf("modelData") } }));
    QCOMPARE(told.words(), u"change 0-0 columns 0-1"_s);
    model.set(0, model.at(0));
    QCOMPARE(told.words(), QString());
}

void tst_ModelRows::noSuchRowIsAnError()
{
    Numbers model;
    model.append(1);
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, (void)model.at(1));
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, (void)model.at(-1));
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, model.set(1, 2));
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, model.insert(2, 2));
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, model.insert(-1, 2));
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, model.removeAt(0, 2));
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, model.move(0, 1));
    model.removeAt(0, 0);
    QCOMPARE(model.count(), 1);
}

void tst_ModelRows::otherThreadIsAnError()
{
    Numbers model;
    model.append(1);
    LoopThread other;
    other.call([&] {
        QVERIFY_THROWS_EXCEPTION(InvalidUseError, model.append(2));
        QVERIFY_THROWS_EXCEPTION(InvalidUseError, model.set(0, 2));
        QVERIFY_THROWS_EXCEPTION(InvalidUseError, model.removeAt(0));
        QVERIFY_THROWS_EXCEPTION(InvalidUseError, model.start(numbers(1)));
        QVERIFY_THROWS_EXCEPTION(InvalidUseError, model.cancel());
    });
    QCOMPARE(rowsOf(model), (std::vector{ 1 }));
}

void tst_ModelRows::changesInASlotWait()
{
    StreamModel<int, int> model(std::identity{});
    Told told(model); // hears of it later than the slot that changes rows
    bool isFirst = true;
    QObject::connect(&model, &QAbstractItemModel::rowsAboutToBeInserted, &model, [&] {
        if (!std::exchange(isFirst, false))
            return;
        model.append(20);
        model.insert(0, 10);
        QCOMPARE(model.count(), 0);
    });
    QObject::connect(&model, &QAbstractItemModel::rowsInserted, &model, [&] {
        if (model.contains(1))
            model.remove(1);
    });
    model.append(1);
    QCOMPARE(rowsOf(model), (std::vector{ 10, 20 }));
    QCOMPARE(told.words(), u"insert 0-0, insert 1-1, insert 0-0, remove 1-1"_s);

    const QFerryMessages messages;
    const auto once = QObject::connect(&model, &QAbstractItemModel::rowsRemoved, &model, [&] {
        if (model.count() > 0)
            model.removeAt(0);
    });
    model.remove(10);
    QCOMPARE(model.count(), 0);
    QObject::disconnect(once);
    QCOMPARE(messages.count(), 0);
}

// --- Keys

void tst_ModelRows::rowsAreFoundByKeys()
{
    KeyedEntries model(&Entry::name, entryColumns());
    Told told(model);
    model.append(std::vector<Entry>{ { u"a"_s, 1 }, { u"b"_s, 2 }, { u"c"_s, 3 } });
    QCOMPARE(model.rowOf(u"c"_s), 2);
    QCOMPARE(model.rowOf(u"d"_s), -1);
    QVERIFY(model.contains(u"a"_s));
    QVERIFY(model.remove(u"a"_s));
    QVERIFY(!model.remove(u"a"_s));
    QCOMPARE(model.rowOf(u"c"_s), 1);
    QVERIFY(model.update(u"c"_s, [](Entry &entry) { entry.size = 30; }));
    QVERIFY(model.update(u"b"_s, { u"B"_s, 2 }));
    QVERIFY(!model.update(u"b"_s, { u"B"_s, 2 }));
    QCOMPARE(model.find(u"B"_s)->size, 2);
    QCOMPARE(model.find(u"b"_s), nullptr);
    QCOMPARE(namesOf(model), (QStringList{ u"B"_s, u"c"_s }));
    QCOMPARE(told.words(), u"insert 0-2, remove 0-0, change 1-1 columns 1-1, "
                           "change 1-1 columns 0-1, change 0-0 columns 0-0, "
                           "change 0-0 columns 0-1"_s);
    model.clear();
    QVERIFY(!model.contains(u"B"_s));
}

void tst_ModelRows::rowWithAKnownKeyTakesItsPlace()
{
    KeyedEntries model(&Entry::name, entryColumns());
    model.append(std::vector<Entry>{ { u"a"_s, 1 }, { u"b"_s, 2 }, { u"c"_s, 3 } });
    Told told(model);
    model.append(std::vector<Entry>{
            { u"c"_s, 4 }, { u"d"_s, 1 }, { u"b"_s, 5 }, { u"d"_s, 2 }, { u"d"_s, 3 } });
    QCOMPARE(told.words(), u"change 1-2 columns 1-1, change 1-2 columns 0-1, insert 3-3"_s);
    QCOMPARE(rowsOf(model),
             (std::vector<Entry>{ { u"a"_s, 1 }, { u"b"_s, 5 }, { u"c"_s, 4 }, { u"d"_s, 3 } }));

    model.start(streamOf<Entry>({ { u"a"_s, 1 }, { u"b"_s, 2 }, { u"a"_s, 3 } }));
    QVERIFY(hasEnded(model));
    QCOMPARE(rowsOf(model), (std::vector<Entry>{ { u"a"_s, 3 }, { u"b"_s, 2 } }));
}

void tst_ModelRows::keyOfAnotherRowIsRefused()
{
    KeyedEntries model(&Entry::name, entryColumns());
    model.append(std::vector<Entry>{ { u"a"_s, 1 }, { u"b"_s, 2 } });
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, model.update(u"a"_s, { u"b"_s, 1 }));
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, model.set(0, { u"b"_s, 1 }));
    QCOMPARE(namesOf(model), (QStringList{ u"a"_s, u"b"_s }));
    QCOMPARE(model.rowOf(u"b"_s), 1);
}

void tst_ModelRows::setRowsTellsWhatIsDifferent_data()
{
    QTest::addColumn<QString>("next");
    QTest::addColumn<QString>("told");
    const auto row = [](const char *name, const char *next, const char *told) {
        QTest::newRow(name) << QString::fromLatin1(next) << QString::fromLatin1(told);
    };
    row("the same", "abcdef", "");
    row("fewer", "acf", "remove 3-4, remove 1-1");
    row("more", "xabycdefz", "insert 0-0, insert 3-3, insert 8-8");
    row("one has moved down", "acdbef", "move 1-1 to 4");
    row("one has moved up", "aebcdf", "move 4-4 to 1");
    row("a block has moved", "adebcf", "move 1-2 to 5");
    row("others", "fedcba", "layout");
    row("all at once", "xfda", "remove 4-4, remove 1-2, layout, insert 0-0");
    row("one with another value", "abCdef", "change 2-2 columns 1-1, change 2-2 columns 0-1");
    row("two with other values", "abCDef", "change 2-3 columns 1-1, change 2-3 columns 0-1");
    row("one twice", "abacdef", "");
    row("none of them", "xyz", "reset");
    row("none", "", "reset");
}

void tst_ModelRows::setRowsTellsWhatIsDifferent()
{
    QFETCH(const QString, next);
    QFETCH(const QString, told);
    const auto entries = [](const QString &text) {
        std::vector<Entry> rows; // upper case is another size
        for (const QChar letter : text)
            rows.push_back({ letter.toLower(), letter.isUpper() ? 2 : 1 });
        return rows;
    };
    KeyedEntries model(&Entry::name, entryColumns());
    model.append(entries(u"abcdef"_s));
    QSortFilterProxyModel proxy;
    proxy.setSourceModel(&model);
    Told views(model);
    const Told proxyViews(proxy);
    model.setRows(entries(next));
    QCOMPARE(views.words(), told);
    QString expected = next;
    if (next == u"abacdef"_s)
        expected = u"abcdef"_s;
    QCOMPARE(rowsOf(model), entries(expected));
    for (int row = 0; row < model.count(); ++row)
        QCOMPARE(model.rowOf(model.at(row).name), row);
}

void tst_ModelRows::setRowsKeepsPersistentIndexes()
{
    KeyedEntries model(&Entry::name, entryColumns());
    model.append(std::vector<Entry>{ { u"a"_s }, { u"b"_s }, { u"c"_s }, { u"d"_s } });
    const QPersistentModelIndex c = model.index(2, 1);
    const QPersistentModelIndex b = model.index(1);
    model.setRows({ { u"d"_s }, { u"x"_s }, { u"c"_s }, { u"a"_s } });
    QCOMPARE(c.row(), 2);
    QCOMPARE(c.column(), 1);
    QVERIFY(!b.isValid());
}

/// Against a list that is searched.
void tst_ModelRows::manyChangesByKeys()
{
    StreamModel<int, int> model(std::identity{});
    const Told told(model);
    std::vector<int> expected;
    for (int i = 0; i < 300; ++i) {
        model.append(i);
        expected.push_back(i);
    }
    for (int i = 0; i < 500; ++i) {
        const int row = (i * 7919) % int(expected.size());
        if (i % 3 == 0) {
            QVERIFY(model.remove(expected[size_t(row)]));
            expected.erase(expected.begin() + row);
        } else if (i % 3 == 1) {
            model.insert(row, 1000 + i);
            expected.insert(expected.begin() + row, 1000 + i);
        } else {
            const int to = (row * 31 + i) % int(expected.size());
            model.move(row, to);
            const int moved = expected[size_t(row)];
            expected.erase(expected.begin() + row);
            expected.insert(expected.begin() + to, moved);
        }
        const int looked = (i * 104729) % int(expected.size());
        QCOMPARE(model.rowOf(expected[size_t(looked)]), looked);
    }
    QCOMPARE(rowsOf(model), expected);
    for (int row = 0; row < int(expected.size()); ++row)
        QCOMPARE(model.rowOf(expected[size_t(row)]), row);
}

void tst_ModelRows::keyGetterThatThrowsKeepsTheRow()
{
    const auto key = [](const Entry &entry) {
        if (entry.name.isEmpty())
            throw std::runtime_error("no name");
        return entry.name;
    };
    KeyedEntries model(key, entryColumns());
    const QFerryMessages messages;
    model.append(std::vector<Entry>{ { u"a"_s, 1 }, { {}, 2 }, { {}, 3 } });
    QCOMPARE(model.count(), 3);
    QCOMPARE(messages.count(), 1);
    QVERIFY(messages.all().first().contains(u"no name"_s));
    model.set(1, { u"b"_s, 2 });
    QCOMPARE(model.rowOf(u"b"_s), 1);
    model.removeAt(0, 3);
    QVERIFY(!model.contains(u"b"_s));
}

QTEST_GUILESS_MAIN(tst_ModelRows)
#include "tst_modelrows.moc"
