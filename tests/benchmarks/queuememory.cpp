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

/// The time per submission once the queue holds `length`: of ten times 100 calls, as the scheduler
/// may interrupt one.
template <typename Queue>
Samples submissionCosts(int length)
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

void submission(Report &report)
{
    std::vector<Series> series;
    visitQueues([&]<typename Queue>() {
        series.push_back({ Queue::name(), &submissionCosts<Queue>, Queue::longest });
    });
    const Curve curve =
            report.curve(u"submission"_s, u"ns per call"_s, u"calls queued"_s, lengths(), series);
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
            const QString way = Queue::name() + u'/' + QString::number(length);
            return Samples{ measureInFreshProcess(u"queued-bytes"_s, way).at(column) };
        };
        series.push_back({ Queue::name(), bytes, Queue::longest });
    });
    return report.curve(title, u"bytes per call"_s, u"calls queued"_s, lengths(), series);
}
#endif

} // namespace

Samples queuedBytes([[maybe_unused]] const QString &way)
{
    Samples bytes;
#if defined(__GLIBC__)
    visitQueues([&]<typename Queue>() {
        if (way.section(u'/', 0, 0) == Queue::name())
            bytes = bytesPerCall<Queue>(way.section(u'/', 1).toInt());
    });
#endif
    return bytes;
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
