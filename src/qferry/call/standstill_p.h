// SPDX-License-Identifier: MIT
// Waits of this library that are not for calls. In the thread that waits.
#pragma once

#include <qferry/call/firing_p.h>
#include <qferry/loop/loopinbox_p.h>
#include <qferry/thread/alarm_p.h>

#include <algorithm>
#include <condition_variable>

namespace QFerry::Detail {

/// While it lives, the running thread waits, and its loop, if it has one, does not turn.
class Standstill
{
public:
    Standstill() : m_inbox(LoopInbox::existing()) { LoopInbox::wakeServedHere(); }
    ~Standstill()
    {
        if (m_hasEnded)
            m_inbox->loopGoesOn();
    }
    Q_DISABLE_COPY_MOVE(Standstill)

    bool isOfALoop() const { return bool(m_inbox); }
    /// It has taken LoopInbox::patience: who waits for this loop is told that it has ended, as this
    /// thread might wait for them. Runs foreign code.
    void tell() { m_hasEnded |= m_inbox->loopEnded(); }

private:
    const LoopInbox::Ptr m_inbox;
    bool m_hasEnded = false;
};

/// Waits, in any thread, for what others bring about; at a standstill. False if the time is over.
template <typename Predicate>
bool waitAtStandstill(std::unique_lock<std::mutex> &lock, std::condition_variable &changed,
                      Predicate isDone,
                      std::chrono::steady_clock::time_point deadline =
                              std::chrono::steady_clock::time_point::max())
{
    using Clock = std::chrono::steady_clock;
    Firing::runOthersHere(lock);
    Standstill standstill;
    if (standstill.isOfALoop()) {
        const auto soon = std::min(deadline, Clock::now() + LoopInbox::patience);
        if (changed.wait_until(lock, soon, isDone))
            return true;
        if (soon == deadline)
            return false;
        lock.unlock();
        standstill.tell();
        lock.lock();
    }
    if (deadline != Clock::time_point::max())
        return changed.wait_until(lock, deadline, isDone);
    while (Q_UNLIKELY(Alarm::isThreadRefused())) { // and a deadline might be what ends this
        if (changed.wait_for(lock, LoopInbox::patience / 4, isDone))
            return true;
        Alarm::retryThread();
    }
    changed.wait(lock, isDone);
    return true;
}

} // namespace QFerry::Detail
