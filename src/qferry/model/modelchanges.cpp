// SPDX-License-Identifier: MIT
// How the rows of a model change, and what views are told of it: one change after the other, each
// by few signals. In the model's thread.
#include <qferry/base/logging_p.h>
#include <qferry/model/modelstate_p.h>

#include <algorithm>

namespace QFerry {

using Detail::ModelRow;

// Of one kind for one change: more cost views more than a rough one.
constexpr int mostSignals = 256;

/// While it lives, views are being told.
class StreamModelBase::Telling
{
public:
    explicit Telling(Detail::ModelState &state) : m_state(state) { ++m_state.telling; }
    ~Telling() { --m_state.telling; }
    Q_DISABLE_COPY_MOVE(Telling)

private:
    Detail::ModelState &m_state;
};

// --- One after the other

void StreamModelBase::makeChange(std::unique_ptr<Detail::RowChange> change)
{
    if (d->telling > 0) {
        d->putOff.push_back(std::move(change));
        return;
    }
    const QPointer<StreamModelBase> alive(this);
    settle(); // what has waited comes first
    if (alive)
        tellOf(*change);
    if (alive)
        settle();
}

void StreamModelBase::tellOf(Detail::RowChange &change)
{
    const int before = count();
    {
        const Telling telling(*d);
        change.make();
    }
    if (count() != before)
        Q_EMIT countChanged();
}

/// Does what has waited for views to be told of another change.
void StreamModelBase::settle()
{
    const QPointer<StreamModelBase> alive(this);
    while (alive && d->telling == 0 && !d->putOff.empty()) {
        const auto change = std::move(d->putOff.front());
        d->putOff.pop_front();
        try {
            tellOf(*change);
        } catch (...) { // who made it has gone on
            warn(QStringLiteral("A change of a StreamModel's rows that was made in a slot which "
                                "hears of another one has failed: ")
                 + Detail::describe(std::current_exception()));
        }
    }
    if (!alive || d->telling > 0 || !std::exchange(d->isFlushDue, false))
        return;
    flush();
    if (alive && d->run)
        d->run->ask();
}

// --- Whole rows

StreamModelBase::Rows StreamModelBase::admit(Rows rows, std::vector<Detail::ChangedRow> *)
{
    return rows;
}

void StreamModelBase::dismiss(const Rows &) {}

void StreamModelBase::exchange(Rows rows)
{
    resetRows(std::move(rows));
}

Detail::RowList &StreamModelBase::rows() const
{
    return d->rows;
}

void StreamModelBase::admitAt(int row, Rows rows)
{
    std::vector<Detail::ChangedRow> changed;
    Rows fresh = admit(std::move(rows), &changed);
    tellChanged(std::move(changed));
    insertRowsAt(row, std::move(fresh));
}

void StreamModelBase::insertRowsAt(int row, Rows rows)
{
    if (rows.empty())
        return;
    d->rows.reserveMore(rows.size());
    d->isInserting = true; // whoever looks now, at the rows in front as well, is no view
    beginInsertRows({}, row, row + int(rows.size()) - 1);
    d->rows.insert(row, std::move(rows));
    endInsertRows();
    d->isInserting = false;
}

void StreamModelBase::removeRowsAt(int row, int number)
{
    beginRemoveRows({}, row, row + number - 1);
    const Rows gone = d->rows.take(row, number);
    dismiss(gone);
    endRemoveRows();
}

void StreamModelBase::moveRowsTo(int row, int number, int destination)
{
    beginMoveRows({}, row, row + number - 1, {}, destination);
    d->rows.move(row, number, destination);
    endMoveRows();
}

void StreamModelBase::resetRows(Rows rows)
{
    beginResetModel();
    const Rows gone = d->rows.exchange(std::move(rows));
    dismiss(gone);
    endResetModel();
}

// --- Rows anew

void StreamModelBase::rearrange(std::vector<Detail::RowTarget> targets,
                                std::vector<Detail::ChangedRow> changed)
{
    std::vector<bool> kept(size_t(count()), false);
    std::vector<ModelRow *> order;
    int runs = 0; // of rows that are new, or of those that go
    bool wasNew = false;
    for (const auto &[fresh, old] : targets) {
        runs += fresh && !wasNew;
        wasNew = bool(fresh);
        if (!old)
            continue;
        order.push_back(old);
        kept[size_t(d->rows.positionOf(*old))] = true;
    }
    for (size_t i = 0; i < kept.size(); ++i)
        runs += !kept[i] && (i == 0 || kept[i - 1]);
    if (runs > mostSignals || order.empty())
        return resetTo(std::move(targets));
    removeInRanges(kept);
    reorder(order);
    insertInRanges(std::move(targets));
    tellChanged(std::move(changed));
}

void StreamModelBase::resetTo(std::vector<Detail::RowTarget> targets)
{
    beginResetModel();
    Rows gone = d->rows.exchange({});
    std::vector<bool> isKept(gone.size());
    Rows next;
    next.reserve(targets.size());
    for (size_t i = 0; i < gone.size(); ++i)
        gone[i]->position = int(i);
    for (auto &[fresh, old] : targets)
        next.push_back(old ? std::move(gone[size_t(old->position)]) : std::move(fresh));
    std::erase(gone, nullptr);
    (void)d->rows.exchange(std::move(next));
    dismiss(gone);
    endResetModel();
}

void StreamModelBase::removeInRanges(const std::vector<bool> &kept)
{
    for (int end = int(kept.size()); end > 0;) {
        int first = end;
        while (first > 0 && !kept[size_t(first - 1)])
            --first;
        if (first < end)
            removeRowsAt(first, end - first);
        end = qMin(first, end - 1);
    }
}

void StreamModelBase::insertInRanges(std::vector<Detail::RowTarget> targets)
{
    for (size_t i = 0; i < targets.size(); ++i) {
        const size_t first = i;
        Rows fresh;
        for (; i < targets.size() && targets[i].fresh; ++i)
            fresh.push_back(std::move(targets[i].fresh));
        insertRowsAt(int(first), std::move(fresh));
    }
}

/// The same rows in another order: a block that has moved, or many.
void StreamModelBase::reorder(const std::vector<ModelRow *> &order)
{
    const auto isHere = [&](int row) { return order[size_t(row)] == &d->rows.at(row); };
    int first = 0;
    int end = count();
    while (first < end && isHere(first))
        ++first;
    while (end > first && isHere(end - 1))
        --end;
    if (first == end)
        return;
    const int middle = d->rows.positionOf(*order[size_t(first)]); // what comes first now
    bool isRotated = true;
    for (int row = first; row < end && isRotated; ++row) {
        const int before = row + middle - first;
        isRotated = order[size_t(row)] == &d->rows.at(before < end ? before : before - end + first);
    }
    if (!isRotated)
        relayout(order);
    else if (middle - first <= end - middle)
        moveRowsTo(first, middle - first, end);
    else
        moveRowsTo(middle, end - middle, first);
}

void StreamModelBase::relayout(const std::vector<ModelRow *> &order)
{
    Q_EMIT layoutAboutToBeChanged({}, VerticalSortHint);
    const QModelIndexList from = persistentIndexList();
    std::vector<ModelRow *> held;
    for (const QModelIndex &index : from)
        held.push_back(&d->rows.at(index.row()));
    d->rows.reorder(order);
    QModelIndexList to;
    for (size_t i = 0; i < held.size(); ++i)
        to << index(d->rows.positionOf(*held[i]), from[qsizetype(i)].column());
    changePersistentIndexList(from, to);
    Q_EMIT layoutChanged({}, VerticalSortHint);
}

// --- Values

Detail::GetterMask StreamModelBase::difference(const ModelRow &a, const ModelRow &b) const
{
    Detail::GetterMask different = 0;
    for (int getter = 1; getter < d->columns.getterCount; ++getter) {
        const Detail::GetterMask bit = Detail::GetterMask(1) << qMin(getter, Detail::lastGetterBit);
        try {
            if (read(a, getter) != read(b, getter))
                different |= bit;
        } catch (...) {
            warnOfGetter(getter, std::current_exception());
            different |= bit;
        }
    }
    return different;
}

/// Neighbors are told of together.
void StreamModelBase::tellChanged(std::vector<Detail::ChangedRow> changed)
{
    std::erase_if(changed, [](const Detail::ChangedRow &row) { return row.row->position < 0; });
    if (changed.empty())
        return;
    for (const auto &[row, getters] : changed)
        (void)d->rows.positionOf(*row);
    const auto byPosition = [](const auto &a, const auto &b) {
        return a.row->position < b.row->position;
    };
    std::stable_sort(changed.begin(), changed.end(), byPosition);
    struct Range
    {
        int first;
        int last;
        Detail::GetterMask getters;
    };
    std::vector<Range> ranges;
    for (const auto &[row, getters] : changed) {
        const int place = row->position;
        if (ranges.empty() || (place > ranges.back().last + 1 && int(ranges.size()) < mostSignals))
            ranges.push_back({ place, place, 0 });
        ranges.back().last = place;
        ranges.back().getters |= getters;
    }
    for (const Range &range : ranges)
        tellRange(range.first, range.last, range.getters);
}

void StreamModelBase::tellRange(int first, int last, Detail::GetterMask getters)
{
    const int lastColumn = columnCount() - 1;
    const QList<int> named = d->columns.namedRoles(getters);
    QList<int> roles = d->columns.cellRoles(getters);
    auto [from, to] = d->columns.span(getters);
    if (lastColumn < 0 || (named.isEmpty() && roles.isEmpty()))
        return;
    if (from == 0 && to == lastColumn) {
        Q_EMIT dataChanged(index(first, from), index(last, to), roles + named);
        return;
    }
    if (!roles.isEmpty())
        Q_EMIT dataChanged(index(first, from), index(last, to), roles);
    if (!named.isEmpty()) // each cell of the row has them
        Q_EMIT dataChanged(index(first, 0), index(last, lastColumn), named);
}

// --- Columns

void StreamModelBase::resetColumns(const std::function<Detail::ModelColumns()> &make)
{
    beginResetModel();
    d->columns = make();
    d->failedGetters.clear();
    endResetModel();
}

const Detail::ModelColumns &StreamModelBase::columns() const
{
    return d->columns;
}

} // namespace QFerry
