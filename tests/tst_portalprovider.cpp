// SPDX-License-Identifier: MIT
#include "portals.h"
#include "refusedthreads.h"

#include <functional>
#include <latch>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

/// Runs a function when it goes, for instance while an exception is on its way.
struct AtTheEnd
{
    ~AtTheEnd() { function(); }
    std::function<void()> function;
};

} // namespace

class tst_PortalProvider : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    // threads
    void roundsLeaveNoThread();
    // sharing
    void overlappingLeasesShareOnePortal();
    void manyThreadsShareOnePortal();
    // failed starts
    void failedStartLeavesItUsable();
    // leases that meet
    void whoComesWhileTheLastLeaseGoesGetsALivePortal();
    void lastLeaseDoesNotHoldUpTheNext();
    // the last lease
    void lastLeaseMayGoInThePortalsThread();
    void lastLeaseWaitsForTasks();
    void lastLeaseThatUnwindsCancels();
    void lastLeaseWaitsThoughAnExceptionIsOnItsWayElsewhere();
    void leaseMayOutliveTheProvider();
    void leaseMayBeMoved();
    void leaseThatWasMovedFromIsInvalidUse();
    void threadHasTheName();
};

void tst_PortalProvider::initTestCase()
{
    startLastingThreads();
}

void tst_PortalProvider::roundsLeaveNoThread()
{
    const int before = processThreadCount();
    BlockingPortalProvider provider;
    QVERIFY(processThreadCount() <= before); // nobody uses it yet
    for (int round = 0; round < 3; ++round) {
        {
            const auto lease = provider.acquire();
            QVERIFY(lease->call(here) != here());
        }
        QVERIFY(threadsVanishDownTo(before));
    }
}

void tst_PortalProvider::overlappingLeasesShareOnePortal()
{
    BlockingPortalProvider provider;
    std::optional<PortalLease> first = provider.acquire();
    QThread *thread = (*first)->call(here);
    const auto second = provider.acquire();
    QCOMPARE(&**first, &*second);
    QCOMPARE(second->call(here), thread);
    first.reset();
    QVERIFY(second->isRunning());
    QCOMPARE(second->call(here), thread);
}

void tst_PortalProvider::manyThreadsShareOnePortal()
{
    constexpr int count = 8;
    const int before = processThreadCount();
    BlockingPortalProvider provider;
    std::latch haveCalled(count);
    std::array<QThread *, count> threads{};
    std::vector<std::thread> users;
    for (QThread *&thread : threads) {
        users.emplace_back([&] {
            const auto lease = provider.acquire();
            thread = lease->call(here);
            haveCalled.arrive_and_wait();
        });
    }
    for (std::thread &user : users)
        user.join();
    for (QThread *thread : threads)
        QCOMPARE(thread, threads.front());
    QVERIFY(threadsVanishDownTo(before));
}

void tst_PortalProvider::failedStartLeavesItUsable()
{
    if (!RefusedThreads::arePossible())
        QSKIP("threads cannot be refused here");
    BlockingPortalProvider provider;
    {
        QTest::ignoreMessage(QtCriticalMsg,
                             QRegularExpression(QStringLiteral("Thread creation error")));
        const RefusedThreads refused;
        QVERIFY(throws<ThreadStartError>([&] { (void)provider.acquire(); }));
    }
    QCOMPARE(provider.acquire()->call([] { return 1; }), 1);
}

void tst_PortalProvider::whoComesWhileTheLastLeaseGoesGetsALivePortal()
{
    const int before = processThreadCount();
    BlockingPortalProvider provider;
    std::atomic<int> failures = 0;
    std::vector<std::thread> users;
    for (int i = 0; i < 4; ++i) {
        users.emplace_back([&] {
            for (int round = 0; round < 200; ++round) {
                const auto lease = provider.acquire();
                if (!lease->isRunning() || lease->call([round] { return round; }) != round)
                    ++failures;
            }
        });
    }
    for (std::thread &user : users)
        user.join();
    QCOMPARE(failures, 0);
    QVERIFY(threadsVanishDownTo(before));
}

void tst_PortalProvider::lastLeaseDoesNotHoldUpTheNext()
{
    BlockingPortalProvider provider;
    Blocker blocker;
    PendingCall<void> isStopped;
    OutsideThread leaving([&] {
        const auto lease = provider.acquire();
        isStopped = lease->sleepUntilStopped();
        (void)lease->startTaskSoon(blocker.function());
        return true; // waits for the task
    });
    QVERIFY(blocker.hasStarted());
    QVERIFY(waitFor(isStopped)); // the lease is going
    QCOMPARE(provider.acquire()->call([] { return 1; }), 1);
    QVERIFY(!leaving.isFinished());
    blocker.release();
    QVERIFY(leaving.result());
}

void tst_PortalProvider::lastLeaseMayGoInThePortalsThread()
{
    const int before = processThreadCount();
    BlockingPortalProvider provider;
    for (int round = 0; round < 3; ++round) {
        auto lease = std::make_unique<PortalLease>(provider.acquire());
        BlockingPortal &portal = **lease;
        Gate isDone;
        QThread *thread = nullptr;
        (void)portal.startTaskSoon([&] {
            thread = here();
            lease.reset();
            isDone.open();
        });
        isDone.pass();
        QVERIFY(thread != here());
        QVERIFY(threadsVanishDownTo(before));
    }
    QCOMPARE(provider.acquire()->call([] { return 1; }), 1);
}

void tst_PortalProvider::lastLeaseWaitsForTasks()
{
    BlockingPortalProvider provider;
    Blocker blocker;
    QFuture<int> future;
    std::thread releaser([&] {
        if (blocker.hasStarted())
            blocker.release();
    });
    {
        const auto lease = provider.acquire();
        future = lease->startTaskSoon([&] { return toThread(blocker.returning(1)); });
    }
    releaser.join();
    QCOMPARE(outcomeOf(future), 1);
}

void tst_PortalProvider::lastLeaseThatUnwindsCancels()
{
    BlockingPortalProvider provider;
    const Operation<int> operation;
    QFuture<int> future;
    QVERIFY(throws<std::domain_error>([&] {
        const auto lease = provider.acquire();
        future = lease->startTaskSoon(operation.function());
        if (operation.hasStarted())
            throw std::domain_error("unwind");
    }));
    QVERIFY(isCanceledInTime(future));
    QVERIFY(operation.isCanceledInTime());
}

void tst_PortalProvider::lastLeaseWaitsThoughAnExceptionIsOnItsWayElsewhere()
{
    BlockingPortalProvider provider;
    std::optional<PortalLease> first = provider.acquire();
    Blocker blocker;
    std::thread releaser([&] {
        if (blocker.hasStarted())
            blocker.release();
    });
    QFuture<int> future;
    const auto cleanUp = [&] {
        const auto last = provider.acquire();
        first.reset();
        future = last->startTaskSoon([&] { return toThread(blocker.returning(1)); });
    };
    QVERIFY(throws<std::domain_error>([&] {
        const AtTheEnd atTheEnd{ cleanUp };
        throw std::domain_error("unwind");
    }));
    releaser.join();
    QCOMPARE(outcomeOf(future), 1);
}

void tst_PortalProvider::leaseMayOutliveTheProvider()
{
    std::optional<PortalLease> lease;
    {
        BlockingPortalProvider provider;
        lease.emplace(provider.acquire());
    }
    QCOMPARE((*lease)->call([] { return 1; }), 1);
}

void tst_PortalProvider::leaseMayBeMoved()
{
    const int before = processThreadCount();
    BlockingPortalProvider provider;
    {
        auto lease = provider.acquire();
        auto moved = std::move(lease);
        QCOMPARE(moved->call([] { return 1; }), 1);
        moved = provider.acquire();
        QCOMPARE(moved->call([] { return 2; }), 2);
    }
    QVERIFY(threadsVanishDownTo(before));
}

void tst_PortalProvider::leaseThatWasMovedFromIsInvalidUse()
{
    BlockingPortalProvider provider;
    auto lease = provider.acquire();
    const auto moved = std::move(lease);
    // NOLINTBEGIN(bugprone-use-after-move)
    QVERIFY(throws<InvalidUseError>([&] { lease->call([] {}); }));
    QVERIFY(throws<InvalidUseError>([&] { (*lease).stop(); }));
    // NOLINTEND(bugprone-use-after-move)
    QVERIFY(moved->isRunning());
}

void tst_PortalProvider::threadHasTheName()
{
    BlockingPortalProvider provider("ferry");
    QCOMPARE(provider.acquire()->call([] { return here()->objectName(); }),
             QStringLiteral("ferry"));
}

QTEST_GUILESS_MAIN(tst_PortalProvider)
#include "tst_portalprovider.moc"
