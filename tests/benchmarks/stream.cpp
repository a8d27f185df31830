// SPDX-License-Identifier: MIT
#include "benchmarks.h"
#include "freshprocess.h"
#include "itemways.h"
#include "metronome.h"

#include <QtCore/qfile.h>

#if defined(Q_OS_LINUX)
#    include <unistd.h>
#endif

namespace Bench {

namespace {

constexpr int flood = 5'000'000;

double residentMegabytes()
{
#if defined(Q_OS_LINUX)
    QFile statm(u"/proc/self/statm"_s);
    if (!statm.open(QIODevice::ReadOnly))
        qFatal("There is no /proc/self/statm");
    return statm.readAll().split(' ').at(1).toDouble() * double(sysconf(_SC_PAGESIZE)) / 1e6;
#else
    return 0;
#endif
}

/// A flood of items, with a handler that does a little.
template <typename T, typename Handler>
void runFlood(bool inBatches, int count, Handler handler)
{
    const auto generator = itemGenerator<T>();
    Loop loop;
    QObject context;
    const auto inBatch = [&](std::span<T> items) {
        for (const T &item : items)
            handler(item);
    };
    const auto call = inBatches ? generator(count).forEachBatch(&context, inBatch)
                                : generator(count).forEach(&context, handler);
    call.then(&context, [&] { loop.quit(); });
    loop.run();
}

void busyFor(std::chrono::nanoseconds time)
{
    const auto end = Clock::now() + time;
    while (Clock::now() < end) {
    }
}

Variant lateness(const QString &name, bool inBatches)
{
    return { name, [=] {
                Metronome metronome(16ms);
                runFlood<int>(inBatches, amount(flood), [](int) { busyFor(300ns); });
                return metronome.lateness();
            } };
}

Variant latenessOfChannel(const QString &name)
{
    return { name, [=] {
                Metronome metronome(16ms);
                (void)ChannelWay().nanosecondsPerItem<int>(4, amount(flood));
                return metronome.lateness();
            } };
}

Variant withoutItems()
{
    return { u"no items at all"_s, [] {
                Metronome metronome(16ms);
                Loop loop;
                QTimer::singleShot(500ms, Qt::PreciseTimer, [&loop] { loop.quit(); });
                loop.run();
                return metronome.lateness();
            } };
}

} // namespace

Samples floodMemory(const QString &)
{
    runFlood<QString>(false, itemCapacity * 10, [](const QString &) {});
    const double before = residentMegabytes();
    double most = before;
    QTimer timer;
    timer.callOnTimeout([&] { most = qMax(most, residentMegabytes()); });
    timer.start(10ms);
    runFlood<QString>(false, amount(flood), [](const QString &) {});
    return { most - before };
}

void stream(Report &report)
{
    const Table late = report.compare(
            u"lateness of a 16 ms timer while 5,000,000 items come"_s, u"ms"_s,
            { lateness(u"Stream::forEach"_s, false), lateness(u"Stream::forEachBatch"_s, true),
              latenessOfChannel(u"FromThreadChannel, 4 producers"_s), withoutItems() });
    for (const QString &way :
         { u"Stream::forEach"_s, u"Stream::forEachBatch"_s, u"FromThreadChannel, 4 producers"_s })
        report.atMost(u"p99 of the lateness, "_s + way, late[way].p99(), 3, u"ms"_s);

    const QString name = u"5,000,000 QStrings, at most 1024 of them at a time"_s;
    const Table memory = report.compare(
            u"growth of the resident memory"_s, u"MB"_s,
            { { name, [] { return measureInFreshProcess(u"flood-memory"_s, {}); } } });
    report.atMost(u"growth of the resident memory"_s, memory[name].most(), 2, u"MB"_s);
}

} // namespace Bench
