// SPDX-License-Identifier: MIT
// The calls and tasks that there are, as people look at them. Any thread.
#include <qferry/callinfo.h>

#include <qferry/call/progressshare.h>
#include <qferry/model/sights_p.h>

namespace QFerry {

using namespace Detail;

QString CallInfo::stateText() const
{
    switch (state) {
    case State::WaitsForToken:
        return QStringLiteral("waits for a token");
    case State::WaitsForThread:
        return QStringLiteral("waits for a thread");
    case State::WaitsForTurn:
        return QStringLiteral("waits for its turn");
    case State::Running:
        return QStringLiteral("runs");
    case State::WaitsForLoop:
        return QStringLiteral("waits for a loop");
    case State::WaitsForCall:
        return QStringLiteral("waits for a call");
    case State::WaitsForRoom:
        return QStringLiteral("waits for room");
    case State::Suspended:
        return QStringLiteral("is suspended");
    case State::Abandoned:
        return QStringLiteral("abandoned, runs on");
    }
    return {};
}

double CallInfo::progressShare() const
{
    return shareOf(progress);
}

double CallInfo::seconds() const
{
    const Clock::time_point since = isRunning() ? runningSince : queuedSince;
    if (since == Clock::time_point())
        return -1;
    return std::chrono::duration<double>(Clock::now() - since).count();
}

QList<CallInfo> callsSnapshot()
{
    return Look().calls();
}

/// What has that number, held; null if nothing has. Only what was looked at has one.
static CallPtr callOf(quint64 id)
{
    if (id == 0)
        return {};
    for (const HeldCall &held : collectCalls()) {
        if (CallExtras *extras = held.call->extrasIfAny();
            extras && extras->sighting.number.given() == id)
            return held.core;
    }
    for (const HeldTask &held : collectTasks()) {
        if (Sighting *sighting = held.task->sighting().ifMade();
            sighting && sighting->number.given() == id)
            return held.core;
    }
    for (const HeldPortalTask &task : collectPortalTasks()) {
        if (task->number().given() == id)
            return CallPtr(task.data());
    }
    return {};
}

bool cancelCall(quint64 id, const QString &reason)
{
    const CallPtr call = callOf(id);
    if (!call)
        return false;
    call->cancel(reason);
    return true;
}

CallsWatch::CallsWatch()
{
    Watchers::come();
}

CallsWatch::~CallsWatch()
{
    Watchers::go();
}

} // namespace QFerry
