// SPDX-License-Identifier: MIT
// The calls that are under way, and the wait for some of them. Any thread enters.
#include "heldcalls_p.h"

#include <qferry/pool/admission_p.h>
#include <qferry/pool/dedicatedthreads_p.h>
#include <qferry/pool/limiterstate_p.h>
#include <qferry/pool/workerpool_p.h>
#include <qferry/thread/waiting_p.h>

#include <condition_variable>
#include <memory>
#include <mutex>

namespace QFerry::Detail {

namespace {

/// How many calls of a list have not finished.
struct Countdown
{
    std::mutex mutex;
    std::condition_variable changed;
    int left = 0;
};

struct CountedEnd final : Continuation
{
    explicit CountedEnd(const std::shared_ptr<Countdown> &countdown) : count(countdown)
    {
        const std::lock_guard lock(count->mutex);
        ++count->left;
    }
    void callFinished() override
    {
        {
            const std::lock_guard lock(count->mutex);
            --count->left;
            count->changed.notify_all();
        }
        delete this;
    }
    void deliver() override {}
    void loopFinished() override {}

    const std::shared_ptr<Countdown> count;
};

} // namespace

std::vector<HeldCall> collectCalls()
{
    std::vector<HeldCall> calls;
    const auto add = [&calls](auto *waiter, bool running) {
        if (auto *call = dynamic_cast<WorkerCall *>(waiter);
            call && (running || !call->isFinished()))
            calls.push_back({ CallPtr(call), call, running });
    };
    LimiterState::forEachWaiting([&](LimiterWaiter *waiter) { add(waiter, false); });
    {
        const auto lock = Admission::instance().lock();
        WorkerPool::instance().forEachItem(
                [&](WorkItem *item, bool running) { add(item, running); });
    }
    DedicatedThreads::instance().forEachItem([&](WorkItem *item) { add(item, true); });
    return calls;
}

bool waitForCalls(const std::vector<HeldCall> &calls,
                  std::chrono::steady_clock::time_point deadline)
{
    const auto countdown = std::make_shared<Countdown>();
    for (const HeldCall &held : calls)
        held.core->attach(new CountedEnd(countdown)); // deletes itself
    std::unique_lock lock(countdown->mutex);
    return waitUntil(lock, countdown->changed, deadline, [&] { return countdown->left == 0; });
}

} // namespace QFerry::Detail
