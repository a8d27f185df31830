// SPDX-License-Identifier: MIT
// Limiters, streams, portals and loops, as people look at them. Any thread.
#include <qferry/programinfo.h>

#include <qferry/loop/inboxregistry_p.h>
#include <qferry/model/loopprobes_p.h>
#include <qferry/model/sights_p.h>
#include <qferry/pool/admission_p.h>

#include <algorithm>

namespace QFerry {

using namespace Detail;

static QList<LimiterInfo> limiters()
{
    QList<LimiterInfo> result;
    const auto lock = Admission::instance().lock();
    LimiterState::forEach([&](LimiterState *limiter) {
        result.append({ limiter->number.get(), limiter->name, limiter->total(), limiter->borrowed(),
                        limiter->waitingCount() });
    });
    std::ranges::sort(result, {}, &LimiterInfo::id);
    return result;
}

/// 0 if it has ended.
static quint64 numberOf(CallCore *call)
{
    if (!call || call->isFinished())
        return 0;
    if (auto *task = dynamic_cast<ActiveTask *>(call))
        return task->sighting().made().number.get();
    auto *worker = dynamic_cast<WorkerCall *>(call);
    return worker ? worker->extras().sighting.number.get() : 0;
}

static StreamInfo infoOf(const HeldStream &held, ThreadNames &names)
{
    StreamInfo info;
    info.id = held.channel->number().get();
    info.callId = numberOf(held.producer.data());
    info.name = held.producer ? held.producer->name() : QString();
    const auto inside = quint64(qMax(held.channel->count(), qsizetype(0)));
    info.made = held.channel->putCount(); // after that: not less
    info.taken = info.made - qMin(inside, info.made);
    info.capacity = quint64(held.channel->maxSize());
    info.waitingProducers = held.channel->waitingProducers();
    info.consumerWaits = inside == 0 && held.channel->isItemAwaited();
    info.thread = names.name(held.loop.data());
    return info;
}

static QList<PortalInfo> portals(ThreadNames &names)
{
    QList<PortalInfo> result;
    for (const PortalState::Ptr &portal : PortalState::all()) {
        result.append({ portal->number().get(), portal->isRunning(), portal->guestCount(),
                        names.name(portal->loop().inbox()) });
    }
    std::ranges::sort(result, {}, &PortalInfo::id);
    return result;
}

static QList<LoopInfo> loops(ThreadNames &names)
{
    QList<LoopInfo> result;
    const std::vector<LoopInbox::Ptr> inboxes = InboxRegistry::instance().all();
    const auto stalls = LoopProbes::instance().look(inboxes);
    for (size_t i = 0; i < inboxes.size(); ++i) {
        const LoopInbox &inbox = *inboxes[i];
        result.append({ names.name(&inbox), inbox.threadId(), inbox.isTurning(),
                        inbox.waiting.load(std::memory_order_relaxed), stalls[i] });
    }
    std::ranges::sort(result, {}, &LoopInfo::threadId);
    return result;
}

ProgramInfo programSnapshot()
{
    Look look;
    ProgramInfo info;
    info.calls = look.calls();
    info.limiters = limiters();
    for (const HeldStream &held : look.streams())
        info.streams.append(infoOf(held, look.names()));
    std::ranges::sort(info.streams, {}, &StreamInfo::id);
    info.portals = portals(look.names());
    info.loops = loops(look.names());
    return info;
}

} // namespace QFerry
