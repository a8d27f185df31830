// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qglobal.h>

// What is handed over by Qt goes through its own, uninstrumented, locks: tell the sanitizer.
// (Qt defines __has_feature, as false, for compilers that have it not: ask them first.)
#if defined(__SANITIZE_THREAD__)
#    define QFERRY_TSAN
#elif defined(__has_feature)
#    if __has_feature(thread_sanitizer)
#        define QFERRY_TSAN
#    endif
#endif
#ifdef QFERRY_TSAN
#    include <sanitizer/tsan_interface.h>
#else
#    define __tsan_release(address)
#    define __tsan_acquire(address)
#endif

namespace QFerry::Detail {

inline char s_connections = 0;

/// A functor has been given to a connection,
inline void tsanRelease()
{
    __tsan_release(&s_connections);
}
/// and is called, or destroyed, in another thread.
inline void tsanAcquire()
{
    __tsan_acquire(&s_connections);
}

} // namespace QFerry::Detail
