// SPDX-License-Identifier: MIT
#include "callmemory.h"

#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#  define QFERRY_PLAIN_MEMORY
#elif defined(__has_feature)
#  if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#    define QFERRY_PLAIN_MEMORY
#  endif
#endif

namespace QFerry::Detail {

#ifdef QFERRY_PLAIN_MEMORY // a sanitizer must see each object come and go

void *allocateCall(std::size_t size)
{
    return ::operator new(size);
}

void freeCall(void *memory, std::size_t) noexcept
{
    ::operator delete(memory);
}

#else

namespace {

constexpr std::size_t classWidth = 32;
constexpr std::size_t classes = 8; // so, up to 256 bytes
constexpr int keptPerClass = 1024;

struct FreeBlock
{
    FreeBlock *next;
};

struct FreeList
{
    FreeBlock *first;
    int count;
};

// Without constructor and destructor, so that it may be used at any time in a thread's life.
thread_local FreeList t_free[classes];
thread_local bool t_ending = false;

struct ThreadEnd
{
    ~ThreadEnd()
    {
        t_ending = true;
        for (FreeList &list : t_free) {
            while (FreeBlock *block = list.first) {
                list.first = block->next;
                ::operator delete(block);
            }
            list.count = 0;
        }
    }
};

constexpr std::size_t classOf(std::size_t size)
{
    return (size - 1) / classWidth;
}

} // namespace

void *allocateCall(std::size_t size)
{
    const std::size_t index = classOf(size);
    if (index >= classes)
        return ::operator new(size);
    FreeList &list = t_free[index];
    if (FreeBlock *block = list.first) {
        list.first = block->next;
        --list.count;
        return block;
    }
    return ::operator new((index + 1) * classWidth);
}

void freeCall(void *memory, std::size_t size) noexcept
{
    const std::size_t index = classOf(size);
    if (index >= classes || t_ending || t_free[index].count >= keptPerClass) {
        ::operator delete(memory);
        return;
    }
    FreeList &list = t_free[index];
    if (list.count == 0) {
        static thread_local ThreadEnd threadEnd;
        (void)threadEnd;
    }
    list.first = new (memory) FreeBlock{list.first};
    ++list.count;
}

#endif

} // namespace QFerry::Detail
