// SPDX-License-Identifier: MIT
#include "blocker.h"
#include "cancelable.h"
#include "counted.h"
#include "messages.h"
#include "outside.h"
#include "task.h"

#include <QtCore/qpromise.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace {

int throwLogicError()
{
    throw std::logic_error("wrong");
}

/// Calls that run until they are canceled, and are running.
QList<PendingCall<void>> runningCalls(int count)
{
    Gate running;
    QList<PendingCall<void>> calls;
    for (int i = 0; i < count; ++i)
        calls.append(toThread(openAndRunUntilCanceled(running)));
    running.pass(count);
    return calls;
}

} // namespace

class tst_Gather : public QObject
{
    Q_OBJECT

private slots:
    void allResultsComeInTheOrderOfTheArguments();
    void allResultsOfARangeComeInItsOrder();
    void voidGivesMonostate();
    void resultsThatCannotBeCopiedAreMoved();
    void resultIsCopiedIfOthersCanSeeIt();
    void noCallsHaveEnded();
    void futuresAndAwaitablesAreGathered();
    void gatheredCallsAreAwaited();
    void firstFailureCancelsTheOthersAndIsToldWhenAllHaveEnded();
    void canceledMemberCancelsTheRest();
    void cancelReachesAllMembers();
    void handleOfNoCallIsCanceled();
    void errorOfAGatheredCallIsHandledWithIt();
    void furtherErrorIsLogged();
    void firstOfSeveralDecides();
    void firstOfARangeDecides();
    void firstErrorDecides();
    void losersAreCanceledAndWaitedFor();
    void firstOfNoneIsRefused();
    void groupsGather();

    void groupEndsOnceWithTheLastOfItsCalls();
    void membersAddFurtherCalls();
    void emptyGroupEndsAtOnce();
    void failureEndsAGroup();
    void groupThatGoesOnHasNoFailures();
    void canceledGroupCancelsItsCallsAndWhatJoins();
    void droppedGroupCancelsItsCalls();
    void callForAnEndedGroupIsRefused();
    void callsJoinFromManyThreads();
    void longGroupsNeitherRecurseNorGrowQuadratic();
};

void tst_Gather::allResultsComeInTheOrderOfTheArguments()
{
    const Blocker blocker;
    const auto all = whenAll(toThread(blocker.returning(1)), toThread([] { return u"two"_s; }),
                             toThread([] { return 3.0; }));
    QVERIFY(blocker.hasStarted());
    QVERIFY(!all.isFinished());
    blocker.release();
    QCOMPARE(resultOf(all), std::tuple(1, u"two"_s, 3.0));
}

void tst_Gather::allResultsOfARangeComeInItsOrder()
{
    QList<PendingCall<int>> calls;
    std::vector<QFuture<int>> futures;
    for (int i = 0; i < 100; ++i) {
        calls.append(toThread([i] { return i; }));
        futures.push_back(toThread([i] { return i; }).future());
    }
    const QList<int> expected = resultOf(whenAll(calls));
    QCOMPARE(expected.size(), 100);
    for (int i = 0; i < 100; ++i)
        QCOMPARE(expected.at(i), i);
    QCOMPARE(resultOf(whenAll(std::move(futures))), expected);
}

void tst_Gather::voidGivesMonostate()
{
    const auto [nothing, number] = resultOf(whenAll(toThread([] {}), toThread([] { return 1; })));
    QCOMPARE(nothing, std::monostate());
    QCOMPARE(number, 1);

    const QList calls{ toThread([] {}), toThread([] {}) };
    static_assert(std::same_as<decltype(whenAll(calls)), PendingCall<void>>);
    resultOf(whenAll(calls));
}

void tst_Gather::resultsThatCannotBeCopiedAreMoved()
{
    const auto makeOne = [] { return std::make_unique<int>(1); };
    const auto [one, other] = resultOf(whenAll(toThread(makeOne), toThread(makeOne)));
    QCOMPARE(*one + *other, 2);

    const std::vector calls{ toThread(makeOne), toThread(makeOne) };
    const std::vector<MoveOnly> ones = resultOf(whenAll(calls));
    QCOMPARE(*ones.at(0) + *ones.at(1), 2);
}

void tst_Gather::resultIsCopiedIfOthersCanSeeIt()
{
    const auto call = toThread([] { return u"text"_s; });
    QCOMPARE(resultOf(whenAll(call, call)), std::tuple(u"text"_s, u"text"_s));
    QCOMPARE(resultOf(call), u"text"_s);
}

void tst_Gather::noCallsHaveEnded()
{
    QVERIFY(whenAll(QList<PendingCall<void>>()).isFinished());
    QCOMPARE(resultOf(whenAll(std::vector<PendingCall<int>>())), QList<int>());
}

void tst_Gather::futuresAndAwaitablesAreGathered()
{
    QPromise<int> promise;
    promise.start();
    const auto task = []() -> EagerTask<int> { co_return co_await toThread([] { return 2; }); };
    const auto all = whenAll(promise.future(), task());
    promise.addResult(1);
    promise.finish();
    QCOMPARE(resultOf(all), std::tuple(1, 2));
}

void tst_Gather::gatheredCallsAreAwaited()
{
    auto task = []() -> EagerTask<int> {
        const auto results = co_await whenAll(toThread([] { return 1; }), toThread([] { return 2; }));
        co_return std::get<0>(results) + std::get<1>(results);
    }();
    QVERIFY(spinUntil([&task] { return task.isDone(); }));
    QCOMPARE(task.take(), 3);
}

void tst_Gather::firstFailureCancelsTheOthersAndIsToldWhenAllHaveEnded()
{
    const Blocker blocker;
    Gate running;
    const auto untilCanceled = toThread(openAndRunUntilCanceled(running));
    const auto stubborn = toThread(blocker.function());
    running.pass();
    QVERIFY(blocker.hasStarted());
    const auto failing = toThread(&throwLogicError);
    const auto all = whenAll(untilCanceled, stubborn, failing);
    QVERIFY(waitFor(failing));
    QVERIFY(waitFor(untilCanceled));
    QVERIFY(untilCanceled.isCanceled());
    QVERIFY(!all.isFinished());
    blocker.release();
    QVERIFY(failsWith<std::logic_error>(all));
}

void tst_Gather::canceledMemberCancelsTheRest()
{
    const auto calls = runningCalls(3);
    const auto all = whenAll(calls);
    calls.at(1).cancel();
    QVERIFY(failsWith<CanceledError>(all));
    QVERIFY(calls.at(0).isCanceled());
    QVERIFY(calls.at(2).isCanceled());
}

void tst_Gather::cancelReachesAllMembers()
{
    const auto calls = runningCalls(3);
    const auto all = whenAll(calls);
    all.cancel();
    QVERIFY(failsWith<CanceledError>(all));
    for (const auto &call : calls)
        QVERIFY(call.isCanceled());
}

void tst_Gather::handleOfNoCallIsCanceled()
{
    QVERIFY(whenAll(PendingCall<int>()).isCanceled());
    QVERIFY(whenAny(PendingCall<int>()).isCanceled());
}

void tst_Gather::errorOfAGatheredCallIsHandledWithIt()
{
    const QFerryMessages messages;
    QVERIFY(failsWith<std::logic_error>(whenAll(toThread(&throwLogicError))));
    QCOMPARE(messages.count(), 0);
}

void tst_Gather::furtherErrorIsLogged()
{
    const QFerryMessages messages;
    Gate running;
    {
        const auto late = toThread([&running] {
            running.open();
            try {
                runUntilCanceled();
            } catch (const CanceledError &) {
                throw std::runtime_error("late");
            }
        });
        running.pass();
        QVERIFY(failsWith<std::logic_error>(whenAll(late, toThread(&throwLogicError))));
    }
    QVERIFY(spinUntil([&messages] { return messages.count() == 1; }));
    QVERIFY(messages.all().first().contains(u"late"));
}

void tst_Gather::firstOfSeveralDecides()
{
    Gate running;
    const auto slow = toThread(openAndRunUntilCanceled(running));
    const auto first = resultOf(whenAny(slow, toThread([] { return 1; }).then(this, [](int n) {
        return QString::number(n);
    })));
    QCOMPARE(first.index(), size_t(1));
    QCOMPARE(std::get<1>(first), u"1"_s);
    QVERIFY(slow.isCanceled());
}

void tst_Gather::firstOfARangeDecides()
{
    const Blocker blocker;
    QList<PendingCall<int>> calls;
    for (int i = 0; i < 3; ++i)
        calls.append(toThread(blocker.returning(i)));
    QVERIFY(blocker.hasStarted(3));
    calls.append(toThread([] { return 3; }));
    const auto any = whenAny(calls);
    QVERIFY(waitFor(calls.last()));
    blocker.releaseAll(); // who does not look at cancels returns its value
    const WhenAnyResult<int> first = resultOf(any);
    QCOMPARE(first.index, 3);
    QCOMPARE(first.value, 3);

    QCOMPARE(resultOf(whenAny(std::vector{ toThread([] {}) })).index, 0);
}

void tst_Gather::firstErrorDecides()
{
    const QFerryMessages messages;
    const auto calls = runningCalls(1);
    QVERIFY(failsWith<std::logic_error>(whenAny(calls.first(), toThread(&throwLogicError))));
    QVERIFY(calls.first().isCanceled());
    QCOMPARE(messages.count(), 0);
}

void tst_Gather::losersAreCanceledAndWaitedFor()
{
    const Blocker blocker;
    const auto stubborn = toThread(blocker.function());
    QVERIFY(blocker.hasStarted());
    const auto winner = toThread([] {});
    const auto any = whenAny(stubborn, winner);
    QVERIFY(waitFor(winner));
    QVERIFY(!any.isFinished());
    blocker.release();
    QCOMPARE(resultOf(any).index(), size_t(1));
}

void tst_Gather::firstOfNoneIsRefused()
{
    QVERIFY(throws<InvalidUseError>([] { (void)whenAny(QList<PendingCall<int>>()); }));
}

void tst_Gather::groupsGather()
{
    const auto inner = whenAll(toThread([] { return 1; }), toThread([] { return 2; }));
    const auto [sum, other] = resultOf(whenAll(
            inner.then(this, [](std::tuple<int, int> both) {
                return std::get<0>(both) + std::get<1>(both);
            }),
            toThread([] { return 4; })));
    QCOMPARE(sum + other, 7);
}

void tst_Gather::groupEndsOnceWithTheLastOfItsCalls()
{
    const Blocker blocker;
    int handled = 0;
    int ended = 0;
    CallGroup group;
    for (int i = 0; i < 10; ++i)
        group.add(toThread(blocker.function()).then(this, [&handled] { ++handled; }));
    const auto done = group.whenDone();
    done.then(this, [&] {
        QCOMPARE(handled, 10);
        ++ended;
    });
    QVERIFY(blocker.hasStarted(10));
    QCOMPARE(group.count(), 10);
    blocker.release(9);
    QVERIFY(spinUntil([&] { return handled == 9; }));
    QVERIFY(!done.isFinished());
    blocker.release();
    QVERIFY(waitFor(done));
    QVERIFY(spinUntil([&] { return ended > 0; }));
    QCOMPARE(ended, 1);
    QCOMPARE(group.count(), 0);
}

void tst_Gather::membersAddFurtherCalls()
{
    CallGroup group;
    int left = 100;
    std::function<void()> next = [&] {
        if (--left > 0)
            group.add(toThread([] {}).then(this, next));
    };
    group.add(toThread([] {}).then(this, next));
    resultOf(group.whenDone());
    QCOMPARE(left, 0);
}

void tst_Gather::emptyGroupEndsAtOnce()
{
    CallGroup group;
    QVERIFY(group.whenDone().isFinished());
    QVERIFY(!group.whenDone().isCanceled());
}

void tst_Gather::failureEndsAGroup()
{
    const auto calls = runningCalls(2);
    CallGroup group;
    for (const auto &call : calls)
        group.add(call);
    group.add(toThread(&throwLogicError));
    QVERIFY(failsWith<std::logic_error>(group.whenDone()));
    for (const auto &call : calls)
        QVERIFY(call.isCanceled());
}

void tst_Gather::groupThatGoesOnHasNoFailures()
{
    const Blocker blocker;
    CallGroup group(CallGroup::OnFailure::GoOn);
    const auto failing = group.add(toThread(&throwLogicError));
    const auto running = group.add(toThread(blocker.function()));
    const auto done = group.whenDone();
    QVERIFY(failsWith<std::logic_error>(failing));
    QVERIFY(!done.isFinished());
    blocker.release();
    resultOf(done);
    QVERIFY(!running.isCanceled());
}

void tst_Gather::canceledGroupCancelsItsCallsAndWhatJoins()
{
    const Blocker blocker;
    const auto calls = runningCalls(2);
    CallGroup group;
    for (const auto &call : calls)
        group.add(call);
    const auto stubborn = group.add(toThread(blocker.function()));
    QVERIFY(blocker.hasStarted());
    group.cancel();
    Gate running;
    const auto late = group.add(toThread(openAndRunUntilCanceled(running)));
    QVERIFY(waitFor(late));
    QVERIFY(late.isCanceled());
    blocker.release();
    QVERIFY(failsWith<CanceledError>(group.whenDone()));
    for (const auto &call : calls)
        QVERIFY(call.isCanceled());
}

void tst_Gather::droppedGroupCancelsItsCalls()
{
    const auto calls = runningCalls(2);
    {
        CallGroup group;
        for (const auto &call : calls)
            group.add(call);
    }
    for (const auto &call : calls) {
        QVERIFY(waitFor(call));
        QVERIFY(call.isCanceled());
    }
}

void tst_Gather::callForAnEndedGroupIsRefused()
{
    CallGroup group;
    QVERIFY(group.whenDone().isFinished());
    const auto call = toThread([] { return 1; });
    QVERIFY(throws<InvalidUseError>([&] { group.add(call); }));
    QCOMPARE(resultOf(call), 1);
}

void tst_Gather::callsJoinFromManyThreads()
{
    std::atomic<int> ran = 0;
    CallGroup group;
    const auto join = [&] {
        for (int i = 0; i < 500; ++i)
            group.add(toThread([&ran] { ++ran; }));
    };
    {
        OutsideThread<void> one(join);
        OutsideThread<void> other(join);
        join();
        one.result();
        other.result();
    }
    resultOf(group.whenDone());
    QCOMPARE(ran, 1500);
}

void tst_Gather::longGroupsNeitherRecurseNorGrowQuadratic()
{
    auto chain = whenAll(toThread([] {}));
    for (int i = 0; i < 20'000; ++i) {
        const auto previous = QList{ chain.then(this, [](std::tuple<std::monostate>) {}) };
        chain = whenAll(whenAll(previous));
    }
    QVERIFY(waitFor(chain));

    QList<PendingCall<void>> calls;
    const Blocker blocker;
    for (int i = 0; i < 100'000; ++i)
        calls.append(toThread(blocker.function()));
    const auto all = whenAll(calls);
    all.cancel();
    blocker.releaseAll();
    QVERIFY(waitFor(all));
}

QTEST_GUILESS_MAIN(tst_Gather)
#include "tst_gather.moc"
