// SPDX-License-Identifier: MIT
#include "benchmarks.h"
#include "loops.h"
#include "otherpeers.h"
#include "peers.h"
#include "pythonpeers.h"

#include <QtCore/qtimer.h>

namespace Bench {

namespace {

/// Makes empty calls, one at a time; notes how long each takes from its submission to its delivery.
template <typename Way>
class OneAtATime
{
public:
    OneAtATime(Way way, int count, std::chrono::milliseconds gap)
        : m_way(way), m_count(size_t(count)), m_gap(gap)
    {}

    Samples latencies()
    {
        m_samples.reserve(m_count);
        next();
        m_loop.run();
        return std::move(m_samples);
    }

private:
    void submit()
    {
        m_submitted = Clock::now();
        m_way(
                &m_context, [] {}, [this] { delivered(); });
    }

    void delivered()
    {
        m_samples.push_back(microseconds(Clock::now() - m_submitted));
        if (m_samples.size() < m_count)
            next();
        else
            m_loop.quit();
    }

    void next()
    {
        if (m_gap == 0ms)
            submit();
        else
            QTimer::singleShot(m_gap, Qt::PreciseTimer, &m_context, [this] { submit(); });
    }

    const Way m_way;
    const size_t m_count;
    const std::chrono::milliseconds m_gap;
    Samples m_samples;
    Clock::time_point m_submitted;
    QObject m_context;
    Loop m_loop;
};

Table oneAtATime(Report &report, const QString &title, int count, std::chrono::milliseconds gap,
                 int turns = 1)
{
    std::vector<Variant> variants;
    const auto add = [&](const auto &way) {
        variants.push_back(
                { way.name, [=] { return OneAtATime(way, amount(count), gap).latencies(); } });
    };
    add(QFerryThen());
    add(concurrentThen());
    add(concurrentThen40());
    add(startAndInvoke40());
    visitOtherPeers(report, add);
    if (gap == 0ms) {
        for (const Variant &variant : pythonLatencies(report, count))
            variants.push_back(variant);
    }
    return report.compare(title, u"µs"_s, variants, turns);
}

} // namespace

void latency(Report &report)
{
    const QString ours = QFerryThen().name;
    const auto goal = [&](const Table &table, const QString &title, double bound) {
        for (const QString &peer : { concurrentThen().name, concurrentThen40().name })
            report.atMost(title + u", against "_s + peer, table.ratio(ours, peer), bound,
                          u"of its latency"_s);
    };
    const QString backToBack = u"one at a time, back to back"_s;
    goal(oneAtATime(report, backToBack, 3'000, 0ms), backToBack, 0.5);
    const QString gaps = u"one at a time, 3 ms gaps"_s;
    goal(oneAtATime(report, gaps, 25, 3ms, 4), gaps, 1.0);
}

} // namespace Bench
