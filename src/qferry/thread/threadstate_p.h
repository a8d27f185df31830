// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qglobal.h>

#if defined(Q_OS_LINUX)
#    include <fcntl.h>
#    include <sys/syscall.h>
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
        Text text;
        const std::string_view stat = read("stat", text); // "id (name) state ..."
        const size_t end = stat.rfind(") ");
        return end != stat.npos && end + 2 < stat.size() && stat[end + 2] == 'R';
#else
        return false;
#endif
    }

    /// Whether it waits for another thread, for instance at a condition, and neither for input nor
    /// for a time to pass. True where that is not known. Takes some microseconds.
    bool isWaitingForThread() const
    {
#if defined(Q_OS_LINUX)
        Text text;
        const std::string_view call = read("syscall", text); // "number arguments ...", or "running"
        char futex[16];
        std::snprintf(futex, sizeof(futex), "%ld ", long(SYS_futex));
        return call.empty() || call.starts_with(futex);
#else
        return true;
#endif
    }

private:
#if defined(Q_OS_LINUX)
    using Text = char[128];
    std::string_view read(const char *name, Text &text) const
    {
        std::snprintf(text, sizeof(text), "/proc/self/task/%d/%s", m_id, name);
        const int file = open(text, O_RDONLY | O_CLOEXEC);
        if (file < 0)
            return {};
        const ssize_t length = ::read(file, text, sizeof(text));
        close(file);
        return length > 0 ? std::string_view(text, size_t(length)) : std::string_view();
    }

    const int m_id = int(gettid());
#endif
};

} // namespace QFerry::Detail
