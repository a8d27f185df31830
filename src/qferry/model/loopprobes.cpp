// SPDX-License-Identifier: MIT
#include "loopprobes_p.h"

#include <qferry/base/sighting.h>
#include <qferry/call/callcore.h>

#include <algorithm>

namespace QFerry::Detail {

LoopProbe::Clock::duration LoopProbe::look(LoopInbox &loop)
{
    Clock::rep longest = m_longest.exchange(0, std::memory_order_acq_rel);
    if (!loop.isTurning())
        return {};
    const Clock::rep now = Clock::now().time_since_epoch().count();
    Clock::rep sent = 0;
    if (m_sent.compare_exchange_strong(sent, now, std::memory_order_acq_rel)) {
        ref.ref(); // until it comes
        loop.post(this);
    } else {
        longest = std::max(longest, now - sent);
    }
    return Clock::duration(longest);
}

void LoopProbe::deliver()
{
    const Clock::rep sent = m_sent.load(std::memory_order_acquire);
    const Clock::rep time = Clock::now().time_since_epoch().count() - sent;
    Clock::rep longest = m_longest.load(std::memory_order_relaxed);
    while (longest < time
           && !m_longest.compare_exchange_weak(longest, time, std::memory_order_acq_rel)) {
    }
    m_sent.store(0, std::memory_order_release);
    release(this);
}

void LoopProbe::loopFinished()
{
    m_sent.store(0, std::memory_order_release);
    release(this);
}

LoopProbes &LoopProbes::instance()
{
    static auto *probes = new LoopProbes; // never destroyed: loops may end after main()
    return *probes;
}

/// Of those loops, and of no others.
std::vector<LoopProbe::Ptr> LoopProbes::probesOf(const std::vector<LoopInbox::Ptr> &loops)
{
    std::map<LoopInbox::Ptr, LoopProbe::Ptr> current;
    std::vector<LoopProbe::Ptr> probes;
    const std::lock_guard lock(m_mutex);
    for (const LoopInbox::Ptr &loop : loops) {
        LoopProbe::Ptr &probe = current[loop];
        if (const auto known = m_probes.find(loop); known != m_probes.end())
            probe = known->second;
        else
            probe.reset(new LoopProbe);
        probes.push_back(probe);
    }
    m_probes.swap(current);
    return probes;
}

std::vector<std::chrono::nanoseconds> LoopProbes::look(const std::vector<LoopInbox::Ptr> &loops)
{
    std::vector<std::chrono::nanoseconds> longest(loops.size());
    const bool isWatched = Watchers::areThere();
    const auto probes = probesOf(isWatched ? loops : std::vector<LoopInbox::Ptr>());
    for (size_t i = 0; i < probes.size(); ++i)
        longest[i] = probes[i]->look(*loops[i]);
    return longest;
}

} // namespace QFerry::Detail
