// SPDX-License-Identifier: MIT
#pragma once

#include "taskworld.h"

#include <QtCore/qtimer.h>

#include <functional>
#include <numeric>
#include <span>

namespace Stress {

/// What the coroutines of one task share.
struct Kit
{
    World &world;
    Random random;
    /// Nothing destroys its coroutines while a worker uses their locals.
    bool isStable = false;
    /// It may destroy objects and owners: it is below none of their tasks on the stack.
    bool mayDestroy = false;
};

/// What is known of a task when it is made.
struct Order
{
    Ledger::EntryPtr entry;
    World *world;
    quint64 seed;
    int depth = 3;
    bool isStable = false;
    bool mayDestroy = false;

    Kit kit() const { return { *world, Random(seed), isStable, mayDestroy }; }
};

inline Order newOrder(World &world, Random &random)
{
    return { Ledger::instance().open(), &world, random.next() };
}

/// In the frame of a task: goes before anybody hears of the end, and before the owner does.
class Witness
{
public:
    explicit Witness(const Order &order, LifePtr owner = {})
        : m_entry(order.entry), m_owner(std::move(owner))
    {
        Ledger::instance().started(*m_entry);
    }
    ~Witness()
    {
        if (m_entry->endings > 0)
            Ledger::instance().fault("a coroutine outlived its task");
        if (m_owner && !*m_owner)
            Ledger::instance().fault("a coroutine outlived its owner");
    }
    Q_DISABLE_COPY_MOVE(Witness)

private:
    const Ledger::EntryPtr m_entry;
    const LifePtr m_owner;
    const Counted m_counted;
};

inline void check(bool isRight, const char *what)
{
    if (!isRight)
        Ledger::instance().fault(what);
}

/// Of the thread that the task runs in: destroys an owner or an object, with its tasks.
inline thread_local std::function<void(Random &)> destroySomething;

/// depth: how many levels of further steps it may take.
Task<> takeSteps(Kit &kit, int depth);

/// A function of its own, for what is not waited for: it refers to nobody's locals.
inline Task<Counted> detour(World *world, quint64 seed, int depth, Counted argument)
{
    Kit kit{ *world, Random(seed) };
    co_await takeSteps(kit, depth);
    co_return argument;
}

/// A task in the ledger.
inline Task<Counted> account(Order order, Counted argument)
{
    const Witness witness(order);
    Kit kit = order.kit();
    co_await takeSteps(kit, order.depth);
    co_return argument;
}

/// What threads cancel at random, and the ledger knows.
inline void expose(World &world, Random &random, const PendingCall<Counted> &call,
                   const Order &order)
{
    Ledger::instance().watch(call, order.entry);
    if (random.oneIn(2))
        world.handles.put(random, call);
    if (random.oneIn(10))
        call.cancel(QStringLiteral("at once"));
}

/// Starts a task that nobody owns, in this thread.
inline PendingCall<Counted> startOne(Random &random, const Order &order)
{
    PendingCall<Counted> call;
    switch (random.below(4)) {
    case 0:
        call = account(order, Counted(1)).start();
        break;
    case 1:
        call = account(order, Counted(1)).startSoon();
        break;
    case 2:
        call = startTask({ .name = QStringLiteral("account") }, &account, order, Counted(1));
        break;
    default:
        call = startTask([order, counted = Counted(1)]() -> Task<Counted> {
            co_return co_await account(order, counted);
        });
    }
    expose(*order.world, random, call, order);
    return call;
}

/// One that may outlive who starts it, and takes fewer levels of steps.
inline PendingCall<Counted> startAnother(Kit &kit, int depth)
{
    Order order = newOrder(kit.world, kit.random);
    order.depth = depth - 1;
    order.isStable = kit.isStable;
    return startOne(kit.random, order);
}

inline Counted workInAThread(quint64 seed, const Counted &argument)
{
    constexpr void (*kinds[])(Random &, int) = { doNothing, fail, workUntilCanceled, block };
    Random random(seed);
    random.oneOf(kinds)(random, 0);
    return argument;
}

// --- Steps that wait for one thing

inline Task<> rest(Kit &kit, int)
{
    if (kit.random.oneIn(3))
        co_await checkpoint();
    else
        co_await sleep(kit.random.upTo(2000us) - 500us);
}

inline Task<> throwSomething(Kit &kit, int)
{
    fail(kit.random, 0);
    co_return;
}

inline Task<> callAWorker(Kit &kit, int)
{
    const Counted result = co_await toThread(&workInAThread, kit.random.next(), Counted(7));
    check(result.value == 7, "a worker returned a wrong value");
}

/// It waits until the worker has ended, however that is.
inline Task<> lendToAWorker(Kit &kit, int)
{
    if (!kit.isStable)
        co_return;
    std::vector<Counted> locals(3);
    Random random(kit.random.next());
    co_await toThread([&] {
        for (Counted &local : locals) {
            block(random, 0);
            local.value = 1;
        }
    });
    for (const Counted &local : locals)
        check(local.value == 1, "a worker's work was not seen");
}

inline Task<> callBack(Kit &kit, int depth)
{
    const auto work = [](World *world, quint64 seed, int left) {
        Random random(seed);
        block(random, 0);
        return fromThread(&detour, world, seed, left, Counted(8));
    };
    const Counted result = co_await toThread(work, &kit.world, kit.random.next(), depth - 1);
    check(result.value == 8, "fromThread() returned a wrong value");
}

inline Task<> leaveAWorker(Kit &kit, int)
{
    (void)co_await abandonOnCancel(toThread(&workInAThread, kit.random.next(), Counted(1)));
}

inline Task<> askAnotherLoop(Kit &kit, int depth)
{
    const auto loop = kit.world.loops.any(kit.random);
    if (!loop)
        co_return;
    const Counted result =
            co_await toLoop(*loop, &detour, &kit.world, kit.random.next(), depth - 1, Counted(9));
    check(result.value == 9, "toLoop() returned a wrong value");
}

inline Task<> waitForAFuture(Kit &kit, int)
{
    if (kit.random.oneIn(2)) {
        const QFuture<Counted> future = toThread(&workInAThread, kit.random.next(), Counted(1));
        (void)co_await future;
    } else {
        auto promise = std::make_shared<QPromise<Counted>>();
        promise->start();
        const QFuture<Counted> future = promise->future();
        kit.world.promises.put(kit.random, std::move(promise)); // who drops it there cancels it
        (void)co_await future;
    }
}

inline Task<> waitForAnEvent(Kit &kit, int)
{
    auto event = kit.world.events.any(kit.random).value_or(nullptr);
    if (!event) {
        event = std::make_shared<Event>();
        kit.world.events.put(kit.random, event);
    }
    const auto wait = event->wait();
    event.reset(); // the pool has it: who drops it there ends the wait
    co_await wait;
}

inline Task<> waitForASignal(Kit &kit, int)
{
    if (kit.random.oneIn(3)) {
        QTimer timer;
        timer.start(1);
        co_await signal(&timer, &QTimer::timeout);
        co_return;
    }
    const PendingCall<QString> name = kit.world.senders.withAny(kit.random, [](QObject *sender) {
        return signal(sender, &QObject::objectNameChanged).onCancel([counted = Counted()] {});
    });
    if (kit.random.oneIn(2))
        (void)co_await whenAny(name, sleep(kit.random.upTo(3000us)));
    else
        check(!(co_await name).isEmpty(), "a signal sent a wrong value");
}

inline Task<> collectEmissions(Kit &kit, int)
{
    auto names = kit.world.senders.withAny(kit.random, [](QObject *sender) {
        return emissions(sender, &QObject::objectNameChanged, { .maxSize = 2 });
    });
    for (int i = kit.random.below(3); i > 0; --i)
        (void)co_await names.next();
}

inline Task<> holdAPermit(Kit &kit, int)
{
    const auto permit = co_await kit.world.permits.acquire();
    const Room::Guest guest(kit.world.permitRoom);
    co_await rest(kit, 0);
}

inline Task<> holdALock(Kit &kit, int)
{
    Lock::Held held = co_await kit.world.lock.acquire();
    {
        const Room::Guest guest(kit.world.lockRoom);
        co_await checkpoint();
    }
    if (kit.random.oneIn(2))
        co_return;
    try {
        co_await kit.world.changed.wait(held);
    } catch (const CanceledError &) {
        if (!held.isValid()) // what is doomed does not wait until it has the lock again
            throw;
    }
    const Room::Guest guest(kit.world.lockRoom);
    co_await checkpoint();
}

inline Task<> destroy(Kit &kit, int)
{
    if (kit.mayDestroy && destroySomething)
        destroySomething(kit.random);
    co_return;
}

inline Task<> turnTheLoop(Kit &kit, int)
{
    if (kit.mayDestroy && kit.random.oneIn(4))
        QCoreApplication::processEvents();
    co_return;
}

// --- Steps that take further ones

inline Task<> startOthers(Kit &kit, int depth)
{
    const auto call = startAnother(kit, depth);
    if (kit.random.oneIn(2))
        (void)co_await call;
}

/// A task that says when it has started.
inline Task<> serve(TaskStatus<Counted> &status, World *world, quint64 seed)
{
    Kit kit{ *world, Random(seed) };
    co_await rest(kit, 0);
    if (kit.random.oneIn(10))
        co_return;
    status.started(Counted(6));
    co_await takeSteps(kit, 1);
}

inline Task<> addToAGroup(Kit &kit, TaskGroup &group, int depth)
{
    switch (kit.random.below(6)) {
    case 0:
        group.startSoon(takeSteps(kit, depth));
        break;
    case 1:
        group.startSoon(&detour, &kit.world, kit.random.next(), depth, Counted(1));
        break;
    case 2: {
        const auto body = [&kit, depth, counted = Counted()]() -> Task<> {
            co_await takeSteps(kit, depth);
        };
        group.startSoon({ .name = QStringLiteral("member") }, body).cancel();
        group.startSoon(body);
        break;
    }
    case 3: {
        const auto started = group.start(&serve, &kit.world, kit.random.next());
        if (kit.random.oneIn(4))
            started.cancel();
        check((co_await started).value == 6, "a task started with a wrong value");
        break;
    }
    case 4:
        group.add(toThread(&workInAThread, kit.random.next(), Counted(1)));
        break;
    default:
        co_await takeSteps(kit, depth);
    }
}

inline Task<> runAGroup(Kit &kit, int depth)
{
    const auto body = [&](TaskGroup &group) -> Task<Counted> {
        if (kit.random.oneIn(2))
            kit.world.groups.put(kit.random, group);
        for (int i = kit.random.below(6); i > 0; --i)
            co_await addToAGroup(kit, group, depth - 1);
        if (kit.random.oneIn(8))
            group.cancel();
        if (kit.random.oneIn(4))
            (void)group.errors();
        co_return Counted(5);
    };
    const Counted before(5);
    const auto onFailure =
            kit.random.oneIn(3) ? CallGroup::OnFailure::GoOn : CallGroup::OnFailure::CancelOthers;
    const Counted result = co_await taskGroup(TaskGroupOptions{ onFailure }, body);
    check(result.value == before.value, "a group returned a wrong value");
}

inline Task<> gather(Kit &kit, int depth)
{
    if (kit.random.oneIn(3)) {
        (void)co_await whenAll(takeSteps(kit, depth - 1), sleep(1ms),
                               toThread(&workInAThread, kit.random.next(), Counted(1)));
    } else if (kit.random.oneIn(2)) {
        (void)co_await whenAny(takeSteps(kit, depth - 1), takeSteps(kit, depth - 1), sleep(1h));
    } else {
        std::vector<Task<Counted>> tasks;
        for (int i = kit.random.below(5); i > 0; --i)
            tasks.push_back(detour(&kit.world, kit.random.next(), depth - 1, Counted(i)));
        const auto size = qsizetype(tasks.size());
        const auto results = co_await whenAll(std::move(tasks));
        check(results.size() == size, "results of whenAll() were lost");
        for (qsizetype i = 0; i < size; ++i)
            check(results[i].value == size - i, "results of whenAll() were exchanged");
    }
}

inline Task<> takeAsTheyEnd(Kit &kit, int depth)
{
    std::vector<PendingCall<Counted>> calls;
    for (int i = kit.random.below(6); i > 0; --i) {
        if (kit.random.oneIn(2))
            calls.push_back(startAnother(kit, depth));
        else
            calls.push_back(toThread(&workInAThread, kit.random.next(), Counted(1)));
    }
    std::size_t count = 0;
    AsCompleted completed(calls);
    while (const auto call = co_await completed.next()) {
        ++count;
        check(call->isFinished(), "AsCompleted gave a call that had not ended");
        if (kit.random.oneIn(8))
            co_return;
        if (kit.random.oneIn(4))
            co_await takeSteps(kit, depth - 1);
    }
    check(count == calls.size(), "AsCompleted gave too few calls, or too many");
}

inline Task<> mapNumbers(Kit &kit, int)
{
    QList<int> numbers(kit.random.below(8));
    std::iota(numbers.begin(), numbers.end(), 0);
    const AMapOptions options{ .limit = kit.random.below(4), .ordered = kit.random.oneIn(2) };
    const auto apply = [world = &kit.world, seed = kit.random.next()](int n) {
        return detour(world, seed + quint64(n), 0, Counted(n));
    };
    if (kit.random.oneIn(2)) {
        const auto results = co_await amap(numbers, apply, options);
        check(results.size() == numbers.size(), "results of amap() were lost");
        for (qsizetype i = 0; options.ordered && i < results.size(); ++i)
            check(results[i].value == i, "results of amap() were exchanged");
    } else {
        AMap results(numbers, apply, options);
        int next = 0;
        while (const auto result = co_await results.next()) {
            check(!options.ordered || result->value == next++, "results of AMap were exchanged");
            if (kit.random.oneIn(10))
                co_return;
        }
    }
}

/// Cancels a take. False if that came too late: it has got something.
template <typename T>
bool loseNothing(const PendingCall<T> &take)
{
    take.cancel();
    return take.isCanceled();
}

inline AsyncGenerator<Counted> count(World *world, quint64 seed)
{
    Kit kit{ *world, Random(seed) };
    CancelScope scope;
    const EnterScope entered(scope); // it may yield in there
    for (int i = 0; !kit.random.oneIn(8); ++i) {
        if (kit.random.oneIn(3))
            co_await takeSteps(kit, 0);
        co_yield Counted(i);
    }
}

inline Task<> generate(Kit &kit, int depth)
{
    auto numbers = count(&kit.world, kit.random.next());
    for (int expected = 0;;) {
        if (kit.random.oneIn(10))
            break;
        std::optional<Counted> number;
        if (kit.random.oneIn(3)) {
            number = co_await numbers;
        } else {
            const auto next = numbers.next();
            if (kit.random.oneIn(4) && loseNothing(next))
                continue;
            number = co_await next;
        }
        if (!number)
            co_return;
        check(number->value == expected++, "an item of a generator was lost or doubled");
        if (kit.random.oneIn(8))
            co_await takeSteps(kit, depth - 1);
    }
    if (kit.random.oneIn(2))
        co_await numbers.close();
}

inline Task<> putNumbers(FromThreadChannel<Counted> &channel, int count)
{
    const ChannelCloser closer = channel.closeOnExit();
    for (int i = 0; i < count; ++i)
        co_await channel.putSoon(Counted(i));
}

inline Task<> fillAChannelSoon(Kit &kit, int)
{
    FromThreadChannel<Counted> channel(kit.random.between(1, 3));
    const auto body = [&](TaskGroup &group) -> Task<> {
        const int end = kit.random.below(30);
        group.startSoon(putNumbers(channel, end));
        int expected = 0;
        try {
            for (;;) {
                const auto get = channel.get();
                if (kit.random.oneIn(8) && loseNothing(get))
                    continue;
                check((co_await get).value == expected++, "an item was lost or overtaken");
                if (kit.random.oneIn(20))
                    co_await rest(kit, 0);
            }
        } catch (const ChannelClosedError &) {
            check(expected == end || isCanceled(), "the last items were lost");
        }
    };
    co_await taskGroup(body);
}

inline Task<> takeTime(Kit &kit, int depth)
{
    const auto time = kit.random.upTo(3000us);
    const auto steps = [&] { return takeSteps(kit, depth - 1); };
    const auto sleeping = [] { return sleep(1h); };
    switch (kit.random.below(4)) {
    case 0:
        (void)co_await moveOnAfter(time, steps);
        break;
    case 1:
        co_await failAfter(time, steps);
        break;
    case 2:
        check(!co_await moveOnAfter(time, sleeping), "a sleep of an hour was over");
        break;
    default:
        co_await failAfter(1h, steps);
    }
}

inline Task<> enterAScopeWithTasks(Kit &kit, int depth)
{
    const auto scope = std::make_shared<CancelScope>();
    if (kit.random.oneIn(2))
        kit.world.scopes.put(kit.random, scope);
    if (kit.random.oneIn(4))
        scope->setDeadline(kit.random.upTo(2000us));
    if (kit.random.oneIn(8))
        scope->cancel();
    const auto steps = [&] { return takeSteps(kit, depth - 1); };
    if (kit.random.oneIn(2)) {
        const EnterScope entered(*scope);
        co_await takeSteps(kit, depth - 1);
    } else {
        (void)co_await withScope(*scope, steps);
    }
}

inline Task<> shield(Kit &kit, int depth)
{
    const auto steps = [&] { return takeSteps(kit, depth - 1); };
    co_await shielded(steps);
}

struct Session
{
    World *world;
    quint64 seed;
    int exits = 0;
    Counted counted = Counted();

    Task<Counted> asyncEnter() { return detour(world, seed, 0, counted); }
    Task<bool> asyncExit(std::exception_ptr error)
    {
        check(++exits == 1, "asyncExit() was called twice");
        co_await sleep(0s);
        co_return (error && seed % 4 == 0);
    }
};

inline Task<> clearUp(Kit &kit, int depth)
{
    if (kit.random.oneIn(2)) {
        Session session{ &kit.world, kit.random.next() };
        const auto body = [&](Counted &) { return takeSteps(kit, depth - 1); };
        (void)co_await asyncWith(session, body);
        check(session.exits == 1, "asyncExit() was not called");
    } else {
        int cleanups = 0;
        const auto cleanup = [&]() -> Task<> {
            ++cleanups;
            co_await sleep(0s); // no cancel reaches it
        };
        const auto steps = [&] { return takeSteps(kit, depth - 1); };
        try {
            co_await asyncFinally(steps, cleanup);
        } catch (...) {
            check(cleanups == 1, "a cleanup did not run once");
            throw;
        }
        check(cleanups == 1, "a cleanup did not run once");
    }
}

inline Task<> setTheMark(Kit &kit, int depth)
{
    const int old = mark.get();
    const ContextToken token = mark.set(kit.random.below(1000) + 1);
    const int own = mark.get();
    co_await rest(kit, depth);
    check(mark.get() == own, "a task saw the context of another");
    const int seen = co_await toThread([] { return mark.get(); });
    check(seen == own, "a worker saw another context than its task");
    mark.reset(token);
    check(mark.get() == old, "a context variable was not reset");
}

using Step = Task<> (*)(Kit &, int);
inline constexpr Step allSteps[] = {
    // of these the last ones of a chain may be
    rest, throwSomething, callAWorker, lendToAWorker, leaveAWorker, waitForAFuture, waitForAnEvent,
    waitForASignal, collectEmissions, holdAPermit, holdALock, destroy, turnTheLoop,
    // of these not
    callBack, askAnotherLoop, startOthers, runAGroup, gather, takeAsTheyEnd, mapNumbers, generate,
    fillAChannelSoon, takeTime, enterAScopeWithTasks, shield, clearUp, setTheMark
};
inline constexpr std::size_t lastSteps = 13;

inline Task<> tolerantly(Kit &kit, Step step, int depth)
{
    try {
        co_await step(kit, depth);
    } catch (const InvalidUseError &) {
        throw;
    } catch (...) { // a cancel is thrown again
        Ledger::instance().beat();
    }
}

inline Task<> takeSteps(Kit &kit, int depth)
{
    const Counted local;
    std::span<const Step> steps(allSteps);
    if (depth <= 0)
        steps = steps.first(lastSteps);
    for (int i = kit.random.between(0, 3); i > 0; --i) {
        const Step step = kit.random.oneOf(steps);
        if (kit.random.oneIn(2))
            co_await tolerantly(kit, step, depth);
        else
            co_await step(kit, depth);
        Ledger::instance().beat();
    }
}

} // namespace Stress
