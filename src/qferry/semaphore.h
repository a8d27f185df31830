// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/pendingcall.h>

#include <optional>

namespace QFerry {

namespace Detail {
class Permits;
template <typename R>
class PermitCall;
} // namespace Detail

/**
 * So many permits, which tasks, handlers and threads take and give back. They go to who waited
 * longest.
 *
 *     const QFerry::Semaphore::Permit permit = co_await downloads.acquire();
 *
 * (A CapacityLimiter gives tokens to the calls of toThread(); a Semaphore is for all else.)
 *
 * All functions may be called in any thread. Who waits when the semaphore is destroyed ends
 * canceled.
 */
class QFERRY_EXPORT Semaphore
{
public:
    class Permit;

    /// Throws InvalidUseError if the number is negative.
    explicit Semaphore(int permits);
    ~Semaphore();
    Q_DISABLE_COPY_MOVE(Semaphore)

    /// Waits for a permit, if none is free. Ends canceled if the current scope is canceled while it
    /// waits, or the running thread's event loop ends. Canceling the call gives up its place; a
    /// permit that it has got goes with the call, or with who takes it out of there.
    [[nodiscard]] PendingCall<Permit> acquire();
    /// Empty if none is free.
    [[nodiscard]] std::optional<Permit> tryAcquire();
    /// How many are free.
    int value() const;

private:
    const QExplicitlySharedDataPointer<Detail::Permits> d;
};

/// A permit of a Semaphore: given back when this goes, in whatever thread. It may outlive the
/// semaphore. For one thread at a time.
class QFERRY_EXPORT Semaphore::Permit
{
public:
    /// No permit.
    Permit() noexcept;
    Permit(Permit &&other) noexcept;
    /// Gives back the permit that this was.
    Permit &operator=(Permit &&other) noexcept;
    ~Permit();

    [[nodiscard]] bool isValid() const { return bool(d); }
    /// Gives the permit back now, if there is one.
    void release();

private:
    friend class Semaphore;
    friend class Detail::PermitCall<Permit>;
    explicit Permit(QExplicitlySharedDataPointer<Detail::Permits> permits) noexcept;
    bool disown();

    QExplicitlySharedDataPointer<Detail::Permits> d;
};

} // namespace QFerry
