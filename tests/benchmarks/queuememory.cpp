// SPDX-License-Identifier: MIT
#include "benchmarks.h"
#include "blockedqueues.h"
#include "freshprocess.h"

#include <QtCore/qfile.h>

#if defined(__GLIBC__)
#    include <malloc.h>
#    include <unistd.h>
#endif

namespace Bench {

namespace {

std::vector<int> lengths()
{
    std::vector<int> lengths = { 1'000, 10'000, 100'000, 1'000'000 };
    if (isTrial())
        lengths.resize(2);
    return lengths;
}

/// \name How a fresh process is told what to measure
/// @{
template <typename Queue>
QString wayOf(int length)
{
    return Queue::name() + u'/' + QString::number(length);
}

/// Calls measure.operator()<Queue>(length) for the way.
template <typename Measure>
Samples measureWay(const QString &way, Measure measure)
{
    Samples samples;
    visitQueues([&]<typename Queue>() {
        if (way.section(u'/', 0, 0) == Queue::name())
            samples = measure.template operator()<Queue>(way.section(u'/', 1).toInt());
    });
    return samples;
}
/// @}

/// The time per submission once the queue holds `length`: of ten times 100 calls, as the scheduler
/// may interrupt one. The first time in a process this includes what the system takes for memory.
template <typename Queue>
Samples firstSubmissionCosts(int length)
{
    constexpr int windows = 10;
    constexpr int callsEach = 100;
    RunCounter counter;
    Queue queue;
    for (int i = 0; i < length; ++i)
        queue.submit(counter.work());
    Samples costs;
    for (int i = 0; i < windows; ++i) {
        const auto start = Clock::now();
        for (int j = 0; j < callsEach; ++j)
            queue.submit(counter.work());
        costs.push_back(nanoseconds(Clock::now() - start) / callsEach);
    }
    queue.open();
    counter.waitFor(length + windows * callsEach);
    return costs;
}

template <typename Queue>
Samples submissionCosts(int length)
{
    (void)firstSubmissionCosts<Queue>(length);
    return firstSubmissionCosts<Queue>(length);
}

void submission(Report &report)
{
    std::vector<Series> series;
    std::vector<Series> first;
    visitQueues([&]<typename Queue>() {
        series.push_back({ Queue::name(), &submissionCosts<Queue>, Queue::longest });
        const auto inNewProcess = [](int length) {
            return measureInFreshProcess(u"first-submission"_s, wayOf<Queue>(length));
        };
        first.push_back({ Queue::name(), inNewProcess, Queue::longest });
    });
    const Curve curve = report.curve(u"submission, into memory that was used before"_s,
                                     u"ns per call"_s, u"calls queued"_s, lengths(), series);
    (void)report.curve(u"submission, into memory that is new to the process"_s, u"ns per call"_s,
                       u"calls queued"_s, lengths(), first);
    const auto cost = [&](int length) { return curve.at(QFerryQueue::name(), length).median(); };
    const auto [least, most] = std::pair(lengths().front(), lengths().back());
    report.atMost(u"submission with %1 queued"_s.arg(numberText(most)), cost(most) / cost(least),
                  1.5, u"of that with %1 (flat)"_s.arg(numberText(least)));
}

#if defined(__GLIBC__)
double allocatedBytes()
{
    const auto info = mallinfo2();
    return double(info.uordblks) + double(info.hblkhd);
}

double residentBytes()
{
    QFile statm(u"/proc/self/statm"_s);
    if (!statm.open(QIODevice::ReadOnly))
        qFatal("There is no /proc/self/statm");
    return statm.readAll().split(' ').at(1).toDouble() * double(sysconf(_SC_PAGESIZE));
}

template <typename Queue>
Samples bytesPerCall(int length)
{
    RunCounter counter;
    Queue queue;
    constexpr int before = 1'000; // what is allocated once
    for (int i = 0; i < before; ++i)
        queue.submit(counter.work());
    const double allocated = allocatedBytes();
    const double resident = residentBytes();
    for (int i = 0; i < length; ++i)
        queue.submit(counter.work());
    const Samples result = { (allocatedBytes() - allocated) / length,
                             (residentBytes() - resident) / length };
    queue.open();
    counter.waitFor(before + length);
    return result;
}

Curve memory(Report &report, const QString &title, size_t column)
{
    std::vector<Series> series;
    visitQueues([&]<typename Queue>() {
        const auto bytes = [column](int length) {
            return Samples{
                measureInFreshProcess(u"queued-bytes"_s, wayOf<Queue>(length)).at(column)
            };
        };
        series.push_back({ Queue::name(), bytes, Queue::longest });
    });
    return report.curve(title, u"bytes per call"_s, u"calls queued"_s, lengths(), series);
}
#endif

} // namespace

Samples queuedBytes([[maybe_unused]] const QString &way)
{
#if defined(__GLIBC__)
    return measureWay(way, []<typename Queue>(int length) { return bytesPerCall<Queue>(length); });
#else
    return {};
#endif
}

Samples firstSubmission(const QString &way)
{
    return measureWay(
            way, []<typename Queue>(int length) { return firstSubmissionCosts<Queue>(length); });
}

void queueMemory(Report &report)
{
#if defined(__GLIBC__)
    const int most = lengths().back();
    const Curve allocated = memory(report, u"memory allocated"_s, 0);
    report.atMost(u"%1 queued calls"_s.arg(numberText(most)),
                  allocated.at(QFerryQueue::name(), most).median(), 160, u"bytes each"_s);
    (void)memory(report, u"memory resident"_s, 1);
#else
    report.skip(u"memory: only with the GNU C library"_s);
#endif
    submission(report);
}

} // namespace Bench
