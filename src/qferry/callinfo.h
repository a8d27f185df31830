// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/progress.h>

#include <QtCore/qlist.h>
#include <QtCore/qobjectdefs.h>
#include <QtCore/qstring.h>

#include <chrono>

namespace QFerry {

/// What can be told of a call that has not ended, or a task, at one moment.
class QFERRY_EXPORT CallInfo
{
    Q_GADGET
    Q_PROPERTY(quint64 id MEMBER id)
    Q_PROPERTY(QString name MEMBER name)
    Q_PROPERTY(Kind kind MEMBER kind)
    Q_PROPERTY(State state MEMBER state)
    Q_PROPERTY(QString stateText READ stateText)
    Q_PROPERTY(bool cancelRequested MEMBER cancelRequested)
    Q_PROPERTY(bool running READ isRunning)
    Q_PROPERTY(QString limiter MEMBER limiter)
    Q_PROPERTY(QString thread MEMBER thread)
    Q_PROPERTY(quint64 threadId MEMBER threadId)
    Q_PROPERTY(QString origin MEMBER origin)
    Q_PROPERTY(double progress READ progressShare)
    Q_PROPERTY(QString progressText READ progressText)
    Q_PROPERTY(double seconds READ seconds)

public:
    using Clock = std::chrono::steady_clock;

    enum class Kind : quint8 {
        Call,       ///< of toThread()
        Generator,  ///< the call, or task, of a stream's generator
        Task,       ///< a coroutine
        PortalCall, ///< what a function in a portal has started
    };
    Q_ENUM(Kind)

    enum class State : quint8 {
        WaitsForToken,  ///< of its limiter
        WaitsForThread, ///< of the pool, or for its own to start
        WaitsForTurn,   ///< a task: of its loop, to begin
        Running,        ///< its function, or, of a task, its coroutine, at this moment
        WaitsForLoop,   ///< runs, and waits in fromThread()
        WaitsForCall,   ///< runs, and waits in waitInThread(), run() or a portal's call()
        WaitsForRoom,   ///< runs, and waits in a channel or stream that is full
        Suspended,      ///< a task: awaits something. A portal's call: what it has started goes on
        Abandoned,      ///< has been canceled, and its function runs on, unheard
    };
    Q_ENUM(State)

    /// A number of its own as long as the program runs: of calls, tasks, streams and portals
    /// together, in the order in which they were first looked at.
    quint64 id = 0;
    /// CallOptions::name or TaskOptions::name; may be empty.
    QString name;
    Kind kind = Kind::Call;
    State state = State::Running;
    /// It was asked to end.
    bool cancelRequested = false;
    /// CapacityLimiter::name() of the limiter whose token it has or waits for.
    QString limiter;
    /// The name and the number, as the system and its debuggers have them, of the thread that it
    /// runs in or, of a task, goes on in; empty and 0 if there is none so far.
    QString thread;
    quint64 threadId = 0;
    /// The name of the thread whose event loop the call was made in; empty if there was none.
    QString origin;
    /// What it reported last; has no total and no text if it reported nothing.
    Progress progress;
    /// When it was made, and when its function began. The clock's zero if that is not known, as
    /// with what was made while nobody watched (see CallsWatch).
    Clock::time_point queuedSince;
    Clock::time_point runningSince;
    /// It may have begun to wait, or to run, before the time given: that is when it was first
    /// looked at.
    bool sinceEarlier = false;

    /// Whether its function has begun.
    bool isRunning() const { return state >= State::Running; }
    /// In words, in English: "waits for a token".
    QString stateText() const;
    /// From 0 to 1; -1 if nobody knows.
    double progressShare() const;
    QString progressText() const { return progress.text; }
    /// How long it has waited so far or, if it has begun, run; -1 if that is not known.
    double seconds() const;

    friend bool operator==(const CallInfo &, const CallInfo &) = default;
};

/// All calls that have not ended, and all tasks, but for those that have not awaited anything so
/// far: those that run first, then those that wait, in their order. Any thread; takes longer the
/// more there are (about a microsecond each), and holds up nobody meanwhile.
[[nodiscard]] QFERRY_EXPORT QList<CallInfo> callsSnapshot();

/// Cancels what has that CallInfo::id, whatever becomes of it. False if it has ended. Any thread.
QFERRY_EXPORT bool cancelCall(quint64 id, const QString &reason = {});

/**
 * While one of these lives, all calls note when they begin to wait and to run, for
 * CallInfo::queuedSince and runningSince. Otherwise no call looks at a clock. Any thread.
 */
class QFERRY_EXPORT CallsWatch
{
public:
    CallsWatch();
    ~CallsWatch();
    Q_DISABLE_COPY_MOVE(CallsWatch)
};

} // namespace QFerry
