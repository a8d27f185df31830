// SPDX-License-Identifier: MIT
#include "pythonpeers.h"

#include "freshprocess.h"

#include <algorithm>
#include <array>

namespace Bench {

namespace {

struct Peer
{
    QString way;
    QString name;
};

const std::array<Peer, 2> peers{ {
        { u"asyncio"_s, u"Python asyncio.to_thread, a process of its own"_s },
        { u"anyio"_s, u"Python anyio.to_thread, a process of its own"_s },
} };

QString python()
{
    return qEnvironmentVariable("QFERRY_BENCHMARK_PYTHON", u"python3"_s);
}

Samples samples(const Peer &peer, const QString &measurement, int inFlight, int calls)
{
    return measureWithProgram(python(), { QStringLiteral(BENCH_PYTHON_PEERS), peer.way, measurement,
                                          QString::number(inFlight), QString::number(calls) });
}

/// Those that this machine has.
std::vector<Peer> available(Report &report)
{
    std::vector<Peer> found;
    for (const Peer &peer : peers) {
        if (canRun(python(), { u"-c"_s, u"import "_s + peer.way }))
            found.push_back(peer);
        else
            report.skip(u"%1: %2 cannot import it"_s.arg(peer.name, python()));
    }
    return found;
}

std::vector<Variant> variants(Report &report, const QString &measurement, int inFlight, int calls)
{
    std::vector<Variant> variants;
    for (const Peer &peer : available(report))
        variants.push_back(
                { peer.name, [=] { return samples(peer, measurement, inFlight, amount(calls)); } });
    return variants;
}

} // namespace

std::vector<Variant> pythonFlows(Report &report, int inFlight, int calls)
{
    return variants(report, u"flow"_s, inFlight, calls);
}

std::vector<Variant> pythonLatencies(Report &report, int calls)
{
    return variants(report, u"latency"_s, 1, calls);
}

std::vector<Series> pythonFlowSeries(Report &report, int calls)
{
    std::vector<Series> series;
    for (const Peer &peer : available(report))
        series.push_back({ peer.name,
                           [=](int inFlight) {
                               return samples(peer, u"flow"_s, inFlight,
                                              std::max(inFlight, amount(calls)));
                           },
                           10'000 });
    return series;
}

} // namespace Bench
