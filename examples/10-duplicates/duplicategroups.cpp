// SPDX-License-Identifier: MIT
// The groups and their rows. In the window's thread.
#include "duplicategroups_p.h"

#include <QSet>

#include <algorithm>
#include <chrono>

using namespace std::chrono_literals;

DuplicateGroups::DuplicateGroups(QObject *parent) : QAbstractListModel(parent)
{
    m_settle.setSingleShot(true);
    m_settle.setInterval(50ms);
    connect(&m_settle, &QTimer::timeout, this, &DuplicateGroups::settle);
}

DuplicateGroups::~DuplicateGroups() = default;

DuplicateGroups::Key DuplicateGroups::keyOf(const Group &group) const
{
    return { .bytes = m_order == BySpace  ? group.space()
                      : m_order == BySize ? group.size
                                          : 0,
             .name = m_order == ByName ? group.files.first()->name() : QString(),
             .number = group.number };
}

void DuplicateGroups::add(FoundFile *file)
{
    std::shared_ptr<Group> &group = m_byHash[file->hash()];
    if (!group)
        group = std::make_shared<Group>(Group{ .number = m_made++, .size = file->size() });
    count(*group, -1);
    group->files.append(file);
    count(*group, 1);
    file->setState(group->files.size() > 1 ? FoundFile::Duplicate : FoundFile::Unique);
    if (group->files.size() == 2)
        group->files.first()->setState(FoundFile::Duplicate);
    if (group->files.size() > 1)
        soon(group.get());
}

void DuplicateGroups::count(const Group &group, int sign)
{
    m_duplicateCount += sign * int(std::max<qsizetype>(group.files.size() - 1, 0));
    m_space += sign * group.space();
    m_selectedCount += sign * group.selected;
    m_selectedBytes += sign * group.selected * group.size;
}

/// Its row is put right in a moment, together with others.
void DuplicateGroups::soon(Group *group)
{
    if (!std::exchange(group->isChanged, true))
        m_changed.push_back(group);
    if (!m_settle.isActive())
        m_settle.start();
}

void DuplicateGroups::settle()
{
    m_settle.stop();
    for (Group *group : std::exchange(m_changed, {})) {
        group->isChanged = false;
        place(group);
    }
    emit changed();
    emit selectionChanged();
}

void DuplicateGroups::place(Group *group)
{
    if (group->files.size() < 2) {
        if (group->isShown)
            takeOut(group);
        return;
    }
    if (!group->isShown)
        return insert(group);
    move(group);
    showMore(group);
    const QModelIndex row = index(rowOf(indexOf(group)));
    emit dataChanged(row, row);
}

qsizetype DuplicateGroups::placeFor(const Key &key) const
{
    const auto comesBefore = [](const Group *group, const Key &other) {
        return group->key < other;
    };
    return std::lower_bound(m_rows.begin(), m_rows.end(), key, comesBefore) - m_rows.begin();
}

qsizetype DuplicateGroups::indexOf(const Group *group) const
{
    return placeFor(group->key);
}

int DuplicateGroups::rowOf(qsizetype index) const
{
    return int(index) + (m_open && indexOf(m_open) < index ? m_open->shownFiles : 0);
}

int DuplicateGroups::extentOf(const Group *group) const
{
    return 1 + group->shownFiles;
}

void DuplicateGroups::insert(Group *group)
{
    group->key = keyOf(*group);
    const qsizetype place = placeFor(group->key);
    const int row = rowOf(place);
    beginInsertRows({}, row, row);
    m_rows.insert(place, group);
    group->isShown = true;
    endInsertRows();
}

/// To where it belongs now, with the files that it shows.
void DuplicateGroups::move(Group *group)
{
    const qsizetype old = indexOf(group);
    const Key key = keyOf(*group);
    qsizetype place = placeFor(key);
    if (place == old || place == old + 1) { // before itself, or where it is
        group->key = key;
        return;
    }
    const int row = rowOf(old);
    beginMoveRows({}, row, row + extentOf(group) - 1, {}, rowOf(place));
    m_rows.move(old, place > old ? place - 1 : place);
    group->key = key;
    endMoveRows();
}

void DuplicateGroups::takeOut(Group *group)
{
    const qsizetype place = indexOf(group);
    const int row = rowOf(place);
    beginRemoveRows({}, row, row + extentOf(group) - 1);
    m_rows.removeAt(place);
    group->isShown = false;
    group->shownFiles = 0;
    if (m_open == group)
        m_open = nullptr;
    endRemoveRows();
}

/// Files that the open group has got since.
void DuplicateGroups::showMore(Group *group)
{
    const int count = int(group->files.size());
    if (group != m_open || group->shownFiles == count)
        return;
    const int row = rowOf(indexOf(group));
    beginInsertRows({}, row + 1 + group->shownFiles, row + count);
    group->shownFiles = count;
    endInsertRows();
}

void DuplicateGroups::close()
{
    Group *group = m_open;
    if (!group)
        return;
    const int row = rowOf(indexOf(group));
    beginRemoveRows({}, row + 1, row + group->shownFiles);
    group->shownFiles = 0;
    m_open = nullptr;
    endRemoveRows();
    emit dataChanged(index(row), index(row));
}

void DuplicateGroups::toggle(int row)
{
    const auto [group, file] = at(row);
    if (!group || file >= 0)
        return;
    const bool wasOpen = group == m_open;
    close();
    if (wasOpen)
        return;
    m_open = group;
    showMore(group);
    const QModelIndex header = index(rowOf(indexOf(group)));
    emit dataChanged(header, header);
}

void DuplicateGroups::remove(const QList<FoundFile *> &files)
{
    QHash<Group *, QSet<FoundFile *>> gone;
    for (FoundFile *file : files) {
        if (Group *group = groupOf(file))
            gone[group].insert(file);
    }
    for (auto it = gone.cbegin(); it != gone.cend(); ++it)
        removeFiles(it.key(), it.value());
    settle();
}

void DuplicateGroups::removeFiles(Group *group, const QSet<FoundFile *> &gone)
{
    for (FoundFile *file : gone)
        select(group, file, false);
    count(*group, -1);
    for (qsizetype last = group->files.size() - 1; last >= 0; --last) { // from the end, run by run
        qsizetype first = last;
        while (first >= 0 && gone.contains(group->files[first]))
            --first;
        const qsizetype count = last - first;
        const int shown = int(std::min<qsizetype>(last, group->shownFiles - 1) - first);
        if (count == 0)
            continue;
        const int row = shown > 0 ? rowOf(indexOf(group)) + 2 + int(first) : 0;
        if (shown > 0)
            beginRemoveRows({}, row, row + shown - 1);
        group->files.remove(first + 1, count);
        group->shownFiles -= std::max(shown, 0);
        if (shown > 0)
            endRemoveRows();
        last = first + 1;
    }
    count(*group, 1);
    if (group->files.size() == 1) {
        group->files.first()->setState(FoundFile::Unique);
        select(group, group->files.first(), false);
    }
    soon(group);
}

void DuplicateGroups::clear()
{
    beginResetModel();
    m_settle.stop();
    m_changed.clear();
    m_rows.clear();
    m_byHash.clear();
    m_open = nullptr;
    m_duplicateCount = m_selectedCount = 0;
    m_space = m_selectedBytes = 0;
    endResetModel();
    emit changed();
    emit selectionChanged();
}

void DuplicateGroups::setOrder(Order order)
{
    if (std::exchange(m_order, order) == order)
        return;
    settle();
    beginResetModel();
    for (Group *group : m_rows)
        group->key = keyOf(*group);
    std::sort(m_rows.begin(), m_rows.end(),
              [](const Group *a, const Group *b) { return a->key < b->key; });
    endResetModel();
    emit orderChanged();
}

DuplicateGroups::Group *DuplicateGroups::groupOf(const FoundFile *file) const
{
    return file ? m_byHash.value(file->hash()).get() : nullptr;
}

/// The group, and which of its files; -1 for the group itself.
std::pair<DuplicateGroups::Group *, int> DuplicateGroups::at(int row) const
{
    if (row < 0 || row >= rowCount())
        return { nullptr, -1 };
    const int open = m_open ? int(indexOf(m_open)) : groupCount();
    if (row <= open)
        return { m_rows[row], -1 };
    if (row <= open + m_open->shownFiles)
        return { m_open, row - open - 1 };
    return { m_rows[row - m_open->shownFiles], -1 };
}

int DuplicateGroups::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : groupCount() + (m_open ? m_open->shownFiles : 0);
}

QVariant DuplicateGroups::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const auto [group, file] = at(index.row());
    if (role == FileRole)
        return QVariant::fromValue(file >= 0 ? group->files[file] : nullptr);
    return dataOf(*group, role);
}

static QStringList firstPaths(const QList<FoundFile *> &files)
{
    QStringList paths;
    for (const FoundFile *file : files.first(std::min<qsizetype>(files.size(), 2)))
        paths.append(file->relativePath());
    return paths;
}

QVariant DuplicateGroups::dataOf(const Group &group, int role) const
{
    switch (role) {
    case SizeRole:
        return group.size;
    case CountRole:
        return int(group.files.size());
    case SpaceRole:
        return group.space();
    case FirstPathsRole:
        return firstPaths(group.files);
    case OpenRole:
        return &group == m_open;
    case SelectedRole:
        return group.selected;
    default:
        return {};
    }
}

QHash<int, QByteArray> DuplicateGroups::roleNames() const
{
    return { { FileRole, "file" },
             { SizeRole, "size" },
             { CountRole, "count" },
             { SpaceRole, "space" },
             { FirstPathsRole, "firstPaths" },
             { OpenRole, "open" },
             { SelectedRole, "selected" } };
}
