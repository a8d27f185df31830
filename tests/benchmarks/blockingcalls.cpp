// SPDX-License-Identifier: MIT
#include "benchmarks.h"
#include "freshprocess.h"
#include "loops.h"
#include "peers.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qfile.h>
#include <QtCore/qsemaphore.h>

#include <atomic>
#include <thread>

namespace Bench {

namespace {

template <typename Way>
double sleepMilliseconds(Way way, int calls, std::chrono::milliseconds each)
{
    return milliseconds(
            makespan(way, amount(calls), [each] { std::this_thread::sleep_for(each); }));
}

/// The cost of empty calls while four calls block, for a second or until those are done.
template <typename Way>
double costBesideBlockers(Way way)
{
    constexpr int blockers = 4;
    QObject context;
    Loop loop;
    QSemaphore release;
    int left = blockers;
    for (int i = 0; i < blockers; ++i) {
        way(
                &context, [&release] { (void)release.tryAcquire(1, 1'000); },
                [&] {
                    if (--left == 0)
                        loop.quit();
                });
    }
    const double cost = callCost(way, 10'000, amount(100'000));
    release.release(blockers);
    loop.run();
    return cost;
}

Table sleeps(Report &report, const QString &title, int calls, std::chrono::milliseconds each)
{
    const auto variant = [=](const auto &way) {
        return Variant{ way.name, [=] { return Samples{ sleepMilliseconds(way, calls, each) }; } };
    };
    return report.compare(
            title, u"ms"_s,
            { variant(QFerryThen()), variant(concurrentThen40()), variant(startAndInvoke40()) });
}

Table coldSleeps(Report &report, const QString &title)
{
    const auto variant = [](const QString &way) {
        return Variant{ way, [=] { return measureInFreshProcess(u"cold-blocking-calls"_s, way); } };
    };
    return report.compare(title, u"ms"_s,
                          { variant(QFerryThen().name), variant(concurrentThen40().name) });
}

void besideBlockers(Report &report)
{
    const QString alone = u"alone, "_s;
    const QString beside = u"beside 4 blockers, "_s;
    std::vector<Variant> variants;
    const auto add = [&](const auto &way) {
        variants.push_back({ alone + way.name,
                             [=] { return Samples{ callCost(way, 10'000, amount(100'000)) }; } });
        variants.push_back(
                { beside + way.name, [=] { return Samples{ costBesideBlockers(way) }; } });
    };
    add(QFerryThen());
    add(startAndInvoke40());
    const Table table = report.compare(u"100,000 empty calls"_s, u"ns per call"_s, variants);
    const QString ours = QFerryThen().name;
    report.atMost(u"100,000 empty calls beside 4 blockers"_s,
                  table.ratio(beside + ours, alone + ours), 2, u"of their cost alone"_s);
}

/// How long a call that reads a file, and waits for 1 ms as a slow disk makes it do, takes beside
/// calls that compute without end.
template <typename Way>
Samples readsBeside(Way way, int computing)
{
    QObject context;
    Loop loop;
    std::atomic<int> started{ 0 };
    std::atomic<bool> isOver{ false };
    int left = computing;
    for (int i = 0; i < computing; ++i) {
        way(
                &context,
                [&] {
                    ++started;
                    while (!isOver.load(std::memory_order_relaxed)) {
                    }
                },
                [&] {
                    if (--left == 0)
                        loop.quit();
                });
    }
    while (started < computing)
        std::this_thread::sleep_for(1ms);
    const auto read = [] {
        QFile file(QCoreApplication::applicationFilePath());
        if (file.open(QIODevice::ReadOnly))
            (void)file.read(4096);
        std::this_thread::sleep_for(1ms);
    };
    Samples samples;
    for (int i = 0; i < 10; ++i)
        samples.push_back(milliseconds(makespan(way, 1, read)));
    isOver = true;
    loop.run();
    return samples;
}

/// The peer has a thread for each of its calls at once, so its times are the system's share.
void besideComputing(Report &report)
{
    for (const int computing : { 2, 4, 8 }) {
        const QString title = u"a file read of 1 ms beside %1 calls that compute"_s.arg(computing);
        const auto variant = [=](const auto &way) {
            return Variant{ way.name, [=] { return readsBeside(way, computing); } };
        };
        const QString ours = QFerryThen().name;
        const QString peer = startAndInvoke40().name;
        const Table table = report.compare(title, u"ms"_s,
                                           { variant(QFerryThen()), variant(startAndInvoke40()) });
        report.atMost(title + u", later than with a thread at once"_s,
                      table[ours].p99() - table[peer].p99(), 20, u"ms"_s);
    }
}

} // namespace

Samples coldBlockingCalls(const QString &way)
{
    const bool ours = way == QFerryThen().name;
    return { ours ? sleepMilliseconds(QFerryThen(), 40, 100ms)
                  : sleepMilliseconds(concurrentThen40(), 40, 100ms) };
}

void blockingCalls(Report &report)
{
    const QString ours = QFerryThen().name;
    const auto goal = [&](const QString &title, const Table &table, double bound) {
        report.atMost(title, table[ours].median(), bound, u"ms"_s);
    };
    const QString warm = u"40 calls of 100 ms, threads warm"_s;
    goal(warm, sleeps(report, warm, 40, 100ms), 103);
    const QString cold = u"40 calls of 100 ms, no thread yet"_s;
    goal(cold, coldSleeps(report, cold), 106);
    const QString queued = u"1000 calls of 10 ms, 40 tokens"_s;
    goal(queued, sleeps(report, queued, 1'000, 10ms), 260);
    besideBlockers(report);
    besideComputing(report);
}

} // namespace Bench
