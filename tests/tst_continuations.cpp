// SPDX-License-Identifier: MIT
// What follows from a call's end, in the thread that ended it.
#include "outside.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

using FinishedEvent = Detail::SettableCall<void>;

/// Counts how often it was told.
class Listener : public Detail::Continuation
{
public:
    void callFinished() override { ++told; }
    void deliver() override {}
    void loopFinished() override {}

    std::atomic<int> told{ 0 };
};

class Throwing final : public Listener
{
public:
    void callFinished() override
    {
        ++told;
        throw std::domain_error("no");
    }
};

/// Runs a function when the last copy goes.
auto atEnd(std::function<void()> fn)
{
    return std::shared_ptr<void>(nullptr, [fn = std::move(fn)](void *) { fn(); });
}

/// A call in a queue that is canceled ends here and now.
QFuture<void> futureOfACallThatEndsHere()
{
    CapacityLimiter closed(0);
    const auto call = toThread({ .limiter = &closed }, [] {});
    QFuture<void> future = call.future();
    call.cancel();
    return future;
}

} // namespace

class tst_Continuations : public QObject
{
    Q_OBJECT

private slots:
    void whoAttachesWhileACallFinishesIsTold();
    void aCallThatNobodyRefersToFinishes();
    void aContinuationMayWaitForACallThatEndsInside();
    void aCaptureMayWaitWhenItGoesForACallThatEndsInside();
    void aContinuationMayWaitForTheNextOne();
    void aCaptureMayWaitForWhoComesBehind();
    void whatOneThrowsKeepsNobodyFromHearing();
    void aHandlerThatWasPostedEndsWhenItIsCanceled();
    void aHandlerThatIsCanceledNeverRuns();
};

// The call has one reference all the time, which the other thread copies.
void tst_Continuations::whoAttachesWhileACallFinishesIsTold()
{
    constexpr int rounds = 20'000;
    struct Round
    {
        const QExplicitlySharedDataPointer<FinishedEvent> event{ new FinishedEvent };
        Listener listener;
    };
    std::vector<Round> all(rounds);
    std::atomic<int> round{ -1 };
    OutsideThread<void> visitor([&] {
        for (int i = 0; i < rounds; ++i) {
            while (round.load() < i)
                ;
            const auto copy = all[size_t(i)].event;
            copy->attach(&all[size_t(i)].listener);
        }
    });
    for (int i = 0; i < rounds; ++i) {
        round.store(i);
        for (int delay = i % 64; delay > 0; --delay)
            (void)round.load();
        all[size_t(i)].event->settle([] {});
    }
    visitor.result();
    for (const Round &one : all)
        QCOMPARE(one.listener.told.load(), 1);
}

void tst_Continuations::aCallThatNobodyRefersToFinishes()
{
    const int before = Counted::alive();
    Gate ran;
    for (int i = 0; i < 100; ++i)
        toThread([&ran, c = Counted()] { ran.open(); });
    QVERIFY(ran.tryPass(100));
    for (int i = 0; i < 100; ++i)
        toThread([] { return Counted(); }).then(this, [&ran](const Counted &) { ran.open(); });
    QVERIFY(spinUntil([&] { return ran.tryPass(100, 0ms); }));
    QVERIFY(spinUntil([&] { return activeCalls().isEmpty() && Counted::alive() == before; }));
}

void tst_Continuations::aContinuationMayWaitForACallThatEndsInside()
{
    Gate done;
    Blocker blocker;
    const auto call = toThread(blocker.function());
    OutsideThread<void>([&] { // without a loop, so that the worker finishes the future
        call.future().then([&] {
            futureOfACallThatEndsHere().waitForFinished();
            done.open();
        });
    }).result();
    blocker.release();
    QVERIFY(done.tryPass());
}

void tst_Continuations::aCaptureMayWaitWhenItGoesForACallThatEndsInside()
{
    Gate done;
    Blocker blocker;
    toThread(blocker.function())
            .onCanceled(this, [capture = atEnd([&done] {
                                   futureOfACallThatEndsHere().waitForFinished();
                                   done.open();
                               })] {});
    blocker.release();
    QVERIFY(done.tryPass());
}

void tst_Continuations::aContinuationMayWaitForTheNextOne()
{
    Gate done;
    Blocker blocker;
    const auto call = toThread(blocker.function());
    OutsideThread<void>([&] {
        QFuture<void> first = call.future();
        QFuture<void> second = call.future();
        first.then([&done, second]() mutable {
            second.waitForFinished();
            done.open();
        });
    }).result();
    blocker.release();
    QVERIFY(done.tryPass());
}

// By means that the library knows nothing of.
void tst_Continuations::aCaptureMayWaitForWhoComesBehind()
{
    Gate told;
    Gate done;
    Blocker blocker;
    const auto call = toThread(blocker.function());
    call.onCanceled(this, [capture = atEnd([&] {
                               if (told.tryPass())
                                   done.open();
                           })] {});
    OutsideThread<void>([&] { call.future().then([&] { told.open(); }); }).result();
    blocker.release();
    QVERIFY(done.tryPass());
}

void tst_Continuations::whatOneThrowsKeepsNobodyFromHearing()
{
    const auto settle = [](FinishedEvent *event) { event->settle([] {}); };
    const QExplicitlySharedDataPointer first(new FinishedEvent);
    const QExplicitlySharedDataPointer second(new FinishedEvent);
    Throwing throwing;
    Listener listener;
    Listener later;
    first->attach(&throwing);
    first->attach(&listener);
    second->attach(&later);
    QVERIFY(throws<std::domain_error>([&] { settle(first.data()); }));
    QCOMPARE(throwing.told.load(), 1);
    QCOMPARE(listener.told.load(), 1);
    settle(second.data());
    QCOMPARE(later.told.load(), 1);
}

void tst_Continuations::aHandlerThatWasPostedEndsWhenItIsCanceled()
{
    bool hasRun = false;
    const auto call = toThread([] {});
    QVERIFY(waitFor(call));
    const auto handled = call.then(this, [&] { hasRun = true; });
    QFuture<void> future = handled.future();
    handled.cancel();
    QVERIFY(handled.isCanceled());
    future.waitForFinished(); // though this loop does not turn
    QVERIFY(future.isCanceled());
    QCoreApplication::processEvents();
    QVERIFY(!hasRun);

    QFuture<void> canceled = call.then(this, [&] { hasRun = true; }).future();
    canceled.cancel();
    canceled.waitForFinished();
    QCoreApplication::processEvents();
    QVERIFY(!hasRun);
}

void tst_Continuations::aHandlerThatIsCanceledNeverRuns()
{
    for (int round = 0; round < 1000; ++round) {
        const int before = Counted::alive();
        int runs = 0;
        const auto handled = toThread([] {}).then(this, [&runs, c = Counted()] { ++runs; });
        OutsideThread<void> canceler([&] { handled.cancel(); });
        QVERIFY(waitFor(handled));
        canceler.result();
        QCOMPARE(runs, handled.isCanceled() ? 0 : 1);
        QVERIFY(spinUntil([&] { return activeCalls().isEmpty(); }));
        QVERIFY(spinUntil([&] { return Counted::alive() == before; }));
    }
}

QTEST_GUILESS_MAIN(tst_Continuations)
#include "tst_continuations.moc"
