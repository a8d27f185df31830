// SPDX-License-Identifier: MIT
#include "outside.h"

#include <QtCore/qrandom.h>

#include <array>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

constexpr int tasksOfALoop = 60;

/// What a task leaves behind whenever it has begun.
struct Ledger
{
    struct Entry
    {
        explicit Entry(Ledger &l) : ledger(l) { ++ledger.begun; }
        ~Entry() { ++ledger.ended; }
        Q_DISABLE_COPY_MOVE(Entry)
        Ledger &ledger;
    };
    std::atomic<int> begun{ 0 };
    std::atomic<int> ended{ 0 };
};

Task<> doSomething(QRandomGenerator &random, int depth = 0)
{
    const Counted local;
    const auto deeper = [&]() -> Task<> { co_await doSomething(random, depth + 1); };
    switch (random.bounded(depth < 2 ? 7 : 3)) {
    case 0:
        co_await QFerry::sleep(std::chrono::microseconds(random.bounded(1500)));
        break;
    case 1:
        co_await toThread([&] { return depth; });
        break;
    case 2:
        co_await checkpoint();
        break;
    case 3:
        (void)co_await moveOnAfter(1ms, deeper);
        break;
    case 4:
        co_await asyncFinally(deeper, [&]() -> Task<> { co_await checkpoint(); });
        break;
    case 5:
        co_await shielded(deeper);
        break;
    default:
        co_await taskGroup([&](TaskGroup &group) -> Task<> {
            group.startSoon(deeper);
            group.startSoon(deeper);
            co_return;
        });
    }
}

Task<> live(Ledger &ledger, quint32 seed)
{
    const Ledger::Entry entry(ledger);
    QRandomGenerator random(seed);
    for (int steps = random.bounded(8); steps >= 0; --steps)
        co_await doSomething(random);
}

/// A loop, and whose tasks run in it.
struct Owners
{
    LoopThread loop;
    std::unique_ptr<QObject> object;
    std::unique_ptr<TaskScope> tasks;
    std::unique_ptr<CancelScope> scope;

    void start(Ledger &ledger, quint32 seed, QList<PendingCall<void>> &calls)
    {
        object = std::make_unique<QObject>();
        tasks = std::make_unique<TaskScope>();
        scope = std::make_unique<CancelScope>();
        for (int i = 0; i < tasksOfALoop; ++i) {
            const quint32 own = seed * 1000 + quint32(i);
            if (i % 4 == 0)
                calls << startTask(object.get(), &live, std::ref(ledger), own);
            else if (i % 4 == 1)
                calls << tasks->start(&live, std::ref(ledger), own);
            else if (i % 4 == 2)
                calls << startTask({ .scope = scope.get() }, &live, std::ref(ledger), own);
            else
                calls << live(ledger, own).startSoon();
        }
        scope->setDeadline(5ms);
    }
    void drop(int which)
    {
        if (which == 0)
            object.reset();
        else if (which == 1)
            tasks.reset();
        else
            scope.reset();
    }
};

} // namespace

/// Whatever ends tasks, all at once.
class tst_TaskEnds : public QObject
{
    Q_OBJECT
private slots:
    void eachTaskEndsOnceAndNothingIsLeft();
};

void tst_TaskEnds::eachTaskEndsOnceAndNothingIsLeft()
{
    const QFerryMessages messages;
    int canceled = 0;
    int count = 0;
    for (quint32 round = 0; round < 15; ++round) {
        Ledger ledger;
        QList<PendingCall<void>> calls;
        {
            std::array<Owners, 2> owners;
            for (quint32 i = 0; i < 2; ++i)
                owners[i].loop.call([&] { owners[i].start(ledger, round * 2 + i, calls); });
            const auto cancelSome = [&calls](quint32 seed) {
                QRandomGenerator random(seed);
                for (int i = 0; i < tasksOfALoop / 2; ++i)
                    calls.at(random.bounded(int(calls.size()))).cancel();
            };
            OutsideThread first([&] { cancelSome(round); });
            OutsideThread second([&] { cancelSome(round + 1000); });
            OutsideThread third([&] { cancelSome(round + 2000); });
            for (int which = 0; which < 3; ++which) {
                for (Owners &owner : owners)
                    owner.loop.call([&] { owner.drop((which + int(round)) % 3); });
            }
            third.result();
            second.result();
            first.result();
        } // the loops end
        const auto isFinished = [](const PendingCall<void> &call) { return call.isFinished(); };
        QVERIFY(std::all_of(calls.cbegin(), calls.cend(), isFinished));
        count += int(calls.size());
        canceled += int(std::count_if(calls.cbegin(), calls.cend(),
                                      [](const auto &call) { return call.isCanceled(); }));
        QCOMPARE(ledger.ended.load(), ledger.begun.load());
        QCOMPARE(Counted::alive(), 0);
    }
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
    qInfo("%d of %d were canceled", canceled, count);
    QCOMPARE(messages.all().join(u'\n'), QString());
}

QTEST_GUILESS_MAIN(tst_TaskEnds)
#include "tst_taskends.moc"
