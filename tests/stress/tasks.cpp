// SPDX-License-Identifier: MIT
//
// Tasks in several loops do, at random, everything that tasks may, while other threads cancel them,
// and their objects, owners and loops die. Each task has to end exactly once, and nothing may be
// left over: no frame, no argument, no permit.
#include "program.h"
#include "tasksteps.h"

#include <QtCore/qeventloop.h>

using namespace Stress;

namespace {

/// Its tasks end with it, while it is whole.
class Owner
{
public:
    PendingCall<Counted> startOne(Random &random, const Order &order)
    {
        PendingCall<Counted> call;
        if (random.oneIn(2))
            call = m_tasks.start(work(order, Counted(2)));
        else
            call = m_tasks.start(
                    [order, life = m_life.ptr()](const Counted &argument) -> Task<Counted> {
                        const Witness witness(order, life);
                        Kit kit = order.kit();
                        co_await takeSteps(kit, order.depth);
                        co_return argument;
                    },
                    Counted(2));
        return call;
    }
    void cancel() { m_tasks.cancel(); }

private:
    Task<Counted> work(Order order, Counted argument)
    {
        const Witness witness(order, m_life.ptr());
        Kit kit = order.kit();
        co_await takeSteps(kit, order.depth);
        ++m_count;
        co_return argument;
    }

    const Life m_life;
    int m_count = 0;
    TaskScope m_tasks; // the last member
};

/// Its member coroutines never run again once it is destroyed.
class Actor : public QObject
{
public:
    ~Actor() override { *m_isAlive = false; }

    PendingCall<Counted> startOne(Random &random, const Order &order)
    {
        if (random.oneIn(2))
            return act(order, Counted(3)).start();
        return startTask(
                this,
                [order, isAlive = m_isAlive](const Counted &argument) -> Task<Counted> {
                    const Witness witness(order);
                    co_await takeStepsWhile(isAlive, order);
                    co_return argument;
                },
                Counted(3));
    }

private:
    static Task<> takeStepsWhile(LifePtr isAlive, Order order)
    {
        Kit kit = order.kit();
        for (int i = kit.random.below(3); i >= 0; --i) {
            co_await takeSteps(kit, order.depth - 1);
            check(*isAlive, "a coroutine went on after its object had died");
        }
    }
    Task<Counted> act(Order order, Counted argument)
    {
        const Witness witness(order);
        co_await takeStepsWhile(m_isAlive, order);
        ++m_count;
        co_return argument;
    }

    const LifePtr m_isAlive = std::make_shared<std::atomic<bool>>(true);
    int m_count = 0;
};

/// Who lives in a loop, and starts tasks there. Belongs to the thread.
class Town : public QObject
{
public:
    Town(World &world, quint64 seed, bool isStable)
        : m_world(world), m_random(seed), m_isStable(isStable)
    {
        world.loops.put(m_random, currentLoop());
        for (auto &owner : m_owners)
            owner = std::make_unique<Owner>();
        for (auto &actor : m_actors)
            actor = std::make_unique<Actor>();
        destroySomething = [this](Random &random) { destroyOne(random); };
        connect(&m_timer, &QTimer::timeout, this, [this] { act(); });
        m_timer.start(1);
    }
    ~Town() override { destroySomething = nullptr; }

private:
    /// So many at a time are enough.
    static constexpr int mostTasks = 500;

    void act()
    {
        if (m_world.isEnding || Ledger::instance().outstanding() > mostTasks)
            return;
        for (int i = m_random.below(5); i > 0; --i)
            start();
        if (m_random.oneIn(10))
            destroyOne(m_random);
        if (m_random.oneIn(20))
            m_random.oneOf(m_owners)->cancel();
        Ledger::instance().beat();
    }
    void start()
    {
        Order order = newOrder(m_world, m_random);
        switch (m_random.below(3)) {
        case 0:
            expose(m_world, m_random, m_random.oneOf(m_owners)->startOne(m_random, order), order);
            break;
        case 1:
            expose(m_world, m_random, m_random.oneOf(m_actors)->startOne(m_random, order), order);
            break;
        default:
            order.isStable = m_isStable;
            order.mayDestroy = true;
            Stress::startOne(m_random, order);
        }
    }
    void destroyOne(Random &random)
    {
        if (random.oneIn(2))
            replace(random.oneOf(m_owners));
        else
            replace(random.oneOf(m_actors));
    }
    /// What runs meanwhile finds the new one there.
    template <typename T>
    static void replace(std::unique_ptr<T> &place)
    {
        auto fresh = std::make_unique<T>();
        std::swap(place, fresh);
    }

    World &m_world;
    Random m_random;
    const bool m_isStable;
    std::array<std::unique_ptr<Owner>, 3> m_owners;
    std::array<std::unique_ptr<Actor>, 3> m_actors;
    QTimer m_timer;
};

/// In a thread that ends when this returns: its loop does, while tasks wait.
void liveOnce(World &world, quint64 seed)
{
    Random random(seed);
    QEventLoop loop;
    const Town town(world, random.next(), false);
    for (int i = random.between(1, 3); i > 0; --i) { // tasks go on when it turns again
        QTimer::singleShot(random.below(100), &loop, &QEventLoop::quit);
        loop.exec();
    }
}

void liveAgainAndAgain(World &world, quint64 seed)
{
    Random random(seed);
    while (!world.isEnding)
        std::thread([&] { liveOnce(world, random.next()); }).join();
}

void disturb(World &world, quint64 seed, const std::atomic<bool> &isDone)
{
    Random random(seed);
    while (!isDone) {
        std::this_thread::sleep_for(random.upTo(1000us));
        world.give(random);
        if (!world.isEnding)
            world.cancelSomething(random);
    }
}

/// In the main thread and another one, whose loops last, and in some that do not.
void stress(World &world, quint64 seed, std::chrono::seconds duration)
{
    constexpr int mortalCount = 3;
    Ledger &ledger = Ledger::instance();
    QObject context;
    ledger.setContext(&context);
    std::atomic<int> living = mortalCount;
    std::atomic<bool> isDone = false;
    std::vector<std::thread> threads;
    {
        LoopThread other;
        std::unique_ptr<Town> otherTown;
        other.call([&] { otherTown = std::make_unique<Town>(world, ++seed, true); });
        const Town town(world, ++seed, true);
        for (int i = 0; i < mortalCount; ++i) {
            threads.emplace_back([&, own = ++seed] { disturb(world, own, isDone); });
            threads.emplace_back([&, own = ++seed] {
                liveAgainAndAgain(world, own);
                --living;
            });
        }
        turnLoopUntil([] { return false; }, duration);
        world.isEnding = true;
        turnLoopUntil([&] { return living == 0; });
        turnLoopUntil([&] { return ledger.outstanding() == 0 && activeCalls().isEmpty(); });
        world.clear();
        if (!turnLoopUntil([] { return Counted::alive() == 0; }, 10s))
            ledger.fault("frames, arguments or results have not been destroyed");
        other.call([&] { otherTown.reset(); });
    }
    isDone = true;
    for (std::thread &thread : threads)
        thread.join();
}

void checkThatNothingIsLeft(World &world)
{
    Ledger &ledger = Ledger::instance();
    if (!shutdown(10s).isEmpty())
        ledger.fault("calls are stuck");
    if (world.permits.value() != World::permitCount || world.lock.isLocked())
        ledger.fault("permits, or the lock, have not been given back");
}

} // namespace

int main(int argc, char *argv[])
{
    QCoreApplication app(argc, argv);
    Program program;
    program.parser.process(app);
    const quint64 seed = program.begin();

    const StallWatchdog watchdog(seed);
    {
        World world;
        stress(world, seed, program.duration());
        checkThatNothingIsLeft(world);
    }
    return Program::end();
}
