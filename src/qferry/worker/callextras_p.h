// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/lists.h>
#include <qferry/call/cancelhook.h>
#include <qferry/call/scopestate.h>
#include <qferry/pool/limiterwaiter.h>
#include <qferry/progress.h>
#include <qferry/thread/alarm_p.h>
#include <qferry/base/sighting.h>

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace QFerry::Detail {

class WorkerCall;

/// Ends a call at its time, in whatever state it is.
class TimeoutAlarm final : public Alarm
{
public:
    explicit TimeoutAlarm(CallCore *call) : m_call(call) {}
    ~TimeoutAlarm() override { clear(); }

    bool hasRung() const { return m_hasRung.load(std::memory_order_acquire); }
    /// Of a call of that name, which ended with its timeout. whyNotBegun: of one that never ran.
    static std::exception_ptr error(const QString &name, const QString &whyNotBegun);

protected:
    void ring() override;

private:
    CallCore *const m_call; // clears the alarm before it goes
    std::atomic<bool> m_hasRung{ false };
};

/**
 * What few calls need: made when one needs it, and gone with the call.
 *
 * Who makes the call sets its name, scope, timeout and loan. Its worker lends its own token, has
 * hooks run and reports progress; other threads look, cancel and listen.
 */
struct CallExtras
{
    explicit CallExtras(CallCore *call) : membership(call) {}
    /// Puts some there, unless others do first.
    static CallExtras &make(std::atomic<CallExtras *> &place, CallCore *call);

    /// \name Any thread, but for ownLoan()
    /// @{
    bool hasTimedOut() const { return timeout && timeout->hasRung(); }
    /// What the call's nested calls may run with.
    TokenLoan *ownLoan(LimiterState *limiter);
    bool isBlocked() const;

    /// The first reason counts.
    void keepCancelReason(const QString &reason);
    QString cancelReason();
    void addHook(const HookPtr &hook);
    void removeHook(const HookPtr &hook);
    void runHooks();

    void report(const Progress &progress, const MarkedStack<ProgressListener> &listeners);
    /// What was reported last.
    std::optional<Progress> progress();
    /// Tells the listener of that.
    void tellProgress(ProgressListener *listener);
    /// Comes back when nobody reports to listeners that have been taken away.
    void awaitReport() { const std::lock_guard lock(m_mutex); }
    /// @}

    // set before the call is queued
    QString name;
    ScopeState::Ptr scope;
    ScopeMember membership;
    TokenLoan::Ptr loan; // what the call may run with
    std::unique_ptr<TimeoutAlarm> timeout;

    Sighting sighting; // any thread

private:
    TokenLoan::Ptr m_ownLoan;                              // the worker's
    std::atomic<const TokenLoan *> m_shownLoan{ nullptr }; // the same, for others to look at

    std::mutex m_mutex; // guards the rest
    QString m_cancelReason;
    std::vector<HookPtr> m_hooks;
    std::optional<Progress> m_progress;
};

/// For those who watch, which is no reason to fail.
void noteMoment(WorkerCall &call, SightTime Sighting::*moment) noexcept;
inline void noteIfWatched(WorkerCall &call, SightTime Sighting::*moment) noexcept
{
    if (Watchers::areThere())
        noteMoment(call, moment);
}

} // namespace QFerry::Detail
