// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qglobal.h>

#if defined(Q_OS_LINUX)
#    include <fcntl.h>
#    include <unistd.h>

#    include <cstdio>
#    include <string_view>
#endif

namespace QFerry::Detail {

/// What the system says of the thread that made it; other threads may ask while that one runs.
class ThreadState
{
public:
    /// Whether it runs, or would if it had a core. False where that is not known. Takes some
    /// microseconds.
    bool isRunnable() const
    {
#if defined(Q_OS_LINUX)
        char text[128];
        std::snprintf(text, sizeof(text), "/proc/self/task/%d/stat", m_id);
        const int file = open(text, O_RDONLY | O_CLOEXEC);
        if (file < 0)
            return false;
        const ssize_t length = read(file, text, sizeof(text));
        close(file);
        if (length <= 0)
            return false;
        const std::string_view stat(text, size_t(length)); // "id (name) state ..."
        const size_t end = stat.rfind(") ");
        return end != stat.npos && end + 2 < stat.size() && stat[end + 2] == 'R';
#else
        return false;
#endif
    }

private:
#if defined(Q_OS_LINUX)
    const int m_id = int(gettid());
#endif
};

} // namespace QFerry::Detail
