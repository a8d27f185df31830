// SPDX-License-Identifier: MIT
// Fixed workloads, whose instructions guard.py counts. The phases of each come one after another
// (while one thread works the others sleep) so that neither spinning nor scheduling enters the
// count.
#include <qferry/qferry.h>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qeventloop.h>
#include <QtCore/qsemaphore.h>
#include <QtCore/qsysinfo.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <thread>
#include <vector>

#include <gnu/libc-version.h>
#include <malloc.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace std::chrono_literals;

/// The program's clock, in place of the C library's: each look at it takes longer than anybody in
/// the library spins, so who waits sleeps; a slice of the loop ends after so many items; and it is
/// far ahead of the kernel's, so nobody's time is over while he sleeps. However slow the machine
/// is.
extern "C" int clock_gettime(clockid_t clock, timespec *time)
{
    if (clock != CLOCK_MONOTONIC)
        return int(syscall(SYS_clock_gettime, clock, time));
    static std::atomic<long long> now = [] {
        timespec start{};
        syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &start);
        return (start.tv_sec + 3600) * 1'000'000'000LL + start.tv_nsec;
    }();
    const long long then = now.fetch_add(25'000, std::memory_order_relaxed);
    *time = { then / 1'000'000'000, then % 1'000'000'000 };
    return 0;
}

namespace {

/// Operations come in batches, so that what a change of phase costs hardly counts.
constexpr int batch = 500;

template <typename Batch>
void inBatches(int count, Batch runBatch)
{
    for (int done = 0; done < count; done += batch)
        runBatch();
}

template <typename Operation>
void repeat(Operation operation)
{
    for (int i = 0; i < batch; ++i)
        operation(i);
}

/// Calls that wait for run(): then one worker runs them while this thread sleeps, and this thread's
/// loop delivers what came of them while the worker sleeps.
class HeldCalls
{
public:
    auto add()
    {
        return QFerry::toThread({ .limiter = &m_limiter }, [] {});
    }
    void run()
    {
        QFerry::toThread({ .limiter = &m_limiter }, [this] {
            m_allRan.release();
        }).then(&m_context, [this] { m_loop.quit(); });
        m_limiter.setTotalTokens(1);
        m_allRan.acquire();
        m_limiter.setTotalTokens(0);
        m_loop.exec();
    }
    QObject *context() { return &m_context; }

private:
    QFerry::CapacityLimiter m_limiter{ 0 };
    QSemaphore m_allRan;
    QObject m_context;
    QEventLoop m_loop;
};

void callThen(int count)
{
    HeldCalls calls;
    int delivered = 0;
    inBatches(count, [&] {
        repeat([&](int) { calls.add().then(calls.context(), [&delivered] { ++delivered; }); });
        calls.run();
    });
}

void callQueueOnly(int count)
{
    static HeldCalls calls; // never destroyed: the program ends with all of them in the queue
    inBatches(count, [&] { repeat([&](int) { calls.add(); }); });
}

void callQueueDrain(int count)
{
    HeldCalls calls;
    inBatches(count, [&] {
        repeat([&](int) { calls.add(); });
        calls.run();
    });
}

void callQueueCancel(int count)
{
    HeldCalls calls;
    std::vector<QFerry::PendingCall<void>> queued;
    queued.reserve(batch);
    inBatches(count, [&] {
        repeat([&](int) { queued.push_back(calls.add()); });
        for (const auto &call : queued)
            call.cancel();
        queued.clear();
    });
}

void callFuture(int count)
{
    HeldCalls calls;
    std::vector<QFuture<void>> futures;
    futures.reserve(batch);
    inBatches(count, [&] {
        repeat([&](int) { futures.push_back(calls.add().future()); });
        calls.run();
        futures.clear();
    });
}

void callInScope(int count)
{
    HeldCalls calls;
    std::deque<QFerry::CancelScope> scopes;
    inBatches(count, [&] {
        repeat([&](int) { scopes.emplace_back().run([&] { calls.add(); }); });
        calls.run();
        scopes.clear();
    });
}

/// Handlers of a call that has finished: nothing but their way through the loop.
void delivery(int count)
{
    HeldCalls calls;
    const auto finished = calls.add();
    calls.run();
    QEventLoop loop;
    int delivered = 0;
    inBatches(count, [&] {
        repeat([&](int) { finished.then(calls.context(), [&delivered] { ++delivered; }); });
        finished.then(calls.context(), [&loop] { loop.quit(); });
        loop.exec();
    });
}

void fromThread(int count)
{
    QEventLoop loop;
    int served = 0;
    QObject context;
    QFerry::toThread([&served, count] {
        inBatches(count,
                  [&] { repeat([&](int) { QFerry::fromThread([&served] { ++served; }); }); });
    }).then(&context, [&loop] { loop.quit(); });
    loop.exec();
}

/// Runs fn(portal) in a thread that has no event loop.
template <typename F>
void besidePortal(F fn)
{
    QFerry::StartedPortal portal = QFerry::startBlockingPortal();
    std::thread([&] { fn(portal); }).join();
}

void portalCall(int count)
{
    besidePortal([count](QFerry::BlockingPortal &portal) {
        int served = 0;
        inBatches(count, [&] { repeat([&](int) { portal.call([&served] { ++served; }); }); });
    });
}

void portalTask(int count)
{
    besidePortal([count](QFerry::BlockingPortal &portal) {
        int served = 0;
        QSemaphore isQueued;
        std::vector<QFuture<void>> futures;
        futures.reserve(batch);
        inBatches(count, [&] {
            const auto holder = portal.startTaskSoon([&isQueued] { isQueued.acquire(); });
            repeat([&](int) { futures.push_back(portal.startTaskSoon([&served] { ++served; })); });
            isQueued.release();
            futures.back().waitForFinished();
            futures.clear();
        });
    });
}

template <typename T>
T makeItem(int number)
{
    if constexpr (std::is_same_v<T, int>)
        return number;
    else
        return QString::number(number);
}

template <typename T>
void channel(int count)
{
    QFerry::FromThreadChannel<T> channel(1024);
    QSemaphore isWanted;
    QSemaphore isThere;
    std::thread producer([&] {
        inBatches(count, [&] {
            isWanted.acquire();
            repeat([&](int n) { channel.put(makeItem<T>(n)); });
            isThere.release();
        });
    });
    QEventLoop loop;
    std::vector<T> items;
    size_t taken = 0;
    QObject::connect(&channel, &QFerry::FromThreadChannelBase::readyRead, &channel, [&] {
        channel.takeAvailableInto(items);
        taken += items.size();
        if (taken % batch == 0)
            loop.quit();
    });
    inBatches(count, [&] {
        isWanted.release();
        isThere.acquire();
        loop.exec();
    });
    producer.join();
}

void streamForEach(int count)
{
    QSemaphore isWanted;
    QSemaphore isThere;
    const auto generator = QFerry::threadedIterable(
            [&](QFerry::Yield<int> &yield) {
                inBatches(count, [&] {
                    isWanted.acquire();
                    repeat([&](int n) { yield(n); });
                    isThere.release();
                });
            },
            { .maxSize = 1024 });
    QEventLoop loop;
    QObject context;
    int taken = 0;
    bool hasEnded = false;
    generator()
            .forEach(&context,
                     [&](int) {
                         if (++taken % batch == 0)
                             loop.quit();
                     })
            .then(&context, [&] {
                hasEnded = true;
                loop.quit();
            });
    inBatches(count, [&] {
        isWanted.release();
        isThere.acquire();
        loop.exec();
    });
    if (!hasEnded)
        loop.exec();
}

QFerry::ContextVar<int> number("number");

void contextCopy(int count)
{
    const auto outer = number.set(0);
    int sum = 0;
    inBatches(count, [&] {
        repeat([&](int n) {
            QFerry::Context::current().run([&] {
                const auto inner = number.set(n);
                sum += number.get();
                number.reset(inner);
            });
        });
    });
    number.reset(outer);
}

// --- Tasks: all in this thread

/// Turns the loop until the task has ended.
template <typename F, typename... Args>
void runTask(F fn, Args... args)
{
    QEventLoop loop;
    QObject context;
    QFerry::startTask(fn, args...).then(&context, [&loop] { loop.quit(); });
    loop.exec();
}

QFerry::Task<> nothing()
{
    co_return;
}

QFerry::Task<> oneTurn()
{
    co_await QFerry::checkpoint();
}

void taskAwait(int count)
{
    runTask([count]() -> QFerry::Task<> {
        for (int i = 0; i < count; ++i)
            co_await nothing();
    });
}

void taskTurn(int count)
{
    runTask([count]() -> QFerry::Task<> {
        for (int i = 0; i < count; ++i)
            co_await QFerry::checkpoint();
    });
}

void taskStart(int count)
{
    inBatches(count, [] { repeat([](int) { (void)nothing().start(); }); });
}

void taskGroup(int count)
{
    runTask([count]() -> QFerry::Task<> {
        const auto body = [](QFerry::TaskGroup &group) -> QFerry::Task<> {
            repeat([&group](int) { group.startSoon(oneTurn()); });
            co_return;
        };
        for (int done = 0; done < count; done += batch)
            co_await QFerry::taskGroup(body);
    });
}

void taskScope(int count)
{
    runTask([count]() -> QFerry::Task<> {
        for (int i = 0; i < count; ++i) {
            QFerry::CancelScope scope;
            co_await QFerry::withScope(scope, &nothing);
        }
    });
}

void taskCall(int count)
{
    QFerry::CapacityLimiter limiter(0);
    QSemaphore isDone;
    const auto awaitCall = [&limiter]() -> QFerry::Task<> {
        const auto call = QFerry::toThread({ .limiter = &limiter }, [] {});
        co_await call;
    };
    runTask([&]() -> QFerry::Task<> {
        const auto body = [&](QFerry::TaskGroup &group) -> QFerry::Task<> {
            repeat([&](int) { group.startSoon(awaitCall()); });
            co_await QFerry::checkpoint();
            co_await QFerry::checkpoint();
            QFerry::toThread({ .limiter = &limiter }, [&isDone] { isDone.release(); });
            limiter.setTotalTokens(1);
            isDone.acquire();
            limiter.setTotalTokens(0);
        };
        for (int done = 0; done < count; done += batch)
            co_await QFerry::taskGroup(body);
    });
}

#if defined(__clang__)
constexpr const char *compiler = "Clang " __clang_version__;
#else
constexpr const char *compiler = "GCC " __VERSION__;
#endif

struct Workload
{
    const char *name;
    void (*run)(int count);
};

constexpr std::array<Workload, 20> workloads{ {
        { "call-then", &callThen },
        { "call-queue", &callQueueOnly },
        { "call-queue-drain", &callQueueDrain },
        { "call-queue-cancel", &callQueueCancel },
        { "call-future", &callFuture },
        { "call-in-scope", &callInScope },
        { "delivery", &delivery },
        { "from-thread", &fromThread },
        { "portal-call", &portalCall },
        { "portal-task", &portalTask },
        { "channel-int", &channel<int> },
        { "channel-string", &channel<QString> },
        { "stream-for-each", &streamForEach },
        { "context-copy", &contextCopy },
        { "task-await", &taskAwait },
        { "task-turn", &taskTurn },
        { "task-start", &taskStart },
        { "task-group", &taskGroup },
        { "task-scope", &taskScope },
        { "task-call", &taskCall },
} };

[[noreturn]] void run(const Workload &workload, int count)
{
    std::thread([&workload] {
        std::this_thread::sleep_for(60s);
        qFatal("The workload %s hangs", workload.name);
    }).detach();
    workload.run(count);
    std::_Exit(0); // what the library does at the end may wait, and this clock would not let it
}

} // namespace

int main(int argc, char **argv)
{
    qputenv("QT_NO_GLIB", "1"); // the same loop everywhere
    qputenv("QT_HASH_SEED", "0");
    mallopt(M_MXFAST, 0); // when it would tidy up its fast bins is a matter of chance
    QCoreApplication app(argc, argv);
    if (argc == 2 && !std::strcmp(argv[1], "--list")) {
        for (const Workload &workload : workloads)
            std::puts(workload.name);
        return 0;
    }
    if (argc == 2 && !std::strcmp(argv[1], "--toolchain")) {
        std::printf("%s, %s, Qt %s, glibc %s\n", qPrintable(QSysInfo::buildCpuArchitecture()),
                    compiler, qVersion(), gnu_get_libc_version());
        return 0;
    }
    const int count = argc == 3 ? std::atoi(argv[2]) : 0;
    for (const Workload &workload : workloads) {
        if (count > 0 && count % batch == 0 && !std::strcmp(argv[1], workload.name))
            run(workload, count);
    }
    std::fprintf(stderr,
                 "Usage: benchmark-guard --list | --toolchain\n"
                 "       benchmark-guard WORKLOAD COUNT    (a multiple of %d)\n",
                 batch);
    return 2;
}
