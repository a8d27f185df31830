// SPDX-License-Identifier: MIT
#include "benchmarks.h"
#include "loops.h"
#include "otherpeers.h"
#include "peers.h"
#include "pythonpeers.h"

#include <algorithm>

namespace Bench {

namespace {

constexpr int calls = 10'000;

int most()
{
    return isTrial() ? 1'000 : 1'000'000;
}

/// As many calls as are in flight at least. What makes a QFuture for each, or is slow, gets fewer.
template <typename Way>
Series flows(const Way &way)
{
    const bool isLean = way.name.startsWith(u"QFerry"_s) && !way.name.contains(u"future()"_s);
    return { way.name,
             [=](int inFlight) {
                 return Samples{ callCost(way, inFlight, std::max(inFlight, amount(calls))) };
             },
             isLean ? most() : most() / 10, u"it takes seconds, or gigabytes"_s };
}

} // namespace

void inFlight(Report &report)
{
    std::vector<int> sizes;
    for (int size = 1; size <= most(); size *= 10)
        sizes.push_back(size);

    std::vector<Series> series = {
        flows(QFerryThen()),       flows(QFerryFuture()),   flows(concurrentWatcher40()),
        flows(concurrentThen40()), flows(concurrentThen()), flows(startAndInvoke40()),
    };
    visitOtherPeers(report, [&](const auto &way) { series.push_back(flows(way)); });
    for (const Series &one : pythonFlowSeries(report, calls / 2))
        series.push_back(one);
    (void)report.curve(u"empty calls"_s, u"ns per call"_s, u"calls in flight"_s, sizes, series);
}

} // namespace Bench
