// SPDX-License-Identifier: MIT
// Semaphores, locks and conditions: who has what, and that nothing of it gets lost.
#include "cancelable.h"
#include "outside.h"

#include <algorithm>
#include <random>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

using Permit = Semaphore::Permit;
using Held = Lock::Held;

namespace {

constexpr auto shortTime = 20ms;

/// A task that waits for the condition, gives up the lock, and says what came of it.
Task<QString> waitForChange(Condition &condition, Held held)
{
    QString said = QStringLiteral("notified");
    try {
        co_await condition.wait(held);
    } catch (const CanceledError &error) {
        said = error.reason();
    }
    if (!held.isValid())
        said += QStringLiteral(", without the lock");
    held.release();
    co_return said;
}

} // namespace

class tst_Semaphore : public QObject
{
    Q_OBJECT

private slots:
    // Semaphore
    void permitIsGivenBackWhenItGoes();
    void permitMayBeMovedAndReleased();
    void freePermitNeedsNoWait();
    void permitsComeInOrder();
    void whoComesLaterDoesNotOvertake();
    void numberMustNotBeNegative();
    void canceledWaitGivesUpItsPlace();
    void permitOfADroppedCallIsGivenBack();
    void permitOfALateCancelIsGivenBack();
    void droppedCallsPassPermitsOn();
    void scopeEndsWaits();
    void deadlineEndsWaits();
    void loserOfARaceKeepsNoPermit();
    void destroyedSemaphoreEndsWaits();
    void permitOutlivesItsSemaphore();
    void endOfTheLoopEndsItsWaits();
    void workersShareIt();
    void cancelsLoseNoPermit();
    // Lock
    void lockHasOneHolder();
    void lockIsFair();
    void lockIsHeldAcrossWaits();
    void destroyedLockEndsWaits();
    // Condition
    void waitGivesUpTheLockAndHasItAgain();
    void notifyOneWakesTheFirst();
    void notifyAllWakesAll();
    void notifiedOneWaitsForTheLock();
    void canceledWaitHasTheLockAgain();
    void canceledWaitWaitsForTheLock();
    void cancelAfterTheNotificationDoesNotLoseIt();
    void waitInACanceledScopeKeepsTheLock();
    void whoGivesUpTheLockEndsTheWait();
    void destroyedConditionEndsWaits();
    void conditionNeedsItsLock();
    void workersWaitForConditions();
    void cancelsLoseNoLock();
};

void tst_Semaphore::permitIsGivenBackWhenItGoes()
{
    Semaphore semaphore(1);
    {
        const Permit permit = resultOf(semaphore.acquire());
        QVERIFY(permit.isValid());
        QCOMPARE(semaphore.value(), 0);
        QVERIFY(!semaphore.tryAcquire());
    }
    QCOMPARE(semaphore.value(), 1);
    QVERIFY(semaphore.tryAcquire());
    QCOMPARE(semaphore.value(), 1);
}

void tst_Semaphore::permitMayBeMovedAndReleased()
{
    static_assert(!std::copyable<Permit> && std::movable<Permit>);
    static_assert(!std::copyable<Held> && std::movable<Held>);
    Semaphore semaphore(2);
    Permit permit = *semaphore.tryAcquire();
    Permit other = *semaphore.tryAcquire();
    QCOMPARE(semaphore.value(), 0);
    other = std::move(permit);
    QVERIFY(!permit.isValid()); // NOLINT(bugprone-use-after-move)
    QCOMPARE(semaphore.value(), 1);
    other.release();
    QVERIFY(!other.isValid());
    QCOMPARE(semaphore.value(), 2);
    other.release();
    QCOMPARE(semaphore.value(), 2);
    QVERIFY(!Permit().isValid());
}

void tst_Semaphore::freePermitNeedsNoWait()
{
    Semaphore semaphore(1);
    CancelScope scope;
    scope.cancel();
    const auto call = scope.run([&] { return semaphore.acquire(); });
    QVERIFY(call.isFinished() && !call.isCanceled());
}

void tst_Semaphore::permitsComeInOrder()
{
    Semaphore semaphore(1);
    Permit permit = *semaphore.tryAcquire();
    std::vector<int> order;
    for (int i = 0; i < 3; ++i)
        semaphore.acquire().then(this, [&order, i](Permit) { order.push_back(i); });
    permit.release();
    QVERIFY(spinUntil([&] { return order.size() == 3; }));
    QCOMPARE(order, (std::vector{ 0, 1, 2 }));
}

void tst_Semaphore::whoComesLaterDoesNotOvertake()
{
    Semaphore semaphore(1);
    Permit first = *semaphore.tryAcquire();
    const auto second = semaphore.acquire();
    const auto third = semaphore.acquire();
    first.release();
    QVERIFY(second.isFinished() && !third.isFinished());
    QVERIFY(!semaphore.tryAcquire());
    resultOf(second).release();
    QVERIFY(third.isFinished());
    QCOMPARE(semaphore.value(), 0);
}

void tst_Semaphore::numberMustNotBeNegative()
{
    QVERIFY(throws<InvalidUseError>([] { Semaphore(-1); }));
    QCOMPARE(Semaphore(0).value(), 0);
}

void tst_Semaphore::canceledWaitGivesUpItsPlace()
{
    Semaphore semaphore(1);
    Permit permit = *semaphore.tryAcquire();
    const auto first = semaphore.acquire();
    const auto second = semaphore.acquire();
    first.cancel();
    QVERIFY(first.isCanceled());
    permit.release();
    QVERIFY(resultOf(second).isValid());
    QCOMPARE(semaphore.value(), 1);
}

void tst_Semaphore::permitOfADroppedCallIsGivenBack()
{
    Semaphore semaphore(1);
    std::ignore = semaphore.acquire();
    QCOMPARE(semaphore.value(), 1);
    Permit permit = *semaphore.tryAcquire();
    std::ignore = semaphore.acquire();
    permit.release();
    QCOMPARE(semaphore.value(), 1);
}

void tst_Semaphore::permitOfALateCancelIsGivenBack()
{
    Semaphore semaphore(1);
    {
        Permit permit = *semaphore.tryAcquire();
        const auto call = semaphore.acquire();
        permit.release();
        call.cancel();
        QVERIFY(!call.isCanceled());
        QCOMPARE(semaphore.value(), 0);
    }
    QCOMPARE(semaphore.value(), 1);
}

void tst_Semaphore::droppedCallsPassPermitsOn()
{
    Semaphore semaphore(1);
    Permit permit = *semaphore.tryAcquire();
    for (int i = 0; i < 100'000; ++i)
        std::ignore = semaphore.acquire();
    const auto last = semaphore.acquire();
    permit.release();
    QVERIFY(resultOf(last).isValid());
    QCOMPARE(semaphore.value(), 1);
}

void tst_Semaphore::scopeEndsWaits()
{
    Semaphore semaphore(0);
    CancelScope scope;
    const auto outside = semaphore.acquire();
    const auto inside = scope.run([&] { return semaphore.acquire(); });
    scope.cancel();
    QVERIFY(inside.isCanceled());
    QVERIFY(!outside.isFinished());
    QVERIFY(scope.run([&] { return semaphore.acquire(); }).isCanceled());
    outside.cancel();
}

void tst_Semaphore::deadlineEndsWaits()
{
    Semaphore semaphore(1);
    const auto acquire = [&] { return semaphore.acquire(); };
    Permit permit = resultOf(failAfter(10s, acquire));
    QVERIFY(failsWith<TimeoutError>(failAfter(shortTime, acquire)));
    QVERIFY(!resultOf(toThread(
            [&] { return moveOnAfter(shortTime, [&] { waitInThread(semaphore.acquire()); }); })));
    permit.release();
    QCOMPARE(semaphore.value(), 1);
}

void tst_Semaphore::loserOfARaceKeepsNoPermit()
{
    Semaphore one(0);
    Semaphore other(1);
    {
        const auto either = whenAny(one.acquire(), other.acquire());
        QVERIFY(waitFor(either));
        QCOMPARE(other.value(), 0);
        QCOMPARE(resultOf(either).index(), 1U);
    }
    QCOMPARE(other.value(), 1);
    Semaphore third(1);
    {
        const auto either = whenAny(third.acquire(), other.acquire());
        QVERIFY(waitFor(either));
        QCOMPARE(third.value() + other.value(), 1); // the one that nobody sees is given back
    }
    QCOMPARE(third.value() + other.value(), 2);
}

void tst_Semaphore::destroyedSemaphoreEndsWaits()
{
    auto semaphore = std::make_unique<Semaphore>(0);
    const auto call = semaphore->acquire();
    const auto reasonOf = [](const PendingCall<Permit> &awaited) -> Task<QString> {
        try {
            co_await awaited;
        } catch (const CanceledError &error) {
            co_return error.reason();
        }
        co_return QString();
    };
    const auto reason = reasonOf(call).start();
    semaphore.reset();
    QVERIFY(call.isCanceled());
    QVERIFY(resultOf(reason).contains(u"destroyed"));
}

void tst_Semaphore::permitOutlivesItsSemaphore()
{
    auto semaphore = std::make_unique<Semaphore>(1);
    Permit permit = *semaphore->tryAcquire();
    semaphore.reset();
    QVERIFY(permit.isValid());
    permit.release();
    QVERIFY(!permit.isValid());
}

void tst_Semaphore::endOfTheLoopEndsItsWaits()
{
    Semaphore semaphore(1);
    Permit permit = *semaphore.tryAcquire();
    PendingCall<Permit> waiting;
    LoopThread thread;
    thread.call([&] { waiting = semaphore.acquire(); });
    QVERIFY(!waiting.isFinished());
    thread.finish();
    QVERIFY(waiting.isCanceled());
    permit.release();
    QCOMPARE(semaphore.value(), 1);
}

void tst_Semaphore::workersShareIt()
{
    constexpr int workers = 8;
    Semaphore semaphore(2);
    std::atomic<int> inside{ 0 };
    std::atomic<int> most{ 0 };
    std::vector<PendingCall<void>> calls;
    for (int i = 0; i < workers; ++i) {
        calls.push_back(toThread([&] {
            for (int round = 0; round < 100; ++round) {
                const Permit permit = waitInThread(semaphore.acquire());
                const int now = ++inside;
                if (now > most)
                    most = now;
                QThread::yieldCurrentThread();
                --inside;
            }
        }));
    }
    resultOf(whenAll(calls));
    QVERIFY(most <= 2);
    QCOMPARE(semaphore.value(), 2);
}

/// Three threads acquire and cancel at random: each call ends, and all permits come back.
void tst_Semaphore::cancelsLoseNoPermit()
{
    constexpr int rounds = 10'000;
    constexpr int permits = 2;
    Semaphore semaphore(permits);
    std::atomic<int> holders{ 0 };
    std::atomic<bool> areTooMany{ false };
    const auto useAndCancel = [&](unsigned seed) {
        std::minstd_rand random(seed);
        std::vector<PendingCall<Permit>> calls;
        const auto drop = [&](PendingCall<Permit> &call) {
            std::swap(call, calls.back());
            calls.back().cancel();
            calls.pop_back();
        };
        for (int i = 0; i < rounds; ++i) {
            calls.push_back(semaphore.acquire());
            auto &call = calls[random() % calls.size()];
            if (call.isFinished() && !call.isCanceled()) {
                areTooMany = areTooMany || ++holders > permits;
                --holders;
            }
            if (random() % 2 == 0)
                drop(call);
            if (calls.size() > 8)
                drop(calls.front());
        }
        for (const auto &call : calls)
            call.cancel();
        return std::ranges::all_of(calls, [](const auto &call) { return call.isFinished(); });
    };
    OutsideThread first([&] { return useAndCancel(1); });
    OutsideThread second([&] { return useAndCancel(2); });
    OutsideThread third([&] { return useAndCancel(3); });
    QVERIFY(first.resultWhileTheLoopTurns());
    QVERIFY(second.resultWhileTheLoopTurns());
    QVERIFY(third.resultWhileTheLoopTurns());
    QVERIFY(!areTooMany);
    QCOMPARE(semaphore.value(), permits);
}

// --- Lock

void tst_Semaphore::lockHasOneHolder()
{
    Lock lock;
    QVERIFY(!lock.isLocked());
    {
        const Held held = resultOf(lock.acquire());
        QVERIFY(held.isValid());
        QVERIFY(lock.isLocked());
        QVERIFY(!lock.tryAcquire());
    }
    QVERIFY(!lock.isLocked());
    QVERIFY(lock.tryAcquire());
    QVERIFY(!Held().isValid());
}

void tst_Semaphore::lockIsFair()
{
    Lock lock;
    Held held = *lock.tryAcquire();
    const auto second = lock.acquire();
    const auto third = lock.acquire();
    held.release();
    const auto again = lock.acquire();
    QVERIFY(second.isFinished() && !third.isFinished());
    resultOf(second).release();
    QVERIFY(third.isFinished() && !again.isFinished());
    resultOf(third).release();
    QVERIFY(again.isFinished());
}

void tst_Semaphore::lockIsHeldAcrossWaits()
{
    Lock lock;
    std::vector<int> order;
    const auto twice = [&](int number) -> Task<int> {
        const Held held = co_await lock.acquire();
        order.push_back(number);
        co_await toThread([] {});
        order.push_back(number);
        co_return number;
    };
    const auto one = twice(1).start();
    const auto other = twice(2).start();
    resultOf(whenAll(one, other));
    QCOMPARE(order, (std::vector{ 1, 1, 2, 2 }));
}

void tst_Semaphore::destroyedLockEndsWaits()
{
    auto lock = std::make_unique<Lock>();
    Held held = *lock->tryAcquire();
    const auto waiting = lock->acquire();
    lock.reset();
    QVERIFY(waiting.isCanceled());
    QVERIFY(held.isValid());
}

// --- Condition

void tst_Semaphore::waitGivesUpTheLockAndHasItAgain()
{
    Lock lock;
    Condition condition(lock);
    Held held = *lock.tryAcquire();
    const auto wait = condition.wait(held);
    QVERIFY(!held.isValid());
    QVERIFY(!lock.isLocked());
    condition.notifyOne();
    QVERIFY(wait.isFinished() && !wait.isCanceled());
    QVERIFY(held.isValid());
    QVERIFY(lock.isLocked());
    const auto again = condition.wait(held);
    QVERIFY(!held.isValid() && !again.isFinished());
    condition.notifyAll();
    QVERIFY(held.isValid() && again.isFinished());
    held.release();
    QVERIFY(!lock.isLocked());
}

void tst_Semaphore::notifyOneWakesTheFirst()
{
    Lock lock;
    Condition condition(lock);
    const auto first = waitForChange(condition, *lock.tryAcquire()).start();
    const auto second = waitForChange(condition, *lock.tryAcquire()).start();
    condition.notifyOne();
    QCOMPARE(resultOf(first), QStringLiteral("notified"));
    QVERIFY(!second.isFinished());
    condition.notifyOne();
    QCOMPARE(resultOf(second), QStringLiteral("notified"));
    condition.notifyOne(); // nobody waits
}

void tst_Semaphore::notifyAllWakesAll()
{
    Lock lock;
    Condition condition(lock);
    std::vector<PendingCall<QString>> tasks;
    for (int i = 0; i < 5; ++i)
        tasks.push_back(waitForChange(condition, *lock.tryAcquire()).start());
    condition.notifyAll();
    for (const auto &task : tasks)
        QCOMPARE(resultOf(task), QStringLiteral("notified"));
    QVERIFY(!lock.isLocked());
}

void tst_Semaphore::notifiedOneWaitsForTheLock()
{
    Lock lock;
    Condition condition(lock);
    Held held = *lock.tryAcquire();
    const auto wait = condition.wait(held);
    Held other = *lock.tryAcquire();
    condition.notifyOne();
    QVERIFY(!wait.isFinished() && !held.isValid());
    other.release();
    QVERIFY(wait.isFinished() && held.isValid());
}

void tst_Semaphore::canceledWaitHasTheLockAgain()
{
    Lock lock;
    Condition condition(lock);
    CancelScope scope;
    const auto task =
            scope.run([&] { return waitForChange(condition, *lock.tryAcquire()).start(); });
    scope.cancel(QStringLiteral("closed"));
    QCOMPARE(resultOf(task), QStringLiteral("closed"));
    QVERIFY(!lock.isLocked());
}

void tst_Semaphore::canceledWaitWaitsForTheLock()
{
    Lock lock;
    Condition condition(lock);
    Held held = *lock.tryAcquire();
    const auto wait = condition.wait(held);
    Held other = *lock.tryAcquire();
    wait.cancel();
    QVERIFY(!wait.isFinished());
    other.release();
    QVERIFY(wait.isCanceled() && held.isValid());
}

void tst_Semaphore::cancelAfterTheNotificationDoesNotLoseIt()
{
    Lock lock;
    Condition condition(lock);
    Held held = *lock.tryAcquire();
    const auto wait = condition.wait(held);
    Held other = *lock.tryAcquire();
    condition.notifyOne();
    wait.cancel();
    other.release();
    QVERIFY(wait.isFinished() && !wait.isCanceled());
}

void tst_Semaphore::waitInACanceledScopeKeepsTheLock()
{
    Lock lock;
    Condition condition(lock);
    Held held = *lock.tryAcquire();
    CancelScope scope;
    scope.cancel();
    QVERIFY(scope.run([&] { return condition.wait(held); }).isCanceled());
    QVERIFY(held.isValid() && lock.isLocked());
    held.release();
    QVERIFY(!lock.isLocked());
}

void tst_Semaphore::whoGivesUpTheLockEndsTheWait()
{
    Lock lock;
    Condition condition(lock);
    PendingCall<void> wait;
    {
        Held held = *lock.tryAcquire();
        wait = condition.wait(held);
        const Held moved = std::move(held);
        QVERIFY(!wait.isFinished());
    }
    QVERIFY(wait.isCanceled());
    QVERIFY(!lock.isLocked());
    Held held = *lock.tryAcquire();
    wait = condition.wait(held);
    Held other = *lock.tryAcquire();
    condition.notifyOne();
    held.release(); // while it waits for the lock
    QVERIFY(wait.isCanceled());
    other.release();
    QVERIFY(!lock.isLocked());
}

void tst_Semaphore::destroyedConditionEndsWaits()
{
    Lock lock;
    auto condition = std::make_unique<Condition>(lock);
    const auto task = waitForChange(*condition, *lock.tryAcquire()).start();
    condition.reset();
    QCOMPARE(resultOf(task), QStringLiteral("the condition that it waited for was destroyed"));
}

void tst_Semaphore::conditionNeedsItsLock()
{
    Lock lock;
    Lock another;
    Condition condition(lock);
    Held none;
    Held wrong = *another.tryAcquire();
    QVERIFY(throws<InvalidUseError>([&] { std::ignore = condition.wait(none); }));
    QVERIFY(throws<InvalidUseError>([&] { std::ignore = condition.wait(wrong); }));
    Held held = *lock.tryAcquire();
    const auto wait = condition.wait(held);
    QVERIFY(throws<InvalidUseError>([&] { std::ignore = condition.wait(held); }));
}

void tst_Semaphore::workersWaitForConditions()
{
    constexpr int items = 1000;
    Lock lock;
    Condition changed(lock);
    std::vector<int> queue; // guarded by the lock
    const auto consume = [&] {
        int sum = 0;
        for (int taken = 0; taken < items; ++taken) {
            Held held = waitInThread(lock.acquire());
            while (queue.empty())
                waitInThread(changed.wait(held));
            sum += queue.back();
            queue.pop_back();
        }
        return sum;
    };
    const auto produce = [&] {
        for (int i = 0; i < items; ++i) {
            const Held held = waitInThread(lock.acquire());
            queue.push_back(1);
            changed.notifyOne();
        }
    };
    const auto sums = whenAll(toThread(consume), toThread(consume));
    const auto producers = whenAll(toThread(produce), toThread(produce));
    QVERIFY(waitFor(producers));
    QCOMPARE(resultOf(sums), std::tuple(items, items));
}

/// Waits that are canceled, notified and given up at random, in several threads.
void tst_Semaphore::cancelsLoseNoLock()
{
    constexpr int rounds = 2000;
    Lock lock;
    Condition condition(lock);
    std::atomic<int> inside{ 0 };
    std::atomic<bool> areTooMany{ false };
    const auto waitAndCancel = [&](unsigned seed) {
        std::minstd_rand random(seed);
        for (int i = 0; i < rounds; ++i) {
            Held held = waitInThread(lock.acquire());
            areTooMany = areTooMany || ++inside > 1;
            --inside;
            const auto wait = condition.wait(held);
            if (random() % 3 == 0)
                condition.notifyOne();
            if (random() % 3 == 0)
                held.release();
            wait.cancel();
            if (random() % 2 == 0)
                condition.notifyAll();
        }
        return true;
    };
    OutsideThread first([&] { return waitAndCancel(1); });
    OutsideThread second([&] { return waitAndCancel(2); });
    OutsideThread third([&] { return waitAndCancel(3); });
    QVERIFY(first.resultWhileTheLoopTurns());
    QVERIFY(second.resultWhileTheLoopTurns());
    QVERIFY(third.resultWhileTheLoopTurns());
    QVERIFY(!areTooMany);
    QVERIFY(!lock.isLocked());
}

QTEST_GUILESS_MAIN(tst_Semaphore)
#include "tst_semaphore.moc"
