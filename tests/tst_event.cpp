// SPDX-License-Identifier: MIT
// What happens once: who waits for it, and what else ends that.
#include "cancelable.h"
#include "outside.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

constexpr auto shortTime = 20ms;

/// Why the call was canceled, as a coroutine learns of it.
Task<QString> reasonOf(PendingCall<void> call)
{
    try {
        co_await call;
    } catch (const CanceledError &error) {
        co_return error.reason();
    }
    co_return QStringLiteral("it was not canceled");
}

} // namespace

class tst_Event : public QObject
{
    Q_OBJECT

private slots:
    void waitEndsWhenItIsSet();
    void waitForASetEventEndsAtOnce();
    void itMayBeSetTwice();
    void waitsEndInOrder();
    void itIsSetInAnotherThread();
    void workersWaitForIt();
    void tasksWaitForIt();
    void handlersWaitForIt();
    // what else ends a wait
    void canceledWaitEnds();
    void scopeEndsWaits();
    void waitBegunInACanceledScopeEnds();
    void whatNeedsNoWaitIsNotCanceled();
    void deadlineEndsWaits();
    void deadlineEndsTheWaitOfAWorker();
    void anotherCallIsFirst();
    void destroyedEventEndsWaits();
    void whoWaitedMayDestroyTheEvent();
    void endOfTheLoopEndsItsWaits();
    void waitsOfOtherLoopsGoOn();
    // all at once
    void eachWaitEndsOnce();
};

void tst_Event::waitEndsWhenItIsSet()
{
    Event event;
    const PendingCall<void> wait = event.wait();
    QVERIFY(!event.isSet());
    QVERIFY(!wait.isFinished());
    event.set();
    QVERIFY(event.isSet());
    QVERIFY(wait.isFinished() && !wait.isCanceled());
}

void tst_Event::waitForASetEventEndsAtOnce()
{
    Event event;
    event.set();
    const PendingCall<void> wait = event.wait();
    QVERIFY(wait.isFinished() && !wait.isCanceled());
}

void tst_Event::itMayBeSetTwice()
{
    Event event;
    event.set();
    event.set();
    QVERIFY(event.wait().isFinished());
}

void tst_Event::waitsEndInOrder()
{
    Event event;
    std::vector<int> order;
    for (int i = 0; i < 3; ++i)
        event.wait().then(this, [&order, i] { order.push_back(i); });
    event.set();
    QVERIFY(spinUntil([&] { return order.size() == 3; }));
    QCOMPARE(order, (std::vector{ 0, 1, 2 }));
}

void tst_Event::itIsSetInAnotherThread()
{
    Event event;
    const PendingCall<void> wait = event.wait();
    OutsideThread other([&] { event.set(); });
    resultOf(wait);
    other.result();
}

void tst_Event::workersWaitForIt()
{
    Event event;
    Gate running;
    const auto wait = [&] {
        running.open();
        waitInThread(event.wait());
        return event.isSet();
    };
    const auto workers = whenAll(toThread(wait), toThread(wait));
    running.pass(2);
    event.set();
    QCOMPARE(resultOf(workers), std::tuple(true, true));
}

void tst_Event::tasksWaitForIt()
{
    Event event;
    const auto wait = [&]() -> Task<int> {
        co_await event.wait();
        co_return 7;
    };
    const auto task = wait().start();
    event.set();
    QCOMPARE(resultOf(task), 7);
}

void tst_Event::handlersWaitForIt()
{
    Event event;
    const auto call = toThread([] { return 7; }).then(this, [&](int) { return event.wait(); });
    event.set();
    resultOf(call);
}

void tst_Event::canceledWaitEnds()
{
    Event event;
    const PendingCall<void> first = event.wait();
    const PendingCall<void> second = event.wait();
    const PendingCall<QString> reason = reasonOf(first).start();
    first.cancel(QStringLiteral("enough"));
    QVERIFY(first.isCanceled());
    QCOMPARE(resultOf(reason), QStringLiteral("enough"));
    QVERIFY(!second.isFinished());
    event.set();
    QVERIFY(second.isFinished() && !second.isCanceled());
}

void tst_Event::scopeEndsWaits()
{
    Event event;
    CancelScope scope;
    const PendingCall<void> outside = event.wait();
    const PendingCall<void> inside = scope.run([&] { return event.wait(); });
    scope.cancel();
    QVERIFY(inside.isCanceled());
    QVERIFY(!outside.isFinished());
}

void tst_Event::waitBegunInACanceledScopeEnds()
{
    Event event;
    CancelScope scope;
    scope.cancel(QStringLiteral("closed"));
    const PendingCall<void> wait = scope.run([&] { return event.wait(); });
    QVERIFY(wait.isCanceled());
    QCOMPARE(resultOf(reasonOf(wait).start()), QStringLiteral("closed"));
}

void tst_Event::whatNeedsNoWaitIsNotCanceled()
{
    Event event;
    event.set();
    CancelScope scope;
    scope.cancel();
    const PendingCall<void> wait = scope.run([&] { return event.wait(); });
    QVERIFY(wait.isFinished() && !wait.isCanceled());
}

void tst_Event::deadlineEndsWaits()
{
    Event event;
    QVERIFY(failsWith<TimeoutError>(failAfter(shortTime, [&] { return event.wait(); })));
    QVERIFY(!resultOf(moveOnAfter(shortTime, [&] { return event.wait(); })));
    event.set();
    QVERIFY(resultOf(moveOnAfter(shortTime, [&] { return event.wait(); })));
}

void tst_Event::deadlineEndsTheWaitOfAWorker()
{
    Event event;
    const auto wait = [&] { waitInThread(event.wait()); };
    QVERIFY(!resultOf(toThread([&] { return moveOnAfter(shortTime, wait); })));
}

void tst_Event::anotherCallIsFirst()
{
    Event event;
    Event other;
    const auto either = whenAny(event.wait(), other.wait());
    other.set();
    QCOMPARE(resultOf(either).index(), 1U);
    event.set(); // nobody waits any more
}

void tst_Event::destroyedEventEndsWaits()
{
    auto event = std::make_unique<Event>();
    const PendingCall<void> wait = event->wait();
    const PendingCall<QString> reason = reasonOf(wait).start();
    event.reset();
    QVERIFY(wait.isCanceled());
    QVERIFY(resultOf(reason).contains(u"destroyed"));
}

void tst_Event::whoWaitedMayDestroyTheEvent()
{
    auto event = std::make_unique<Event>();
    bool isLastTold = false;
    event->wait().future().then([&] { event.reset(); });
    event->wait().future().then([&] { isLastTold = true; });
    event->set();
    QVERIFY(spinUntil([&] { return !event && isLastTold; }));
}

void tst_Event::endOfTheLoopEndsItsWaits()
{
    Event event;
    PendingCall<void> wait;
    LoopThread thread;
    thread.call([&] { wait = event.wait(); });
    QVERIFY(!wait.isFinished());
    thread.finish();
    QVERIFY(wait.isCanceled());
}

void tst_Event::waitsOfOtherLoopsGoOn()
{
    Event event;
    const PendingCall<void> ours = event.wait();
    LoopThread thread;
    PendingCall<void> theirs;
    QThread *toldIn = nullptr;
    thread.call([&] {
        theirs = event.wait().then(thread.context(), [&] { toldIn = QThread::currentThread(); });
    });
    event.set();
    QVERIFY(waitFor(ours) && !ours.isCanceled());
    QVERIFY(waitFor(theirs) && !theirs.isCanceled());
    QCOMPARE(toldIn, &thread);
}

void tst_Event::eachWaitEndsOnce()
{
    constexpr int rounds = 300;
    constexpr int waitsPerRound = 8;
    for (int round = 0; round < rounds; ++round) {
        Event event;
        std::vector<PendingCall<void>> waits;
        std::atomic<int> ends{ 0 };
        for (int i = 0; i < waitsPerRound; ++i) {
            waits.push_back(event.wait());
            waits.back().finally(this, [&] { ++ends; });
        }
        OutsideThread canceler([&] {
            for (const auto &wait : waits)
                wait.cancel();
        });
        OutsideThread setter([&] { event.set(); });
        QVERIFY(spinUntil([&] { return ends == waitsPerRound; }));
        canceler.result();
        setter.result();
    }
}

QTEST_GUILESS_MAIN(tst_Event)
#include "tst_event.moc"
