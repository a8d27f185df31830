// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qglobal.h>

#include <atomic>
#include <limits>

#if defined(Q_OS_LINUX)
#    include <cerrno>
#    include <dlfcn.h>
#    include <pthread.h>
#endif

namespace Testing {

inline std::atomic<int> s_threadsToRefuse{ 0 };
inline std::atomic<int> s_refusedThreads{ 0 };

/// While it lives, the system has no more threads to give; or it refuses only the next ones. At
/// most one at a time, in one source file.
class RefusedThreads
{
public:
    explicit RefusedThreads(int count = std::numeric_limits<int>::max())
    {
        s_refusedThreads = 0;
        s_threadsToRefuse = count;
    }
    ~RefusedThreads() { s_threadsToRefuse = 0; }
    Q_DISABLE_COPY_MOVE(RefusedThreads)

    /// How many were refused so far.
    static int count() { return s_refusedThreads; }

    /// Whether this can be done here.
    static constexpr bool arePossible()
    {
#if defined(Q_OS_LINUX)
        return true;
#else
        return false;
#endif
    }
};

} // namespace Testing

#if defined(Q_OS_LINUX)
/// Found by all libraries of the process before the system's own.
extern "C" __attribute__((visibility("default"))) int pthread_create(
        pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    if (Testing::s_threadsToRefuse > 0) {
        --Testing::s_threadsToRefuse;
        ++Testing::s_refusedThreads;
        return EAGAIN;
    }
    using Function = decltype(&pthread_create);
    static const auto original = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "pthread_create"));
    return original(thread, attributes, start, argument);
}
#endif
