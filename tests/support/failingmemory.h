// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qglobal.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string_view>

#ifdef Q_OS_LINUX
#    include <dlfcn.h>
#endif

namespace Testing {

/// While it lives, one request for memory fails: the one with this number, counted from 0. Only
/// what QFerry asks for counts, in any thread: its library, and its templates in the test. Qt,
/// which does not promise to survive it, gets all it wants. At most one at a time, in one source
/// file.
class FailingMemory
{
public:
    explicit FailingMemory(int number)
    {
        s_hasFailed = false;
        s_left = number;
    }
    ~FailingMemory() { s_left = -1; }
    Q_DISABLE_COPY_MOVE(FailingMemory)

    /// Whether so many requests came.
    [[nodiscard]] static bool hasFailed() { return s_hasFailed; }
    /// Whether this can be done here.
    static constexpr bool isPossible()
    {
#ifdef Q_OS_LINUX
        return true;
#else
        return false;
#endif
    }

    /// The thread's requests do not count, while it lives: they are the test's.
    class Pause
    {
    public:
        Pause() { ++t_pauses; }
        ~Pause() { --t_pauses; }
        Q_DISABLE_COPY_MOVE(Pause)
    };

    /// Whether a request fails that is made from this address.
    static bool fails([[maybe_unused]] const void *caller)
    {
        if (s_left < 0 || t_pauses > 0 || !isQFerry(caller))
            return false;
        if (s_left.fetch_sub(1) != 0)
            return false;
        s_hasFailed = true;
        return true;
    }

private:
    static bool isQFerry([[maybe_unused]] const void *caller)
    {
#ifdef Q_OS_LINUX
        const Pause pause; // dladdr() may want memory
        Dl_info info;
        if (dladdr(caller, &info) == 0 || !info.dli_fname)
            return false;
        const std::string_view file = info.dli_fname;
        return file.find("libqferry") != file.npos || file.find("tst_outofmemory") != file.npos;
#else
        return false;
#endif
    }

    static inline std::atomic<int> s_left{ -1 };
    static inline std::atomic<bool> s_hasFailed{ false };
    static inline thread_local int t_pauses = 0;
};

} // namespace Testing

// All other forms end in these.
void *operator new(std::size_t size)
{
    if (Testing::FailingMemory::fails(__builtin_return_address(0)))
        throw std::bad_alloc();
    if (void *memory = std::malloc(size > 0 ? size : 1))
        return memory;
    throw std::bad_alloc();
}

void *operator new(std::size_t size, std::align_val_t alignment)
{
    if (Testing::FailingMemory::fails(__builtin_return_address(0)))
        throw std::bad_alloc();
    const auto step = static_cast<std::size_t>(alignment);
    if (void *memory = std::aligned_alloc(step, (size + step - 1) / step * step))
        return memory;
    throw std::bad_alloc();
}

void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void *memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
