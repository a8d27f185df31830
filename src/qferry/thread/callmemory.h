// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/global.h>

#include <cstddef>
#include <new>

namespace QFerry::Detail {

/// Memory for calls and handlers. They come and go in great numbers and few sizes, mostly in the
/// same thread, so each thread keeps some of what it frees: a third of the cost of a short call was
/// malloc's. And they lie side by side, in whole cache lines, however the program's heap looks.
[[nodiscard]] QFERRY_EXPORT void *allocateCall(std::size_t size);
QFERRY_EXPORT void freeCall(void *memory, std::size_t size) noexcept;
/// The same for a type that needs more than the alignment of the ordinary operator new: what is
/// bound in a call, or comes of it, may.
[[nodiscard]] QFERRY_EXPORT void *allocateCall(std::size_t size, std::align_val_t alignment);
QFERRY_EXPORT void freeCall(void *memory, std::size_t size, std::align_val_t alignment) noexcept;

/// Gives the classes derived from it that memory.
class InCallMemory
{
public:
    static void *operator new(std::size_t size) { return allocateCall(size); }
    static void operator delete(void *memory, std::size_t size) { freeCall(memory, size); }
    static void *operator new(std::size_t size, std::align_val_t alignment)
    {
        return allocateCall(size, alignment);
    }
    static void operator delete(void *memory, std::size_t size, std::align_val_t alignment)
    {
        freeCall(memory, size, alignment);
    }

protected:
    ~InCallMemory() = default;
};

} // namespace QFerry::Detail
