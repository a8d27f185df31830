// SPDX-License-Identifier: MIT
// What was taken from a channel or a stream, and nobody ever sees, is not lost.
#include "burst.h"
#include "cancelable.h"
#include "portals.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

using IntChannel = FromThreadChannel<int>;

namespace {

/// The function returns a call that takes an item; `begun` is set when that waits for one.
using TakeFunction = std::function<PendingCall<int>()>;

/// Takes an item, and tells.
TakeFunction takeFrom(IntChannel &channel, bool &begun)
{
    return [&channel, &begun] {
        begun = true;
        return channel.get();
    };
}

/// A portal is of no use in its own thread.
template <typename F>
QFuture<int> startTask(BlockingPortal &portal, const F &function)
{
    return OutsideThread<QFuture<int>>([&] { return portal.startTaskSoon(function); }).result();
}

using Way = std::function<std::function<bool()>(const TakeFunction &)>;

/// Cancels the future, and asks whether it has finished.
template <typename T>
std::function<bool()> canceling(QFuture<T> future)
{
    return [future]() mutable {
        future.cancel();
        return future.isFinished();
    };
}

[[noreturn]] void failAtOnce(Yield<int> &)
{
    throw std::domain_error("expected");
}

} // namespace

class tst_UnseenResults : public QObject
{
    Q_OBJECT

private slots:
    void canceledFutureLosesNoItem_data();
    void canceledFutureLosesNoItem();
    void droppedHandleLosesNoItem_data();
    void droppedHandleLosesNoItem();
    void whatIsHandedOnArrives();
    void whatIsHandedOnHasOneTakerIfItCannotBeCopied();
    void groupsHandItemsOn();
    void otherWinnerOfARaceLosesNoItem();
    void cancelInAnotherThreadLosesNoItem();
    void canceledBatchLosesNoItem();
    void canceledFutureLosesNoError_data();
    void canceledFutureLosesNoError();
    void droppedErrorIsToldToTheNext();
    void errorThatNobodyHasSeenIsLoggedOnce();
    void longChainsHandAnItemOn();

private:
    QObject m_context;
};

Q_DECLARE_METATYPE(Way)

void tst_UnseenResults::canceledFutureLosesNoItem_data()
{
    QObject *const context = &m_context;
    QTest::addColumn<Way>("way");
    QTest::newRow("get()") << Way(
            [](const TakeFunction &take) { return canceling(take().future()); });
    QTest::newRow("handed on by a handler for errors") << Way([=](const TakeFunction &take) {
        return canceling(take().onFailed(context, [] { return 0; }).future());
    });
    QTest::newRow("kept besides") << Way([=](const TakeFunction &take) {
        const PendingCall<int> call = take();
        const auto cancel = canceling(call.onFailed(context, [] { return 0; }).future());
        return [call, cancel] { return cancel(); };
    });
    QTest::newRow("returned by a handler") << Way([=](const TakeFunction &take) {
        return canceling(toThread([] {}).then(context, take).future());
    });
    QTest::newRow("returned by two handlers") << Way([=](const TakeFunction &take) {
        const auto both = [=] { return toThread([] {}).then(context, take); };
        return canceling(toThread([] {}).then(context, both).future());
    });
    QTest::newRow("failAfter()") << Way(
            [](const TakeFunction &take) { return canceling(failAfter(10s, take).future()); });
    QTest::newRow("moveOnAfter()") << Way(
            [](const TakeFunction &take) { return canceling(moveOnAfter(10s, take).future()); });
    QTest::newRow("both") << Way([](const TakeFunction &take) {
        const auto inner = [=] { return failAfter(10s, take); };
        return canceling(moveOnAfter(10s, inner).future());
    });
    QTest::newRow("whenAll()") << Way(
            [](const TakeFunction &take) { return canceling(whenAll(take()).future()); });
    QTest::newRow("whenAll() of a list") << Way([](const TakeFunction &take) {
        return canceling(whenAll(std::vector{ take() }).future());
    });
    QTest::newRow("whenAny()") << Way([](const TakeFunction &take) {
        return canceling(whenAny(take(), toThread([] { runUntilCanceled(); })).future());
    });
    QTest::newRow("whenAny() of a list") << Way([](const TakeFunction &take) {
        return canceling(whenAny(std::vector{ take() }).future());
    });
    QTest::newRow("a group of groups") << Way([](const TakeFunction &take) {
        return canceling(whenAll(whenAny(take()), toThread([] {})).future());
    });
    QTest::newRow("a group handed on") << Way([=](const TakeFunction &take) {
        const auto both = [=] { return whenAll(take()); };
        return canceling(toThread([] {}).then(context, both).future());
    });
    QTest::newRow("a task of a portal") << Way([](const TakeFunction &take) {
        const auto portal = std::make_shared<BlockingPortal>();
        const auto cancel = canceling(startTask(*portal, take));
        return [portal, cancel] { return cancel(); };
    });
}

void tst_UnseenResults::canceledFutureLosesNoItem()
{
    QFETCH(Way, way);
    IntChannel channel;
    bool begun = false;
    {
        const auto cancel = way(takeFrom(channel, begun));
        QVERIFY(spinUntil([&] { return begun; }));
        channel.put(7);
        QVERIFY(spinUntil(cancel)); // the item comes sooner than a cancel is noticed
    }
    QCOMPARE(resultOf(channel.get()), 7);
}

void tst_UnseenResults::droppedHandleLosesNoItem_data()
{
    QObject *const context = &m_context;
    const auto dropping = [](const auto &) { return [] { return true; }; };
    QTest::addColumn<Way>("way");
    QTest::newRow("handed on by a handler for errors") << Way([=](const TakeFunction &take) {
        return dropping(take().onFailed(context, [] { return 0; }));
    });
    QTest::newRow("returned by a handler") << Way([=](const TakeFunction &take) {
        return dropping(toThread([] {}).then(context, take));
    });
    QTest::newRow("failAfter()") << Way(
            [=](const TakeFunction &take) { return dropping(failAfter(10s, take)); });
    QTest::newRow("moveOnAfter()")
            << Way([=](const TakeFunction &take) { return dropping(moveOnAfter(10s, take)); });
    QTest::newRow("whenAll()") << Way(
            [=](const TakeFunction &take) { return dropping(whenAll(take())); });
    QTest::newRow("whenAny()") << Way(
            [=](const TakeFunction &take) { return dropping(whenAny(take())); });
}

void tst_UnseenResults::droppedHandleLosesNoItem()
{
    canceledFutureLosesNoItem();
}

void tst_UnseenResults::whatIsHandedOnArrives()
{
    IntChannel channel;
    const auto take = [&] { return channel.get(); };
    for (int i = 0; i < 6; ++i)
        channel.put(int(i));
    QCOMPARE(resultOf(channel.get().onFailed(&m_context, [] { return -1; })), 0);
    QCOMPARE(resultOf(toThread([] {}).then(&m_context, take)), 1);
    QCOMPARE(resultOf(failAfter(10s, take)), 2);
    QCOMPARE(resultOf(moveOnAfter(10s, take)), std::optional<int>(3));
    BlockingPortal portal;
    QCOMPARE(outcomeOf(startTask(portal, take)), 4);
    QCOMPARE(resultOf(toThread([&] { return portal.call(take); })), 5);
    QVERIFY(!channel.tryGet());
}

void tst_UnseenResults::whatIsHandedOnHasOneTakerIfItCannotBeCopied()
{
    using Item = std::unique_ptr<int>;
    FromThreadChannel<Item> channel;
    channel.put(std::make_unique<int>(1));
    channel.put(std::make_unique<int>(2));
    const PendingCall<Item> first = channel.get();
    const PendingCall<Item> same = toThread([] {}).then(&m_context, [first] { return first; });
    QVERIFY(waitFor(same));
    QCOMPARE(*resultOf(same), 1);
    QVERIFY(throws<InvalidUseError>([&] { resultOf(first); }));

    const auto optional = moveOnAfter(10s, [&] { return channel.get(); });
    QVERIFY(waitFor(optional));
    QCOMPARE(**resultOf(optional), 2);
    QVERIFY(throws<InvalidUseError>([&] { resultOf(optional); }));
}

void tst_UnseenResults::groupsHandItemsOn()
{
    IntChannel channel;
    const auto take = [&] { return channel.get(); };
    for (int i = 0; i < 9; ++i)
        channel.put(int(i));
    const auto first = take();
    const auto second = take();
    QCOMPARE(resultOf(whenAll(first, second)), std::tuple(0, 1));
    QCOMPARE(resultOf(whenAll(std::vector{ take(), take() })), (QList<int>{ 2, 3 }));
    QCOMPARE(std::get<0>(resultOf(whenAny(take(), toThread([] { runUntilCanceled(); })))), 4);
    QCOMPARE(resultOf(whenAny(std::vector{ take() })).value, 5);
    const auto all = whenAll(take());
    const auto any = whenAny(take());
    QCOMPARE(resultOf(whenAll(all, any)), std::tuple(std::tuple(6), std::variant<int>(7)));
    const auto optional = resultOf(moveOnAfter(10s, [&] { return whenAll(take()); }));
    QCOMPARE(optional, std::tuple(8));
    QVERIFY(!channel.tryGet());

    FromThreadChannel<std::unique_ptr<int>> uncopyable;
    uncopyable.put(std::make_unique<int>(1));
    const auto group = whenAll(uncopyable.get());
    QCOMPARE(*std::get<0>(resultOf(group)), 1);
    QVERIFY(throws<InvalidUseError>([&] { resultOf(group); }));
}

void tst_UnseenResults::otherWinnerOfARaceLosesNoItem()
{
    IntChannel channel;
    for (int i = 0; i < 200; ++i) {
        Event event;
        OutsideThread setter([&] { event.set(); });
        const auto either = whenAny(channel.get(), event.wait());
        channel.put(int(i));
        QVERIFY(waitFor(either));
        setter.result();
        const auto first = resultOf(either);
        QCOMPARE(first.index() == 0 ? std::get<0>(first) : resultOf(channel.get()), i);
        QVERIFY(!channel.tryGet());
    }
}

void tst_UnseenResults::cancelInAnotherThreadLosesNoItem()
{
    IntChannel channel;
    Gate mayCancel;
    std::mutex mutex;
    QFuture<int> future; // guarded by the mutex
    constexpr int rounds = 300;
    OutsideThread canceler([&] {
        for (int i = 0; i < rounds; ++i) {
            mayCancel.pass();
            const std::lock_guard lock(mutex);
            future.cancel();
        }
        return true;
    });
    for (int i = 0; i < rounds; ++i) {
        const QFuture<int> item = channel.get().future();
        {
            const std::lock_guard lock(mutex);
            future = item;
        }
        channel.put(int(i));
        mayCancel.open();
        QVERIFY(spinUntil([&] { return item.isFinished(); }));
        if (item.resultCount() == 0)
            QCOMPARE(resultOf(channel.get()), i);
        else
            QCOMPARE(item.resultAt(0), i);
    }
    QVERIFY(canceler.result());
}

void tst_UnseenResults::canceledBatchLosesNoItem()
{
    auto stream = threadedIterable([](Yield<int> &yield) {
        yield(1);
        yield(2);
    })();
    {
        auto batch = stream.nextBatch(1).future();
        batch.cancel();
        QVERIFY(spinUntil([&] { return batch.isFinished(); }));
    }
    QCOMPARE(resultOf(stream.next()), std::optional<int>(1));
    QCOMPARE(resultOf(stream.next()), std::optional<int>(2));
    QCOMPARE(resultOf(stream.next()), std::optional<int>());
}

void tst_UnseenResults::canceledFutureLosesNoError_data()
{
    using Next = std::function<std::function<bool()>(Stream<int> &)>;
    QObject *const context = &m_context;
    QTest::addColumn<Next>("next");
    QTest::newRow("next()") << Next(
            [](Stream<int> &stream) { return canceling(stream.next().future()); });
    QTest::newRow("nextBatch()") << Next(
            [](Stream<int> &stream) { return canceling(stream.nextBatch().future()); });
    QTest::newRow("then()") << Next([=](Stream<int> &stream) {
        return canceling(stream.next().then(context, [] {}).future());
    });
    QTest::newRow("whenAll()") << Next([](Stream<int> &stream) {
        return canceling(whenAll(stream.next(), toThread([] {})).future());
    });
    QTest::newRow("moveOnAfter()") << Next([](Stream<int> &stream) {
        return canceling(moveOnAfter(10s, [&] { return stream.next(); }).future());
    });
}

void tst_UnseenResults::canceledFutureLosesNoError()
{
    using Next = std::function<std::function<bool()>(Stream<int> &)>;
    QFETCH(Next, next);
    for (int i = 0; i < 20; ++i) { // the cancel may be noticed before there is an error
        auto stream = threadedIterable(&failAtOnce)();
        {
            const auto cancel = next(stream);
            QVERIFY(spinUntil(cancel));
        }
        QVERIFY(failsWith<std::domain_error>(stream.next()));
        QCOMPARE(resultOf(stream.next()), std::optional<int>());
    }
}

void tst_UnseenResults::droppedErrorIsToldToTheNext()
{
    auto stream = threadedIterable(&failAtOnce)();
    (void)stream.next();
    QVERIFY(failsWith<std::domain_error>(stream.next()));
    QCOMPARE(resultOf(stream.next()), std::optional<int>());
}

void tst_UnseenResults::errorThatNobodyHasSeenIsLoggedOnce()
{
    const QFerryMessages messages;
    {
        auto stream = threadedIterable(&failAtOnce)();
        auto item = stream.next().future();
        item.cancel();
        QVERIFY(spinUntil([&] { return item.isFinished(); }));
    }
    QVERIFY(spinUntil([&] { return messages.count() > 0; }));
    QCOMPARE(messages.count(), 1);
}

/// However often it is handed on, it is one step away.
void tst_UnseenResults::longChainsHandAnItemOn()
{
    IntChannel channel;
    PendingCall<int> call = channel.get();
    for (int i = 0; i < 50'000; ++i)
        call = call.onFailed(&m_context, [] { return 0; });
    channel.put(7);
    QCOMPARE(resultOf(call), 7);
}

QTEST_GUILESS_MAIN(tst_UnseenResults)
#include "tst_unseenresults.moc"
