// SPDX-License-Identifier: MIT
// When a thread that waits gives its core away, and when no thread does: what one has found out,
// all know.
#include "waiting_p.h"

#include <algorithm>
#include <utility>

#if defined(Q_OS_LINUX)
#    include <sched.h>
#    include <sys/prctl.h>
#endif

namespace QFerry::Detail {

using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

constexpr Clock::duration late = 500us; // dozens of threads take turns in less, a slice is longer
constexpr Clock::duration timeToServe = 5us; // one of those who sleep takes longer
constexpr Clock::duration shortestPause = 20ms;
constexpr Clock::duration longestPause = 1s;

// When one thread is to try again; 0 while all may yield.
std::atomic<Clock::rep> s_nextTry{ 0 };
std::atomic<Clock::rep> s_pause{ shortestPause.count() };

thread_local bool t_hasWokenNeighbor = false;

void pauseFrom(Clock::time_point now, Clock::duration pause)
{
    s_pause.store(pause.count(), std::memory_order_relaxed);
    s_nextTry.store((now + pause).time_since_epoch().count(), std::memory_order_relaxed);
}

/// True for one thread, when it is time.
bool isToTry(Clock::time_point now, Clock::rep nextTry)
{
    return now.time_since_epoch().count() >= nextTry
           && s_nextTry.compare_exchange_strong(nextTry,
                                                (now + longestPause).time_since_epoch().count(),
                                                std::memory_order_relaxed);
}

/// How long it was away, if it yielded.
std::optional<Clock::duration> tryToYield(const std::atomic<quint32> *served)
{
    const auto count = [served] { return served ? served->load(std::memory_order_relaxed) : 0; };
    const quint32 before = count();
    const auto start = Clock::now();
    const Clock::rep nextTry = s_nextTry.load(std::memory_order_relaxed);
    const bool isTry = nextTry != 0;
    if (Q_UNLIKELY(isTry) && !isToTry(start, nextTry))
        return {};
    t_hasWokenNeighbor = false;
    std::this_thread::yield();
    const auto end = Clock::now();
    if (Q_UNLIKELY(end - start > late) && end - start > (count() - before) * timeToServe) {
        const Clock::duration pause(s_pause.load(std::memory_order_relaxed));
        pauseFrom(end, isTry ? std::min(pause * 2, longestPause) : shortestPause);
    } else if (Q_UNLIKELY(isTry)) {
        s_nextTry.store(0, std::memory_order_relaxed);
    }
    return end - start;
}

} // namespace

int currentCore()
{
#if defined(Q_OS_LINUX)
    return sched_getcpu();
#else
    return -1;
#endif
}

bool isCurrentCore(int core)
{
    return core >= 0 && core == currentCore();
}

bool giveWay(const std::atomic<quint32> *served)
{
    return tryToYield(served).has_value();
}

void hasWoken(int core)
{
    t_hasWokenNeighbor |= isCurrentCore(core);
}

std::optional<std::chrono::nanoseconds> giveWayToWoken()
{
    if (!std::exchange(t_hasWokenNeighbor, false))
        return {};
    return tryToYield(nullptr);
}

void setTimerSlack(std::chrono::nanoseconds slack)
{
#if defined(Q_OS_LINUX)
    prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(slack.count()));
#else
    Q_UNUSED(slack);
#endif
}

} // namespace QFerry::Detail
