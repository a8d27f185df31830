// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "outside.h"
#include "task.h"

#include <QtCore/qprocess.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace {

/// Its copies fail once it is told so.
struct Fragile
{
    Fragile() = default;
    Fragile(const Fragile &other) : breaks(other.breaks)
    {
        if (breaks)
            throw std::logic_error("broken");
    }
    Fragile &operator=(const Fragile &) = default;
    bool breaks = false;
};

class Sender : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;
    using QObject::receivers;
    void notASignal() {}
    template <typename... Signal>
    bool isConnectedTo(Signal... signal) const
    {
        return (isSignalConnected(QMetaMethod::fromSignal(signal)) || ...);
    }

Q_SIGNALS:
    void nothing();
    void number(int value);
    void pair(int number, const QString &text);
    void overloaded(int value);
    void overloaded(const QString &text);
    void constant(int value) const;
    void secret(QPrivateSignal);
    void secretPair(int number, const QString &text, QPrivateSignal);
    void fragile(const Fragile &value);
    void counted(const Counted &value);

public:
    void emitSecrets()
    {
        Q_EMIT secret(QPrivateSignal());
        Q_EMIT secretPair(2, u"two"_s, QPrivateSignal());
    }
};

template <typename Call, typename T>
constexpr bool isCallOf = std::is_base_of_v<PendingCall<T>, Call>;

using Pair = std::tuple<int, QString>;
static_assert(isCallOf<decltype(signal(std::declval<Sender *>(), &Sender::nothing)), void>);
static_assert(isCallOf<decltype(signal(std::declval<Sender *>(), &Sender::number)), int>);
static_assert(isCallOf<decltype(signal(std::declval<Sender *>(), &Sender::pair)), Pair>);
static_assert(isCallOf<decltype(signal(std::declval<Sender *>(), &Sender::secret)), void>);
static_assert(isCallOf<decltype(signal(std::declval<QTimer *>(), &QTimer::timeout)), void>);
static_assert(
        isCallOf<decltype(signal(std::declval<const QObject *>(), &QObject::objectNameChanged)),
                 QString>);

/// A sender in a thread of its own.
class FarSender
{
public:
    FarSender()
    {
        m_thread.call([this] { m_sender = new Sender(m_thread.context()); });
    }

    Sender *get() const { return m_sender; }
    LoopThread &thread() { return m_thread; }
    void emitNumber(int number)
    {
        m_thread.call([&] { Q_EMIT m_sender->number(number); });
    }
    void destroy()
    {
        m_thread.call([this] { delete m_sender; });
    }

private:
    LoopThread m_thread;
    Sender *m_sender = nullptr;
};

template <typename T>
T awaitTwice(Sender *sender)
{
    co_await signal(sender, &Sender::nothing);
    const auto [number, text] = co_await signal(sender, &Sender::pair);
    co_return number + int(text.size());
}

} // namespace

class tst_Signal : public QObject
{
    Q_OBJECT
private slots:
    void argumentsComeAsNothingOneOrATuple();
    void overloadsAreChosenAsForConnect();
    void privateSignalsAreAwaited();
    void endsNeverInsideTheEmission();
    void whoGoesOnMayDeleteTheSender();
    void onlyTheNextEmissionCounts();
    void severalWaitForOneSignal();
    void argumentsAreCopiedOnceAndMovedOn();
    void argumentWhoseCopyFailsIsTheError();
    void deathOfTheSenderEndsIt();
    void deathOfTheSenderInItsOwnEmissionEndsIt();
    void disconnectOfAllEndsIt();
    void coroutinesAwaitSignals();
    void canceledTaskDisconnects();

    void sendersLiveInOtherThreads();
    void sendersDieInOtherThreads();
    void emissionsRaceWithCancels();
    void emissionsRaceWithDeath();
    void cancelsRaceWithDeath();
    void waitsInManyThreadsSeeOneEmission();

    void cancelDisconnects();
    void cancelIgnoresAnEmissionOnItsWay();
    void scopeEndsIt();
    void canceledScopeEndsItAtOnce();
    void endOfTheLoopEndsIt();
    void droppedHandleWaitsOn();

    void onCancelRunsWhereItWasCanceled();
    void onCancelRunsInItsThread();
    void onCancelRunsOnceCanceledAlready();
    void onCancelDoesNotRunAfterTheEmission();
    void onCancelRunsAtTheEndOfTheLoop();
    void errorOfOnCancelIsTheCalls();

    void firstOfTwoSignalsDecides();
    void handlersAndBodiesReturnSignals();
    void timersAndProcessesAreAwaited();
    void canceledProcessIsKilled();

    void needsALoop();
    void wrongUseIsNamed();
};

void tst_Signal::argumentsComeAsNothingOneOrATuple()
{
    Sender sender;
    const auto nothing = signal(&sender, &Sender::nothing);
    const auto number = signal(&sender, &Sender::number);
    const auto pair = signal(&sender, &Sender::pair);
    const auto constant = signal(&sender, &Sender::constant);
    Q_EMIT sender.nothing();
    Q_EMIT sender.number(7);
    Q_EMIT sender.pair(2, u"two"_s);
    Q_EMIT sender.constant(9);
    resultOf(nothing);
    QCOMPARE(resultOf(number), 7);
    QVERIFY(resultOf(pair) == Pair(2, u"two"_s));
    QCOMPARE(resultOf(constant), 9);
}

void tst_Signal::overloadsAreChosenAsForConnect()
{
    Sender sender;
    const auto text = signal(&sender, qOverload<const QString &>(&Sender::overloaded));
    const auto number = signal(&sender, qOverload<int>(&Sender::overloaded));
    Q_EMIT sender.overloaded(3);
    Q_EMIT sender.overloaded(u"three"_s);
    QCOMPARE(resultOf(text), u"three"_s);
    QCOMPARE(resultOf(number), 3);
}

void tst_Signal::privateSignalsAreAwaited()
{
    Sender sender;
    const auto secret = signal(&sender, &Sender::secret);
    const auto secretPair = signal(&sender, &Sender::secretPair);
    sender.emitSecrets();
    resultOf(secret);
    QVERIFY(resultOf(secretPair) == Pair(2, u"two"_s));
}

void tst_Signal::endsNeverInsideTheEmission()
{
    Sender sender;
    const auto call = signal(&sender, &Sender::number);
    Q_EMIT sender.number(1);
    QVERIFY(!call.isFinished());
    QVERIFY(!sender.isConnectedTo(&Sender::number));
    QCOMPARE(resultOf(call), 1);
}

void tst_Signal::whoGoesOnMayDeleteTheSender()
{
    QObject context;
    auto *sender = new Sender;
    QPointer<Sender> watched(sender);
    const auto deleted =
            signal(sender, &Sender::nothing).then(&context, [sender] { delete sender; });
    Q_EMIT sender->nothing();
    resultOf(deleted);
    QVERIFY(!watched);
}

void tst_Signal::onlyTheNextEmissionCounts()
{
    Sender sender;
    Q_EMIT sender.number(1);
    const auto call = signal(&sender, &Sender::number);
    Q_EMIT sender.number(2);
    Q_EMIT sender.number(3);
    QCOMPARE(resultOf(call), 2);
}

void tst_Signal::severalWaitForOneSignal()
{
    Sender sender;
    const auto one = signal(&sender, &Sender::number);
    const auto two = signal(&sender, &Sender::number);
    Q_EMIT sender.number(4);
    QCOMPARE(resultOf(one) + resultOf(two), 8);
}

void tst_Signal::argumentsAreCopiedOnceAndMovedOn()
{
    Sender sender;
    auto call = signal(&sender, &Sender::counted);
    const Counted value(5);
    Counted::resetCounts();
    Q_EMIT sender.counted(value);
    QObject context;
    int seen = 0;
    const auto done = std::move(call).then(&context, [&](const Counted &it) { seen = it.value; });
    resultOf(done);
    QCOMPARE(seen, 5);
    QCOMPARE(Counted::copies(), 1);
}

void tst_Signal::argumentWhoseCopyFailsIsTheError()
{
    Sender sender;
    const auto call = signal(&sender, &Sender::fragile);
    Fragile value;
    value.breaks = true;
    Q_EMIT sender.fragile(value);
    call.core()->observe();
    QVERIFY(waitFor(call));
    QVERIFY_EXCEPTION_THROWN(std::rethrow_exception(call.core()->error()), std::logic_error);
}

void tst_Signal::deathOfTheSenderEndsIt()
{
    auto sender = std::make_unique<Sender>();
    const auto call = signal(sender.get(), &Sender::number);
    sender.reset();
    QVERIFY(!call.isFinished());
    QVERIFY(failsWith<SenderDestroyedError>(call));
}

void tst_Signal::deathOfTheSenderInItsOwnEmissionEndsIt()
{
    auto *sender = new Sender;
    QObject::connect(sender, &Sender::nothing, sender, [sender] { delete sender; });
    const auto never = signal(sender, &Sender::number);
    const auto late = signal(sender, &Sender::nothing); // connected behind what deletes
    Q_EMIT sender->nothing();
    QVERIFY(failsWith<SenderDestroyedError>(never));
    QVERIFY(failsWith<SenderDestroyedError>(late));
}

void tst_Signal::disconnectOfAllEndsIt()
{
    Sender sender;
    const auto call = signal(&sender, &Sender::number);
    sender.disconnect();
    QVERIFY(failsWith<SenderDestroyedError>(call));
}

void tst_Signal::coroutinesAwaitSignals()
{
    Sender sender;
    const auto foreign = toPendingCall(awaitTwice<EagerTask<int>>(&sender));
    const auto own = awaitTwice<Task<int>>(&sender).start();
    Q_EMIT sender.nothing();
    const auto wait = [&] { return sender.receivers(SIGNAL(pair(int, QString))) == 2; };
    QVERIFY(spinUntil(wait));
    Q_EMIT sender.pair(40, u"ab"_s);
    QCOMPARE(resultOf(foreign), 42);
    QCOMPARE(resultOf(own), 42);
}

void tst_Signal::canceledTaskDisconnects()
{
    Sender sender;
    const auto task = awaitTwice<Task<int>>(&sender).start();
    QVERIFY(sender.isConnectedTo(&Sender::nothing));
    task.cancel();
    QVERIFY(isCanceledInTime(task));
    QVERIFY(!sender.isConnectedTo(&Sender::nothing));
}

// --- Other threads

void tst_Signal::sendersLiveInOtherThreads()
{
    FarSender sender;
    for (int i = 0; i < 100; ++i) {
        const auto call = signal(sender.get(), &Sender::number);
        sender.emitNumber(i);
        QCOMPARE(resultOf(call), i);
    }
    QObject context;
    const QThread *thread = nullptr;
    const auto done = signal(sender.get(), &Sender::number).then(&context, [&] {
        thread = QThread::currentThread();
    });
    sender.emitNumber(1);
    resultOf(done);
    QCOMPARE(thread, QThread::currentThread());
}

void tst_Signal::sendersDieInOtherThreads()
{
    FarSender sender;
    const auto call = signal(sender.get(), &Sender::number);
    sender.destroy();
    QVERIFY(failsWith<SenderDestroyedError>(call));
}

void tst_Signal::emissionsRaceWithCancels()
{
    FarSender sender;
    int values = 0;
    int canceled = 0;
    for (int i = 0; i < 300; ++i) {
        const auto call = signal(sender.get(), &Sender::number);
        Gate ready;
        OutsideThread canceler([&] {
            ready.pass();
            call.cancel();
        });
        sender.thread().call([&] {
            ready.open();
            Q_EMIT sender.get()->number(i);
        });
        QVERIFY(waitFor(call));
        canceler.result();
        ++(call.isCanceled() ? canceled : values);
    }
    QCOMPARE(values + canceled, 300);
    sender.thread().call([&] { QVERIFY(!sender.get()->isConnectedTo(&Sender::number)); });
}

void tst_Signal::emissionsRaceWithDeath()
{
    for (int i = 0; i < 100; ++i) {
        LoopThread thread;
        auto sender = std::make_unique<Sender>(); // emits in one thread, and dies in another
        Gate emitted;
        const auto number = signal(sender.get(), &Sender::number);
        const auto never = signal(sender.get(), &Sender::nothing);
        OutsideThread emitter([&] {
            Q_EMIT sender->number(i);
            emitted.open();
        });
        emitted.pass();
        thread.call([&] { sender.reset(); });
        QCOMPARE(resultOf(number), i);
        QVERIFY(failsWith<SenderDestroyedError>(never));
        emitter.result();
    }
}

void tst_Signal::cancelsRaceWithDeath()
{
    int canceled = 0;
    int lost = 0;
    LoopThread thread; // in which the senders die
    for (int i = 0; i < 300; ++i) {
        // Of Qt's own, as ThreadSanitizer does not see the mutex under which Qt disconnects it.
        auto sender = std::make_unique<QTimer>();
        sender->moveToThread(&thread);
        int actions = 0;
        const auto call = signal(sender.get(), &QObject::objectNameChanged);
        const auto withAction =
                signal(sender.get(), &QTimer::timeout).onCancel([&actions] { ++actions; });
        Gate ready;
        OutsideThread canceler([&] {
            ready.pass();
            call.cancel();
            withAction.cancel();
        });
        thread.call([&] {
            ready.open();
            sender.reset();
        });
        QVERIFY(waitFor(call) && waitFor(withAction));
        canceler.result();
        QCOMPARE(actions, withAction.isCanceled() ? 1 : 0);
        QVERIFY(call.isCanceled() || failsWith<SenderDestroyedError>(call));
        QVERIFY(withAction.isCanceled() || failsWith<SenderDestroyedError>(withAction));
        ++(call.isCanceled() ? canceled : lost);
    }
    qInfo("%d of 300 were canceled", canceled);
    QCOMPARE(canceled + lost, 300);
}

void tst_Signal::waitsInManyThreadsSeeOneEmission()
{
    FarSender sender;
    constexpr int threads = 4;
    Gate waiting;
    std::atomic<int> sum{ 0 };
    Gate seen;
    std::array<LoopThread, threads> loops;
    for (LoopThread &loop : loops) {
        loop.call([&] {
            signal(sender.get(), &Sender::number).then(loop.context(), [&](int number) {
                sum += number;
                seen.open();
            });
        });
    }
    sender.emitNumber(5);
    seen.pass(threads);
    QCOMPARE(sum.load(), threads * 5);
}

// --- Ends

void tst_Signal::cancelDisconnects()
{
    Sender sender;
    const auto call = signal(&sender, &Sender::number);
    QVERIFY(sender.isConnectedTo(&Sender::number));
    call.cancel();
    QVERIFY(call.isCanceled());
    QVERIFY(!sender.isConnectedTo(&Sender::number));

    const auto other = signal(&sender, &Sender::number);
    OutsideThread([&] { other.cancel(); }).result();
    QVERIFY(other.isCanceled());
    QVERIFY(!sender.isConnectedTo(&Sender::number));
}

void tst_Signal::cancelIgnoresAnEmissionOnItsWay()
{
    Sender sender;
    const auto call = signal(&sender, &Sender::number);
    Q_EMIT sender.number(1);
    call.cancel();
    QVERIFY(call.isCanceled());
    QCoreApplication::processEvents();
    QVERIFY(call.isCanceled());
}

void tst_Signal::scopeEndsIt()
{
    Sender sender;
    CancelScope scope;
    const auto call = scope.run([&] { return signal(&sender, &Sender::number); });
    QVERIFY(!call.isFinished());
    scope.cancel();
    QVERIFY(call.isCanceled());
    QVERIFY(!sender.isConnectedTo(&Sender::number));

    const auto late = failAfter(1ms, [&] { return signal(&sender, &Sender::number); });
    QVERIFY(failsWith<TimeoutError>(late));
    QVERIFY(!sender.isConnectedTo(&Sender::number));
}

void tst_Signal::canceledScopeEndsItAtOnce()
{
    Sender sender;
    CancelScope scope;
    scope.cancel();
    const auto call = scope.run([&] { return signal(&sender, &Sender::number); });
    QVERIFY(call.isCanceled());
    QVERIFY(!sender.isConnectedTo(&Sender::number));
}

void tst_Signal::endOfTheLoopEndsIt()
{
    Sender sender;
    PendingCall<int> waiting;
    PendingCall<int> onItsWay;
    {
        LoopThread thread;
        thread.call([&] {
            waiting = signal(&sender, &Sender::number);
            onItsWay = signal(&sender, qOverload<int>(&Sender::overloaded));
        });
        thread.call([&] {
            Q_EMIT sender.overloaded(1);
            thread.quit();
        });
    }
    QVERIFY(waiting.isCanceled());
    QVERIFY(onItsWay.isFinished());
    QVERIFY(!sender.isConnectedTo(&Sender::number));
}

void tst_Signal::droppedHandleWaitsOn()
{
    Sender sender;
    QObject context;
    int seen = 0;
    signal(&sender, &Sender::number).then(&context, [&](int number) { seen = number; });
    Q_EMIT sender.number(6);
    QVERIFY(spinUntil([&] { return seen == 6; }));
}

// --- onCancel()

void tst_Signal::onCancelRunsWhereItWasCanceled()
{
    Sender sender;
    const PendingCall<int> *handle = nullptr;
    bool wasFinished = true;
    int runs = 0;
    const auto call = signal(&sender, &Sender::number).onCancel([&, own = MoveOnly()] {
        ++runs;
        wasFinished = handle->isFinished();
    });
    handle = &call;
    call.cancel();
    QCOMPARE(runs, 1);
    QVERIFY(!wasFinished);
    QVERIFY(call.isCanceled());
    call.cancel();
    QCOMPARE(runs, 1);
}

void tst_Signal::onCancelRunsInItsThread()
{
    Sender sender;
    const QThread *thread = nullptr;
    const auto call =
            signal(&sender, &Sender::number).onCancel([&] { thread = QThread::currentThread(); });
    OutsideThread([&] { call.cancel(); }).result();
    QVERIFY(!thread);
    QVERIFY(!call.isFinished());
    QVERIFY(isCanceledInTime(call));
    QCOMPARE(thread, QThread::currentThread());
}

void tst_Signal::onCancelRunsOnceCanceledAlready()
{
    Sender sender;
    int runs = 0;
    auto call = signal(&sender, &Sender::number);
    OutsideThread([&] { call.cancel(); }).result();
    std::move(call).onCancel([&] { ++runs; });
    QCOMPARE(runs, 1);
}

void tst_Signal::onCancelDoesNotRunAfterTheEmission()
{
    Sender sender;
    int runs = 0;
    Counted::resetCounts();
    const int before = Counted::alive();
    const auto call = signal(&sender, &Sender::number).onCancel([&, kept = Counted()] {
        runs += 1 + kept.value;
    });
    Q_EMIT sender.number(1);
    QCOMPARE(resultOf(call), 1);
    call.cancel();
    QCOMPARE(runs, 0);
    QCOMPARE(Counted::alive(), before);
}

void tst_Signal::onCancelRunsAtTheEndOfTheLoop()
{
    Sender sender;
    const QThread *thread = nullptr;
    LoopThread loop;
    loop.call([&] {
        signal(&sender, &Sender::number).onCancel([&] { thread = QThread::currentThread(); });
    });
    loop.finish();
    QCOMPARE(thread, &loop);
}

void tst_Signal::errorOfOnCancelIsTheCalls()
{
    Sender sender;
    const auto call =
            signal(&sender, &Sender::number).onCancel([] { throw std::logic_error("cannot"); });
    call.cancel();
    QVERIFY(failsWith<std::logic_error>(call));
}

// --- With the rest

void tst_Signal::firstOfTwoSignalsDecides()
{
    Sender one;
    Sender two;
    const auto first = whenAny(signal(&one, &Sender::number), signal(&two, &Sender::pair));
    Q_EMIT two.pair(1, u"x"_s);
    QCOMPARE(resultOf(first).index(), 1U);
    QVERIFY(!one.isConnectedTo(&Sender::number));

    auto mine = signal(&one, &Sender::number);
    const auto both = whenAll(mine, signal(&two, &Sender::nothing));
    both.cancel();
    QVERIFY(isCanceledInTime(both));
    QVERIFY(mine.isCanceled());
}

void tst_Signal::handlersAndBodiesReturnSignals()
{
    Sender sender;
    QObject context;
    const auto second = signal(&sender, &Sender::nothing).then(&context, [&] {
        return signal(&sender, &Sender::number);
    });
    static_assert(std::is_same_v<decltype(second), const PendingCall<int>>);
    Q_EMIT sender.nothing();
    QVERIFY(spinUntil([&] { return sender.isConnectedTo(&Sender::number); }));
    second.cancel();
    QVERIFY(isCanceledInTime(second));
    QVERIFY(!sender.isConnectedTo(&Sender::number));

    const auto soon = moveOnAfter(1h, [&] { return signal(&sender, &Sender::nothing); });
    Q_EMIT sender.nothing();
    QVERIFY(waitFor(soon));
    QVERIFY(!soon.isCanceled());
}

void tst_Signal::timersAndProcessesAreAwaited()
{
    QTimer timer;
    timer.setSingleShot(true);
    timer.start(1ms);
    resultOf(signal(&timer, &QTimer::timeout));

    QProcess process;
    const auto finished = signal(&process, &QProcess::finished);
    process.start(u"true"_s, QStringList());
    const auto [code, status] = resultOf(finished);
    QCOMPARE(code, 0);
    QCOMPARE(status, QProcess::NormalExit);
}

void tst_Signal::canceledProcessIsKilled()
{
    QProcess process;
    process.start(u"sleep"_s, { u"3600"_s });
    QVERIFY(process.waitForStarted());
    const auto ended = signal(&process, &QProcess::finished);
    signal(&process, &QProcess::finished).onCancel([&] { process.kill(); }).cancel();
    QCOMPARE(std::get<1>(resultOf(ended)), QProcess::CrashExit);
}

// --- Wrong use

void tst_Signal::needsALoop()
{
    Sender sender;
    OutsideThread([&] {
        QVERIFY(throws<NoEventLoopError>([&] { (void)signal(&sender, &Sender::number); }));
    }).result();
    QVERIFY(failsWith<NoEventLoopError>(toThread([&] { (void)signal(&sender, &Sender::number); })));
}

void tst_Signal::wrongUseIsNamed()
{
    Sender *none = nullptr;
    QVERIFY(throws<InvalidUseError>([&] { (void)signal(none, &Sender::number); }));
    Sender sender;
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"signal not found"_s));
    QVERIFY(throws<InvalidUseError>([&] { (void)signal(&sender, &Sender::notASignal); }));
    const std::function<void()> empty;
    QVERIFY(throws<InvalidUseError>([&] { signal(&sender, &Sender::number).onCancel(empty); }));
    auto call = signal(&sender, &Sender::number);
    OutsideThread([&] {
        QVERIFY(throws<InvalidUseError>([&] { std::move(call).onCancel([] {}); }));
    }).result();
}

QTEST_GUILESS_MAIN(tst_Signal)
#include "tst_signal.moc"
