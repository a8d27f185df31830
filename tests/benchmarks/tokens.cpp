// SPDX-License-Identifier: MIT
#include "benchmarks.h"
#include "loops.h"
#include "peers.h"

#include <thread>

namespace Bench {

namespace {

struct LimitedCall
{
    QFerry::CapacityLimiter *limiter;

    template <typename Work, typename Delivered>
    void operator()(QObject *context, Work work, Delivered delivered) const
    {
        QFerry::toThread({ .limiter = limiter }, std::move(work))
                .then(context, std::move(delivered));
    }
};

/// The series of ours and of its peers; measure(way, tokens).
template <typename Measure>
std::vector<Series> limitedSeries(Measure measure)
{
    return {
        { u"QFerry toThread() with a CapacityLimiter"_s,
          [=](int tokens) {
              QFerry::CapacityLimiter limiter(tokens);
              return measure(LimitedCall{ &limiter }, tokens);
          } },
        { u"QtConcurrent::run, .then(ctx)"_s,
          [=](int tokens) {
              return measure(ConcurrentThen{ {}, poolOf(tokens) }, tokens);
          } },
        { u"QThreadPool::start, queued invokeMethod"_s,
          [=](int tokens) {
              return measure(StartAndInvoke{ {}, poolOf(tokens) }, tokens);
          } },
    };
}

} // namespace

void tokens(Report &report)
{
    const std::vector<int> sizes = { 1, 2, 4, 8, 16, 32, 64, 128, 256 };
    const QString by = u"tokens (threads of the peers' pools)"_s;
    (void)report.curve(u"empty calls, 10,000 in flight"_s, u"ns per call"_s, by, sizes,
                       limitedSeries([](const auto &way, int) {
                           return Samples{ callCost(way, 10'000, amount(20'000)) };
                       }));
    (void)report.curve(u"calls of 10 ms, four per token (40 ms at best)"_s, u"ms"_s, by, sizes,
                       limitedSeries([](const auto &way, int tokens) {
                           const auto sleep = [] { std::this_thread::sleep_for(10ms); };
                           return Samples{ milliseconds(makespan(way, 4 * tokens, sleep)) };
                       }));
}

} // namespace Bench
