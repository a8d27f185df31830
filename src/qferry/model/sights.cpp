// SPDX-License-Identifier: MIT
#include "sights_p.h"

#include <qferry/base/names_p.h>
#include <qferry/loop/inboxregistry_p.h>
#include <qferry/pool/admission_p.h>
#include <qferry/thread/threadwork_p.h>

#include <algorithm>

namespace QFerry::Detail {

using Kind = CallInfo::Kind;
using State = CallInfo::State;

std::vector<HeldStream> collectStreams()
{
    std::vector<HeldStream> streams;
    for (const LoopInbox::Ptr &inbox : InboxRegistry::instance().all()) {
        inbox->forEachEndListener([&](LoopEndListener *listener) {
            if (auto *channel = dynamic_cast<ChannelCore *>(listener))
                streams.push_back({ ChannelCore::Ptr(channel), {}, inbox });
        });
    }
    for (HeldStream &held : streams)
        held.producer = held.channel->producer();
    return streams;
}

std::vector<HeldPortalTask> collectPortalTasks()
{
    std::vector<HeldPortalTask> all;
    for (const PortalState::Ptr &portal : PortalState::all()) {
        const auto tasks = portal->tasks();
        all.insert(all.end(), tasks.begin(), tasks.end());
    }
    return all;
}

static const char *unnamed(Kind kind)
{
    switch (kind) {
    case Kind::Call:
        break;
    case Kind::Generator:
        return "unnamed generator";
    case Kind::Task:
        return "unnamed task";
    case Kind::PortalCall:
        return "unnamed call of a portal";
    }
    return "unnamed call";
}

QString shownNameOf(const CallInfo &info)
{
    return shownName(info.name, unnamed(info.kind));
}

QString ThreadNames::name(quint64 thread)
{
    if (thread == 0)
        return {};
    const auto [place, isNew] = m_names.try_emplace(thread);
    if (isNew)
        place->second = systemThreadName(thread);
    return place->second;
}

QString ThreadNames::name(const LoopInbox *loop)
{
    if (!loop)
        return {};
    return loop->isMain() ? QStringLiteral("main thread") : name(loop->threadId());
}

Look::Look() : m_streams(collectStreams()), m_portalTasks(collectPortalTasks())
{
    for (const HeldPortalTask &task : m_portalTasks)
        m_kinds.emplace(task->operation().data(), Kind::PortalCall);
    for (const HeldStream &held : m_streams)
        m_kinds.insert_or_assign(held.producer.data(), Kind::Generator);
}

Kind Look::kindOf(const CallCore *call, Kind usual) const
{
    const auto found = m_kinds.find(call);
    return found == m_kinds.end() ? usual : found->second;
}

static State stateOf(const HeldCall &held)
{
    if (held.call->isAbandoned())
        return State::Abandoned;
    if (!held.call->hasBegun())
        return held.hasToken ? State::WaitsForThread : State::WaitsForToken;
    switch (held.call->wait()) {
    case WorkerWait::None:
        return State::Running;
    case WorkerWait::Loop:
        return State::WaitsForLoop;
    case WorkerWait::Call:
        return State::WaitsForCall;
    case WorkerWait::Room:
        return State::WaitsForRoom;
    }
    Q_UNREACHABLE();
}

static void setTimes(CallInfo &info, Sighting &sighting)
{
    SightTime &latest = info.isRunning() ? sighting.running : sighting.queued;
    latest.seen();
    info.sinceEarlier = latest.isLatest();
    info.queuedSince = sighting.queued.time();
    info.runningSince = sighting.running.time();
}

static QString nameOf(LimiterState *limiter)
{
    if (!limiter)
        return {};
    const auto lock = Admission::instance().lock();
    return limiter->name;
}

/// But for one that has ended while it was collected.
void Look::add(const HeldCall &held, QList<CallInfo> &calls)
{
    CallInfo info;
    info.state = stateOf(held);
    if (held.core->isFinished() && info.state != State::Abandoned)
        return;
    CallExtras &extras = held.call->extras();
    Sighting &sighting = extras.sighting;
    info.id = sighting.number.get();
    info.name = held.call->name();
    info.kind = kindOf(held.call, Kind::Call);
    info.cancelRequested = held.core->isCancelRequested();
    info.limiter = nameOf(held.limiter.data());
    info.thread = m_names.name(held.thread);
    info.threadId = held.thread;
    info.origin = m_names.name(held.call->origin().inbox());
    info.progress = extras.progress().value_or(Progress());
    setTimes(info, sighting);
    calls.append(info);
}

CallInfo Look::infoOf(const HeldTask &held)
{
    CallInfo info;
    Sighting &sighting = held.task->sighting().made();
    info.id = sighting.number.get();
    info.name = held.task->name();
    info.kind = kindOf(held.task, Kind::Task);
    info.state = held.task->isRunning()  ? State::Running
                 : held.task->hasBegun() ? State::Suspended
                                         : State::WaitsForTurn;
    info.cancelRequested = held.core->isCancelRequested();
    info.thread = m_names.name(held.loop.data());
    info.threadId = held.loop->threadId();
    info.origin = info.thread;
    if (info.isRunning()) {
        sighting.running.seen();
        info.runningSince = sighting.running.time();
        info.sinceEarlier = sighting.running.isLatest();
    }
    return info;
}

CallInfo Look::infoOf(PortalTask &task)
{
    const LoopInbox *const loop = task.portal().loop().inbox();
    CallInfo info;
    info.id = task.number().get();
    info.name = task.operation()->name();
    info.kind = Kind::PortalCall;
    info.state = State::Suspended;
    info.cancelRequested = task.isCancelRequested();
    info.thread = m_names.name(loop);
    info.threadId = loop->threadId();
    return info;
}

QList<CallInfo> Look::calls()
{
    QList<CallInfo> calls;
    for (const HeldCall &held : collectCalls())
        add(held, calls);
    for (const HeldTask &held : collectTasks())
        calls.append(infoOf(held));
    for (const HeldPortalTask &task : m_portalTasks) {
        CallCore *const operation = task->operation().data(); // may be among them already
        if (!dynamic_cast<ActiveTask *>(operation) && !dynamic_cast<WorkerCall *>(operation))
            calls.append(infoOf(*task));
    }
    std::stable_partition(calls.begin(), calls.end(),
                          [](const CallInfo &info) { return info.isRunning(); });
    return calls;
}

} // namespace QFerry::Detail
