// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/errors.h>

#include <QtCore/qfuture.h>
#include <QtCore/qlist.h>
#include <QtCore/qshareddata.h>

#include <limits>

namespace QFerry {

namespace Detail {
class LimiterState;
}

/**
 * Limits how many calls run at once: each call borrows a token for as long as its function runs.
 * Tokens go to who waited longest.
 *
 * All functions may be called in any thread, also before there is a QCoreApplication. A limiter may
 * be destroyed while calls use it: those complete under its last rules (one at a time if it
 * admitted nobody).
 */
class QFERRY_EXPORT CapacityLimiter
{
public:
    /// As many tokens as anyone asks for.
    static constexpr int Unlimited = std::numeric_limits<int>::max();

    /// One consistent look at a limiter.
    struct Statistics
    {
        int totalTokens = 0;
        int borrowedTokens = 0;
        /// Who holds a token. Calls show as addresses of their own.
        QList<const void *> borrowers;
        /// How many wait for a token.
        int waiting = 0;
    };

    /// 0 admits nobody until raised. Throws InvalidUseError if negative.
    explicit CapacityLimiter(int totalTokens);
    ~CapacityLimiter();
    Q_DISABLE_COPY_MOVE(CapacityLimiter)

    int totalTokens() const;
    /// Raising wakes who waits, at once; lowering takes no token back. Throws InvalidUseError if
    /// negative.
    void setTotalTokens(int totalTokens);
    /// May exceed totalTokens() after that was lowered.
    int borrowedTokens() const;
    int availableTokens() const;

    /// Takes a token if one is free and nobody waits. Throws InvalidUseError if borrower is null,
    /// or holds or awaits one.
    [[nodiscard]] bool tryAcquire(const void *borrower);
    /// Waits for a token; the future finishes, on the calling thread if that has an event loop,
    /// once it is borrowed. Canceling the future gives the place, or the token, up. Throws
    /// InvalidUseError as tryAcquire() does.
    [[nodiscard]] QFuture<void> acquire(const void *borrower);
    /// Gives back the borrower's token. Throws InvalidUseError if it holds none.
    void release(const void *borrower);

    Statistics statistics() const;

private:
    friend class Detail::LimiterState;
    QExplicitlySharedDataPointer<Detail::LimiterState> d;
};

/// The limiter of calls that name none; 40 tokens at first. Lives as long as the process.
QFERRY_EXPORT CapacityLimiter &defaultThreadLimiter();

} // namespace QFerry
