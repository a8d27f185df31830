// SPDX-License-Identifier: MIT
// The rows are in the window's thread; searching and sorting is in a worker.
#include "filelist.h"

#include <qferry/tothread.h>
#include <qferry/worker.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <optional>

using namespace std::chrono_literals;

namespace {

/// What a worker needs to know of the files: these are shared, and not copied.
struct Files
{
    QStringList paths;
    QList<qint64> sizes;
    int first; // the row of the finder that these begin with
};

QStringView nameOf(const QString &path)
{
    return QStringView(path).mid(path.lastIndexOf(u'/') + 1);
}

QList<int> rowsWith(const Files &files, const QString &text)
{
    QList<int> rows;
    for (qsizetype i = 0; i < files.paths.size(); ++i) {
        if (files.paths[i].contains(text, Qt::CaseInsensitive))
            rows.append(int(i) + files.first);
        if (i % 1024 == 0)
            QFerry::checkCanceled();
    }
    return rows;
}

void sort(QList<int> &rows, const Files &files, FileList::Order order)
{
    const auto compareNames = [&](int a, int b) {
        const QString &left = files.paths[a], &right = files.paths[b];
        const int names = nameOf(left).compare(nameOf(right), Qt::CaseInsensitive);
        return names ? names : left.compare(right);
    };
    std::sort(rows.begin(), rows.end(), [&](int a, int b) {
        if (order == FileList::BySize && files.sizes[a] != files.sizes[b])
            return files.sizes[a] > files.sizes[b];
        const int names = compareNames(a, b);
        return names ? names < 0 : a < b;
    });
}

QList<int> find(const Files &files, const QString &text, FileList::Order order)
{
    QList<int> rows = rowsWith(files, text);
    if (order != FileList::AsFound)
        sort(rows, files, order);
    return rows;
}

} // namespace

FileList::FileList(QObject *parent) : QAbstractListModel(parent)
{
    m_later.setSingleShot(true);
    connect(&m_later, &QTimer::timeout, this, [this] {
        if (!m_isSearching)
            search(0);
    });
}

void FileList::setFinder(DuplicateFinder *finder)
{
    if (m_finder == finder)
        return;
    if (m_finder)
        m_finder->disconnect(this);
    m_finder = finder;
    clear();
    if (finder) {
        connect(finder, &DuplicateFinder::added, this, &FileList::takeNew);
        connect(finder, &DuplicateFinder::cleared, this, &FileList::clear);
        takeNew();
    }
    emit finderChanged();
}

void FileList::setText(const QString &text)
{
    if (std::exchange(m_text, text) == text)
        return;
    startAnew();
    emit textChanged();
}

void FileList::setOrder(Order order)
{
    if (std::exchange(m_order, order) == order)
        return;
    startAnew();
    emit orderChanged();
}

void FileList::clear()
{
    m_search.cancel();
    m_later.stop();
    m_lookedAt = 0;
    beginResetModel();
    m_rows.clear();
    endResetModel();
    setSearching(false);
    emit countChanged();
}

void FileList::startAnew()
{
    m_search.cancel();
    setSearching(false);
    search(0);
}

/// What has come since the last look: those of a sorted list have to be put among the others, which
/// is not done for each of many batches.
void FileList::takeNew()
{
    if (!m_finder || m_isSearching || m_lookedAt == m_finder->fileCount())
        return;
    if (m_order == AsFound)
        search(m_lookedAt);
    else if (!m_later.isActive())
        m_later.start(300ms);
}

void FileList::search(int first)
{
    if (!m_finder)
        return;
    m_lookedAt = m_finder->fileCount();
    if (m_text.isEmpty() && m_order == AsFound) { // is no work
        QList<int> all(m_lookedAt - first);
        std::iota(all.begin(), all.end(), first);
        return show(all, first);
    }
    setSearching(true);
    const Files files{ m_finder->paths().mid(first), m_finder->sizes().mid(first), first };
    m_search.start([this, files](QObject *run) {
        return QFerry::toThread(find, files, m_text, m_order)
                .then(run,
                      [this, first = files.first](const QList<int> &rows) { show(rows, first); });
    });
}

void FileList::show(const QList<int> &rows, int first)
{
    setSearching(false);
    if (first > 0)
        append(rows);
    else
        replace(rows);
    emit countChanged();
    takeNew();
}

void FileList::append(const QList<int> &rows)
{
    if (rows.isEmpty())
        return;
    beginInsertRows({}, count(), count() + int(rows.size()) - 1);
    m_rows.append(rows);
    endInsertRows();
}

/// One run of rows that are new, to be put before row `at` of those that are there.
struct Insertion
{
    int at;
    int first;
    int count;
};

/// What has to be inserted; nothing if that is too much, or not all.
static std::optional<std::vector<Insertion>> difference(const QList<int> &old,
                                                        const QList<int> &rows)
{
    constexpr size_t most = 200;
    std::vector<Insertion> insertions;
    int kept = 0;
    for (int i = 0; i < int(rows.size()); ++i) {
        if (kept < int(old.size()) && old[kept] == rows[i])
            ++kept;
        else if (!insertions.empty() && insertions.back().at == kept)
            ++insertions.back().count;
        else if (insertions.size() < most)
            insertions.push_back({ kept, i, 1 });
        else
            return {};
    }
    return kept == old.size() ? std::optional(insertions) : std::nullopt;
}

void FileList::replace(const QList<int> &rows)
{
    const auto insertions = difference(m_rows, rows);
    if (!insertions) {
        beginResetModel();
        m_rows = rows;
        endResetModel();
        return;
    }
    for (const auto &[at, first, number] :
         *insertions) { // in order: those before are there already
        beginInsertRows({}, first, first + number - 1);
        m_rows.insert(first, number, 0);
        std::copy_n(rows.begin() + first, number, m_rows.begin() + first);
        endInsertRows();
    }
}

void FileList::setSearching(bool searching)
{
    if (std::exchange(m_isSearching, searching) != searching)
        emit searchingChanged();
}

int FileList::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : count();
}

QVariant FileList::data(const QModelIndex &index, int role) const
{
    if (role != FileRole
        || !checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    return QVariant::fromValue(m_finder ? m_finder->file(m_rows[index.row()]) : nullptr);
}

QHash<int, QByteArray> FileList::roleNames() const
{
    return { { FileRole, "modelData" } };
}
