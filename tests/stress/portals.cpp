// SPDX-License-Identifier: MIT
//
// Sixteen threads call into portals, start tasks in them, cancel those and stop the portals, at
// random. Every wait has to end, and nothing may be left over.
#include "loopthread.h"
#include "program.h"
#include "task.h"
#include "work.h"

#include <QtCore/qpromise.h>

#include <array>

using namespace Stress;
using Testing::EagerTask;

namespace {

using PortalPtr = std::shared_ptr<StartedPortal>;

/// The portals that all threads use, and replace.
class Harbour
{
public:
    Harbour()
    {
        for (PortalPtr &portal : m_portals)
            portal = makePortal();
    }

    PortalPtr any(Random &random)
    {
        const std::lock_guard lock(m_mutex);
        return random.oneOf(m_portals);
    }
    /// Puts a new portal in one's place; the old one goes with its last user.
    PortalPtr replaceAny(Random &random)
    {
        PortalPtr fresh = makePortal();
        const std::lock_guard lock(m_mutex);
        std::swap(random.oneOf(m_portals), fresh);
        return fresh;
    }

    BlockingPortalProvider provider;

private:
    static PortalPtr makePortal()
    {
        return std::make_shared<StartedPortal>(startBlockingPortal("stress"));
    }

    std::mutex m_mutex;
    std::array<PortalPtr, 4> m_portals;
};

/// What a portal may throw at somebody while others stop it.
template <typename F>
void tolerate(F &&fn)
{
    try {
        fn();
    } catch (const PortalNotRunningError &) {
    } catch (const CanceledError &) {
    } catch (const std::runtime_error &error) {
        if (std::strcmp(error.what(), "expected") != 0)
            Ledger::instance().fault(error.what());
    } catch (int) { // a manager that had been left before could not suppress it
    } catch (...) {
        Ledger::instance().fault("something unknown was thrown");
    }
    Ledger::instance().beat();
}

// What is run in portals; what cannot end by itself ends when canceled.

PendingCall<Counted> shortCall(int value)
{
    return toThread([c = Counted(value)] {
        std::this_thread::sleep_for(50us);
        return c;
    });
}

EagerTask<int> coroutine(int value)
{
    const Counted counted = co_await shortCall(value);
    if (value % 7 == 0)
        throw std::runtime_error("expected");
    co_return counted.value;
}

PendingCall<Counted> endlessCall()
{
    return toThread([]() -> Counted {
        for (;;) {
            checkCanceled();
            std::this_thread::sleep_for(100us);
        }
    });
}

QFuture<Counted> endlessFuture()
{
    static std::mutex mutex;
    static std::vector<QPromise<Counted>> unanswered;
    QPromise<Counted> promise;
    promise.start();
    QFuture<Counted> future = promise.future();
    const std::lock_guard lock(mutex);
    unanswered.push_back(std::move(promise));
    if (unanswered.size() > 100)
        unanswered.clear(); // answers, in a way
    return future;
}

struct Session
{
    PendingCall<Counted> asyncEnter() { return shortCall(1); }
    PendingCall<bool> asyncExit(const std::exception_ptr &error)
    {
        return toThread([suppresses = bool(error)] { return suppresses; });
    }
};

void check(bool isRight, const char *what)
{
    if (!isRight)
        Ledger::instance().fault(what);
}

// The episodes.

void callPlain(Random &random, Harbour &harbour)
{
    const PortalPtr portal = harbour.any(random);
    for (int i = random.between(1, 50); i > 0; --i)
        check(portal->call([i] { return i; }) == i, "call() returned a wrong value");
    portal->call([] { throw std::runtime_error("expected"); });
}

void callAsync(Random &random, Harbour &harbour)
{
    const PortalPtr portal = harbour.any(random);
    for (int i = random.between(1, 5); i > 0; --i)
        check(portal->call(shortCall, i).value == i, "call() returned a wrong value");
    portal->call(coroutine, random.below(20));
}

void startPlain(Random &random, Harbour &harbour)
{
    const PortalPtr portal = harbour.any(random);
    std::vector<QFuture<Counted>> futures;
    for (int i = random.between(1, 100); i > 0; --i) {
        futures.push_back(portal->startTaskSoon([c = Counted(i)] { return c; }));
        if (random.oneIn(4))
            futures.back().cancel();
    }
    for (auto &future : futures)
        future.waitForFinished();
}

void startAsync(Random &random, Harbour &harbour)
{
    const PortalPtr portal = harbour.any(random);
    std::vector<QFuture<Counted>> futures;
    for (int i = random.between(1, 10); i > 0; --i)
        futures.push_back(portal->startTaskSoon(shortCall, i));
    futures.push_back(portal->startTaskSoon(endlessCall));
    futures.back().cancel();
    QFuture<int> last = portal->startTaskSoon(coroutine, random.below(20));
    if (random.oneIn(2))
        last.cancel();
    for (auto &future : futures)
        future.waitForFinished();
    last.waitForFinished();
}

void startAndStop(Random &random, Harbour &harbour)
{
    const PortalPtr portal = harbour.replaceAny(random);
    std::vector<QFuture<Counted>> futures;
    tolerate([&] {
        for (int i = random.below(5); i > 0; --i) {
            futures.push_back(portal->startTaskSoon(endlessCall));
            futures.push_back(portal->startTaskSoon(endlessFuture));
        }
    });
    if (random.oneIn(2))
        portal->stop();
    if (random.oneIn(2))
        std::this_thread::sleep_for(random.upTo(500us));
    portal->stop(true);
    for (auto &future : futures)
        future.waitForFinished();
}

void startWithStatus(Random &random, Harbour &harbour)
{
    const PortalPtr portal = harbour.any(random);
    const int value = random.below(30);
    auto [future, started] = portal->startTask([value](TaskStatus<Counted> &status) -> EagerTask<int> {
        if (value % 10 == 0)
            throw std::runtime_error("expected");
        co_await shortCall(value);
        status.started(Counted(value));
        co_return co_await coroutine(value);
    });
    check(started.value == value, "started() told a wrong value");
    if (random.oneIn(3))
        future.cancel();
    future.waitForFinished();
}

void enterManagers(Random &random, Harbour &harbour)
{
    const PortalPtr portal = harbour.any(random);
    Session session;
    auto manager = portal->wrapAsyncContextManager(session);
    check(manager.run([](Counted &c) { return c.value; }) == 1, "a body returned a wrong value");
    check(!manager.run([] { throw 42; }), "an error was not suppressed");
    auto guard = manager.enter();
    if (random.oneIn(2))
        harbour.replaceAny(random)->stop(random.oneIn(2));
}

void lease(Random &random, Harbour &harbour)
{
    auto first = std::make_unique<PortalLease>(harbour.provider.acquire());
    BlockingPortal &portal = **first;
    QFuture<Counted> future = portal.startTaskSoon(shortCall, 3);
    check(portal.call([] { return 5; }) == 5, "call() returned a wrong value");
    if (random.oneIn(3)) {
        QFuture<void> last = portal.startTaskSoon([lease = std::move(first)] {}); // goes there
        last.waitForFinished();
    }
    if (random.oneIn(3))
        future.cancel();
    first.reset();
    future.waitForFinished();
}

constexpr void (*episodes[])(Random &, Harbour &) = {
    callPlain,  callPlain,       callAsync,    startPlain,    startPlain,
    startAsync, startWithStatus, startAndStop, enterManagers, lease,
};

void live(quint64 seed, Harbour &harbour, std::chrono::steady_clock::time_point end)
{
    Random random(seed);
    while (std::chrono::steady_clock::now() < end)
        tolerate([&] { random.oneOf(episodes)(random, harbour); });
}

void stress(quint64 seed, std::chrono::seconds duration)
{
    constexpr quint64 threadCount = 16;
    Harbour harbour;
    const auto end = std::chrono::steady_clock::now() + duration;
    std::vector<std::thread> threads;
    for (quint64 i = 0; i < threadCount; ++i)
        threads.emplace_back([&, i] { live(seed + i, harbour, end); });
    for (std::thread &thread : threads)
        thread.join();
}

void checkThatNothingIsLeft(int threadsBefore)
{
    Ledger &ledger = Ledger::instance();
    if (!shutdown(10s).isEmpty())
        ledger.fault("calls are stuck");
    const auto end = std::chrono::steady_clock::now() + 5s;
    const auto isLeft = [&] {
        return Counted::alive() > 0 || Testing::processThreadCount() > threadsBefore + 1;
    };
    while (isLeft() && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(1ms);
    if (Counted::alive() > 0)
        ledger.fault("functions, arguments or results have not been destroyed");
    if (Testing::processThreadCount() > threadsBefore + 1) // that of alarms may be there
        ledger.fault("threads are left");
}

} // namespace

int main(int argc, char *argv[])
{
    QCoreApplication app(argc, argv);
    Program program;
    program.parser.process(app);
    const quint64 seed = program.begin();

    const StallWatchdog watchdog(seed);
    const int threadsBefore = Testing::processThreadCount();
    stress(seed, program.duration());
    checkThatNothingIsLeft(threadsBefore);
    return Program::end();
}
