// SPDX-License-Identifier: MIT
// Which files are to be hashed, and what came of it. In the window's thread.
#include "duplicatefinder.h"

#include <QAbstractItemModel>

#include <chrono>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

DuplicateFinder::DuplicateFinder(QObject *parent) : QObject(parent)
{
    m_changed.setSingleShot(true);
    m_changed.setInterval(50ms);
    connect(&m_changed, &QTimer::timeout, this, &DuplicateFinder::changed);
}

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
    emit added();
    if (wasIdle && !m_queue.empty())
        emit queued();
    touch();
}

void DuplicateFinder::consider(FoundFile *file)
{
    const int row = fileCount();
    m_rows.append(file);
    m_paths.append(file->relativePath());
    m_sizes.append(file->size());
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
    FoundFile *file = m_rows[row];
    ++m_candidateCount;
    m_candidateBytes += file->size();
    if (const QByteArray hash = knownHash(*file); !hash.isEmpty())
        return setHash(row, hash);
    file->setState(m_isCanceled ? FoundFile::Left : FoundFile::Waiting);
    (m_isCanceled ? m_left : m_queue).push_back(row);
}

QByteArray DuplicateFinder::knownHash(const FoundFile &file) const
{
    const auto known = m_known.find(file.filePath().native().native());
    const bool isSame = known != m_known.end() && known->second.size == file.size()
                        && known->second.modified == file.modified();
    return isSame ? known->second.hash : QByteArray();
}

int DuplicateFinder::next()
{
    if (m_queue.empty())
        return -1;
    const int row = m_queue.front();
    m_queue.pop_front();
    return row;
}

FilePath DuplicateFinder::path(int row) const
{
    return m_rows[row]->filePath();
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
    m_rows[row]->setHash(hash);
    m_groups.add(m_rows[row]);
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

/// What was hashed of it still counts, so that no bar falls back, until it is begun anew.
void DuplicateFinder::setCanceled(int row)
{
    m_rows[row]->setState(FoundFile::Left);
    m_left.push_back(row);
    if (!m_isCanceled)
        resume();
}

void DuplicateFinder::cancel()
{
    m_isCanceled = true;
    m_left.insert(m_left.end(), m_queue.begin(), m_queue.end());
    for (const int row : m_queue)
        m_rows[row]->setState(FoundFile::Left);
    m_queue.clear();
    touch();
}

void DuplicateFinder::resume()
{
    m_isCanceled = false;
    for (const int row : m_left) {
        setProgress(row, 0);
        m_rows[row]->setState(FoundFile::Waiting);
    }
    m_queue.insert(m_queue.end(), m_left.begin(), m_left.end());
    m_left.clear();
    emit queued();
}

void DuplicateFinder::forgetHashes()
{
    m_known.clear();
    m_isCanceled = false;
}

void DuplicateFinder::keepHashes()
{
    m_isCanceled = false;
    for (const FoundFile *file : m_rows) {
        if (!file->hash().isEmpty())
            m_known[file->filePath().native().native()] = { file->size(), file->modified(),
                                                            file->hash() };
    }
}

void DuplicateFinder::clear()
{
    m_groups.clear();
    m_rows.clear();
    m_paths.clear();
    m_sizes.clear();
    m_firstOfSize.clear();
    m_queue.clear();
    m_left.clear();
    m_isCanceled = false;
    m_failures.clear();
    m_foundBytes = m_candidateBytes = 0;
    m_candidateCount = m_hashedCount = 0;
    m_hashedBytes = 0;
    emit cleared();
    emit failuresChanged();
    emit changed();
}

QString DuplicateFinder::summary() const
{
    QString text;
    for (const QList<FoundFile *> &group : m_groups.groups()) {
        text += tr("equal, %1 bytes each:\n").arg(group.first()->size());
        for (const FoundFile *file : group)
            text += u"  %1\n"_s.arg(file->relativePath());
    }
    for (const QObject *object : m_failures) {
        const auto *file = static_cast<const FoundFile *>(object);
        text += tr("cannot read %1: %2\n").arg(file->relativePath(), file->error());
    }
    text += tr("Files       %1, %2 bytes\n").arg(fileCount()).arg(m_foundBytes);
    text += tr("Hashed      %1, %2 bytes\n").arg(m_hashedCount).arg(hashedBytes());
    text += tr("Duplicates  %1 in %2 groups, %3 bytes to be won\n")
                    .arg(m_groups.duplicateCount())
                    .arg(m_groups.groupCount())
                    .arg(m_groups.space());
    text += tr("Errors      %1").arg(m_failures.size());
    return text;
}

void DuplicateFinder::touch()
{
    if (!m_changed.isActive())
        m_changed.start();
}
