// SPDX-License-Identifier: MIT
#include "benchmarks.h"
#include "itemways.h"
#include "metronome.h"

#include <QtCore/qsortfilterproxymodel.h>
#include <QtCore/qstringlistmodel.h>

namespace Bench {

namespace {

constexpr int million = 1'000'000;

struct Entry
{
    QString name;
    int number = 0;
};

using Entries = QFerry::StreamModel<Entry>;
using KeyedEntries = QFerry::StreamModel<Entry, int>;

Entries::Columns entryColumns()
{
    return { { u"Name"_s, &Entry::name }, { u"Number"_s, &Entry::number } };
}

QFerry::Stream<Entry> entries()
{
    const auto generator = [](QFerry::Yield<Entry> &yield, int count) {
        for (int i = 0; i < count; ++i)
            yield({ QString::number(i), i });
    };
    return QFerry::threadedIterable(generator)(amount(million));
}

template <typename Model>
Samples latenessOf(Model &model)
{
    Metronome metronome(16ms);
    Loop loop;
    QObject::connect(&model, &QFerry::StreamModelBase::finished, &model, [&] { loop.quit(); });
    model.start(entries());
    loop.run();
    return metronome.lateness();
}

Samples latenessWithoutKeys()
{
    Entries model(entryColumns());
    return latenessOf(model);
}

Samples latenessWithKeys()
{
    KeyedEntries model(&Entry::number, entryColumns());
    return latenessOf(model);
}

Samples latenessBehindAFilter()
{
    Entries model(entryColumns());
    QSortFilterProxyModel filter;
    filter.setSourceModel(&model);
    return latenessOf(model);
}

/// What a view reads: nanoseconds per cell.
Samples cellCost(const QAbstractItemModel &model)
{
    const int count = model.rowCount();
    qsizetype length = 0;
    const auto start = Clock::now();
    for (int row = 0; row < count; ++row)
        length += model.index(row, 0).data().toString().size();
    const double cost = nanoseconds(Clock::now() - start) / count;
    if (length == 0)
        qFatal("The cells are empty");
    return { cost };
}

} // namespace

void model(Report &report)
{
    const QString keyless = u"StreamModel"_s;
    const Table late =
            report.compare(u"lateness of a 16 ms timer while 1,000,000 rows come"_s, u"ms"_s,
                           { { keyless, &latenessWithoutKeys },
                             { u"with keys"_s, &latenessWithKeys },
                             { u"behind a QSortFilterProxyModel"_s, &latenessBehindAFilter } });
    report.atMost(u"p99 of the lateness, StreamModel"_s, late[keyless].p99(), 5, u"ms"_s);

    QStringList strings;
    std::vector<Entry> rows;
    for (int i = 0; i < amount(million); ++i) {
        strings << QString::number(i);
        rows.push_back({ strings.back(), i });
    }
    const QStringListModel list(strings);
    Entries entries(entryColumns());
    entries.append(std::move(rows));
    const QString ours = u"StreamModel::data()"_s;
    const QString theirs = u"QStringListModel::data()"_s;
    const Table cells = report.compare(u"a cell that a view reads"_s, u"ns"_s,
                                       { { ours, [&] { return cellCost(entries); } },
                                         { theirs, [&] { return cellCost(list); } } });
    report.atMost(u"a cell of a StreamModel, of a QStringListModel's"_s, cells.ratio(ours, theirs),
                  2, u"times"_s);
}

} // namespace Bench
