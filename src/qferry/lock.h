// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/pendingcall.h>

#include <memory>
#include <optional>

namespace QFerry {

namespace Detail {
class ConditionQueue;
class ConditionWait;
class Permits;
template <typename R>
class PermitCall;
} // namespace Detail

/**
 * What one task, handler or thread has at a time, across everything that it waits for meanwhile. It
 * goes to who waited longest.
 *
 *     QFerry::Lock::Held held = co_await lock.acquire();
 *
 * It is not recursive: who has it and acquires it once more waits for itself, until that is
 * canceled.
 *
 * All functions may be called in any thread. Who waits when the lock is destroyed ends canceled.
 */
class QFERRY_EXPORT Lock
{
public:
    class Held;

    Lock();
    ~Lock();
    Q_DISABLE_COPY_MOVE(Lock)

    /// Waits for the lock, if somebody has it. Ends canceled if the current scope is canceled while
    /// it waits, or the running thread's event loop ends. Canceling the call gives up its place;
    /// the lock, once it has got that, goes with the call, or with who takes it out of there.
    [[nodiscard]] PendingCall<Held> acquire();
    /// Empty if somebody has it.
    [[nodiscard]] std::optional<Held> tryAcquire();
    bool isLocked() const;

private:
    friend class Condition;
    const QExplicitlySharedDataPointer<Detail::Permits> d;
};

/// Whoever has this has the lock: it is given up when this goes, in whatever thread. It may outlive
/// the Lock. For one thread at a time.
class QFERRY_EXPORT Lock::Held
{
public:
    /// Of no lock.
    Held() noexcept;
    Held(Held &&other) noexcept;
    /// Gives up the lock that this was of.
    Held &operator=(Held &&other) noexcept;
    ~Held();

    /// Whether this has the lock, which it has not while it waits for a Condition.
    [[nodiscard]] bool isValid() const;
    /// Gives up the lock now, if this has it, and ends what it waits for.
    void release();

private:
    friend class Condition;
    friend class Lock;
    friend class Detail::PermitCall<Held>;
    explicit Held(QExplicitlySharedDataPointer<Detail::Permits> lock) noexcept;
    bool disown();

    QExplicitlySharedDataPointer<Detail::Permits> d;
    QExplicitlySharedDataPointer<Detail::ConditionWait> m_wait; // the last one, if any
};

/**
 * Tells who waits that something has changed which a Lock guards:
 *
 *     while (queue.isEmpty())
 *         co_await changed.wait(held);
 *
 * All functions may be called in any thread, also without the lock. Who waits when the condition is
 * destroyed ends canceled. Declare it behind its lock, so that it goes first.
 */
class QFERRY_EXPORT Condition
{
public:
    explicit Condition(Lock &lock);
    ~Condition();
    Q_DISABLE_COPY_MOVE(Condition)

    /**
     * Gives up the lock until it is notified, and ends once it has that again. If it is canceled
     * before, as the current scope or by the end of the running thread's event loop, it ends
     * canceled, and also has the lock again then. `held` may be moved meanwhile; it ends the wait
     * when it goes. Throws InvalidUseError if that has not this condition's lock.
     */
    [[nodiscard]] PendingCall<void> wait(Lock::Held &held);
    /// Ends the wait that began first, if any.
    void notifyOne();
    void notifyAll();

private:
    const std::unique_ptr<Detail::ConditionQueue> d;
};

} // namespace QFerry
