// SPDX-License-Identifier: MIT
// Whatever ends a stream early, its generator unwinds.
#include "burst.h"
#include "cancelable.h"
#include "task.h"

#include <QtCore/qeventloop.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

/// A generator without end that tells when it has begun and when it has unwound.
class Endless
{
public:
    auto generator(StreamOptions options = {})
    {
        return threadedIterable(
                [this](Yield<int> &yield) {
                    const Unwinding unwinding{ *this };
                    for (int i = 0;; ++i) {
                        if (i == 3)
                            m_running.open();
                        yield(i);
                    }
                },
                std::move(options));
    }
    /// Waits until it has yielded three items. With a smaller maximum, it then blocks.
    bool hasBegun() { return m_running.tryPass(); }
    bool isUnwound() const { return m_isUnwound; }
    bool unwinds()
    {
        return spinUntil([this] { return isUnwound(); });
    }
    bool unwindsAside() { return m_unwound.tryPass(); }

private:
    struct Unwinding
    {
        Endless &endless;
        ~Unwinding()
        {
            endless.m_isUnwound = true;
            endless.m_unwound.open();
        }
    };

    Gate m_running;
    Gate m_unwound;
    std::atomic<bool> m_isUnwound = false;
};

void addSizes()
{
    QTest::addColumn<int>("maxSize");
    QTest::newRow("blocked on a full queue") << 3;
    QTest::newRow("running") << 0;
}

EagerTask<bool> takeSome(Stream<int> stream, int count)
{
    for (int i = 0; i < count; ++i)
        co_await stream.next();
    co_await toThread(&runUntilCanceled);
    co_return true;
}

} // namespace

class tst_StreamEnds : public QObject
{
    Q_OBJECT

private slots:
    // the consumer goes
    void closeStopsTheGenerator_data();
    void closeStopsTheGenerator();
    void destroyedStreamStopsTheGenerator_data();
    void destroyedStreamStopsTheGenerator();
    void assignedStreamStopsTheOldGenerator();
    void canceledLoopStopsTheGenerator_data();
    void canceledLoopStopsTheGenerator();
    void loopMayBeCanceledInAnyThread();
    void handlerThatThrowsStopsTheGenerator_data();
    void handlerThatThrowsStopsTheGenerator();
    void handlerThatReturnsFalseStopsTheGenerator_data();
    void handlerThatReturnsFalseStopsTheGenerator();
    void handlerThatThrowsCanceledErrorCancelsTheLoop();
    void deadContextStopsTheGenerator_data();
    void deadContextStopsTheGenerator();
    void destroyedCoroutineStopsTheGenerator();
    void handlerMayDestroyStreamAndContext();
    void handlerMayCloseTheStream();
    void loopDoesNotEndBeforeItsHandlerReturns();
    void generatorThatAsksIsCanceled();
    void hooksOfTheGeneratorRun();
    void yieldGoesOnThrowing();
    void itemsThatAreLeftAreDestroyed();
    void pendingNextEndsWithTheStream();
    // misuse
    void closingTwiceIsHarmless();
    // the end of the loop
    void generatorEndsWithTheLoopsThread_data();
    void generatorEndsWithTheLoopsThread();
    void generatorEndsWithRun();
    void consumersEndWithTheLoopsThread();
    void loopBegunWhileItsThreadEndsIsCanceled();
    // who waits for the end
    void closeWaitsForTheCleanup();
    void loopWaitsForTheCleanup();
    void closedBehindALimiterNeverRuns();
    void handlerIsDestroyedWithTheLoop();
};

void tst_StreamEnds::closeStopsTheGenerator_data()
{
    addSizes();
}

void tst_StreamEnds::closeStopsTheGenerator()
{
    QFETCH(const int, maxSize);
    Endless endless;
    Stream<int> stream = endless.generator({ .maxSize = maxSize })();
    QCOMPARE(resultOf(stream.next()), 0);
    QVERIFY(endless.hasBegun());
    QVERIFY(waitFor(stream.close()));
    QVERIFY(endless.isUnwound());
    QCOMPARE(resultOf(stream.next()), std::nullopt);
}

void tst_StreamEnds::destroyedStreamStopsTheGenerator_data()
{
    addSizes();
}

void tst_StreamEnds::destroyedStreamStopsTheGenerator()
{
    QFETCH(const int, maxSize);
    Endless endless;
    {
        Stream<int> stream = endless.generator({ .maxSize = maxSize })();
        QCOMPARE(resultOf(stream.next()), 0);
        QVERIFY(endless.hasBegun());
    }
    QVERIFY(endless.unwindsAside()); // the loop need not turn
}

void tst_StreamEnds::assignedStreamStopsTheOldGenerator()
{
    Endless endless;
    Stream<int> stream = endless.generator({ .maxSize = 1 })();
    QCOMPARE(resultOf(stream.next()), 0);
    stream = Stream<int>();
    QVERIFY(endless.unwindsAside());
}

void tst_StreamEnds::canceledLoopStopsTheGenerator_data()
{
    addSizes();
}

void tst_StreamEnds::canceledLoopStopsTheGenerator()
{
    QFETCH(const int, maxSize);
    Endless endless;
    QObject context;
    const auto call = endless.generator({ .maxSize = maxSize })().forEach(&context, [](int) {});
    QVERIFY(endless.hasBegun());
    call.cancel();
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
    QVERIFY(endless.isUnwound());
}

void tst_StreamEnds::loopMayBeCanceledInAnyThread()
{
    Endless endless;
    QObject context;
    const auto call = endless.generator({ .maxSize = 3 })().forEach(&context, [](int) {});
    QVERIFY(endless.hasBegun());
    runAside([&] { call.cancel(); });
    QVERIFY(endless.unwindsAside());
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
}

void tst_StreamEnds::handlerThatThrowsStopsTheGenerator_data()
{
    addSizes();
}

void tst_StreamEnds::handlerThatThrowsStopsTheGenerator()
{
    QFETCH(const int, maxSize);
    for (const bool batched : { false, true }) {
        Endless endless;
        QObject context;
        int calls = 0;
        const auto fail = [&](auto &&) {
            ++calls;
            throw std::domain_error("expected");
        };
        Stream<int> stream = endless.generator({ .maxSize = maxSize })();
        const auto call =
                batched ? stream.forEachBatch(&context, fail) : stream.forEach(&context, fail);
        QVERIFY(failsWith<std::domain_error>(call));
        QVERIFY(endless.isUnwound());
        QCOMPARE(calls, 1);
    }
}

void tst_StreamEnds::handlerThatReturnsFalseStopsTheGenerator_data()
{
    addSizes();
}

void tst_StreamEnds::handlerThatReturnsFalseStopsTheGenerator()
{
    QFETCH(const int, maxSize);
    for (const bool batched : { false, true }) {
        Endless endless;
        QObject context;
        int calls = 0;
        const auto stop = [&](auto &&) { return ++calls < 5; };
        Stream<int> stream = endless.generator({ .maxSize = maxSize })();
        resultOf(batched ? stream.forEachBatch(&context, stop) : stream.forEach(&context, stop));
        QVERIFY(endless.isUnwound());
        QCOMPARE(calls, 5);
    }
}

void tst_StreamEnds::handlerThatThrowsCanceledErrorCancelsTheLoop()
{
    Endless endless;
    QObject context;
    const auto call = endless.generator()().forEach(&context, [](int) { throw CanceledError(); });
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
    QVERIFY(endless.isUnwound());
}

void tst_StreamEnds::deadContextStopsTheGenerator_data()
{
    addSizes();
}

void tst_StreamEnds::deadContextStopsTheGenerator()
{
    QFETCH(const int, maxSize);
    Endless endless;
    auto context = std::make_unique<QObject>();
    int calls = 0;
    const auto call = endless.generator({ .maxSize = maxSize })().forEach(context.get(),
                                                                          [&](int) { ++calls; });
    QVERIFY(endless.hasBegun());
    context.reset();
    const int callsBefore = calls;
    QVERIFY(endless.unwindsAside());
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
    QCOMPARE(calls, callsBefore);
}

void tst_StreamEnds::destroyedCoroutineStopsTheGenerator()
{
    Endless endless;
    {
        const auto task = takeSome(endless.generator({ .maxSize = 3 })(), 2);
        QVERIFY(spinUntil([&] { return endless.hasBegun(); }));
    }
    QVERIFY(endless.unwinds());
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
}

void tst_StreamEnds::handlerMayDestroyStreamAndContext()
{
    Endless endless;
    auto context = std::make_unique<QObject>();
    auto stream = std::make_unique<Stream<int>>(endless.generator()());
    int calls = 0;
    const auto call = stream->forEach(context.get(), [&](int) {
        ++calls;
        context.reset();
        stream.reset();
    });
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
    QCOMPARE(calls, 1);
    QVERIFY(endless.isUnwound());
}

void tst_StreamEnds::handlerMayCloseTheStream()
{
    Endless endless;
    QObject context;
    Stream<int> stream = endless.generator()();
    int calls = 0;
    const auto call = stream.forEach(&context, [&](int) {
        ++calls;
        stream.close();
    });
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
    QCOMPARE(calls, 1);
    QVERIFY(endless.isUnwound());
}

void tst_StreamEnds::loopDoesNotEndBeforeItsHandlerReturns()
{
    const int alive = Counted::alive();
    Endless endless;
    QObject context;
    PendingCall<void> call;
    bool hasWaited = false;
    bool isIntact = false;
    call = endless.generator()().forEach(&context, [&, counted = Counted(7)](int) {
        call.cancel();
        hasWaited = endless.unwinds(); // in a nested event loop
        QCoreApplication::processEvents();
        isIntact = !call.isFinished() && Counted::alive() > alive && counted.value == 7;
    });
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
    QVERIFY(hasWaited);
    QVERIFY(isIntact);
    QCOMPARE(Counted::alive(), alive);
}

void tst_StreamEnds::generatorThatAsksIsCanceled()
{
    Gate running;
    Stream<int> stream = threadedIterable([&](Yield<int> &yield) {
        yield(1);
        running.open();
        runUntilCanceled();
    })();
    QCOMPARE(resultOf(stream.next()), 1);
    QVERIFY(running.tryPass());
    QVERIFY(waitFor(stream.close()));
}

void tst_StreamEnds::hooksOfTheGeneratorRun()
{
    Gate hook;
    Gate running;
    Stream<int> stream = threadedIterable([&](Yield<int> &yield) {
        yield(1);
        const CancelRegistration registration = onCancel([&] { hook.open(); });
        running.open();
        hook.pass();
    })();
    QCOMPARE(resultOf(stream.next()), 1);
    QVERIFY(running.tryPass());
    QVERIFY(waitFor(stream.close()));
}

void tst_StreamEnds::yieldGoesOnThrowing()
{
    int thrown = 0;
    Gate running;
    Stream<int> stream = threadedIterable(
            [&](Yield<int> &yield) {
                while (thrown < 3) {
                    try {
                        for (;;) {
                            yield(1);
                            running.open();
                        }
                    } catch (const CanceledError &) {
                        ++thrown;
                    }
                }
            },
            { .maxSize = 1 })();
    QCOMPARE(resultOf(stream.next()), 1);
    QVERIFY(running.tryPass());
    QVERIFY(waitFor(stream.close()));
    QCOMPARE(thrown, 3);
}

void tst_StreamEnds::itemsThatAreLeftAreDestroyed()
{
    const int alive = Counted::alive();
    for (const int maxSize : { 0, 10 }) {
        Gate running;
        Stream<Counted> stream = threadedIterable(
                [&](Yield<Counted> &yield) {
                    for (int i = 0;; ++i) {
                        yield(Counted(i));
                        if (i == 5)
                            running.open();
                    }
                },
                { .maxSize = maxSize })();
        QCOMPARE(resultOf(stream.next())->value, 0);
        QVERIFY(running.tryPass());
        QVERIFY(waitFor(stream.close()));
        QVERIFY(spinUntil([&] { return Counted::alive() == alive; }));
    }
}

void tst_StreamEnds::pendingNextEndsWithTheStream()
{
    for (const bool destroyed : { false, true }) {
        Gate running;
        auto stream = std::make_unique<Stream<int>>(threadedIterable([&](Yield<int> &) {
            running.open();
            runUntilCanceled();
        })());
        const auto item = stream->next();
        QVERIFY(running.tryPass());
        if (destroyed)
            stream.reset();
        else
            stream->close();
        QCOMPARE(resultOf(item), std::nullopt);
    }
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
}

void tst_StreamEnds::closingTwiceIsHarmless()
{
    Endless endless;
    Stream<int> stream = endless.generator()();
    QCOMPARE(resultOf(stream.next()), 0);
    const auto first = stream.close();
    const auto second = stream.close();
    QVERIFY(waitFor(first));
    QVERIFY(waitFor(second));
    QVERIFY(waitFor(stream.close()));
    QVERIFY(!second.isCanceled());
}

void tst_StreamEnds::generatorEndsWithTheLoopsThread_data()
{
    addSizes();
}

void tst_StreamEnds::generatorEndsWithTheLoopsThread()
{
    QFETCH(const int, maxSize);
    Endless endless;
    Stream<int> stream = endless.generator({ .maxSize = maxSize })();
    LoopThread thread;
    PendingCall<std::optional<int>> item;
    thread.call([&] { item = stream.next(); });
    QVERIFY(endless.hasBegun());
    thread.finish();
    QVERIFY(endless.unwindsAside());
    QVERIFY(item.isFinished());
}

void tst_StreamEnds::generatorEndsWithRun()
{
    Endless endless;
    Stream<int> stream = endless.generator({ .maxSize = 3 })();
    QCOMPARE(run([&] { return stream.next(); }), 0);
    QVERIFY(endless.unwindsAside()); // it waited for a loop that does not turn
}

void tst_StreamEnds::consumersEndWithTheLoopsThread()
{
    const QFerryMessages messages;
    Gate running;
    PendingCall<void> loop;
    PendingCall<std::optional<int>> item;
    Stream<int> stream;
    {
        LoopThread thread;
        const auto generator = threadedIterable([&](Yield<int> &) {
            running.open();
            runUntilCanceled();
        });
        thread.call([&] {
            loop = generator().forEach(thread.context(), [](int) {});
            stream = generator();
            item = stream.next();
        });
        QVERIFY(running.tryPass(2));
    }
    QVERIFY(loop.isFinished() && loop.isCanceled());
    QVERIFY(item.isFinished() && item.isCanceled());
    QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
    QCOMPARE(messages.all(), QStringList());
}

void tst_StreamEnds::loopBegunWhileItsThreadEndsIsCanceled()
{
    for (int round = 0; round < 200; ++round) {
        Endless endless;
        PendingCall<void> call;
        {
            QObject context;
            LoopThread thread;
            context.moveToThread(&thread);
            Gate ending;
            OutsideThread ender([&] {
                ending.open();
                thread.finish();
            });
            QVERIFY(ending.tryPass());
            const auto start = std::chrono::steady_clock::now(); // at any point of its end
            while (std::chrono::steady_clock::now() - start < round * 500ns) {
            }
            call = endless.generator({ .maxSize = 3 })().forEach(&context, [](int) {});
            ender.result();
        }
        QVERIFY(waitFor(call));
        QVERIFY(call.isCanceled());
        QVERIFY(spinUntil([] { return activeCalls().isEmpty(); }));
    }
}

void tst_StreamEnds::closeWaitsForTheCleanup()
{
    Gate unwinding;
    Gate cleaned;
    std::atomic<bool> isClean = false;
    struct Cleanup
    {
        std::function<void()> fn;
        ~Cleanup() { fn(); }
    };
    Stream<int> stream = threadedIterable([&](Yield<int> &yield) {
        const Cleanup cleanup{ [&] {
            unwinding.open();
            (void)cleaned.tryPass();
            isClean = true;
        } };
        for (;;)
            yield(1);
    })();
    QCOMPARE(resultOf(stream.next()), 1);
    const auto closing = stream.close();
    QVERIFY(unwinding.tryPass());
    QCoreApplication::processEvents();
    QVERIFY(!closing.isFinished());
    cleaned.open();
    QVERIFY(waitFor(closing));
    QVERIFY(isClean);
}

void tst_StreamEnds::loopWaitsForTheCleanup()
{
    const int alive = Counted::alive();
    QObject context;
    const auto generator = threadedIterable([](Yield<int> &yield, const Counted &) {
        for (;;)
            yield(1);
    });
    resultOf(generator(Counted()).forEach(&context, [](int) { return false; }));
    QCOMPARE(Counted::alive(), alive);
}

void tst_StreamEnds::closedBehindALimiterNeverRuns()
{
    CapacityLimiter nobody(0);
    std::atomic<bool> hasRun = false;
    Stream<int> stream =
            threadedIterable([&](Yield<int> &) { hasRun = true; }, { .limiter = &nobody })();
    const auto item = stream.next();
    QCoreApplication::processEvents();
    QVERIFY(!item.isFinished());
    QVERIFY(waitFor(stream.close()));
    QCOMPARE(resultOf(item), std::nullopt);
    QVERIFY(!hasRun);
}

void tst_StreamEnds::handlerIsDestroyedWithTheLoop()
{
    const int alive = Counted::alive();
    QObject context;
    Stream<int> stream = threadedIterable([] { return QList<int>{ 1, 2 }; })();
    const auto call = stream.forEach(&context, [counted = Counted()](int) {});
    QVERIFY(Counted::alive() > alive);
    resultOf(call);
    QCOMPARE(Counted::alive(), alive);
}

QTEST_GUILESS_MAIN(tst_StreamEnds)
#include "tst_streamends.moc"
