// SPDX-License-Identifier: MIT
// All tuning of fromThread()'s caller: what it does before it sleeps. The thread that waits enters.
// Shown by benchmarks: from-thread, whose rows of tests/benchmarks/README.md stand beside the
// times.
#include "answerwait_p.h"

#include <qferry/call/standstill_p.h>
#include <qferry/thread/waiting_p.h>

#include <deque>

namespace QFerry::Detail {

using namespace std::chrono_literals;

namespace {

// "Linger and spin in fromThread()"
constexpr auto spinTime = 20us; // for a loop that is awake
constexpr auto wakeTime = 60us; // that one takes to wake on another core
constexpr int pausesPerYield = 64;
// "A crowd spins, too"
constexpr int pausesPerTurn = 16;   // in which a loop that runs serves somebody
constexpr int mostTurns = 40;       // to wait for: 20 µs
constexpr int mostCallsInARow = 32; // of one thread, before others get its core
constexpr int mostYields = 4;       // of one in a crowd, before it sleeps

thread_local Parker t_parker;
thread_local bool t_isParkerTaken = false; // while foreign code runs in the midst of a wait

} // namespace

Parker *AnswerWait::freeParker()
{
    if (Q_LIKELY(!t_isParkerTaken))
        return &t_parker;
    static thread_local std::deque<Parker> t_others;
    return &t_others.emplace_back();
}

/// Before it sleeps: makes room for others that wait, unless the loop is just serving them; or, if
/// it is alone, looks for a moment whether it is served. The loop may need this thread's core to
/// run on, the more so if it was asleep.
void AnswerWait::wait(bool wasAsleep)
{
    if (m_isAlone) {
        spinAlone(wasAsleep);
    } else {
        if (!wasAsleep)
            spinInCrowd();
        for (int i = 0; i < mostYields && !m_parker.isWoken() && giveWay(&m_inbox.turns); ++i) {
        }
    }
    sleep();
}

/// While the loop serves one after the other, on another core, it comes to this thread's request
/// sooner than a further thread would come to this core and leave it.
void AnswerWait::spinInCrowd()
{
    static thread_local int t_callsInARow = 0;
    const bool hasLoopsCore = isCurrentCore(m_inbox.core.load(std::memory_order_relaxed));
    if (hasLoopsCore || ++t_callsInARow > mostCallsInARow) {
        t_callsInARow = 0;
        return;
    }
    quint32 seen = m_inbox.turns.load(std::memory_order_relaxed);
    for (int turn = 0; turn < mostTurns; ++turn) {
        pauseUntil([this] { return m_parker.isWoken(); }, pausesPerTurn);
        const quint32 before = std::exchange(seen, m_inbox.turns.load(std::memory_order_relaxed));
        if (m_parker.isWoken() || seen == before)
            return;
    }
}

void AnswerWait::spinAlone(bool wasAsleep)
{
    const int pauses = wasAsleep ? 0 : pausesPerYield;
    const auto end = std::chrono::steady_clock::now() + (wasAsleep ? wakeTime : spinTime);
    do {
        pauseUntil([this] { return m_parker.isWoken(); }, pauses);
        if (m_parker.isWoken() || !giveWay(&m_inbox.turns))
            break;
    } while (std::chrono::steady_clock::now() < end);
}

void AnswerWait::sleep()
{
    Standstill standstill;
    if (Q_UNLIKELY(standstill.isOfALoop())) {
        if (m_parker.sleepFor(LoopInbox::patience))
            return;
        const bool wasTaken = std::exchange(t_isParkerTaken, true);
        standstill.tell();
        t_isParkerTaken = wasTaken;
    }
    m_parker.sleep();
}

} // namespace QFerry::Detail
