// SPDX-License-Identifier: MIT
// The walk through a folder. In a worker; the objects that it makes are for the window's thread.
#include "tasks.h"

#include <QCoreApplication>
#include <QFileInfo>

#include <algorithm>
#include <map>

namespace fs = std::filesystem;

static FilePtr newFile(const fs::path &path, const FilePath &root, qint64 size,
                       FoundFile::Time modified = {})
{
    const auto file = FilePtr::create(path, root, size, modified);
    file->moveToThread(QCoreApplication::instance()->thread());
    return file;
}

static FilePtr newFailure(const fs::path &path, const FilePath &root, const std::error_code &error)
{
    const FilePtr file = newFile(path, root, 0);
    file->setError(QString::fromStdString(error.message()));
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

/// What the kernel makes up as it is read: it has no size that is true, and takes no space.
static bool isMadeUp([[maybe_unused]] const fs::path &folder)
{
#if defined(Q_OS_UNIX)
    return folder == "/proc" || folder == "/sys" || folder == "/dev";
#else
    return false;
#endif
}

namespace {

class Walk
{
public:
    Walk(QFerry::Yield<FilePtr> &yield, const fs::path &root) : m_yield(yield), m_root(root) {}

    void run()
    {
        m_folders.push_back(m_root.native());
        while (!m_folders.empty()) {
            const fs::path folder = std::exchange(m_folders.back(), {});
            m_folders.pop_back();
            visitFolder(folder);
        }
    }

private:
    void visitFolder(const fs::path &folder)
    {
        std::error_code error;
        for (fs::directory_iterator it(folder, error), end; it != end; it.increment(error))
            visit(*it);
        if (error && folder == m_root.native())
            throw std::runtime_error(error.message());
        if (error)
            m_yield(newFailure(folder, m_root, error));
    }

    void visit(const fs::directory_entry &entry)
    {
        std::error_code error;
        if (entry.is_symlink(error))
            return;
        if (entry.is_directory(error)) {
            if (!isMadeUp(entry))
                m_folders.push_back(entry);
        } else if (entry.is_regular_file(error)) {
            const uintmax_t size = entry.file_size(error);
            if (error)
                m_yield(newFailure(entry, m_root, error));
            else if (!isAnotherName(entry, m_linked))
                m_yield(newFile(entry, m_root, qint64(size), entry.last_write_time(error)));
        }
    }

    QFerry::Yield<FilePtr> &m_yield;
    const FilePath m_root;
    std::vector<fs::path> m_folders; // still to be visited
    std::multimap<uintmax_t, fs::path> m_linked;
};

} // namespace

void findFiles(QFerry::Yield<FilePtr> &yield, const QString &root)
{
    Walk(yield, QFileInfo(root).filesystemFilePath()).run();
}
