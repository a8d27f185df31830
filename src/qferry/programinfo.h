// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/callinfo.h>

namespace QFerry {

/// What can be told of a CapacityLimiter at one moment.
class QFERRY_EXPORT LimiterInfo
{
    Q_GADGET
    Q_PROPERTY(quint64 id MEMBER id)
    Q_PROPERTY(QString name MEMBER name)
    Q_PROPERTY(int total MEMBER total)
    Q_PROPERTY(int borrowed MEMBER borrowed)
    Q_PROPERTY(int waiting MEMBER waiting)

public:
    quint64 id = 0; ///< of the same numbers as CallInfo::id
    QString name;   ///< CapacityLimiter::name()
    int total = 0;
    int borrowed = 0;
    int waiting = 0;

    friend bool operator==(const LimiterInfo &, const LimiterInfo &) = default;
};

/// What can be told of a stream or channel that is in use, at about one moment.
class QFERRY_EXPORT StreamInfo
{
    Q_GADGET
    Q_PROPERTY(quint64 id MEMBER id)
    Q_PROPERTY(quint64 callId MEMBER callId)
    Q_PROPERTY(QString name MEMBER name)
    Q_PROPERTY(quint64 made MEMBER made)
    Q_PROPERTY(quint64 taken MEMBER taken)
    Q_PROPERTY(quint64 inside READ inside)
    Q_PROPERTY(quint64 capacity MEMBER capacity)
    Q_PROPERTY(int waitingProducers MEMBER waitingProducers)
    Q_PROPERTY(bool consumerWaits MEMBER consumerWaits)
    Q_PROPERTY(QString thread MEMBER thread)

public:
    quint64 id = 0;       ///< of the same numbers as CallInfo::id
    quint64 callId = 0;   ///< CallInfo::id of its generator; 0 if it has none, or that has ended
    QString name;         ///< of that
    quint64 made = 0;     ///< items that were ever put
    quint64 taken = 0;    ///< of those, the ones that were taken
    quint64 capacity = 0; ///< how many may be in between; 0 if there is no bound
    int waitingProducers = 0; ///< that found it full
    bool consumerWaits = false;
    QString thread; ///< where the items are taken

    quint64 inside() const { return made - taken; }

    friend bool operator==(const StreamInfo &, const StreamInfo &) = default;
};

/// What can be told of a portal at one moment.
class QFERRY_EXPORT PortalInfo
{
    Q_GADGET
    Q_PROPERTY(quint64 id MEMBER id)
    Q_PROPERTY(bool running MEMBER running)
    Q_PROPERTY(int guests MEMBER guests)
    Q_PROPERTY(QString thread MEMBER thread)

public:
    quint64 id = 0;       ///< of the same numbers as CallInfo::id
    bool running = false; ///< BlockingPortal::isRunning()
    int guests = 0;       ///< calls and tasks that are in it, begun or not
    QString thread;

    friend bool operator==(const PortalInfo &, const PortalInfo &) = default;
};

/// What can be told of an event loop that the library delivers to, at one moment.
class QFERRY_EXPORT LoopInfo
{
    Q_GADGET
    Q_PROPERTY(QString thread MEMBER thread)
    Q_PROPERTY(quint64 threadId MEMBER threadId)
    Q_PROPERTY(bool turning MEMBER turning)
    Q_PROPERTY(int waiting MEMBER waiting)
    Q_PROPERTY(double stall READ stallSeconds)

public:
    QString thread;
    quint64 threadId = 0; ///< 0 if the thread has not used the library so far
    bool turning = false; ///< else it has ended, for now or for good
    int waiting = 0;      ///< threads that wait in fromThread() for this loop
    /// For how long something that was sent to the loop had to wait for its turn, or waits: the
    /// longest since the last programSnapshot(), which sends something to each loop. Zero while
    /// there is no CallsWatch.
    std::chrono::nanoseconds stall{};

    double stallSeconds() const { return std::chrono::duration<double>(stall).count(); }

    friend bool operator==(const LoopInfo &, const LoopInfo &) = default;
};

/// All that runs. (Its parts are of moments one after the other.)
struct ProgramInfo
{
    QList<CallInfo> calls;       ///< callsSnapshot()
    QList<LimiterInfo> limiters; ///< all that there are
    QList<StreamInfo> streams;
    QList<PortalInfo> portals;
    QList<LoopInfo> loops;
};
/// Any thread; as callsSnapshot().
[[nodiscard]] QFERRY_EXPORT ProgramInfo programSnapshot();

/// The same as text, for a terminal or a log: a line for each call, limiter, stream, portal and
/// loop. Any thread.
[[nodiscard]] QFERRY_EXPORT QString dumpCalls();

/**
 * From now on that signal of the system (SIGUSR1, say) has dumpCalls() written to standard error,
 * by a thread of its own: also when all others are stuck. `kill -USR1 <process>` asks for it.
 *
 * The handler that was there is replaced. False if the system has no such signals, or refuses. Any
 * thread; once for each signal.
 */
QFERRY_EXPORT bool dumpCallsOn(int signal);

} // namespace QFerry
