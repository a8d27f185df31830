// SPDX-License-Identifier: MIT
// Lock, whoever holds it, and the conditions that these wait for. Any thread; the lock's mutex
// guards who waits for either.
#include <qferry/lock.h>

#include <qferry/errors.h>
#include <qferry/task/permits_p.h>

#include <utility>

namespace QFerry {

namespace Detail {

/// One Condition::wait(): in the list of the condition, then in that of the lock.
class ConditionWait final : public QueuedCall
{
public:
    explicit ConditionWait(Permits::Ptr held) : QueuedCall(held.data()), m_lock(std::move(held)) {}

    void begin(LinkedList<QueuedCall> &waiting)
    {
        if (!listen())
            return;
        {
            const auto locked = lock();
            ref.ref(); // until it leaves
            waiting.append(this);
        }
        m_lock->giveBack();
        placeTaken();
    }
    /// Under the mutex, when it has left the condition's list. Whether it has the lock again.
    bool retakeLock()
    {
        m_isOver = true;
        return m_lock->letPassOrWait(this);
    }
    bool retakeLockCanceled(const QString &reason)
    {
        m_isCanceled = true;
        m_reason = reason;
        return retakeLock();
    }
    void pass() override
    {
        if (m_isCanceled)
            endCanceled(m_reason);
        else
            QueuedCall::pass();
    }

    bool isWaiting() const
    {
        const auto locked = lock();
        return isLinked();
    }
    /// Whoever had the lock does not want it again.
    void giveUp()
    {
        auto locked = lock();
        const bool wasWaiting = leave();
        locked.unlock();
        if (wasWaiting)
            endCanceled(QStringLiteral("who waited has given up the lock"));
        else
            m_lock->giveBack();
    }

private:
    bool withdraw(const QString &reason) override
    {
        const auto locked = lock();
        return !m_isOver && leave() && retakeLockCanceled(reason);
    }

    const Permits::Ptr m_lock;
    bool m_isOver = false; // but for the lock, which it waits for; this and the next two: guarded
    bool m_isCanceled = false;
    QString m_reason;
};

/// Who waits for a Condition, the oldest first.
class ConditionQueue
{
public:
    explicit ConditionQueue(Permits::Ptr lock) : m_lock(std::move(lock)) {}

    const Permits::Ptr &lock() const { return m_lock; }
    void begin(ConditionWait &wait) { wait.begin(m_waiting); }
    void notifyOne()
    {
        notify([](ConditionWait &wait) { return wait.retakeLock(); }, false);
    }
    void notifyAll()
    {
        notify([](ConditionWait &wait) { return wait.retakeLock(); }, true);
    }
    void endAll(const QString &reason)
    {
        notify([&](ConditionWait &wait) { return wait.retakeLockCanceled(reason); }, true);
    }

private:
    template <typename Retake>
    void notify(Retake retake, bool all)
    {
        QueuedCallPtr passing; // the one that has the lock at once
        auto locked = m_lock->lock();
        do {
            const QueuedCallPtr wait(m_waiting.takeFirst(), QAdoptSharedDataTag());
            if (!wait)
                break;
            if (retake(static_cast<ConditionWait &>(*wait)))
                passing = wait;
        } while (all);
        locked.unlock();
        if (passing)
            passing->pass();
    }

    const Permits::Ptr m_lock;
    LinkedList<QueuedCall> m_waiting; // guarded by the lock's mutex
};

} // namespace Detail

Lock::Lock() : d(new Detail::Permits(1)) {}

Lock::~Lock()
{
    d->endAll(QStringLiteral("the lock that it waited for was destroyed"));
}

PendingCall<Lock::Held> Lock::acquire()
{
    return Detail::PermitCall<Held>::start(d);
}

std::optional<Lock::Held> Lock::tryAcquire()
{
    if (!d->tryPass())
        return std::nullopt;
    return Held(d);
}

bool Lock::isLocked() const
{
    return d->free() == 0;
}

Lock::Held::Held() noexcept = default;
Lock::Held::Held(Held &&other) noexcept = default;

Lock::Held::Held(Detail::Permits::Ptr lock) noexcept : d(std::move(lock)) {}

Lock::Held &Lock::Held::operator=(Held &&other) noexcept
{
    Held old(std::move(*this));
    d = std::move(other.d);
    m_wait = std::move(other.m_wait);
    return *this;
}

Lock::Held::~Held()
{
    release();
}

bool Lock::Held::isValid() const
{
    return d && !(m_wait && m_wait->isWaiting());
}

void Lock::Held::release()
{
    const auto lock = std::exchange(d, {});
    if (const auto wait = std::exchange(m_wait, {}))
        wait->giveUp();
    else if (lock)
        lock->giveBack();
}

/// The lock is not this one's any more, and has not been given up. False if it was of none.
bool Lock::Held::disown()
{
    return bool(std::exchange(d, {}));
}

Condition::Condition(Lock &lock) : d(new Detail::ConditionQueue(lock.d)) {}

Condition::~Condition()
{
    d->endAll(QStringLiteral("the condition that it waited for was destroyed"));
}

PendingCall<void> Condition::wait(Lock::Held &held)
{
    if (held.d != d->lock() || !held.isValid())
        throw InvalidUseError(
                QStringLiteral("Condition::wait() gives up its lock, which must be held. Acquire "
                               "the lock that the "
                               "condition was made with, and wait for one condition at a time"));
    held.m_wait.reset(new Detail::ConditionWait(held.d));
    const Detail::CallPtr call(held.m_wait.data());
    d->begin(*held.m_wait);
    return PendingCall<void>(call);
}

void Condition::notifyOne()
{
    d->notifyOne();
}

void Condition::notifyAll()
{
    d->notifyAll();
}

} // namespace QFerry
