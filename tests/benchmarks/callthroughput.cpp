// SPDX-License-Identifier: MIT
#include "benchmarks.h"
#include "loops.h"
#include "otherpeers.h"
#include "peers.h"
#include "pythonpeers.h"

namespace Bench {

namespace {

constexpr int calls = 50'000;

/// The mean of that many flows: one of a fast way would be over within a time slice of the
/// scheduler.
template <typename Way>
Variant flowOf(const Way &way, int inFlight, int flows = 1)
{
    return { way.name, [=] {
                double sum = 0;
                for (int i = 0; i < flows; ++i)
                    sum += callCost(way, inFlight, amount(calls));
                return Samples{ sum / flows };
            } };
}

Table flows(Report &report, const QString &title, int inFlight)
{
    std::vector<Variant> variants = {
        flowOf(QFerryThen(), inFlight, 10),      flowOf(QFerryFuture(), inFlight, 2),
        flowOf(concurrentWatcher40(), inFlight), flowOf(concurrentWatcher(), inFlight),
        flowOf(concurrentThen40(), inFlight),    flowOf(concurrentThen(), inFlight),
        flowOf(startAndInvoke40(), inFlight),
    };
    visitOtherPeers(report, [&](const auto &way) { variants.push_back(flowOf(way, inFlight)); });
    for (const Variant &variant : pythonFlows(report, inFlight, calls / 5))
        variants.push_back(variant);
    return report.compare(title, u"ns per call"_s, variants);
}

} // namespace

void callThroughput(Report &report)
{
    const QString ours = QFerryThen().name;
    const QString oursFuture = QFerryFuture().name;
    const auto faster = [&](const Table &table, const QString &load, const QString &peer,
                            const QString &own, double goal) {
        report.atLeast(load + u", "_s + own + u" against "_s + peer, table.ratio(peer, own), goal,
                       u"times faster"_s);
    };

    const QString many = u"10,000 in flight"_s;
    const Table crowd = flows(report, many, 10'000);
    faster(crowd, many, concurrentWatcher40().name, ours, 80);
    faster(crowd, many, startAndInvoke40().name, ours, 10);
    faster(crowd, many, concurrentThen().name, ours, 5);
    faster(crowd, many, concurrentThen().name, oursFuture, 1.3);

    const QString some = u"100 in flight"_s;
    const Table group = flows(report, some, 100);
    faster(group, some, concurrentThen40().name, ours, 10);
}

} // namespace Bench
