// SPDX-License-Identifier: MIT
// What tasks cost, beside QCoro's.
#include "benchmarks.h"
#include "freshprocess.h"
#include "loops.h"
#include "peers.h"

#include <qferry/qferry.h>

#ifdef BENCH_HAS_QCORO
#    include <QCoro/QCoroAsyncGenerator>
#    include <QCoro/QCoroFuture>
#    include <QCoro/QCoroSignal>
#    include <QCoro/QCoroTask>
#    include <QCoro/QCoroTimer>
#endif

#include <QtConcurrent/qtconcurrentrun.h>
#include <QtCore/qcoreapplication.h>

#include <malloc.h>

namespace Bench {

namespace {

using QFerry::checkpoint;
using QFerry::PendingCall;
using QFerry::toThread;

class Emitter : public QObject
{
    Q_OBJECT

Q_SIGNALS:
    void told(int number);
};

/// Ours, as the templates below want it.
struct Ours
{
    template <typename T = void>
    using Task = QFerry::Task<T>;

    static constexpr auto turn = [] { return checkpoint(); };
    template <typename F>
    static auto inWorker(F f)
    {
        return toThread(f);
    }
    template <typename T>
    static auto start(Task<T> task)
    {
        return std::move(task).start();
    }
    template <typename T>
    static bool hasEnded(const PendingCall<T> &call)
    {
        return call.isFinished();
    }
    static auto sleep() { return QFerry::sleep(1h); }
    template <typename T>
    using Generator = QFerry::AsyncGenerator<T>;
    static auto emission(Emitter &emitter) { return QFerry::signal(&emitter, &Emitter::told); }
};

#ifdef BENCH_HAS_QCORO
struct QCoros
{
    template <typename T = void>
    using Task = QCoro::Task<T>;

    static constexpr auto turn = [] { return QCoro::sleepFor(0ms); };
    template <typename F>
    static auto inWorker(F f)
    {
        return QtConcurrent::run(f);
    }
    template <typename T>
    static Task<T> start(Task<T> task)
    {
        return task; // it has begun when it was called
    }
    template <typename T>
    static bool hasEnded(const Task<T> &task)
    {
        return task.isReady();
    }
    static auto sleep() { return QCoro::sleepFor(1h); }
    template <typename T>
    using Generator = QCoro::AsyncGenerator<T>;
    static auto emission(Emitter &emitter) { return qCoro(&emitter, &Emitter::told); }
};
#endif

template <typename Kind>
typename Kind::template Task<int> ready()
{
    co_return 1;
}

template <typename Kind>
typename Kind::template Task<int> awaitReady(int count)
{
    int sum = 0;
    for (int i = 0; i < count; ++i)
        sum += co_await ready<Kind>();
    co_return sum;
}

template <typename Kind>
typename Kind::template Task<int> awaitFinished(int count, PendingCall<int> call)
{
    int sum = 0;
    for (int i = 0; i < count; ++i)
        sum += co_await call;
    co_return sum;
}

template <typename Kind>
typename Kind::template Task<int> awaitTurns(int count)
{
    for (int i = 0; i < count; ++i)
        co_await Kind::turn();
    co_return count;
}

template <typename Kind>
typename Kind::template Task<int> nest(int depth)
{
    if (depth == 0) {
        co_await Kind::turn();
        co_return 0;
    }
    co_return 1 + co_await nest<Kind>(depth - 1);
}

template <typename Kind>
typename Kind::template Task<int> awaitWorkers(int count)
{
    int sum = 0;
    for (int i = 0; i < count; ++i)
        sum += co_await Kind::inWorker([] { return 1; });
    co_return sum;
}

template <typename Kind>
typename Kind::template Task<> sleepLong()
{
    co_await Kind::sleep();
}

template <typename Kind>
typename Kind::template Generator<int> numbers(int count)
{
    for (int i = 0; i < count; ++i)
        co_yield i;
}

Ours::Task<int> sumUp(QFerry::AsyncGenerator<int> items)
{
    int sum = 0;
    while (const auto item = co_await items.next())
        sum += *item;
    co_return sum;
}

#ifdef BENCH_HAS_QCORO
QCoros::Task<int> sumUp(QCoro::AsyncGenerator<int> items)
{
    int sum = 0;
    QCORO_FOREACH(const int item, items)
    sum += item;
    co_return sum;
}
#endif

template <typename Kind>
typename Kind::template Task<int> awaitEmissions(int count)
{
    Emitter emitter;
    int sum = 0;
    for (int i = 0; i < count; ++i) {
        QMetaObject::invokeMethod(
                &emitter, [&emitter, i] { Q_EMIT emitter.told(i); }, Qt::QueuedConnection);
        sum += co_await Kind::emission(emitter);
    }
    co_return sum;
}

template <typename Handle, typename HasEnded>
void turnUntil(const Handle &handle, HasEnded hasEnded)
{
    while (!hasEnded(handle))
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
}

/// Nanoseconds per operation of what makes one task.
template <typename Kind, typename Make>
Samples ofOne(int operations, Make make)
{
    const auto start = Clock::now();
    const auto handle = Kind::start(make());
    turnUntil(handle, [](const auto &h) { return Kind::hasEnded(h); });
    return { nanoseconds(Clock::now() - start) / operations };
}

/// The same of many tasks at a time.
template <typename Kind, typename Make>
Samples ofMany(int tasks, int operations, Make make)
{
    using Handle = decltype(Kind::start(make()));
    const auto start = Clock::now();
    std::vector<Handle> handles;
    handles.reserve(size_t(tasks));
    for (int i = 0; i < tasks; ++i)
        handles.push_back(Kind::start(make()));
    for (const Handle &handle : handles)
        turnUntil(handle, [](const auto &h) { return Kind::hasEnded(h); });
    return { nanoseconds(Clock::now() - start) / operations };
}

const QString ours = u"QFerry::Task"_s;
const QString theirs = u"QCoro::Task"_s;

/// What run() gives while five variables of the context are set.
template <typename Run>
Samples withFiveVariables(Run run)
{
    using Variable = QFerry::ContextVar<int>;
    static std::array variables{ Variable("1"), Variable("2"), Variable("3"), Variable("4"),
                                 Variable("5") };
    return QFerry::Context::current().run([&run] {
        for (auto &variable : variables)
            variable.set(1);
        return run();
    });
}

/// What to measure: run(kind) with each kind.
template <typename Run>
Table compareKinds(Report &report, const QString &title, Run run)
{
    std::vector<Variant> variants{ { ours, [=] { return run(Ours()); } } };
#ifdef BENCH_HAS_QCORO
    variants.push_back({ theirs, [=] { return run(QCoros()); } });
#endif
    return report.compare(title, u"ns"_s, variants);
}

/// Theirs in relation to ours is at least the bound.
void goal(Report &report, const Table &table, const QString &title, double bound)
{
    if (table.results().size() > 1)
        report.atLeast(title, table.ratio(theirs, ours), bound, u"times as fast"_s);
}

template <typename Run>
void compareWithGoal(Report &report, const QString &title, double bound, Run run)
{
    goal(report, compareKinds(report, title, run), title, bound);
}

void awaits(Report &report)
{
    const int count = amount(200'000);
    compareWithGoal(report, u"awaiting a task that is ready"_s, 1.0, [=]<typename Kind>(Kind) {
        return ofOne<Kind>(count, [=] { return awaitReady<Kind>(count); });
    });
    const auto call = toThread([] { return 1; });
    call.future().waitForFinished();
    compareKinds(report, u"awaiting a finished call"_s, [=]<typename Kind>(Kind) {
        return ofOne<Kind>(count, [=] { return awaitFinished<Kind>(count, call); });
    });
    const int turns = amount(20'000);
    compareWithGoal(report, u"a turn of the loop"_s, 10.0, [=]<typename Kind>(Kind) {
        return ofOne<Kind>(turns, [=] { return awaitTurns<Kind>(turns); });
    });
    compareKinds(report, u"awaiting a signal"_s, [=]<typename Kind>(Kind) {
        return ofOne<Kind>(turns, [=] { return awaitEmissions<Kind>(turns); });
    });
    compareKinds(report, u"an item of a generator"_s, [=]<typename Kind>(Kind) {
        return ofOne<Kind>(count, [=] { return sumUp(numbers<Kind>(count)); });
    });
    const int depth = amount(10'000);
    compareKinds(report, u"nested awaits, per level"_s, [=]<typename Kind>(Kind) {
        return ofOne<Kind>(depth, [=] { return nest<Kind>(depth); });
    });
}

void manyTasks(Report &report)
{
    const int count = amount(10'000);
    compareWithGoal(report, u"10,000 tasks at a time, each of one turn"_s, 6.0,
                    [=]<typename Kind>(Kind) {
                        return ofMany<Kind>(count, count, [] { return awaitTurns<Kind>(1); });
                    });
}

void workers(Report &report)
{
    const int count = amount(2'000);
    compareWithGoal(report, u"a worker's call, one at a time"_s, 1.3, [=]<typename Kind>(Kind) {
        return ofOne<Kind>(count, [=] { return awaitWorkers<Kind>(count); });
    });
    const int each = amount(100);
    compareWithGoal(report, u"100 tasks with worker's calls"_s, 1.5, [=]<typename Kind>(Kind) {
        return ofMany<Kind>(100, 100 * each, [=] { return awaitWorkers<Kind>(each); });
    });
}

/// What a task costs that ends before it ever waits.
void starts(Report &report)
{
    const int count = amount(100'000);
    const auto perCall = [count](auto start) {
        const auto begin = Clock::now();
        for (int i = 0; i < count; ++i)
            start();
        return Samples{ nanoseconds(Clock::now() - begin) / count };
    };
    const QString call = u"PendingCall: toThread(), which waits"_s;
    std::vector<Variant> variants{
        { ours, [=] { return perCall([] { (void)ready<Ours>().start(); }); } },
        { call,
          [=] {
              QFerry::CapacityLimiter limiter(0);
              QFerry::CancelScope scope;
              return perCall([&] { toThread({ .limiter = &limiter, .scope = &scope }, [] {}); });
          } },
    };
#ifdef BENCH_HAS_QCORO
    variants.push_back({ theirs, [=] { return perCall([] { (void)ready<QCoros>(); }); } });
#endif
    const QString title = u"a task that ends at once"_s;
    const Table table = report.compare(title, u"ns"_s, variants);
    report.atMost(title, table[ours].median(), 120, u"ns"_s);
}

/// Blocks that are canceled together, around nothing.
void scopes(Report &report)
{
    const int count = amount(100'000);
    const auto perBlock = [count](auto block) {
        return ofOne<Ours>(count, [=]() -> Ours::Task<> {
            for (int i = 0; i < count; ++i)
                co_await block();
        });
    };
    const auto nothing = []() -> Ours::Task<> { co_return; };
    const auto noTask = [](QFerry::TaskGroup &) -> Ours::Task<> { co_return; };
    const auto inScope = [=]() -> Ours::Task<> {
        QFerry::CancelScope scope;
        co_await QFerry::withScope(scope, nothing);
    };
    const auto entered = []() -> Ours::Task<> {
        QFerry::CancelScope scope;
        const QFerry::EnterScope enteredScope(scope);
        co_return;
    };
    const QString none = u"an await of a task"_s;
    const QString enter = u"EnterScope"_s;
    const QString enterWithVariables = u"EnterScope, five context variables set"_s;
    const QString title = u"a scope around nothing"_s;
    const Table table = report.compare(
            title, u"ns"_s,
            { { none, [=] { return perBlock(nothing); } },
              { enter, [=] { return perBlock(entered); } },
              { enterWithVariables,
                [=] { return withFiveVariables([=] { return perBlock(entered); }); } },
              { u"withScope()"_s, [=] { return perBlock(inScope); } },
              { u"shielded()"_s,
                [=] { return perBlock([=] { return QFerry::shielded(nothing); }); } },
              { u"moveOnAfter()"_s,
                [=] { return perBlock([=] { return QFerry::moveOnAfter(1h, nothing); }); } },
              { u"taskGroup()"_s,
                [=] { return perBlock([=] { return QFerry::taskGroup(noTask); }); } } });
    report.atMost(title, table[enter].median(), 250, u"ns"_s);
    report.atMost(title + u", with five variables"_s, table[enterWithVariables].median(), 250,
                  u"ns"_s);
}

void memory(Report &report)
{
    std::vector<Variant> variants;
    const auto add = [&](const QString &name) {
        variants.push_back(
                { name, [name] { return measureInFreshProcess(u"sleeping-task-bytes"_s, name); } });
    };
    add(ours);
#ifdef BENCH_HAS_QCORO
    add(theirs);
#endif
    const QString title = u"memory of a task that sleeps"_s;
    const Table table = report.compare(title, u"bytes"_s, variants);
    report.atMost(title, table[ours].median(), 700, u"bytes"_s);
}

template <typename Kind>
Samples sleepingBytes()
{
    using Handle = decltype(Kind::start(sleepLong<Kind>()));
    constexpr int count = 20'000;
    const auto used = [] {
        const auto info = mallinfo2();
        return double(info.uordblks + info.hblkhd);
    };
    static std::vector<Handle> handles; // never destroyed: the process ends with all of them
    handles.reserve(count);
    const double before = used();
    for (int i = 0; i < count; ++i)
        handles.push_back(Kind::start(sleepLong<Kind>()));
    return { (used() - before) / count };
}

} // namespace

Samples sleepingTaskBytes(const QString &way)
{
#ifdef BENCH_HAS_QCORO
    if (way == theirs)
        return sleepingBytes<QCoros>();
#else
    Q_UNUSED(way)
#endif
    return sleepingBytes<Ours>();
}

void tasks(Report &report)
{
    awaits(report);
    manyTasks(report);
    workers(report);
    starts(report);
    scopes(report);
    memory(report);
}

} // namespace Bench

#include "tasks.moc"
