// SPDX-License-Identifier: MIT
#include "benchmarks.h"
#include "loops.h"
#include "peers.h"

#include <QtCore/qsemaphore.h>

#include <atomic>
#include <thread>

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
const auto blockingQueued =
        Entry{ u"BlockingQueuedConnection, in a pool thread"_s, &startPooled,
               [](QObject *context, const QFerry::LoopToken &, auto fn) {
                   QMetaObject::invokeMethod(context, fn, Qt::BlockingQueuedConnection);
               } };

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
Table compareEntries(Report &report, const QString &title, Measure measure)
{
    const auto variant = [=](const auto &entry) {
        return Variant{ entry.name, [=] { return measure(entry); } };
    };
    return report.compare(title, u"µs per call"_s,
                          { variant(fromWorker), variant(fromOutside), variant(blockingQueued) });
}

} // namespace

void fromThread(Report &report)
{
    const auto faster = [&](const QString &title, const Table &table, double goal) {
        report.atLeast(title, table.ratio(blockingQueued.name, fromWorker.name), goal,
                       u"times faster than BlockingQueuedConnection"_s);
    };
    const QString idle = u"idle loop, 1 ms pauses"_s;
    const Table paused = compareEntries(
            report, idle, [](const auto &entry) { return roundTrips(entry, 200, 1ms); });
    report.atMost(idle, paused.ratio(fromWorker.name, blockingQueued.name), 0.85,
                  u"of BlockingQueuedConnection"_s);

    const QString backToBack = u"back to back, one worker"_s;
    faster(backToBack,
           compareEntries(report, backToBack,
                          [](const auto &entry) { return roundTrips(entry, amount(20'000), 0ms); }),
           20);
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
}

} // namespace Bench
