// SPDX-License-Identifier: MIT
#include "duplicatefinder.h"

#include <algorithm>
#include <chrono>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

struct DuplicateFinder::Group
{
    qint64 size = 0;
    QList<FoundFile *> files;

    qint64 space() const { return size * (files.size() - 1); }
};

DuplicateFinder::DuplicateFinder(QObject *parent) : QAbstractListModel(parent)
{
    m_changed.setSingleShot(true);
    m_changed.setInterval(50ms);
    connect(&m_changed, &QTimer::timeout, this, &DuplicateFinder::changed);
}

DuplicateFinder::~DuplicateFinder() = default;

void DuplicateFinder::setFiles(QAbstractItemModel *files)
{
    if (files == m_files)
        return;
    if (m_files)
        m_files->disconnect(this);
    m_files = files;
    clear();
    if (m_files) {
        connect(m_files, &QAbstractItemModel::rowsInserted, this,
                [this](const QModelIndex &, int first, int last) { add(first, last); });
        connect(m_files, &QAbstractItemModel::modelAboutToBeReset, this, &DuplicateFinder::clear);
        add(0, m_files->rowCount() - 1);
    }
    emit filesChanged();
}

void DuplicateFinder::add(int first, int last)
{
    const bool wasIdle = m_queue.empty();
    for (int row = first; row <= last; ++row)
        consider(m_files->index(row, 0).data(Qt::UserRole).value<FoundFile *>());
    if (wasIdle && !m_queue.empty())
        emit queued();
    touch();
}

void DuplicateFinder::consider(FoundFile *file)
{
    const int row = fileCount();
    m_rows.append(file);
    m_paths.append(file->relativePath());
    m_foundBytes += file->size();
    if (file->state() == FoundFile::Failed) {
        m_failures.append(file);
        emit failuresChanged();
    } else if (file->size() > 0) { // empty ones take no space
        const auto first = m_firstOfSize.find(file->size());
        if (first == m_firstOfSize.end()) {
            m_firstOfSize.insert(file->size(), row);
        } else {
            if (const int other = std::exchange(*first, -1); other >= 0)
                enqueue(other);
            enqueue(row);
        }
    }
}

void DuplicateFinder::enqueue(int row)
{
    m_rows[row]->setState(FoundFile::Waiting);
    m_queue.push_back(row);
    ++m_candidateCount;
    m_candidateBytes += m_rows[row]->size();
}

int DuplicateFinder::next()
{
    if (m_queue.empty())
        return -1;
    const int row = m_queue.front();
    m_queue.pop_front();
    return row;
}

/// Counts what has been hashed of the file since the last time.
void DuplicateFinder::addBytes(FoundFile *file, double progress)
{
    m_hashedBytes += double(file->size()) * (progress - file->progress());
    touch();
}

void DuplicateFinder::setProgress(int row, double progress)
{
    addBytes(m_rows[row], progress);
    m_rows[row]->setProgress(progress);
}

void DuplicateFinder::setHash(int row, const QByteArray &hash)
{
    setProgress(row, 1);
    ++m_hashedCount;
    std::shared_ptr<Group> &group = m_byHash[hash];
    if (!group)
        group = std::make_shared<Group>(Group{ m_rows[row]->size(), {} });
    addToGroup(*group, m_rows[row]);
}

void DuplicateFinder::addToGroup(Group &group, FoundFile *file)
{
    group.files.append(file);
    file->setState(group.files.size() > 1 ? FoundFile::Duplicate : FoundFile::Unique);
    if (group.files.size() < 2)
        return;
    group.files.first()->setState(FoundFile::Duplicate);
    ++m_duplicateCount;
    m_spaceToWin += group.size;
    sortIn(&group);
}

/// Moves the group, which has grown, to where it belongs.
void DuplicateFinder::sortIn(Group *group)
{
    const auto takesMore = [](const Group *a, const Group *b) { return a->space() > b->space(); };
    const auto old = group->files.size() > 2 ? m_groups.indexOf(group) : -1;
    const auto end = old < 0 ? m_groups.end() : m_groups.begin() + old;
    const auto row = std::upper_bound(m_groups.begin(), end, group, takesMore) - m_groups.begin();
    if (old < 0) {
        beginInsertRows({}, int(row), int(row));
        m_groups.insert(row, group);
        endInsertRows();
        return;
    }
    if (row != old) {
        beginMoveRows({}, int(old), int(old), {}, int(row));
        m_groups.move(old, row);
        endMoveRows();
    }
    emit dataChanged(index(int(row)), index(int(row)));
}

void DuplicateFinder::setError(int row, const QString &error)
{
    FoundFile *file = m_rows[row];
    addBytes(file, 0);
    file->setError(error);
    --m_candidateCount;
    m_candidateBytes -= file->size();
    m_failures.append(file);
    emit failuresChanged();
}

void DuplicateFinder::setCanceled(int row)
{
    setProgress(row, 0);
    m_rows[row]->setState(FoundFile::Waiting);
}

void DuplicateFinder::cancel()
{
    m_queue.clear();
    touch();
}

void DuplicateFinder::clear()
{
    beginResetModel();
    m_paths.clear();
    m_rows.clear();
    m_firstOfSize.clear();
    m_queue.clear();
    m_byHash.clear();
    m_groups.clear();
    m_failures.clear();
    m_foundBytes = m_candidateBytes = m_spaceToWin = 0;
    m_candidateCount = m_hashedCount = m_duplicateCount = 0;
    m_hashedBytes = 0;
    endResetModel();
    emit failuresChanged();
    emit changed();
}

QString DuplicateFinder::summary() const
{
    QString text;
    for (const Group *group : m_groups) {
        text += u"equal, %1 bytes each:\n"_s.arg(group->size);
        for (const FoundFile *file : group->files)
            text += u"  %1\n"_s.arg(file->relativePath());
    }
    for (const QObject *object : m_failures) {
        const auto *file = static_cast<const FoundFile *>(object);
        text += u"cannot read %1: %2\n"_s.arg(file->relativePath(), file->error());
    }
    text += u"Files       %1, %2 bytes\n"_s.arg(fileCount()).arg(m_foundBytes);
    text += u"Hashed      %1, %2 bytes\n"_s.arg(m_hashedCount).arg(hashedBytes());
    text += u"Duplicates  %1 in %2 groups, %3 bytes to be won\n"_s.arg(m_duplicateCount)
                    .arg(groupCount())
                    .arg(m_spaceToWin);
    text += u"Errors      %1"_s.arg(m_failures.size());
    return text;
}

void DuplicateFinder::touch()
{
    if (!m_changed.isActive())
        m_changed.start();
}

int DuplicateFinder::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : groupCount();
}

QVariant DuplicateFinder::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Group &group = *m_groups.at(index.row());
    switch (role) {
    case SizeRole:
        return group.size;
    case SpaceRole:
        return group.space();
    case PathsRole: {
        QStringList paths;
        for (const FoundFile *file : group.files)
            paths.append(file->relativePath());
        return paths;
    }
    default:
        return {};
    }
}

QHash<int, QByteArray> DuplicateFinder::roleNames() const
{
    return { { SizeRole, "size" }, { SpaceRole, "space" }, { PathsRole, "paths" } };
}
