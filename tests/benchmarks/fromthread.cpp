// SPDX-License-Identifier: MIT
#include "benchmarks.h"
#include "eventfdfloor.h"
#include "loops.h"
#include "peers.h"

#include <QtCore/qsemaphore.h>
#include <QtCore/qthread.h>

#include <atomic>
#include <thread>
#include <vector>

namespace Bench {

namespace {

/// Threads that call into the loop of this one, all at once.
class Callers
{
public:
    using Body = std::function<void()>;
    /// Runs a body in a thread.
    using Start = std::function<void(Body)>;

    /// How long it takes until all bodies have come to their end.
    Clock::duration run(int count, const Start &start, const Body &body)
    {
        m_left = count;
        for (int i = 0; i < count; ++i) {
            start([this, &body] {
                m_ready.release();
                m_go.acquire();
                body();
                if (m_left.fetch_sub(1) == 1)
                    m_loop.quit();
            });
        }
        if (!m_ready.tryAcquire(count, 5'000))
            qFatal("The %d threads do not start", count);
        const auto begin = Clock::now();
        m_go.release(count);
        m_loop.run();
        return Clock::now() - begin;
    }

private:
    QSemaphore m_ready;
    QSemaphore m_go;
    std::atomic<int> m_left{ 0 };
    Loop m_loop;
};

void startWorker(Callers::Body body)
{
    QFerry::toThread(std::move(body));
}

void startOutside(Callers::Body body)
{
    std::thread(std::move(body)).detach();
}

void startPooled(Callers::Body body)
{
    poolOf40()->start(std::move(body));
}

/// One way of calling into a loop: where from, and how; call(context, token, fn).
template <typename Call>
struct Entry
{
    QString name;
    void (*start)(Callers::Body);
    Call call;
};
template <typename Call>
Entry(QString, void (*)(Callers::Body), Call) -> Entry<Call>;

const auto fromWorker =
        Entry{ u"QFerry fromThread(fn), in a worker"_s, &startWorker,
               [](QObject *, const QFerry::LoopToken &, auto fn) { QFerry::fromThread(fn); } };
const auto fromOutside = Entry{ u"QFerry fromThread(token, fn), in a std::thread"_s, &startOutside,
                                [](QObject *, const QFerry::LoopToken &loop, auto fn) {
                                    QFerry::fromThread(loop, fn);
                                } };
const auto invokeBlocking = [](QObject *context, const QFerry::LoopToken &, auto fn) {
    QMetaObject::invokeMethod(context, fn, Qt::BlockingQueuedConnection);
};
const auto blockingQueued =
        Entry{ u"BlockingQueuedConnection, in a pool thread"_s, &startPooled, invokeBlocking };
const auto blockingQueuedOutside =
        Entry{ u"BlockingQueuedConnection, in a std::thread"_s, &startOutside, invokeBlocking };

/// How long each call of one thread takes, with a pause before each.
template <typename Call>
Samples roundTrips(const Entry<Call> &entry, int count, std::chrono::milliseconds pause)
{
    QObject context;
    const QFerry::LoopToken loop = QFerry::currentLoop();
    Samples samples;
    samples.reserve(size_t(count));
    int served = 0;
    Callers().run(1, entry.start, [&] {
        for (int i = 0; i < count; ++i) {
            if (pause > 0ms)
                std::this_thread::sleep_for(pause);
            const auto start = Clock::now();
            entry.call(&context, loop, [&served] { ++served; });
            samples.push_back(microseconds(Clock::now() - start));
        }
    });
    return samples;
}

/// The time per call when many threads call at once, back to back.
template <typename Call>
Samples crowdCost(const Entry<Call> &entry, int threads, int callsEach)
{
    QObject context;
    const QFerry::LoopToken loop = QFerry::currentLoop();
    int served = 0;
    const auto time = Callers().run(threads, entry.start, [&] {
        for (int i = 0; i < callsEach; ++i)
            entry.call(&context, loop, [&served] { ++served; });
    });
    return { microseconds(time) / (threads * callsEach) };
}

template <typename Measure>
Table compareEntries(Report &report, const QString &title, Measure measure,
                     std::vector<Variant> floors = {}, int turns = 1)
{
    const auto variant = [=](const auto &entry) {
        return Variant{ entry.name, [=] { return measure(entry); } };
    };
    std::vector<Variant> variants = { variant(fromWorker), variant(fromOutside),
                                      variant(blockingQueued) };
    variants.insert(variants.end(), floors.begin(), floors.end());
    return report.compare(title, u"µs per call"_s, variants, turns);
}

/// One thread that makes `count` calls, with a pause before each.
Table compareRoundTrips(Report &report, const QString &title, int count,
                        std::chrono::milliseconds pause, int turns = 1)
{
    std::vector<Variant> floors;
    if (hasEventfd())
        floors.push_back({ u"floor: eventfd there and back, bare poll()"_s,
                           [=] { return eventfdRoundTrips(amount(count), pause); } });
    else
        report.skip(u"the floor: there is no eventfd"_s);
    return compareEntries(
            report, title,
            [=](const auto &entry) { return roundTrips(entry, amount(count), pause); }, floors,
            turns);
}

/// A machine with other work: while this lives, each core has a thread that computes.
class BusyCores
{
public:
    BusyCores()
    {
        for (int i = 0; i < QThread::idealThreadCount(); ++i) {
            m_threads.emplace_back([this] {
                while (!m_isOver.load(std::memory_order_relaxed)) {
                }
            });
        }
    }
    ~BusyCores()
    {
        m_isOver.store(true, std::memory_order_relaxed);
        for (std::thread &thread : m_threads)
            thread.join();
    }

private:
    std::atomic<bool> m_isOver{ false };
    std::vector<std::thread> m_threads;
};

/// How the cost grows with the number of threads that call.
void callers(Report &report)
{
    constexpr int calls = 16'000;
    const auto series = [](const auto &entry, int largest) {
        const auto cost = [=](int threads) {
            return crowdCost(entry, threads, amount(calls) / threads);
        };
        return Series{ entry.name, cost, largest, u"there are 40 tokens"_s };
    };
    const std::vector<int> sizes = { 1, 2, 4, 8, 16, 32, 64 };
    (void)report.curve(
            u"calls of many threads, back to back"_s, u"µs per call"_s, u"calling threads"_s, sizes,
            { series(fromWorker, 32), series(fromOutside, 64), series(blockingQueuedOutside, 64) });
}

} // namespace

void fromThread(Report &report)
{
    const auto faster = [&](const QString &title, const Table &table, double goal) {
        report.atLeast(title, table.ratio(blockingQueued.name, fromWorker.name), goal,
                       u"times faster than BlockingQueuedConnection"_s);
    };
    const QString idle = u"idle loop, 1 ms pauses"_s;
    const Table paused = compareRoundTrips(report, idle, 50, 1ms, 4);
    report.atMost(idle, paused.ratio(fromWorker.name, blockingQueued.name), 0.85,
                  u"of BlockingQueuedConnection"_s);

    const QString backToBack = u"back to back, one worker"_s;
    faster(backToBack, compareRoundTrips(report, backToBack, 20'000, 0ms), 20);
    const QString eight = u"8 workers at once"_s;
    faster(eight,
           compareEntries(report, eight,
                          [](const auto &entry) { return crowdCost(entry, 8, amount(2'000)); }),
           2);
    const QString forty = u"40 workers at once"_s;
    faster(forty,
           compareEntries(report, forty,
                          [](const auto &entry) { return crowdCost(entry, 40, amount(400)); }),
           2);
    callers(report);
    (void)compareEntries(report, u"8 workers at once, beside threads that compute"_s,
                         [](const auto &entry) {
                             const BusyCores others;
                             return crowdCost(entry, 8, amount(500));
                         });
}

} // namespace Bench
