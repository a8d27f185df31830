// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/global.h>

#include <cstddef>

namespace QFerry::Detail {

/// Memory for calls and handlers. They come and go in great numbers and few sizes, mostly in the
/// same thread, so each thread keeps some of what it frees: a third of the cost of a short call was
/// malloc's. And they lie side by side, in whole cache lines, however the program's heap looks.
[[nodiscard]] QFERRY_EXPORT void *allocateCall(std::size_t size);
QFERRY_EXPORT void freeCall(void *memory, std::size_t size) noexcept;

} // namespace QFerry::Detail
