// SPDX-License-Identifier: MIT
#include "callmemory.h"
#include "eagerlock_p.h"

#include <atomic>
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

#else

namespace {

constexpr std::size_t classWidth = 32;
constexpr std::size_t classes = 8; // so, up to 256 bytes
constexpr int batchSize = 64;
constexpr int keptPerThread = 16; // batches of a class
constexpr int keptInDepot = 32;

/// Free blocks of one class make lists, and the first ones of full lists (batches) lists of those.
struct FreeBlock
{
    FreeBlock *next;
    FreeBlock *nextBatch;
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

/// Where threads that free more than they allocate leave batches for those that do the opposite.
/// (To give them back to malloc would have the two fight over the lock of an arena.)
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
    Batches full;
};

// Without constructor and destructor, so that it may be used at any time in a thread's life.
thread_local FreeList t_free[classes];
thread_local bool t_ending = false;

void deleteBlocks(FreeBlock *first)
{
    while (FreeBlock *block = first) {
        first = block->next;
        ::operator delete(block);
    }
}

struct ThreadEnd
{
    ~ThreadEnd()
    {
        t_ending = true;
        for (FreeList &list : t_free) {
            deleteBlocks(list.first);
            while (FreeBlock *batch = list.full.pop())
                deleteBlocks(batch);
            list = {};
        }
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

void refill(FreeList &list, Depot &depot)
{
    list.first = list.full.count > 0 ? list.full.pop() : depot.take();
    if (!list.first)
        return;
    list.count = batchSize;
    keepUntilThreadEnd();
}

void putAway(FreeList &list, Depot &depot)
{
    FreeBlock *batch = std::exchange(list.first, nullptr);
    list.count = 0;
    if (list.full.count < keptPerThread)
        list.full.push(batch);
    else if (!depot.put(batch))
        deleteBlocks(batch);
}

} // namespace

void *allocateCall(std::size_t size)
{
    const std::size_t index = classOf(size);
    if (index >= classes)
        return ::operator new(size);
    FreeList &list = t_free[index];
    if (!list.first && !t_ending)
        refill(list, s_depots[index]);
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
    if (index >= classes || t_ending) {
        ::operator delete(memory);
        return;
    }
    FreeList &list = t_free[index];
    if (!list.first)
        keepUntilThreadEnd();
    list.first = new (memory) FreeBlock{ list.first, nullptr };
    if (++list.count == batchSize)
        putAway(list, s_depots[index]);
}

#endif

} // namespace QFerry::Detail
