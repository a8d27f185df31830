// SPDX-License-Identifier: MIT
#include "benchmarks.h"

#include <qferry/qferry.h>

#include <QtCore/qpromise.h>
#include <QtCore/qthread.h>

#include <latch>
#include <thread>

namespace Bench {

namespace {

/// A thread with an event loop, and the ways into it: a portal, and an object that lives there.
class Target
{
public:
    Target()
    {
        m_portal.call([this] { m_object = std::make_unique<QObject>(); });
    }
    ~Target()
    {
        m_portal.call([this] { m_object.reset(); });
    }

    QFerry::BlockingPortal &portal() { return m_portal; }
    QObject *object() const { return m_object.get(); }

private:
    QFerry::StartedPortal m_portal = QFerry::startBlockingPortal("target");
    std::unique_ptr<QObject> m_object;
};

/// One way of calling a function there: call(target, fn).
template <typename Call>
struct Entry
{
    QString name;
    Call call;
};
template <typename Call>
Entry(QString, Call) -> Entry<Call>;

const auto portalCall = Entry{ u"QFerry portal.call(fn)"_s,
                               [](Target &target, auto fn) { target.portal().call(fn); } };
const auto blockingQueued =
        Entry{ u"BlockingQueuedConnection"_s, [](Target &target, auto fn) {
                  QMetaObject::invokeMethod(target.object(), fn, Qt::BlockingQueuedConnection);
              } };
const auto startTaskSoon =
        Entry{ u"QFerry portal.startTaskSoon(fn)"_s,
               [](Target &target, auto fn) { return target.portal().startTaskSoon(fn); } };
const auto queuedPromise =
        Entry{ u"queued invokeMethod with a QPromise"_s, [](Target &target, auto fn) {
                  const auto promise = std::make_shared<QPromise<void>>();
                  promise->start();
                  QMetaObject::invokeMethod(
                          target.object(),
                          [fn, promise]() mutable {
                              fn();
                              promise->finish();
                          },
                          Qt::QueuedConnection);
                  return promise->future();
              } };

/// How long `threads` threads without an event loop take for body(), all at once.
template <typename Body>
Clock::duration timeOf(int threads, Body body)
{
    std::latch ready(threads);
    std::latch go(1);
    std::vector<std::thread> callers;
    for (int i = 0; i < threads; ++i) {
        callers.emplace_back([&] {
            ready.count_down();
            go.wait();
            body();
        });
    }
    ready.wait();
    const auto start = Clock::now();
    go.count_down();
    for (std::thread &caller : callers)
        caller.join();
    return Clock::now() - start;
}

/// The time per call when threads call back to back.
template <typename Call>
Samples callCost(const Entry<Call> &entry, int threads, int callsEach)
{
    Target target;
    int served = 0;
    const auto time = timeOf(threads, [&] {
        for (int i = 0; i < callsEach; ++i)
            entry.call(target, [&served] { ++served; });
    });
    return { microseconds(time) / (threads * callsEach) };
}

/// The time per task of one thread that starts many, holds their futures, and waits for all.
template <typename Call>
Samples taskCost(const Entry<Call> &entry, int rounds, int tasks)
{
    Target target;
    int served = 0;
    const auto time = timeOf(1, [&] {
        std::vector<QFuture<void>> futures;
        futures.reserve(size_t(tasks));
        for (int round = 0; round < rounds; ++round) {
            for (int i = 0; i < tasks; ++i)
                futures.push_back(entry.call(target, [&served] { ++served; }));
            futures.back().waitForFinished();
            futures.clear();
        }
    });
    return { nanoseconds(time) / (rounds * tasks) };
}

/// What a task with a QFuture costs at least: that is made, finished and dropped, by one thread and
/// for nobody.
Samples futureCost(int rounds, int tasks)
{
    std::vector<QFuture<void>> futures;
    futures.reserve(size_t(tasks));
    const auto start = Clock::now();
    for (int round = 0; round < rounds; ++round) {
        for (int i = 0; i < tasks; ++i) {
            QFutureInterface<void> result;
            result.reportStarted();
            futures.push_back(result.future());
            result.reportFinished();
        }
        futures.clear();
    }
    return { nanoseconds(Clock::now() - start) / (rounds * tasks) };
}

template <typename Ours, typename Theirs, typename Measure>
void compareWays(Report &report, const QString &title, const QString &unit, const Ours &ours,
                 const Theirs &theirs, double goal, Measure measure,
                 const std::vector<Variant> &floors = {})
{
    std::vector<Variant> variants = { Variant{ ours.name, [=] { return measure(ours); } },
                                      Variant{ theirs.name, [=] { return measure(theirs); } } };
    variants.insert(variants.end(), floors.begin(), floors.end());
    const Table table = report.compare(title, unit, variants);
    report.atLeast(title, table.ratio(theirs.name, ours.name), goal,
                   u"times faster than %1"_s.arg(theirs.name));
}

} // namespace

void portal(Report &report)
{
    // Calls; in the first 20 ms or so the system may keep both threads on one core.
    constexpr int longEnough = 20'000;
    compareWays(report, u"call, back to back, one thread"_s, u"µs per call"_s, portalCall,
                blockingQueued, 20,
                [](const auto &way) { return callCost(way, 1, amount(longEnough)); });
    compareWays(report, u"call, 16 threads at once"_s, u"µs per call"_s, portalCall, blockingQueued,
                2, [](const auto &way) { return callCost(way, 16, amount(longEnough / 4)); });
    compareWays(report, u"tasks of plain functions, one thread"_s, u"ns per task"_s, startTaskSoon,
                queuedPromise, 20, [](const auto &way) { return taskCost(way, 20, amount(2'000)); },
                { Variant{ u"floor: the QFuture alone, no thread, no loop"_s,
                           [] { return futureCost(20, amount(2'000)); } } });
}

} // namespace Bench
