// SPDX-License-Identifier: MIT
#include "benchmarks.h"
#include "freshprocess.h"
#include "peers.h"

#include <QtCore/qfile.h>
#include <QtCore/qlocale.h>
#include <QtCore/qsemaphore.h>

#include <array>

#if defined(__GLIBC__)
#    include <malloc.h>
#    include <unistd.h>
#endif

namespace Bench {

namespace {

// The queues hold calls that nobody may run before open() is called.

class QFerryQueue
{
public:
    static constexpr int capacity = 1'000'000;
    static QString name() { return u"QFerry toThread()"_s; }

    template <typename Work>
    void submit(Work work)
    {
        QFerry::toThread({ .limiter = &m_limiter }, std::move(work));
    }
    void open() { m_limiter.setTotalTokens(2); }

protected:
    QFerry::CapacityLimiter m_limiter{ 0 };
};

class QFerryThenQueue : public QFerryQueue
{
public:
    static QString name() { return u"QFerry toThread().then(ctx)"_s; }

    template <typename Work>
    void submit(Work work)
    {
        QFerry::toThread({ .limiter = &m_limiter }, std::move(work)).then(&m_context, [] {});
    }

private:
    QObject m_context;
};

/// A pool whose one thread is blocked. Its submissions cost the more the more are queued: it gets
/// less of them.
class BlockedPool
{
public:
    static constexpr int capacity = 100'000;

    BlockedPool()
    {
        m_pool.setMaxThreadCount(1);
        m_pool.start([this] { m_gate.acquire(); });
    }
    void open() { m_gate.release(); }

protected:
    QThreadPool m_pool;

private:
    QSemaphore m_gate;
};

class ConcurrentQueue : public BlockedPool
{
public:
    static QString name() { return u"QtConcurrent::run"_s; }

    template <typename Work>
    void submit(Work work)
    {
        (void)QtConcurrent::run(&m_pool, std::move(work));
    }
};

class StartQueue : public BlockedPool
{
public:
    static QString name() { return u"QThreadPool::start"_s; }

    template <typename Work>
    void submit(Work work)
    {
        m_pool.start(std::move(work));
    }
};

/// A small lambda that counts how often it ran.
class Counter
{
public:
    auto work()
    {
        return [this] { m_ran.release(); };
    }
    void waitFor(int count)
    {
        if (!m_ran.tryAcquire(count, 60'000))
            qFatal("Of %d queued calls %d ran", count, m_ran.available());
    }

private:
    QSemaphore m_ran;
};

constexpr int shortest = 1'000;

/// The time per submission once the queue holds `length`: of ten times 100 calls, as the scheduler
/// may interrupt one.
template <typename Queue>
Samples submissionCosts(int length)
{
    constexpr int windows = 10;
    constexpr int callsEach = 100;
    Counter counter; // outlives the queue
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
Samples bytesPerCall()
{
    Counter counter; // outlives the queue
    Queue queue;
    for (int i = 0; i < shortest; ++i) // what is allocated once
        queue.submit(counter.work());
    const double allocated = allocatedBytes();
    const double resident = residentBytes();
    for (int i = shortest; i < Queue::capacity; ++i)
        queue.submit(counter.work());
    constexpr int measured = Queue::capacity - shortest;
    const Samples result = { (allocatedBytes() - allocated) / measured,
                             (residentBytes() - resident) / measured };
    queue.open();
    counter.waitFor(Queue::capacity);
    return result;
}

using Measurement = Samples (*)();
const std::array<std::pair<QString, Measurement>, 4> memoryMeasurements{ {
        { QFerryQueue::name(), &bytesPerCall<QFerryQueue> },
        { QFerryThenQueue::name(), &bytesPerCall<QFerryThenQueue> },
        { ConcurrentQueue::name(), &bytesPerCall<ConcurrentQueue> },
        { StartQueue::name(), &bytesPerCall<StartQueue> },
} };

Table memory(Report &report, const QString &title, size_t column)
{
    std::vector<Variant> variants;
    for (const auto &[name, measurement] : memoryMeasurements) {
        variants.push_back(
                { name, [name = name, column] {
                     return Samples{ measureInFreshProcess(u"queued-bytes"_s, name).at(column) };
                 } });
    }
    return report.compare(title, u"bytes per call"_s, variants);
}
#endif

QString lengthText(int length)
{
    return QLocale(QLocale::English).toString(length) + u" queued, "_s;
}

template <typename Queue>
void addLengths(std::vector<Variant> &variants)
{
    for (int length = shortest; length <= Queue::capacity; length *= 10) {
        variants.push_back({ lengthText(length) + Queue::name(),
                             [=] { return submissionCosts<Queue>(length); } });
    }
}

} // namespace

Samples queuedBytes([[maybe_unused]] const QString &way)
{
#if defined(__GLIBC__)
    for (const auto &[name, measurement] : memoryMeasurements) {
        if (name == way)
            return measurement();
    }
#endif
    return {};
}

void queueMemory(Report &report)
{
#if defined(__GLIBC__)
    const Table allocated = memory(report, u"1,000,000 queued (peers: 100,000), allocated"_s, 0);
    report.atMost(u"1,000,000 queued calls"_s, allocated[QFerryQueue::name()].median(), 160,
                  u"bytes each"_s);
    (void)memory(report, u"1,000,000 queued (peers: 100,000), resident"_s, 1);
#endif

    std::vector<Variant> variants;
    addLengths<QFerryQueue>(variants);
    addLengths<StartQueue>(variants);
    addLengths<ConcurrentQueue>(variants);
    const Table costs = report.compare(u"submission"_s, u"ns per call"_s, variants);
    report.atMost(u"submission with 1,000,000 queued"_s,
                  costs.ratio(lengthText(1'000'000) + QFerryQueue::name(),
                              lengthText(1'000) + QFerryQueue::name()),
                  1.5, u"of that with 1,000 (flat)"_s);
}

} // namespace Bench
