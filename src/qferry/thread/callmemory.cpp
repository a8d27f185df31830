// SPDX-License-Identifier: MIT
#include "callmemory.h"

#include <qferry/thread/waiting_p.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#    define QFERRY_PLAIN_MEMORY
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#        define QFERRY_PLAIN_MEMORY
#    endif
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

void *allocateCall(std::size_t size, std::align_val_t alignment)
{
    return ::operator new(size, alignment);
}

void freeCall(void *memory, std::size_t, std::align_val_t alignment) noexcept
{
    ::operator delete(memory, alignment);
}

#else

namespace {

constexpr std::size_t classWidth = 64; // a cache line
constexpr std::size_t classes = 4;
constexpr std::size_t biggest = classes * classWidth;
constexpr int batchSize = 64;
constexpr int firstBlocks = 4;    // of a thread
constexpr int keptPerThread = 16; // batches of a class
constexpr int keptInDepot = 32;

/// A block that is free. Such blocks make batches, and the first ones of batches lists of those.
struct FreeBlock
{
    FreeBlock *next;
    FreeBlock *nextBatch = nullptr;
    int count = 0; // of the batch that it is the first of
};

struct Batches
{
    FreeBlock *first;
    int count;

    void push(FreeBlock *batch)
    {
        batch->nextBatch = first;
        first = batch;
        ++count;
    }
    FreeBlock *pop()
    {
        FreeBlock *batch = first;
        if (batch) {
            first = batch->nextBatch;
            --count;
        }
        return batch;
    }
};

// The aligned operator new rounds sizes up to the alignment; then chunks would not lie side by
// side.
void *allocateAligned(std::size_t size, std::size_t alignment)
{
#    ifdef Q_OS_UNIX
    void *memory = nullptr;
    if (posix_memalign(&memory, alignment, size) != 0)
        throw std::bad_alloc();
    return memory;
#    else
    return ::operator new(size, std::align_val_t(alignment));
#    endif
}

void freeAligned(void *memory, [[maybe_unused]] std::size_t alignment) noexcept
{
#    ifdef Q_OS_UNIX
    std::free(memory);
#    else
    ::operator delete(memory, std::align_val_t(alignment));
#    endif
}

/// What is asked of the system at once, and given back once all of its blocks are: neighbours in
/// time are neighbours in memory, whatever else the program has strewn about its heap.
class Chunk
{
public:
    /// A new chunk's blocks, in the order of their addresses.
    static Batches makeBlocks(std::size_t blockSize)
    {
        auto *memory = static_cast<std::byte *>(allocateAligned(size, alignment));
        const int count = int((size - sizeof(Chunk)) / blockSize);
        new (memory) Chunk(count);
        Batches batches{};
        FreeBlock *first = nullptr;
        for (int i = count; i-- > 0;) {
            first = new (memory + sizeof(Chunk) + std::size_t(i) * blockSize) FreeBlock{ first };
            if (i % batchSize != 0)
                continue;
            first->count = qMin(batchSize, count - i);
            batches.push(std::exchange(first, nullptr));
        }
        return batches;
    }

    static void giveBack(void *block) noexcept
    {
        // Where it begins is in the block's address.
        auto *chunk = reinterpret_cast<Chunk *>(std::uintptr_t(block) & ~(alignment - 1));
        if (chunk->m_inUse.fetch_sub(1, std::memory_order_acq_rel) > 1)
            return;
        chunk->~Chunk();
        freeAligned(chunk, alignment);
    }

    static void giveBackAll(FreeBlock *batch) noexcept
    {
        while (FreeBlock *block = batch) {
            batch = block->next;
            giveBack(block);
        }
    }

private:
    explicit Chunk(int blocks) : m_inUse(blocks)
    {
        static_assert(sizeof(Chunk) % classWidth == 0); // so that blocks are aligned to it
    }

    static constexpr std::size_t alignment = std::size_t(16) * 1024; // a power of two
    static constexpr std::size_t size = alignment - 64; // malloc's own part keeps its place
    alignas(classWidth) std::atomic<int> m_inUse;
};

/// Where threads that free more than they allocate leave batches for those that do the opposite.
class Depot
{
public:
    bool put(FreeBlock *batch)
    {
        const std::lock_guard lock(m_lock);
        if (m_batches.count == keptInDepot)
            return false;
        m_batches.push(batch);
        m_count.store(m_batches.count, std::memory_order_relaxed);
        return true;
    }
    FreeBlock *take()
    {
        if (m_count.load(std::memory_order_relaxed) == 0)
            return nullptr;
        const std::lock_guard lock(m_lock);
        FreeBlock *batch = m_batches.pop();
        m_count.store(m_batches.count, std::memory_order_relaxed);
        return batch;
    }

private:
    BriefLock m_lock;
    std::atomic<int> m_count{ 0 };
    Batches m_batches{};
};
constinit Depot s_depots[classes];

struct FreeList
{
    FreeBlock *first;
    int count;
    bool isInUse; // has given out a block before
    Batches full;
};

// Without constructor and destructor, so that it may be used at any time in a thread's life.
thread_local FreeList t_free[classes];
thread_local bool t_ending = false;

void leaveBatch(FreeBlock *batch, std::size_t index) noexcept
{
    if (!s_depots[index].put(batch))
        Chunk::giveBackAll(batch);
}

/// Others go on with what a thread has left: one that made a single call must not take the rest of
/// a chunk out of use, whose one block stays with the worker that freed it.
void leaveAll(std::size_t index) noexcept
{
    FreeList &list = t_free[index];
    if (FreeBlock *batch = std::exchange(list.first, nullptr)) {
        batch->count = std::exchange(list.count, 0);
        leaveBatch(batch, index);
    }
    while (FreeBlock *batch = list.full.pop())
        leaveBatch(batch, index);
}

struct ThreadEnd
{
    ~ThreadEnd()
    {
        t_ending = true;
        for (std::size_t index = 0; index < classes; ++index)
            leaveAll(index);
    }
};

/// What this thread keeps goes with it.
void keepUntilThreadEnd()
{
    static thread_local ThreadEnd threadEnd;
    (void)threadEnd;
}

constexpr std::size_t classOf(std::size_t size)
{
    return (size - 1) / classWidth;
}

/// A thread that begins may make one call and end: keeps a few blocks, and leaves the others to
/// whoever comes.
void shareOut(FreeList &list, std::size_t index) noexcept
{
    if (list.count <= firstBlocks)
        return;
    FreeBlock *last = list.first;
    for (int i = 1; i < firstBlocks; ++i)
        last = last->next;
    FreeBlock *rest = std::exchange(last->next, nullptr);
    rest->count = std::exchange(list.count, firstBlocks) - firstBlocks;
    leaveBatch(rest, index);
    while (FreeBlock *batch = list.full.pop())
        leaveBatch(batch, index);
}

void refill(FreeList &list, std::size_t index)
{
    FreeBlock *batch = list.full.pop();
    if (!batch)
        batch = s_depots[index].take();
    if (!batch) {
        list.full = Chunk::makeBlocks((index + 1) * classWidth);
        batch = list.full.pop();
    }
    list.first = batch;
    list.count = batch->count;
    if (!std::exchange(list.isInUse, true))
        shareOut(list, index);
}

void putAway(FreeList &list, std::size_t index)
{
    FreeBlock *batch = std::exchange(list.first, nullptr);
    batch->count = std::exchange(list.count, 0);
    if (list.full.count < keptPerThread)
        list.full.push(batch);
    else
        leaveBatch(batch, index);
}

} // namespace

void *allocateCall(std::size_t size)
{
    if (size > biggest)
        return ::operator new(size);
    const std::size_t index = classOf(size);
    FreeList &list = t_free[index];
    if (!list.first) {
        refill(list, index);
        if (!t_ending)
            keepUntilThreadEnd();
    }
    FreeBlock *block = list.first;
    list.first = block->next;
    --list.count;
    if (Q_UNLIKELY(t_ending))
        leaveAll(index);
    return block;
}

void freeCall(void *memory, std::size_t size) noexcept
{
    if (size > biggest) {
        ::operator delete(memory);
        return;
    }
    if (Q_UNLIKELY(t_ending)) {
        Chunk::giveBack(memory);
        return;
    }
    const std::size_t index = classOf(size);
    FreeList &list = t_free[index];
    if (!list.first)
        keepUntilThreadEnd();
    list.first = new (memory) FreeBlock{ list.first };
    if (++list.count == batchSize)
        putAway(list, index);
}

static bool isInBlocks(std::size_t size, std::align_val_t alignment)
{
    return size <= biggest && std::size_t(alignment) <= classWidth;
}

void *allocateCall(std::size_t size, std::align_val_t alignment)
{
    if (isInBlocks(size, alignment))
        return allocateCall(size);
    return ::operator new(size, alignment);
}

void freeCall(void *memory, std::size_t size, std::align_val_t alignment) noexcept
{
    if (isInBlocks(size, alignment))
        freeCall(memory, size);
    else
        ::operator delete(memory, alignment);
}

#endif

} // namespace QFerry::Detail
