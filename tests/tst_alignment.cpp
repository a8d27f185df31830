// SPDX-License-Identifier: MIT
#include "aligned.h"
#include "outside.h"
#include "task.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

class tst_Alignment : public QObject
{
    Q_OBJECT
private slots:
    void capturesArgumentsAndResultsOfCalls();
    void resultsOfPromises();
    void handlersAndTheirResults();
    void futures();
    void fromThreadAndRun();
    void portals();
    void channels();
    void streams();
    void scopesAndContextVariables();
};

void tst_Alignment::capturesArgumentsAndResultsOfCalls()
{
    QVERIFY(withEachAlignment([](auto value) {
        using T = decltype(value);
        QCOMPARE(resultOf(toThread([value] { return value.number; })), 5);
        QCOMPARE(resultOf(toThread([](const T &argument) { return argument.number; }, value)), 5);
        QCOMPARE(resultOf(toThread([] { return T(6); })).number, 6);
        QCOMPARE(resultOf(toThread({ .thread = Thread::Dedicated }, [value] { return value; }))
                         .number,
                 5);
    }));
}

void tst_Alignment::resultsOfPromises()
{
    QVERIFY(withEachAlignment([](auto value) {
        using T = decltype(value);
        const auto call = toThread([value](QPromise<T> &promise) {
            promise.addResult(value);
            promise.addResult(T(6));
        });
        QCOMPARE(resultOf(call).number, 5);
        QCOMPARE(call.future().resultAt(1).number, 6);
    }));
}

void tst_Alignment::handlersAndTheirResults()
{
    QVERIFY(withEachAlignment([this](auto value) {
        using T = decltype(value);
        QCOMPARE(resultOf(toThread([] {}).then(this, [value] { return value; })).number, 5);
        QCOMPARE(
                resultOf(toThread([]() -> T { throw 1; }).onFailed(this, [value] { return value; }))
                        .number,
                5);
        QCOMPARE(resultOf(toThread([]() -> T {
                              throw CanceledError();
                          }).onCanceled(this, [value] { return value; }))
                         .number,
                 5);
        QCOMPARE(resultOf(toThread([] {}).then(
                                  this, [value] { return toThread([value] { return value; }); }))
                         .number,
                 5);
    }));
}

void tst_Alignment::futures()
{
    QVERIFY(withEachAlignment([](auto value) {
        const auto future = toThread([value] { return value; }).future();
        QVERIFY(spinUntil([&] { return future.isFinished(); }));
        QCOMPARE(future.result().number, 5);
    }));
}

void tst_Alignment::fromThreadAndRun()
{
    QVERIFY(withEachAlignment([](auto value) {
        QCOMPARE(resultOf(toThread([value] {
                     return fromThread([value] { return value; });
                 })).number,
                 5);
        QCOMPARE(resultOf(toThread([value] {
                     return fromThread([value] { return toThread([value] { return value; }); });
                 })).number,
                 5);
        QCOMPARE(run([value] { return toThread([value] { return value; }); }).number, 5);
    }));
}

void tst_Alignment::portals()
{
    StartedPortal portal = startBlockingPortal();
    QVERIFY(withEachAlignment([&portal](auto value) {
        using T = decltype(value);
        QCOMPARE(portal.call([value] { return value; }).number, 5);
        QCOMPARE(portal.call([value] { return toThread([value] { return value; }); }).number, 5);
        QCOMPARE(portal.startTaskSoon([](const T &t) { return t; }, value).result().number, 5);
        QCOMPARE(runOutside([&] { // a thread without a loop
                     return portal.startTaskSoon([value] { return value; }).result().number;
                 }),
                 5);
        const auto started = portal.startTask([value](TaskStatus<T> &status) {
            status.started(value);
            return toThread([value] { return value; });
        });
        QCOMPARE(started.value.number, 5);
        QCOMPARE(started.future.result().number, 5);
    }));
}

void tst_Alignment::channels()
{
    QVERIFY(withEachAlignment([](auto value) {
        using T = decltype(value);
        FromThreadChannel<T> bounded(2);
        FromThreadChannel<T> unbounded;
        for (auto *channel : { &bounded, &unbounded }) {
            const auto putter = toThread([&] {
                for (int i = 0; i < 5; ++i)
                    channel->put(value);
            });
            for (int i = 0; i < 5; ++i)
                QCOMPARE(resultOf(channel->get()).number, 5);
            QVERIFY(waitFor(putter));
        }
    }));
}

void tst_Alignment::streams()
{
    QVERIFY(withEachAlignment([this](auto value) {
        using T = decltype(value);
        const auto generate = threadedIterable([value](Yield<T> &yield) {
            for (int i = 0; i < 5; ++i)
                yield(value);
        });
        auto stream = generate();
        QCOMPARE(resultOf(stream.next())->number, 5);
        int sum = 0;
        QVERIFY(waitFor(generate().forEach(this, [&, value](const T &t) { sum += t.number; })));
        QCOMPARE(sum, 25);
    }));
}

void tst_Alignment::scopesAndContextVariables()
{
    QVERIFY(withEachAlignment([](auto value) {
        using T = decltype(value);
        ContextVar<T> variable("value");
        const auto token = variable.set(value);
        QCOMPARE(resultOf(toThread([&] { return variable.get(); })).number, 5);
        variable.reset(token);
        QCOMPARE(resultOf(failAfter(watchdog,
                                    [value] { return toThread([value] { return value; }); }))
                         .number,
                 5);
        QCOMPARE(resultOf(moveOnAfter(watchdog,
                                      [value] { return toThread([value] { return value; }); }))
                         ->number,
                 5);
    }));
}

QTEST_GUILESS_MAIN(tst_Alignment)
#include "tst_alignment.moc"
