// SPDX-License-Identifier: MIT
// Made in a worker, then in the window's thread.
#include "foundfile.h"

#include <QDir>
#include <QFileInfo>

using namespace Qt::StringLiterals;

/// What follows the root, which may end with a slash, and may be nothing else.
static QString below(const FilePath &root, const FilePath &path)
{
    QString relative = path.toString().mid(root.toString().size());
    while (relative.startsWith(u'/'))
        relative.remove(0, 1);
    return printable(relative);
}

FoundFile::FoundFile(const FilePath &path, const FilePath &root, qint64 size, Time modified)
    : m_path(path), m_relativePath(below(root, path)), m_size(size), m_modified(modified)
{}

QString FoundFile::path() const
{
    return printable(QDir::toNativeSeparators(m_path.toString()));
}

QString FoundFile::name() const
{
    return m_relativePath.mid(m_relativePath.lastIndexOf(u'/') + 1);
}

QString FoundFile::folder() const
{
    if (const auto end = m_relativePath.lastIndexOf(u'/'); end >= 0)
        return m_relativePath.left(end);
    const QFileInfo root(QFileInfo(m_path.toString()).path());
    return printable(root.fileName().isEmpty() ? root.filePath() : root.fileName());
}

QString FoundFile::suffix() const
{
    return QFileInfo(name()).suffix();
}

void FoundFile::set(State state, double progress, const QString &error)
{
    m_state = state;
    m_progress = progress;
    m_error = error;
    emit changed();
}

void FoundFile::setSelected(bool selected)
{
    if (std::exchange(m_isSelected, selected) != selected)
        emit changed();
}
