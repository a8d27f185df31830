// SPDX-License-Identifier: MIT
// Calls in the order of their ends.
#include "cancelable.h"
#include "outside.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

/// So many calls, which a test ends.
class Calls
{
public:
    explicit Calls(int count) : m_promises(std::size_t(count))
    {
        for (QPromise<int> &promise : m_promises) {
            promise.start();
            m_calls.append(toPendingCall(promise.future()));
        }
    }
    ~Calls()
    {
        for (QPromise<int> &promise : m_promises)
            promise.finish();
    }
    Q_DISABLE_COPY_MOVE(Calls)

    void end(int index)
    {
        QPromise<int> &promise = m_promises[std::size_t(index)];
        promise.addResult(index);
        promise.finish();
        (void)spinUntil([&] { return m_calls[index].isFinished(); });
    }
    void fail(int index)
    {
        QPromise<int> &promise = m_promises[std::size_t(index)];
        promise.setException(std::make_exception_ptr(std::runtime_error("broken")));
        promise.finish();
        (void)spinUntil([&] { return m_calls[index].isFinished(); });
    }
    const QList<PendingCall<int>> &list() const { return m_calls; }

private:
    std::vector<QPromise<int>> m_promises;
    QList<PendingCall<int>> m_calls;
};

/// The result of the next call.
int nextOf(AsCompleted<int> &calls)
{
    return resultOf(*resultOf(calls.next()));
}

} // namespace

class tst_AsCompleted : public QObject
{
    Q_OBJECT

private slots:
    void callsComeInTheOrderOfTheirEnds();
    void failedOnesComeToo();
    void noneIsTheEnd();
    void whoWaitsIsServedInOrder();
    void whateverIsAsynchronousIsTaken();
    void resultsThatCannotBeCopiedAreTaken();
    void callsOfOtherThreadsCome();
    void canceledNextLosesNothing();
    void nextThatNobodyLooksAtLosesNothing();
    void losingARaceLosesNothing();
    void manyDroppedNextsDoNotUseTheStack();
    void scopeEndsNext();
    void destroyingItCancelsWhatIsLeft();
    void errorThatNobodyTakesIsLogged();
    void tasksLoopOverIt();
};

void tst_AsCompleted::callsComeInTheOrderOfTheirEnds()
{
    Calls calls(3);
    AsCompleted completed(calls.list());
    const auto first = completed.next();
    QVERIFY(!first.isFinished());
    calls.end(1);
    QCOMPARE(resultOf(*resultOf(first)), 1);
    calls.end(2);
    calls.end(0);
    QCOMPARE(nextOf(completed), 2);
    QCOMPARE(nextOf(completed), 0);
    QVERIFY(!resultOf(completed.next()));
    QVERIFY(!resultOf(completed.next()));
}

void tst_AsCompleted::failedOnesComeToo()
{
    Calls calls(3);
    AsCompleted completed(calls.list());
    calls.fail(1);
    calls.list()[2].cancel();
    calls.end(0);
    QVERIFY(failsWith<std::runtime_error>(*resultOf(completed.next())));
    QVERIFY(resultOf(completed.next())->isCanceled());
    QCOMPARE(nextOf(completed), 0);
    QVERIFY(!resultOf(completed.next()));
}

void tst_AsCompleted::noneIsTheEnd()
{
    AsCompleted completed(QList<PendingCall<int>>{});
    QVERIFY(!resultOf(completed.next()));
    AsCompleted invalid(QList<PendingCall<int>>(1));
    QVERIFY(resultOf(invalid.next())->isCanceled());
    QVERIFY(!resultOf(invalid.next()));
}

void tst_AsCompleted::whoWaitsIsServedInOrder()
{
    Calls calls(2);
    AsCompleted completed(calls.list());
    const auto first = completed.next();
    const auto second = completed.next();
    const auto third = completed.next();
    calls.end(1);
    QVERIFY(first.isFinished() && !second.isFinished());
    calls.end(0);
    QCOMPARE(resultOf(*resultOf(first)), 1);
    QCOMPARE(resultOf(*resultOf(second)), 0);
    QVERIFY(!resultOf(third));
}

void tst_AsCompleted::whateverIsAsynchronousIsTaken()
{
    const auto task = []() -> Task<int> { co_return 1; };
    std::vector<Task<int>> tasks;
    tasks.push_back(task());
    AsCompleted ofTasks(std::move(tasks));
    QCOMPARE(nextOf(ofTasks), 1);
    AsCompleted ofFutures(QList<QFuture<int>>{ toThread([] { return 2; }).future() });
    QCOMPARE(nextOf(ofFutures), 2);
}

void tst_AsCompleted::resultsThatCannotBeCopiedAreTaken()
{
    AsCompleted completed(std::vector{ toThread([] { return std::make_unique<int>(3); }) });
    QCOMPARE(*resultOf(*resultOf(completed.next())), 3);
    AsCompleted ofVoid(std::vector{ toThread([] {}) });
    resultOf(*resultOf(ofVoid.next()));
}

void tst_AsCompleted::callsOfOtherThreadsCome()
{
    QList<PendingCall<int>> calls;
    for (int i = 0; i < 1000; ++i)
        calls.append(toThread([i] { return i; }));
    AsCompleted completed(calls);
    QList<int> results;
    while (const auto call = resultOf(completed.next()))
        results.append(resultOf(*call));
    std::sort(results.begin(), results.end());
    QCOMPARE(results.size(), 1000);
    QCOMPARE(results.first(), 0);
    QCOMPARE(results.last(), 999);
}

void tst_AsCompleted::canceledNextLosesNothing()
{
    Calls calls(1);
    AsCompleted completed(calls.list());
    const auto canceled = completed.next();
    canceled.cancel();
    QVERIFY(canceled.isCanceled());
    calls.end(0);
    const auto late = completed.next();
    late.cancel(); // it has got the call
    QCOMPARE(resultOf(*resultOf(late)), 0);
}

void tst_AsCompleted::nextThatNobodyLooksAtLosesNothing()
{
    Calls calls(2);
    AsCompleted completed(calls.list());
    (void)completed.next(); // waits, and is dropped
    calls.end(0);
    QCOMPARE(nextOf(completed), 0);
    calls.end(1);
    (void)completed.next();
    {
        QObject context;
        completed.next().then(&context, [] { QFAIL("the context has gone"); });
    }
    QCoreApplication::processEvents(); // the handler is dropped when its turn comes
    QCOMPARE(nextOf(completed), 1);
    QVERIFY(!resultOf(completed.next()));
}

void tst_AsCompleted::losingARaceLosesNothing()
{
    Calls calls(1);
    AsCompleted completed(calls.list());
    {
        const auto next = completed.next();
        const auto race = whenAny(toThread([] { return 5; }), next);
        QCOMPARE(resultOf(race).index(), std::size_t(0));
    }
    calls.end(0);
    QCOMPARE(nextOf(completed), 0);
}

void tst_AsCompleted::manyDroppedNextsDoNotUseTheStack()
{
    Calls calls(1);
    AsCompleted completed(calls.list());
    for (int i = 0; i < 100'000; ++i)
        (void)completed.next();
    const auto last = completed.next();
    calls.end(0);
    QCOMPARE(resultOf(*resultOf(last)), 0);
}

void tst_AsCompleted::scopeEndsNext()
{
    Calls calls(1);
    AsCompleted completed(calls.list());
    CancelScope scope;
    const auto next = scope.run([&] { return completed.next(); });
    scope.cancel();
    QVERIFY(next.isCanceled());
    calls.end(0);
    QCOMPARE(nextOf(completed), 0);
}

void tst_AsCompleted::destroyingItCancelsWhatIsLeft()
{
    Calls calls(3);
    std::optional<AsCompleted<int>> completed(std::in_place, calls.list());
    calls.end(1);
    calls.end(2);
    QCOMPARE(nextOf(*completed), 1);
    (void)nextOf(*completed);
    const auto waiting = completed->next();
    completed.reset();
    QVERIFY(waiting.isCanceled());
    QVERIFY(isCanceledInTime(calls.list()[0]));
    QVERIFY(!calls.list()[1].isCanceled());
}

void tst_AsCompleted::errorThatNobodyTakesIsLogged()
{
    const QFerryMessages messages;
    {
        std::vector<PendingCall<void>> calls{ toThread(
                [] { throw std::runtime_error("unseen"); }) };
        AsCompleted completed(calls);
        QVERIFY(waitFor(calls.front()));
    }
    QTRY_COMPARE(messages.count(), 1);
}

void tst_AsCompleted::tasksLoopOverIt()
{
    const auto run = []() -> Task<int> {
        std::vector<PendingCall<int>> calls;
        for (int i = 0; i < 20; ++i)
            calls.push_back(toThread([i] { return i; }));
        AsCompleted completed(calls);
        int sum = 0;
        while (const auto call = co_await completed.next())
            sum += co_await *call;
        co_return sum;
    };
    QCOMPARE(resultOf(run().start()), 190);
}

QTEST_GUILESS_MAIN(tst_AsCompleted)
#include "tst_ascompleted.moc"
