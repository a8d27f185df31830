// SPDX-License-Identifier: MIT
#include "tasks.h"

#include "foundfile.h"

#include <qferry/qferry.h>
#include <qferryqml/registertask.h>

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QDir>
#include <QFile>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

namespace fs = std::filesystem;

static QString toString(const fs::path &path)
{
    return QFileInfo(path).filePath(); // a name that is no UTF-8 as well
}

using FilePtr = QSharedPointer<FoundFile>; // those that never become a row are deleted, too

static FilePtr newFile(const fs::path &path, const QString &root, qint64 size)
{
    const auto file = FilePtr::create(toString(path), root, size);
    file->moveToThread(QCoreApplication::instance()->thread());
    return file;
}

/// Whether it is another name of a file in `linked`, those found that have several: all of them
/// together take the space once.
static bool isAnotherName(const fs::directory_entry &file,
                          std::multimap<uintmax_t, fs::path> &linked)
{
    std::error_code ignored;
    if (file.hard_link_count(ignored) < 2)
        return false;
    const uintmax_t size = file.file_size(ignored);
    const auto [begin, end] = linked.equal_range(size);
    if (std::any_of(begin, end,
                    [&](const auto &known) { return fs::equivalent(file, known.second, ignored); }))
        return true;
    linked.emplace(size, file);
    return false;
}

/// A generator: yields the files below a folder, and what of it cannot be read.
static void findFiles(QFerry::Yield<FilePtr> &yield, const QString &root)
{
    std::multimap<uintmax_t, fs::path> linked;
    std::vector folders = { QFileInfo(root).filesystemFilePath() };
    while (!folders.empty()) {
        const fs::path folder = std::exchange(folders.back(), {});
        folders.pop_back();
        std::error_code error;
        for (fs::directory_iterator it(folder, error), end; it != end; it.increment(error)) {
            std::error_code ignored;
            if (it->is_symlink(ignored))
                continue;
            if (it->is_directory(ignored))
                folders.push_back(*it);
            else if (it->is_regular_file(ignored) && !isAnotherName(*it, linked))
                yield(newFile(*it, root, qint64(it->file_size(ignored))));
        }
        if (error) {
            const FilePtr file = newFile(folder, root, 0);
            file->setError(QString::fromStdString(error.message()));
            yield(file);
        }
    }
}

/// Throws what the file system says.
static QByteArray hashFile(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly | QIODevice::Unbuffered))
        throw std::runtime_error(file.errorString().toStdString());

    QCryptographicHash hash(QCryptographicHash::Blake2b_256);
    std::array<char, 64 * 1024> block;
    qint64 done = 0;
    while (const qint64 size = file.read(block.data(), block.size())) {
        if (size < 0)
            throw std::runtime_error(file.errorString().toStdString());
        hash.addData(QByteArrayView(block.data(), size));
        QFerry::reportProgress(done += size, file.size());
        QFerry::checkCanceled();
    }
    return hash.result();
}

/// The rows of those whose path has the text in it; not more than are worth to be shown.
static QList<int> searchFiles(const QStringList &paths, const QString &text)
{
    constexpr qsizetype most = 1000;
    QList<int> rows;
    for (qsizetype i = 0; i < paths.size() && rows.size() < most; ++i) {
        if (paths[i].contains(text, Qt::CaseInsensitive))
            rows.append(int(i));
        if (i % 1024 == 0)
            QFerry::checkCanceled();
    }
    return rows;
}

void registerTasks()
{
    QFerry::registerTask("findFiles", &findFiles);
    QFerry::registerTask("hashFile", &hashFile);
    QFerry::registerTask("searchFiles", &searchFiles);
}
