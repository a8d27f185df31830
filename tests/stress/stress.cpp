// SPDX-License-Identifier: MIT
//
// Many threads do with the library, at random, everything that may be done with it. Every call has
// to end exactly once, and nothing may be left over.
#include "items.h"
#include "loopthread.h"
#include "program.h"
#include "task.h"
#include "work.h"

#include <QtCore/qtimer.h>

using namespace Stress;
using Testing::EagerTask;

namespace {

/// What the threads of a program have in common.
struct World
{
    LoopToken mainLoop;
    LoopToken otherLoop;
    QObject *mainContext;
    QObject *otherContext;

    const LoopToken &anyLoop(Random &random) const
    {
        return random.oneIn(2) ? mainLoop : otherLoop;
    }
    QObject *anyContext(Random &random) const
    {
        return random.oneIn(2) ? mainContext : otherContext;
    }
};

using Calls = std::vector<PendingCall<Counted>>;

CallOptions anyOptions(Random &random)
{
    CallOptions options;
    options.abandonOnCancel = random.oneIn(4);
    if (random.oneIn(4))
        options.timeout = random.upTo(3000us);
    if (random.oneIn(4))
        options.name = QStringLiteral("stress %1").arg(random.below(100));
    if (random.oneIn(12))
        options.thread = Thread::Dedicated;
    return options;
}

Calls someCalls(Random &random, CancelScope *scope = nullptr, CapacityLimiter *limiter = nullptr)
{
    Calls calls;
    for (int i = random.between(1, 30); i > 0; --i) {
        CallOptions options = anyOptions(random);
        options.scope = scope;
        options.limiter = limiter;
        calls.push_back(makeCall(random, options));
    }
    return calls;
}

/// What may come of waiting for something that others cancel and end.
template <typename F>
void tolerate(F &&fn)
{
    try {
        fn();
    } catch (const InvalidUseError &error) {
        Ledger::instance().fault(error.what());
    } catch (...) {
        Ledger::instance().beat();
    }
}

// The episodes: each in a thread that has no event loop.

void cancelSome(Random &random, const World &)
{
    for (const auto &call : someCalls(random)) {
        if (random.oneIn(2))
            call.cancel(QStringLiteral("why not"));
    }
}

void cancelThroughFutures(Random &random, const World &)
{
    for (const auto &call : someCalls(random)) {
        QFuture<Counted> future = call;
        if (random.oneIn(3))
            future.cancel();
        if (random.oneIn(3))
            tolerate([&] { future.waitForFinished(); });
        if (random.oneIn(3))
            tolerate([&] { waitInThread(call); });
    }
}

void cancelThroughScopes(Random &random, const World &)
{
    CancelScope outer;
    auto scope = std::make_unique<CancelScope>(&outer);
    Calls calls = someCalls(random, scope.get());
    scope->run([&] { makeCall(random); });
    scope->setShielded(random.oneIn(3));
    std::thread other;
    if (random.oneIn(2))
        other = std::thread([&outer] { outer.cancel(); });
    if (random.oneIn(2))
        scope->setDeadline(random.upTo(2000us));
    const Calls more = someCalls(random, scope.get()); // maybe canceled meanwhile
    if (random.oneIn(2))
        scope->setShielded(false);
    if (random.oneIn(2))
        tolerate([&] { waitInThread(calls.front()); });
    scope.reset();
    if (other.joinable())
        other.join();
}

void changeALimiter(Random &random, const World &)
{
    auto limiter = std::make_unique<CapacityLimiter>(random.below(4));
    const Calls calls = someCalls(random, nullptr, limiter.get());
    for (int i = random.below(5); i > 0; --i) {
        limiter->setTotalTokens(random.below(6));
        random.oneOf(calls).cancel();
        QFuture<void> token = limiter->acquire(&limiter);
        if (random.oneIn(2)) {
            token.cancel();
        } else {
            limiter->setTotalTokens(1000);
            token.waitForFinished();
        }
        if (!token.isCanceled())
            limiter->release(&limiter);
        else
            break; // it may have come, and goes back by itself
    }
    limiter->setTotalTokens(random.between(1, 4));
    if (random.oneIn(2))
        tolerate([&] { waitInThread(calls.back()); });
}

void attachHandlers(Random &random, const World &world)
{
    auto context = std::make_unique<QObject>();
    context->moveToThread(world.mainContext->thread());
    std::vector<PendingCall<int>> tails;
    for (const auto &call : someCalls(random)) {
        QObject *first = random.oneIn(3) ? context.get() : world.anyContext(random);
        PendingCall<int> tail = call.then(first, [](const Counted &c) { return c.value; });
        for (int i = random.below(20); i > 0; --i) {
            QObject *next = random.oneIn(20) ? context.get() : world.anyContext(random);
            if (random.oneIn(3))
                tail = tail.then(next, [](int n) { return toThread([n] { return n + 1; }); });
            else
                tail = tail.then(next, [](int n) { return n + 1; });
        }
        tails.push_back(tail.onFailed(world.anyContext(random), [] { return 0; }));
        if (random.oneIn(4))
            tails.back().cancel();
    }
    // An object goes in its own thread.
    tolerate([&] { fromThread(world.mainLoop, [&] { context.reset(); }); });
    for (const auto &tail : tails) {
        if (random.oneIn(3))
            tolerate([&] { waitInThread(tail); });
    }
}

void callLoops(Random &random, const World &world)
{
    for (int i = random.between(1, 20); i > 0; --i) {
        const LoopToken &loop = world.anyLoop(random);
        tolerate([&] {
            if (random.oneIn(2))
                fromThread(loop, [&] { makeCall(random); });
            else
                fromThread(loop, [&] { return makeCall(random, anyOptions(random)); });
        });
    }
}

EagerTask<int> awaitSome(Random random)
{
    int sum = 0;
    for (int i = random.below(6); i >= 0; --i) {
        try {
            sum += (co_await makeCall(random)).value;
        } catch (const LoopFinishedError &) {
            co_return sum;
        } catch (...) {
            ++sum;
        }
    }
    co_return sum;
}

void awaitInALoop(Random &random, const World &)
{
    std::vector<EagerTask<int>> tasks;
    LoopThread thread;
    thread.call([&] {
        for (int i = random.between(1, 10); i > 0; --i)
            tasks.push_back(awaitSome(Random(random.next())));
    });
    if (random.oneIn(2)) {
        block(random, 0);
        thread.call([&] { tasks.clear(); });
    }
    thread.finish(); // resumes those that are left
    for (const auto &task : tasks) {
        if (!task.isDone())
            Ledger::instance().fault("a coroutine was not resumed when its loop ended");
    }
}

void endALoop(Random &random, const World &)
{
    LoopThread thread;
    LoopToken token;
    const quint64 seed = random.next();
    thread.call([&] {
        token = currentLoop();
        Random inner(seed);
        for (const auto &call : someCalls(inner))
            call.then(thread.context(), [](const Counted &) { QCoreApplication::processEvents(); });
    });
    std::thread caller([token, seed] {
        Random inner(seed);
        for (int i = 0; i < 20; ++i) {
            tolerate([&] {
                fromThread(token, [] {});
                fromThread(token, [&] { return makeCall(inner); });
            });
        }
    });
    block(random, 0);
    thread.finish();
    caller.join();
}

void runLoops(Random &random, const World &)
{
    std::thread([&random] {
        for (int i = random.between(1, 3); i > 0; --i) {
            tolerate([&] {
                run([&] {
                    makeCall(random);
                    return makeCall(random, anyOptions(random));
                });
            });
        }
    }).join();
}

void setTheContext(Random &random, const World &)
{
    const ContextToken token = mark.set(random.below(1000) + 1);
    someCalls(random);
    mark.reset(token);
}

struct Episode
{
    const char *name;
    void (*act)(Random &, const World &);
};
constexpr Episode allEpisodes[] = {
    { "handles", cancelSome },
    { "futures", cancelThroughFutures },
    { "scopes", cancelThroughScopes },
    { "limiters", changeALimiter },
    { "handlers", attachHandlers },
    { "tokens", callLoops },
    { "coroutines", awaitInALoop },
    { "ends", endALoop },
    { "run", runLoops },
    { "context", setTheContext },
    { "channels", [](Random &random, const World &) { fillAChannel(random); } },
    { "streams", [](Random &random, const World &) { runAStream(random); } },
};
using Episodes = std::vector<Episode>;

/// Those of the given names; all, if there are none.
Episodes episodesNamed(const QStringList &names)
{
    Episodes result;
    for (const Episode &episode : allEpisodes) {
        if (names.isEmpty() || names.contains(QLatin1String(episode.name)))
            result.push_back(episode);
    }
    return result;
}

void live(quint64 seed, const World &world, const Episodes &episodes,
          std::chrono::steady_clock::time_point end)
{
    Random random(seed);
    while (std::chrono::steady_clock::now() < end) {
        random.oneOf(episodes).act(random, world);
        Ledger::instance().beat();
        while (Ledger::instance().outstanding() > 2000)
            std::this_thread::sleep_for(1ms);
    }
}

/// The loop of the main thread has work of its own.
void disturb(Random &random)
{
    static int level = 0;
    ++level;
    makeCall(random, anyOptions(random));
    if (level < 3 && random.oneIn(4))
        QCoreApplication::processEvents();
    --level;
}

void stress(quint64 seed, const Episodes &episodes, std::chrono::seconds duration)
{
    constexpr int threadCount = 4;
    Ledger &ledger = Ledger::instance();
    QObject context;
    ledger.setContext(&context);
    LoopThread other;
    World world{ currentLoop(), {}, &context, other.context() };
    other.call([&] { world.otherLoop = currentLoop(); });

    std::atomic<int> living = threadCount;
    std::vector<std::thread> threads;
    const auto end = std::chrono::steady_clock::now() + duration;
    for (int i = 0; i < threadCount; ++i) {
        threads.emplace_back([&, i] {
            live(seed + quint64(i) + 1, world, episodes, end);
            --living;
        });
    }
    Random random(seed);
    QTimer timer;
    QObject::connect(&timer, &QTimer::timeout, &context, [&] { disturb(random); });
    timer.start(1);
    turnLoopUntil([&] { return living == 0; });
    timer.stop();
    for (std::thread &thread : threads)
        thread.join();
    turnLoopUntil([&] { return ledger.outstanding() == 0 && activeCalls().isEmpty(); });
}

void checkThatNothingIsLeft()
{
    Ledger &ledger = Ledger::instance();
    if (!shutdown(10s).isEmpty())
        ledger.fault("calls are stuck");
    const auto end = std::chrono::steady_clock::now() + 5s;
    while (Counted::alive() > 0 && std::chrono::steady_clock::now() < end)
        QCoreApplication::processEvents(QEventLoop::AllEvents, 10);
    if (Counted::alive() > 0)
        ledger.fault("functions, arguments or results have not been destroyed");
    const auto statistics = defaultThreadLimiter().statistics();
    if (statistics.borrowedTokens != 0 || statistics.waiting != 0)
        ledger.fault("the default limiter has not got its tokens back");
}

} // namespace

int main(int argc, char *argv[])
{
    QCoreApplication app(argc, argv);
    Program program;
    program.parser.addOption({ QStringLiteral("only"),
                               QStringLiteral("Do nothing else; may be repeated."),
                               QStringLiteral("episode") });
    program.parser.process(app);
    const Episodes episodes = episodesNamed(program.parser.values(QStringLiteral("only")));
    if (episodes.empty())
        program.parser.showHelp(2);
    const quint64 seed = program.begin();

    const StallWatchdog watchdog(seed);
    stress(seed, episodes, program.duration());
    checkThatNothingIsLeft();
    return Program::end();
}
