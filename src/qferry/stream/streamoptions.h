// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/global.h>

#include <QtCore/qstring.h>

#include <optional>

namespace QFerry {

class CancelScope;
class CapacityLimiter;

/// How many items the generator of a stream may be ahead if its options do not say: what was set,
/// else QFERRY_STREAM_MAX_SIZE of the environment at the first time that this is asked for, which
/// is at the first such stream; else 1024. Any thread.
[[nodiscard]] QFERRY_EXPORT qsizetype defaultStreamMaxSize();
/// Sets it for streams that are made from then on; 0 sets no bound. Any thread. Throws
/// InvalidUseError if it is negative.
QFERRY_EXPORT void setDefaultStreamMaxSize(qsizetype maxSize);

/// How a stream is made: threadedIterable(gen, {.maxSize = 64}). What is left out is usual.
struct StreamOptions
{
    /// How many items the generator may be ahead of its consumer; 0 sets no bound. Without one it
    /// is defaultStreamMaxSize(). Must not be negative.
    std::optional<qsizetype> maxSize = std::nullopt;
    /// Whose token the generator borrows while it runs; null for defaultThreadLimiter(). Must live
    /// until the stream has started.
    CapacityLimiter *limiter = nullptr;
    /// What the generator is canceled with, besides its stream; null for the scope that the stream
    /// is made in. Must live until the stream has started.
    CancelScope *scope = nullptr;
    /// The generator's name, as in CallOptions.
    QString name = {};
};

namespace Detail {

/// Throws InvalidUseError if a size is given and negative.
QFERRY_EXPORT void checkMaxSize(std::optional<qsizetype> maxSize);

} // namespace Detail
} // namespace QFerry
