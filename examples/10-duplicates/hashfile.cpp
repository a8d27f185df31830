// SPDX-License-Identifier: MIT
// Reads a file, whatever its name, and hashes it. In a worker.
#include "tasks.h"

#include <QCryptographicHash>

#include <array>
#include <cerrno>
#include <cstdio>

namespace fs = std::filesystem;

namespace {

struct CloseFile
{
    void operator()(std::FILE *file) const { std::fclose(file); }
};
using OpenFile = std::unique_ptr<std::FILE, CloseFile>;

} // namespace

static std::FILE *openToRead(const fs::path &path)
{
#if defined(Q_OS_WIN)
    return ::_wfopen(path.c_str(), L"rb");
#else
    return std::fopen(path.c_str(), "rb");
#endif
}

[[noreturn]] static void throwError(int error)
{
    throw std::runtime_error(std::generic_category().message(error));
}

QByteArray hashFile(const FilePath &path)
{
    if (!fs::is_regular_file(
                fs::symlink_status(path.native()))) // to open a pipe could take for ever
        throwError(ENOENT);
    const OpenFile file(openToRead(path.native()));
    if (!file)
        throwError(errno);
    std::error_code ignored;
    const auto size = qint64(fs::file_size(path.native(), ignored));

    QCryptographicHash hash(QCryptographicHash::Blake2b_256);
    std::array<char, 64 * 1024> block;
    qint64 done = 0;
    while (const size_t count = std::fread(block.data(), 1, block.size(), file.get())) {
        hash.addData(QByteArrayView(block.data(), qsizetype(count)));
        QFerry::reportProgress(done += qint64(count), size);
        QFerry::checkCanceled();
    }
    if (std::ferror(file.get()))
        throwError(errno);
    return hash.result();
}
