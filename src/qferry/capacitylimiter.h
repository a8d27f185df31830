// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/errors.h>

#include <QtCore/qfuture.h>
#include <QtCore/qlist.h>
#include <QtCore/qshareddata.h>
#include <QtCore/qstring.h>

#include <limits>

namespace QFerry {

class LimiterToken;
template <typename T>
class PendingCall;

namespace Detail {
class LimiterState;
}

/**
 * Limits how many calls run at once: each call borrows a token for as long as its function runs.
 * Tokens go to who waited longest.
 *
 * A warning is logged, once for each limiter, if calls wait for a token while abandoned calls hold
 * all of them, or while all who hold one wait themselves (in fromThread(), or for other calls) for
 * more than a second: that may be for ever.
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
        /// Who holds a token. Calls, and each LimiterToken, show as addresses of their own.
        QList<const void *> borrowers;
        /// How many wait for a token.
        int waiting = 0;
    };

    /// 0 admits nobody until raised. Throws InvalidUseError if negative.
    explicit CapacityLimiter(int totalTokens);
    ~CapacityLimiter();
    Q_DISABLE_COPY_MOVE(CapacityLimiter)

    /// What it is called where people look at what runs (callsSnapshot()); empty at first.
    void setName(const QString &name);
    QString name() const;

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
    /**
     * Waits for a token that gives itself back: nobody has to know when, or whether, it came.
     * Canceling the call, and the end of the running thread's event loop, gives up its place; a
     * token that has been granted goes with the call, or with who takes it out of there.
     */
    [[nodiscard]] PendingCall<LimiterToken> acquireToken();
    /**
     * Waits for a token; the future finishes, on the calling thread if that has an event loop, a
     * moment after it is borrowed. The borrower may then release it. Throws InvalidUseError as
     * tryAcquire() does.
     *
     * Canceling the future, and the end of that loop, gives up the place, or the token if the
     * future has not finished. A cancel may come too late, which a QFuture cannot tell: once it has
     * finished, isBorrower() says whether there is a token to be released. acquireToken() needs no
     * such care.
     */
    [[nodiscard]] QFuture<void> acquire(const void *borrower);
    /// Gives back the borrower's token. Throws InvalidUseError if it holds none.
    void release(const void *borrower);
    /// Whether the borrower holds a token, by tryAcquire() or acquire().
    [[nodiscard]] bool isBorrower(const void *borrower) const;

    Statistics statistics() const;

private:
    friend class Detail::LimiterState;
    QExplicitlySharedDataPointer<Detail::LimiterState> d;
};

/// The limiter of calls that name none; 40 tokens at first. Lives as long as the process.
QFERRY_EXPORT CapacityLimiter &defaultThreadLimiter();

} // namespace QFerry
