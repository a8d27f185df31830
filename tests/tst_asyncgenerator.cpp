// SPDX-License-Identifier: MIT
// Generators that are coroutines: how they make items, and end.
#include "cancelable.h"
#include "outside.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

ContextVar<QString> user("user", QStringLiteral("nobody"));

using Item = std::optional<int>;

AsyncGenerator<int> numbers(int count)
{
    for (int i = 0; i < count; ++i)
        co_yield i;
}
AsyncGenerator<int> slowNumbers(int count)
{
    for (int i = 0; i < count; ++i) {
        co_await checkpoint();
        co_yield co_await toThread([&] { return i; });
    }
}
AsyncGenerator<int> oneAndAnError()
{
    co_yield 1;
    throw std::logic_error("broken");
}

Task<QList<int>> all(AsyncGenerator<int> &items)
{
    QList<int> result;
    while (const auto item = co_await items.next())
        result << *item;
    co_return result;
}

/// Waits for what the test opens, then yields.
struct Gated
{
    AsyncGenerator<int> items()
    {
        for (int i = 0;; ++i) {
            co_await opened[i].get();
            co_yield i;
        }
    }
    FromThreadChannel<int> opened[3];
};

} // namespace

class tst_AsyncGenerator : public QObject
{
    Q_OBJECT

private slots:
    void itemsComeInOrder();
    void handlersTakeItems();
    void nothingRunsBeforeTheFirstItemIsAskedFor();
    void itIsNeverAheadOfItsConsumer();
    void itemsMayBeMoveOnly();
    void errorComesOnceAfterTheItems();
    void errorNobodySawIsToldAgain();
    void errorNobodyAsksForIsReportedOnce();
    void cancelOfNextLosesNothing();
    void itemNobodyLookedAtComesAgain();
    void itemThatComesBackGoesToWhoWaits();
    void deadlineOfNextLosesNothing();
    void nextWhileAnotherWaitsFails();
    void nextInAnotherThreadFails();
    void nextWithoutALoopFailsAndTheGeneratorIsNotUsedUp();
    void consumersTakeTurns();
    void destroyingItCancelsTheCoroutine();
    void destroyingItCancelsACoroutineThatYields();
    void yieldInAShieldThrowsIfThereIsNoConsumer();
    void closeWaitsForTheEnd();
    void closedOnesHaveNoItems();
    void oneThatNeverBeganIsDroppedSilently();
    void scopeItWasMadeInCancelsIt();
    void consumersScopeDoesNotReachIt();
    void itRunsInTheContextItWasMadeIn();
    void memberEndsWithItsObject();
    void loopsEndEndsIt();
    void manyItemsUseNoStack();
    void manyNestedOnesUseNoStack();
    void itemsThatAreReadyLetTheLoopTurn();
    void tasksTakeItemsWithoutACall();
    void cancelOfAwaitLosesNothing();
    void awaitEndsWithItsGenerator();
    void onlyOneMayWait();
};

void tst_AsyncGenerator::itemsComeInOrder()
{
    const QList<int> expected{ 0, 1, 2 };
    auto items = numbers(3);
    QCOMPARE(resultOfTask(all(items)), expected);
    QVERIFY(!resultOf(items.next())); // it is still the end
    auto slow = slowNumbers(3);
    QCOMPARE(resultOfTask(all(slow)), expected);
    auto none = numbers(0);
    QVERIFY(!resultOf(none.next()));
}

void tst_AsyncGenerator::handlersTakeItems()
{
    auto items = slowNumbers(1);
    Item first;
    Item end(7);
    const auto taken = items.next().then(this, [&](const Item &item) {
        first = item;
        return items.next();
    });
    end = resultOf(taken);
    QCOMPARE(first, Item(0));
    QCOMPARE(end, Item());
}

void tst_AsyncGenerator::nothingRunsBeforeTheFirstItemIsAskedFor()
{
    bool hasRun = false;
    const auto make = [&]() -> AsyncGenerator<int> {
        hasRun = true;
        co_yield 1;
    };
    auto items = make();
    QVERIFY(!hasRun);
    QVERIFY(items.next().isFinished()); // made at once
    QVERIFY(hasRun);
}

void tst_AsyncGenerator::itIsNeverAheadOfItsConsumer()
{
    int made = 0;
    const auto make = [&]() -> AsyncGenerator<int> {
        for (;;)
            co_yield ++made;
    };
    auto items = make();
    QCOMPARE(resultOf(items.next()), Item(1));
    QCoreApplication::processEvents();
    QCOMPARE(made, 1);
    QCOMPARE(resultOf(items.next()), Item(2));
}

void tst_AsyncGenerator::itemsMayBeMoveOnly()
{
    const auto make = []() -> AsyncGenerator<MoveOnly> {
        co_yield std::make_unique<int>(1);
        co_await checkpoint();
        co_yield std::make_unique<int>(2);
    };
    const auto sum = [&]() -> Task<int> {
        auto items = make();
        int result = 0;
        while (const auto item = co_await items.next())
            result += **item;
        co_return result;
    };
    QCOMPARE(resultOfTask(sum()), 3);
    const auto convert = []() -> AsyncGenerator<QString> { co_yield "text"; };
    auto items = convert();
    QCOMPARE(resultOf(items.next()), QStringLiteral("text"));
}

void tst_AsyncGenerator::errorComesOnceAfterTheItems()
{
    auto items = oneAndAnError();
    QCOMPARE(resultOf(items.next()), Item(1));
    QVERIFY(failsWith<std::logic_error>(items.next()));
    QVERIFY(!resultOf(items.next()));
    QVERIFY(!resultOf(items.next()));
}

void tst_AsyncGenerator::errorNobodySawIsToldAgain()
{
    const QFerryMessages messages;
    auto items = oneAndAnError();
    QCOMPARE(resultOf(items.next()), Item(1));
    {
        const auto unseen = items.next();
        QVERIFY(unseen.isFinished());
    }
    QVERIFY(failsWith<std::logic_error>(items.next()));
    QCOMPARE(messages.count(), 0);
}

void tst_AsyncGenerator::errorNobodyAsksForIsReportedOnce()
{
    const QFerryMessages messages;
    {
        auto items = oneAndAnError();
        QCOMPARE(resultOf(items.next()), Item(1));
        (void)items.next();
    }
    QCOMPARE(messages.count(), 1);
}

void tst_AsyncGenerator::cancelOfNextLosesNothing()
{
    Gated gated;
    auto items = gated.items();
    const auto canceled = items.next();
    canceled.cancel();
    QVERIFY(canceled.isCanceled()); // at once
    gated.opened[0].put(0);
    QCOMPARE(resultOf(items.next()), Item(0));
    const auto waiting = items.next();
    waiting.cancel();
    gated.opened[1].put(0);
    QVERIFY(spinUntil([&] { return gated.opened[1].count() == 0; })); // it went on
    QCOMPARE(resultOf(items.next()), Item(1));
}

void tst_AsyncGenerator::itemNobodyLookedAtComesAgain()
{
    auto items = numbers(4);
    {
        const auto first = items.next();
        const auto second = items.next();
        QVERIFY(second.isFinished());
        QCOMPARE(resultOf(items.next()), Item(2));
    }
    QCOMPARE(resultOfTask(all(items)), (QList<int>{ 0, 1, 3 }));
}

void tst_AsyncGenerator::itemThatComesBackGoesToWhoWaits()
{
    Gated gated;
    auto items = gated.items();
    gated.opened[0].put(0);
    auto unseen = items.next();
    QVERIFY(waitFor(unseen));
    const auto next = items.next();
    QVERIFY(!next.isFinished());
    unseen = {};
    QCOMPARE(resultOf(next), Item(0));
}

void tst_AsyncGenerator::deadlineOfNextLosesNothing()
{
    Gated gated;
    auto items = gated.items();
    const auto late = moveOnAfter(1ms, [&] { return items.next(); });
    QCOMPARE(resultOf(late), std::optional<Item>());
    gated.opened[0].put(0);
    QCOMPARE(resultOf(items.next()), Item(0));
}

void tst_AsyncGenerator::nextWhileAnotherWaitsFails()
{
    Gated gated;
    auto items = gated.items();
    const auto first = items.next();
    QVERIFY(failsWith<InvalidUseError>(items.next()));
    gated.opened[0].put(0);
    QCOMPARE(resultOf(first), Item(0));
    AsyncGenerator<int> *self = nullptr;
    const auto askItself = [&]() -> AsyncGenerator<int> { co_yield *co_await self->next(); };
    auto circle = askItself();
    self = &circle;
    QVERIFY(failsWith<InvalidUseError>(circle.next()));
}

void tst_AsyncGenerator::nextInAnotherThreadFails()
{
    auto items = numbers(2);
    QCOMPARE(resultOf(items.next()), Item(0));
    LoopThread thread;
    PendingCall<Item> call;
    thread.call([&] { call = items.next(); });
    QVERIFY(failsWith<InvalidUseError>(call));
    QCOMPARE(resultOf(items.next()), Item(1));
}

void tst_AsyncGenerator::nextWithoutALoopFailsAndTheGeneratorIsNotUsedUp()
{
    auto items = numbers(1);
    const auto fails = [&] {
        return throws<NoEventLoopError>([&] { waitInThread(items.next()); });
    };
    QVERIFY(resultOf(toThread(fails)));
    QCOMPARE(resultOf(items.next()), Item(0));
}

void tst_AsyncGenerator::consumersTakeTurns()
{
    auto items = slowNumbers(4);
    const auto takeTwo = [&]() -> Task<int> {
        const int first = *co_await items.next();
        const int second = *co_await items.next();
        co_return 10 * first + second;
    };
    QCOMPARE(resultOfTask(takeTwo()), 1);
    QCOMPARE(resultOfTask(takeTwo()), 23);
}

void tst_AsyncGenerator::destroyingItCancelsTheCoroutine()
{
    bool isCanceled = false;
    Gate running;
    PendingCall<Item> next;
    const auto make = [&]() -> AsyncGenerator<int> { // outlives what it makes
        try {
            co_await toThread(openAndRunUntilCanceled(running));
        } catch (const CanceledError &) {
            isCanceled = true;
            throw;
        }
        co_yield 1;
    };
    {
        auto items = make();
        next = items.next();
        running.pass();
    }
    QVERIFY(!isCanceled);             // nobody waits
    QCOMPARE(resultOf(next), Item()); // the end
    QVERIFY(spinUntil([&] { return isCanceled; }));
}

void tst_AsyncGenerator::destroyingItCancelsACoroutineThatYields()
{
    QStringList log;
    const auto make = [&]() -> AsyncGenerator<int> {
        try {
            co_yield 1;
        } catch (const CanceledError &) {
            log << QStringLiteral("canceled");
        }
        try {
            co_yield 2;
        } catch (const CanceledError &) {
            log << QStringLiteral("again");
        }
    };
    {
        auto items = make();
        QCOMPARE(resultOf(items.next()), Item(1));
    }
    QVERIFY(spinUntil([&] { return log.size() == 2; }));
}

void tst_AsyncGenerator::yieldInAShieldThrowsIfThereIsNoConsumer()
{
    CancelScope shield;
    shield.setShielded(true);
    int canceled = 0;
    const auto make = [&]() -> AsyncGenerator<int> {
        for (int i = 0; i < 2; ++i) {
            try {
                co_yield i;
            } catch (const CanceledError &) {
                ++canceled;
            }
        }
    };
    auto items = shield.run(make);
    QCOMPARE(resultOf(items.next()), Item(0));
    resultOf(items.close());
    QCOMPARE(canceled, 2);
}

void tst_AsyncGenerator::closeWaitsForTheEnd()
{
    Gate running;
    bool hasEnded = false;
    const auto make = [&]() -> AsyncGenerator<int> {
        const auto atEnd = qScopeGuard([&] { hasEnded = true; });
        co_yield 1;
        co_await toThread(openAndRunUntilCanceled(running));
    };
    const auto run = [&]() -> Task<bool> {
        auto items = make();
        co_await items.next();
        const auto next = items.next();
        co_await items.close();
        co_return hasEnded && !co_await next;
    };
    QVERIFY(resultOfTask(run()));
}

void tst_AsyncGenerator::closedOnesHaveNoItems()
{
    auto items = numbers(2);
    resultOf(items.close());
    resultOf(items.close());
    QVERIFY(!resultOf(items.next()));
    auto moved = std::move(items);
    QVERIFY(!items.isValid()); // NOLINT(bugprone-use-after-move)
    QVERIFY(!resultOf(items.next()));
    resultOf(items.close());
    QVERIFY(!resultOf(AsyncGenerator<int>().next()));
}

void tst_AsyncGenerator::oneThatNeverBeganIsDroppedSilently()
{
    const QFerryMessages messages;
    {
        const auto make = [](Counted) -> AsyncGenerator<int> { co_yield 1; };
        const auto items = make(Counted());
        QCOMPARE(Counted::alive(), 1);
    }
    QCOMPARE(Counted::alive(), 0);
    QCOMPARE(messages.count(), 0);
}

void tst_AsyncGenerator::scopeItWasMadeInCancelsIt()
{
    CancelScope scope;
    auto items = scope.run([] { return slowNumbers(3); });
    QCOMPARE(resultOf(items.next()), Item(0));
    scope.cancel();
    QVERIFY(isCanceledInTime(items.next()));
    QVERIFY(!resultOf(items.next()));
    auto unbegun = scope.run([] { return numbers(3); });
    QVERIFY(isCanceledInTime(unbegun.next()));
    QVERIFY(!resultOf(unbegun.next()));
}

void tst_AsyncGenerator::consumersScopeDoesNotReachIt()
{
    auto items = slowNumbers(2);
    CancelScope scope;
    const auto waiting = scope.run([&] { return items.next(); });
    scope.cancel();
    QVERIFY(waiting.isCanceled());
    QVERIFY(scope.run([&] { return items.next(); }).isCanceled());
    QCOMPARE(resultOf(items.next()), Item(0));
    const auto take = [&]() -> Task<Item> { co_return co_await items.next(); };
    QVERIFY(isCanceledInTime(scope.run([&] { return take().start(); })));
    QCOMPARE(resultOf(items.next()), Item(1));
}

void tst_AsyncGenerator::itRunsInTheContextItWasMadeIn()
{
    const auto make = []() -> AsyncGenerator<QString> {
        co_yield user.get();
        user.set(QStringLiteral("grace"));
        co_yield user.get();
        co_yield user.get();
    };
    const ContextToken token = user.set(QStringLiteral("ada"));
    auto items = make();
    user.reset(token);
    const auto names = [&]() -> Task<QStringList> {
        QStringList result;
        user.set(QStringLiteral("alan"));
        while (const auto name = co_await items.next())
            result << *name << user.get();
        co_return result;
    };
    QCOMPARE(resultOfTask(names()).join(u' '), QStringLiteral("ada alan grace alan grace alan"));
}

namespace {

class Owner : public QObject
{
public:
    AsyncGenerator<int> items()
    {
        const Counted local;
        for (;;) {
            co_yield 1;
            co_await checkpoint();
        }
    }
};

} // namespace

void tst_AsyncGenerator::memberEndsWithItsObject()
{
    auto owner = std::make_unique<Owner>();
    auto items = owner->items();
    auto unbegun = owner->items();
    auto waiting = owner->items();
    QCOMPARE(resultOf(items.next()), Item(1));
    QCOMPARE(resultOf(waiting.next()), Item(1));
    const auto next = waiting.next();
    QVERIFY(!next.isFinished());
    owner.reset();
    QCOMPARE(Counted::alive(), 0);
    QVERIFY(isCanceledInTime(items.next()));
    QVERIFY(!resultOf(items.next()));
    QVERIFY(isCanceledInTime(unbegun.next()));
    QVERIFY(isCanceledInTime(next));
}

void tst_AsyncGenerator::loopsEndEndsIt()
{
    AsyncGenerator<int> items;
    PendingCall<Item> next;
    bool isCanceled = false;
    const auto make = [&]() -> AsyncGenerator<int> {
        try {
            co_await toThread([] { runUntilCanceled(); });
        } catch (const CanceledError &) {
            isCanceled = true;
        }
        co_yield 1;
    };
    {
        LoopThread thread;
        thread.call([&] {
            items = make();
            next = items.next();
        });
    }
    QVERIFY(isCanceled);
    QVERIFY(next.isCanceled());
}

void tst_AsyncGenerator::manyItemsUseNoStack()
{
    const auto sum = []() -> Task<qint64> {
        auto items = numbers(300'000);
        qint64 result = 0;
        while (const auto item = co_await items.next())
            result += *item;
        co_return result;
    };
    QCOMPARE(resultOfTask(sum()), qint64(300'000) * 299'999 / 2);
}

static AsyncGenerator<int> nested(int depth)
{
    if (depth == 0) {
        co_yield 1;
        co_return;
    }
    auto inner = nested(depth - 1);
    while (const auto item = co_await inner.next())
        co_yield *item + 1;
}

void tst_AsyncGenerator::manyNestedOnesUseNoStack()
{
    auto items = nested(10'000);
    QCOMPARE(resultOf(items.next()), Item(10'001));
    QVERIFY(!resultOf(items.next()));
}

void tst_AsyncGenerator::itemsThatAreReadyLetTheLoopTurn()
{
    std::atomic<bool> ends = false;
    const auto run = [&]() -> Task<> {
        auto items = numbers(std::numeric_limits<int>::max());
        while (!ends)
            co_await items.next();
    };
    const auto call = run().start();
    QTimer::singleShot(1ms, this, [&] { ends = true; });
    resultOf(call);
}

void tst_AsyncGenerator::tasksTakeItemsWithoutACall()
{
    const auto sum = [](AsyncGenerator<int> items) -> Task<qint64> {
        qint64 result = 0;
        while (const auto item = co_await items)
            result += *item;
        co_return result + (co_await items ? 1 : 0); // it is still the end
    };
    QCOMPARE(resultOfTask(sum(numbers(300'000))), qint64(300'000) * 299'999 / 2);
    QCOMPARE(resultOfTask(sum(slowNumbers(4))), 6);
    QCOMPARE(resultOfTask(sum({})), 0);
    const auto catching = []() -> Task<int> {
        auto items = oneAndAnError();
        int log = *co_await items;
        try {
            co_await items;
        } catch (const std::logic_error &) {
            log += 10;
        }
        co_return log + (co_await items ? 100 : 0);
    };
    QCOMPARE(resultOfTask(catching()), 11);
}

void tst_AsyncGenerator::cancelOfAwaitLosesNothing()
{
    Gated gated;
    auto items = gated.items();
    const auto take = [&]() -> Task<Item> { co_return co_await items; };
    const auto canceled = take().start();
    canceled.cancel();
    QVERIFY(isCanceledInTime(canceled));
    gated.opened[0].put(0);
    QCOMPARE(resultOfTask(take()), Item(0));
    const auto ready = take().start();
    gated.opened[1].put(0);
    QVERIFY(spinUntil([&] { return gated.opened[1].count() == 0; }));
    ready.cancel();
    QVERIFY(waitFor(ready));
    if (ready.isCanceled())
        QCOMPARE(resultOf(items.next()), Item(1));
    CancelScope scope;
    scope.cancel();
    QVERIFY(isCanceledInTime(scope.run([&] { return take().start(); })));
}

void tst_AsyncGenerator::awaitEndsWithItsGenerator()
{
    Gated gated;
    auto items = gated.items();
    const auto take = [&]() -> Task<Item> { co_return co_await items; };
    const auto waiting = take().start();
    items = {};
    QCOMPARE(resultOf(waiting), Item());
}

void tst_AsyncGenerator::onlyOneMayWait()
{
    Gated gated;
    auto items = gated.items();
    const auto take = [&]() -> Task<Item> { co_return co_await items; };
    const auto waiting = take().start();
    QVERIFY(throws<InvalidUseError>([&] { resultOfTask(take()); }));
    QVERIFY(failsWith<InvalidUseError>(items.next()));
    gated.opened[0].put(0);
    QCOMPARE(resultOf(waiting), Item(0));
}

QTEST_GUILESS_MAIN(tst_AsyncGenerator)
#include "tst_asyncgenerator.moc"
