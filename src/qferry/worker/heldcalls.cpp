// SPDX-License-Identifier: MIT
// The calls that are under way, and the wait for some of them. Any thread enters.
#include "heldcalls_p.h"

#include <qferry/pool/admission_p.h>
#include <qferry/pool/dedicatedthreads_p.h>
#include <qferry/pool/limiterstate_p.h>
#include <qferry/pool/workerpool_p.h>
#include <qferry/worker/callsend_p.h>

namespace QFerry::Detail {

std::vector<HeldCall> collectCalls()
{
    std::vector<HeldCall> calls;
    const auto add = [&calls](auto *waiter, bool running, bool hasToken, quint64 thread) {
        if (auto *call = dynamic_cast<WorkerCall *>(waiter);
            call && (running || !call->isFinished()))
            calls.push_back({ CallPtr(call), call, running, hasToken, thread,
                              LimiterState::Ptr(call->limiter()) });
    };
    LimiterState::forEachWaiting([&](LimiterWaiter *waiter) { add(waiter, false, false, 0); });
    {
        const auto lock = Admission::instance().lock();
        WorkerPool::instance().forEachItem(
                [&](WorkItem *item, quint64 thread) { add(item, thread != 0, true, thread); });
    }
    DedicatedThreads::instance().forEachItem(
            [&](WorkItem *item, quint64 thread) { add(item, true, true, thread); });
    return calls;
}

bool waitForCalls(const std::vector<HeldCall> &calls,
                  std::chrono::steady_clock::time_point deadline)
{
    CallsEnd end;
    for (const HeldCall &held : calls)
        end.expect(*held.core);
    return end.waitUntil(deadline);
}

} // namespace QFerry::Detail
