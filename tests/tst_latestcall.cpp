// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "outside.h"
#include "task.h"

#include <QtCore/qpromise.h>

using namespace QFerry;
using namespace Testing;

/// Runs of one work, of which only the latest counts.
class tst_LatestCall : public QObject
{
    Q_OBJECT
private slots:
    void init() { m_heard.clear(); }
    void aRunIsACall();
    void itsFunctionMayBePlainOrACoroutine();
    void thePreviousIsCanceledUnheard();
    void thePreviousMayBeAboutToBeHeard();
    void ignoringJoinsTheRunUnderWay();
    void queuedRunsFollowEachOther();
    void oneMoreRunHoweverOftenAsked();
    void cancelIsHeard();
    void aWaitingRunMayBeCanceled();
    void anErrorIsHeardAndTheNextBegins();
    void itMayStartAnewInAHandler();
    void itsEndDropsAllRuns();
    void anotherThreadIsRefused();

private:
    /// A run that ends when it is told to, and says what it hears.
    auto run(int number, QPromise<int> &promise)
    {
        return [this, number, &promise](QObject *context) {
            promise.start();
            say(number, "starts");
            return toPendingCall(promise.future())
                    .then(context, [=, this](int) { say(number, "done"); })
                    .onFailed(context,
                              [=, this](const std::exception &) { say(number, "failed"); })
                    .onCanceled(context, [=, this] { say(number, "canceled"); })
                    .finally(context, [=, this] { say(number, "ends"); });
        };
    }
    void say(int number, const char *what)
    {
        m_heard << QStringLiteral("%1 %2").arg(number).arg(QLatin1String(what));
    }
    [[nodiscard]] bool hears(const char *last)
    {
        return spinUntil([&] { return !m_heard.isEmpty() && m_heard.last() == QLatin1String(last); });
    }
    static void end(QPromise<int> &promise)
    {
        promise.addResult(1);
        promise.finish();
    }
    QString heard() const { return m_heard.join(QStringLiteral(", ")); }

    QStringList m_heard;
};

void tst_LatestCall::aRunIsACall()
{
    LatestCall<int> latest;
    QVERIFY(!latest.isRunning());
    const auto call = latest.start([] { return toThread([] { return 5; }); });
    QVERIFY(latest.isRunning());
    QCOMPARE(resultOf(call), 5);
    QVERIFY(!latest.isRunning());
}

void tst_LatestCall::itsFunctionMayBePlainOrACoroutine()
{
    LatestCall<int> latest;
    QCOMPARE(resultOf(latest.start([](QObject *) { return 5; })), 5);
    const auto call = latest.start([two = 2](QObject *) -> EagerTask<int> {
        const int three = co_await toThread([] { return 3; });
        co_return two * three;
    });
    QCOMPARE(resultOf(call), 6);
}

void tst_LatestCall::thePreviousIsCanceledUnheard()
{
    QPromise<int> first;
    QPromise<int> second;
    LatestCall<void> latest;
    const auto old = latest.start(run(1, first));
    QVERIFY(hears("1 starts"));
    const auto call = latest.start(run(2, second));
    QVERIFY(first.isCanceled());
    QVERIFY(old.isCanceled());
    first.finish();
    QVERIFY(hears("2 starts"));
    end(second);
    QVERIFY(waitFor(call));
    QCOMPARE(heard(), QStringLiteral("1 starts, 2 starts, 2 done, 2 ends"));
}

void tst_LatestCall::thePreviousMayBeAboutToBeHeard()
{
    LatestCall<void> latest;
    Gate ran;
    QPromise<int> second;
    const auto worker = std::make_shared<PendingCall<void>>();
    const auto old = latest.start([&](QObject *context) {
        say(1, "starts");
        *worker = toThread([&ran] { ran.pass(); });
        return worker->then(context, [this] { say(1, "done"); });
    });
    QVERIFY(hears("1 starts"));
    ran.open();
    while (!worker->isFinished()) // its handler is posted, or is about to be
        QThread::yieldCurrentThread();
    const auto call = latest.start(run(2, second));
    QVERIFY(hears("2 starts"));
    end(second);
    QVERIFY(waitFor(call));
    QCOMPARE(heard(), QStringLiteral("1 starts, 2 starts, 2 done, 2 ends"));
}

void tst_LatestCall::ignoringJoinsTheRunUnderWay()
{
    QPromise<int> first;
    QPromise<int> second;
    LatestCall<void> latest(RerunPolicy::Ignore);
    const auto call = latest.start(run(1, first));
    const auto joined = latest.start(run(2, second));
    QCOMPARE(joined.core(), call.core());
    QVERIFY(hears("1 starts"));
    end(first);
    QVERIFY(waitFor(joined));
    QCOMPARE(heard(), QStringLiteral("1 starts, 1 done, 1 ends"));
}

void tst_LatestCall::queuedRunsFollowEachOther()
{
    QPromise<int> first;
    QPromise<int> second;
    LatestCall<void> latest(RerunPolicy::Queue);
    const auto one = latest.start(run(1, first));
    const auto two = latest.start(run(2, second));
    QVERIFY(hears("1 starts"));
    end(first);
    QVERIFY(hears("2 starts"));
    QVERIFY(one.isFinished() && !one.isCanceled());
    end(second);
    QVERIFY(waitFor(two));
    QCOMPARE(heard(), QStringLiteral("1 starts, 1 done, 1 ends, 2 starts, 2 done, 2 ends"));
}

void tst_LatestCall::oneMoreRunHoweverOftenAsked()
{
    QPromise<int> first;
    QPromise<int> second;
    QPromise<int> last;
    LatestCall<void> latest(RerunPolicy::OnceMore);
    const auto one = latest.start(run(1, first));
    const auto two = latest.start(run(2, second));
    const auto three = latest.start(run(3, last));
    QVERIFY(two.isCanceled());
    QVERIFY(hears("1 starts"));
    end(first);
    QVERIFY(hears("3 starts"));
    end(last);
    QVERIFY(waitFor(three));
    QVERIFY(!latest.isRunning());
    QCOMPARE(heard(), QStringLiteral("1 starts, 1 done, 1 ends, 3 starts, 3 done, 3 ends"));
}

void tst_LatestCall::cancelIsHeard()
{
    QPromise<int> first;
    QPromise<int> second;
    LatestCall<void> latest(RerunPolicy::Queue);
    const auto one = latest.start(run(1, first));
    const auto two = latest.start(run(2, second));
    QVERIFY(hears("1 starts"));
    latest.cancel();
    first.finish();
    QVERIFY(waitFor(one));
    QVERIFY(waitFor(two));
    QVERIFY(two.isCanceled());
    QVERIFY(!latest.isRunning());
    QCOMPARE(heard(), QStringLiteral("1 starts, 1 canceled, 1 ends"));
}

void tst_LatestCall::aWaitingRunMayBeCanceled()
{
    QPromise<int> first;
    QPromise<int> second;
    QPromise<int> third;
    LatestCall<void> latest(RerunPolicy::Queue);
    const auto one = latest.start(run(1, first));
    const auto two = latest.start(run(2, second));
    const auto three = latest.start(run(3, third));
    two.cancel();
    QVERIFY(hears("1 starts"));
    end(first);
    QVERIFY(hears("3 starts"));
    end(third);
    QVERIFY(waitFor(three));
    QVERIFY(two.isCanceled());
    QVERIFY(!heard().contains(QStringLiteral("2 ")));
}

void tst_LatestCall::anErrorIsHeardAndTheNextBegins()
{
    QPromise<int> first;
    QPromise<int> second;
    LatestCall<void> latest(RerunPolicy::Queue);
    const auto one = latest.start(run(1, first));
    const auto thrown = latest.start([](QObject *) { throw std::domain_error("at once"); });
    const auto two = latest.start(run(2, second));
    QVERIFY(hears("1 starts"));
    first.setException(std::make_exception_ptr(std::domain_error("broken")));
    first.finish();
    QVERIFY_EXCEPTION_THROWN(resultOf(thrown), std::domain_error);
    QVERIFY(hears("2 starts"));
    end(second);
    QVERIFY(waitFor(two));
    QCOMPARE(heard(), QStringLiteral("1 starts, 1 failed, 1 ends, 2 starts, 2 done, 2 ends"));
}

void tst_LatestCall::itMayStartAnewInAHandler()
{
    LatestCall<void> latest;
    int runs = 0;
    PendingCall<void> last;
    const std::function<PendingCall<void>(QObject *)> work = [&](QObject *context) {
        return toThread([] {}).finally(context, [&] {
            if (++runs < 3)
                last = latest.start(work);
        });
    };
    last = latest.start(work);
    QVERIFY(spinUntil([&] { return runs == 3 && last.isFinished(); }));
    QVERIFY(!latest.isRunning());
}

void tst_LatestCall::itsEndDropsAllRuns()
{
    QPromise<int> first;
    QPromise<int> second;
    PendingCall<void> one;
    PendingCall<void> two;
    {
        LatestCall<void> latest(RerunPolicy::Queue);
        one = latest.start(run(1, first));
        two = latest.start(run(2, second));
        QVERIFY(hears("1 starts"));
    }
    QVERIFY(first.isCanceled());
    QVERIFY(one.isCanceled() && two.isCanceled());
    first.finish();
    QVERIFY(resultOf(toThread([] { return true; })));
    QCOMPARE(heard(), QStringLiteral("1 starts"));
}

void tst_LatestCall::anotherThreadIsRefused()
{
    LatestCall<int> latest;
    QVERIFY(runOutside([&latest] {
        return throws<InvalidUseError>([&latest] { latest.start([] { return 1; }); });
    }));
}

QTEST_GUILESS_MAIN(tst_LatestCall)
#include "tst_latestcall.moc"
