// SPDX-License-Identifier: MIT
#include "benchmarks.h"
#include "loops.h"
#include "metronome.h"
#include "peers.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qtimer.h>

#include <algorithm>
#include <atomic>

namespace Bench {

namespace {

void spin(qint64 rounds)
{
    for (volatile qint64 left = rounds; left > 0;)
        left = left - 1;
}

/// Rounds of spin() in a millisecond of one core that does nothing else.
qint64 roundsPerMillisecond()
{
    static const qint64 measured = [] {
        constexpr qint64 rounds = 1'000'000;
        double least = 1e9;
        for (int i = 0; i < 10; ++i) {
            const auto start = Clock::now();
            spin(rounds);
            least = std::min(least, milliseconds(Clock::now() - start));
        }
        return qint64(double(rounds) / least);
    }();
    return measured;
}

void busyFor(std::chrono::nanoseconds time)
{
    const auto end = Clock::now() + time;
    while (Clock::now() < end) {
    }
}

/// What the machine itself adds: a loop that has nothing else to do.
Variant withoutWork()
{
    return { u"no calls at all"_s, [] {
                Metronome metronome;
                Loop loop;
                QTimer::singleShot(500ms, Qt::PreciseTimer, [&loop] { loop.quit(); });
                loop.run();
                return metronome.lateness();
            } };
}

template <typename Way>
Variant underCpuWork(const Way &way)
{
    return { way.name, [=] {
                const qint64 rounds = 2 * roundsPerMillisecond();
                Metronome metronome;
                (void)makespan(way, amount(300), [rounds] { spin(rounds); });
                return metronome.lateness();
            } };
}

template <typename Way>
Variant underFlood(const Way &way, int results)
{
    return { numberText(results) + u" results, "_s + way.name, [=] {
                Metronome metronome;
                (void)Flow(way, 10'000, amount(results), [] {
                    busyFor(300ns);
                }).nanosecondsPerCall();
                return metronome.lateness();
            } };
}

/// Two threads that compute for 0.3 ms between one call into the loop and the next.
template <typename Start, typename Call>
Variant besideCallers(const QString &name, Start start, Call call)
{
    return { name, [=] {
                const qint64 rounds = roundsPerMillisecond() * 3 / 10;
                std::atomic<int> left{ 2 };
                Loop loop;
                Metronome metronome;
                for (int i = left; i > 0; --i) {
                    start([=, &left, &loop] {
                        for (int calls = amount(1'000); calls > 0; --calls) {
                            spin(rounds);
                            call();
                        }
                        if (left.fetch_sub(1) == 1)
                            loop.quit();
                    });
                }
                loop.run();
                return metronome.lateness();
            } };
}

} // namespace

void timerLateness(Report &report)
{
    const auto goal = [&](const QString &title, const Table &table, double bound = 3) {
        report.atMost(u"p99 of "_s + title, table.first().p99(), bound, u"ms"_s);
    };
    const QString cpu = u"lateness under 300 calls of 2 ms CPU"_s;
    goal(cpu, report.compare(cpu, u"ms"_s,
                             { underCpuWork(QFerryThen()), underCpuWork(startAndInvoke40()),
                               withoutWork() }));
    // The peer gets a tenth of the results: those take longer than all of ours.
    const QString flood = u"lateness under a flood of results"_s;
    goal(flood, report.compare(flood, u"ms"_s,
                               { underFlood(QFerryThen(), 2'000'000),
                                 underFlood(startAndInvoke40(), 200'000) }));
    // A caller that is let go first must not keep the core from the loop's other events.
    const QString callers = u"lateness beside two workers that compute and call into the loop"_s;
    const auto inPool = [](auto body) { poolOf40()->start(body); };
    const auto invokeBlocking = [] {
        QMetaObject::invokeMethod(
                qApp, [] {}, Qt::BlockingQueuedConnection);
    };
    goal(callers,
         report.compare(
                 callers, u"ms"_s,
                 { besideCallers(
                           u"QFerry fromThread(fn)"_s, [](auto body) { QFerry::toThread(body); },
                           [] { QFerry::fromThread([] {}); }),
                   besideCallers(u"BlockingQueuedConnection"_s, inPool, invokeBlocking) }),
         1);
}

} // namespace Bench
