// SPDX-License-Identifier: MIT
// What callsSnapshot() tells of calls, tasks and what portals run, and cancelCall().
#include "cancelable.h"
#include "outside.h"
#include "portals.h"

#include <qferry/callinfo.h>

#include <QtCore/qmetaobject.h>

#include <atomic>
#include <thread>

#if defined(Q_OS_LINUX)
#    include <unistd.h>
#endif

using namespace QFerry;
using namespace Testing;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

using Kind = CallInfo::Kind;
using State = CallInfo::State;

namespace {

QList<CallInfo> named(const QString &name)
{
    QList<CallInfo> calls = callsSnapshot();
    calls.removeIf([&name](const CallInfo &info) { return info.name != name; });
    return calls;
}

/// The only one of that name; one without id if there are others, or none.
CallInfo infoOf(const QString &name)
{
    const QList<CallInfo> calls = named(name);
    return calls.size() == 1 ? calls.first() : CallInfo();
}

/// Without the loop.
bool reaches(const QString &name, State state)
{
    const QDeadlineTimer deadline(watchdog);
    while (infoOf(name).id == 0 || infoOf(name).state != state) {
        if (deadline.hasExpired())
            return false;
        QThread::yieldCurrentThread();
    }
    return true;
}

bool ends(const QString &name)
{
    return spinUntil([&name] { return named(name).isEmpty(); });
}

} // namespace

class tst_CallInfo : public QObject
{
    Q_OBJECT
private slots:
    void tellsWhoWaitsForAToken();
    void tellsTheThread_data();
    void tellsTheThread();
    void tellsWhatAWorkerWaitsFor();
    void tellsProgress();
    void knowsAGenerator();
    void cancelsByNumber();
    void tellsWhatWasAbandoned();
    void tellsOfTasks();
    void cancelsATaskByNumber();
    void tellsWhatAPortalRuns();
    void knowsSinceWhen();
    void isReadAsAGadget();
    void looksWhileCallsComeAndGo();
};

void tst_CallInfo::tellsWhoWaitsForAToken()
{
    CapacityLimiter disk(1);
    disk.setName(u"disk"_s);
    QCOMPARE(disk.name(), u"disk"_s);
    QCOMPARE(defaultThreadLimiter().name(), u"default"_s);
    Blocker blocker;
    const auto first = toThread({ .limiter = &disk, .name = u"first"_s }, blocker.function());
    QVERIFY(blocker.hasStarted());
    const auto second = toThread({ .limiter = &disk, .name = u"second"_s }, blocker.function());

    const CallInfo running = infoOf(u"first"_s);
    QCOMPARE(running.state, State::Running);
    QCOMPARE(running.kind, Kind::Call);
    QCOMPARE(running.limiter, u"disk"_s);
    QCOMPARE(running.origin, u"main thread"_s);
    QVERIFY(running.isRunning());
    QVERIFY(!running.cancelRequested);
    QVERIFY(running.threadId != 0);
    QCOMPARE(running.progressShare(), -1.0);

    const CallInfo waiting = infoOf(u"second"_s);
    QCOMPARE(waiting.state, State::WaitsForToken);
    QCOMPARE(waiting.limiter, u"disk"_s);
    QCOMPARE(waiting.threadId, quint64(0));
    QVERIFY(waiting.thread.isEmpty());
    QVERIFY(!waiting.isRunning());
    QVERIFY(running.id != 0 && waiting.id != 0 && running.id != waiting.id);
    QCOMPARE(infoOf(u"second"_s), waiting);
    QCOMPARE(infoOf(u"first"_s), running);

    second.cancel();
    QVERIFY(named(u"second"_s).isEmpty());
    blocker.releaseAll();
    QVERIFY(waitFor(first));
    QVERIFY(ends(u"first"_s));
}

void tst_CallInfo::tellsTheThread_data()
{
    QTest::addColumn<Thread>("thread");
    QTest::newRow("of the pool") << Thread::Pooled;
    QTest::newRow("of its own") << Thread::Dedicated;
}

void tst_CallInfo::tellsTheThread()
{
#if defined(Q_OS_LINUX)
    QFETCH(const Thread, thread);
    Blocker blocker;
    std::atomic<quint64> id{ 0 };
    const auto call =
            toThread({ .name = u"lookup"_s, .thread = thread }, [&id, block = blocker.function()] {
                id.store(quint64(gettid()));
                block();
            });
    QVERIFY(blocker.hasStarted());
    const CallInfo info = infoOf(u"lookup"_s);
    QCOMPARE(info.threadId, id.load());
    QCOMPARE(info.thread, u"lookup"_s);
    QCOMPARE(info.limiter.isEmpty(), thread == Thread::Dedicated);
    blocker.releaseAll();
    QVERIFY(waitFor(call));
    QVERIFY(ends(u"lookup"_s));
#else
    QSKIP("The system's number of a thread is looked up on Linux alone");
#endif
}

void tst_CallInfo::tellsWhatAWorkerWaitsFor()
{
    Blocker blocker;
    const auto other = toThread({ .name = u"other"_s }, blocker.function());
    FromThreadChannel<int> channel(1);
    const auto asks = toThread({ .name = u"asks"_s }, [] { fromThread([] {}); });
    const auto waits = toThread({ .name = u"waits"_s }, [&other] { waitInThread(other); });
    const auto puts = toThread({ .name = u"puts"_s }, [producer = channel.producer()] {
        producer.put(1);
        producer.put(2);
    });
    // This loop does not turn meanwhile.
    QVERIFY(reaches(u"asks"_s, State::WaitsForLoop));
    QVERIFY(reaches(u"waits"_s, State::WaitsForCall));
    QVERIFY(reaches(u"puts"_s, State::WaitsForRoom));
    QVERIFY(infoOf(u"puts"_s).isRunning());

    blocker.releaseAll();
    QVERIFY(waitFor(asks));
    QVERIFY(waitFor(waits));
    QCOMPARE(resultOf(channel.get()), 1);
    QCOMPARE(resultOf(channel.get()), 2);
    QVERIFY(waitFor(puts));
}

void tst_CallInfo::tellsProgress()
{
    Blocker blocker;
    const auto call = toThread({ .name = u"copies"_s }, [block = blocker.function()] {
        reportProgress(3, 12, u"c.txt"_s);
        block();
    });
    QVERIFY(blocker.hasStarted());
    const CallInfo info = infoOf(u"copies"_s);
    QCOMPARE(info.progress, (Progress{ 3, 12, u"c.txt"_s }));
    QCOMPARE(info.progressShare(), 0.25);
    QCOMPARE(info.progressText(), u"c.txt"_s);
    blocker.releaseAll();
    QVERIFY(waitFor(call));
}

void tst_CallInfo::knowsAGenerator()
{
    Blocker blocker;
    const auto generate = [block = blocker.function()](Yield<int> &yield) {
        block();
        yield(1);
    };
    const auto numbers = threaded(generate, { .name = u"numbers"_s });
    auto stream = numbers();
    const auto next = stream.next();
    QVERIFY(blocker.hasStarted());
    QCOMPARE(infoOf(u"numbers"_s).kind, Kind::Generator);
    blocker.releaseAll();
    QVERIFY(waitFor(next));
}

void tst_CallInfo::cancelsByNumber()
{
    Gate running;
    const auto call = toThread({ .name = u"endless"_s }, openAndRunUntilCanceled(running));
    running.pass();
    const quint64 id = infoOf(u"endless"_s).id;
    QVERIFY(id != 0);
    QVERIFY(!cancelCall(0));
    QVERIFY(!cancelCall(id + 1'000'000));
    Gate otherRuns; // a call that nobody has looked at has no number, nor gets the next one
    const auto other = toThread({ .name = u"other"_s }, openAndRunUntilCanceled(otherRuns));
    otherRuns.pass();
    QVERIFY(!cancelCall(id + 1));
    QVERIFY(!other.isCanceled());
    QVERIFY(cancelCall(infoOf(u"other"_s).id));
    QVERIFY(isCanceledInTime(other));
    QVERIFY(!infoOf(u"endless"_s).cancelRequested);
    QVERIFY(OutsideThread([id] { return cancelCall(id, u"enough"_s); }).result());
    QVERIFY(isCanceledInTime(call));
    QVERIFY(ends(u"endless"_s));
    QVERIFY(!cancelCall(id));

    // One that goes on all the same.
    Blocker blocker;
    const auto stubborn = toThread({ .name = u"stubborn"_s }, blocker.function());
    QVERIFY(blocker.hasStarted());
    QVERIFY(cancelCall(infoOf(u"stubborn"_s).id));
    QVERIFY(infoOf(u"stubborn"_s).cancelRequested);
    QCOMPARE(infoOf(u"stubborn"_s).state, State::Running);
    blocker.releaseAll();
    QVERIFY(waitFor(stubborn));
}

void tst_CallInfo::tellsWhatWasAbandoned()
{
    Blocker blocker;
    const auto call = toThread({ .abandonOnCancel = true, .name = u"left"_s }, blocker.function());
    QVERIFY(blocker.hasStarted());
    QVERIFY(cancelCall(infoOf(u"left"_s).id));
    QVERIFY(call.isFinished());
    const CallInfo info = infoOf(u"left"_s);
    QCOMPARE(info.state, State::Abandoned);
    QVERIFY(info.isRunning());
    QVERIFY(info.threadId != 0);
    blocker.releaseAll();
    QVERIFY(ends(u"left"_s));
}

void tst_CallInfo::tellsOfTasks()
{
    Event goOn;
    std::optional<CallInfo> inside;
    const auto work = [&]() -> Task<> {
        co_await sleep(0ms);
        inside = infoOf(u"work"_s);
        co_await goOn.wait();
    };
    const auto task = startTask({ .name = u"work"_s }, work);
    QVERIFY(spinUntil([&inside] { return inside.has_value(); }));
    QCOMPARE(inside->state, State::Running);
    const CallInfo info = infoOf(u"work"_s);
    QCOMPARE(info.state, State::Suspended);
    QCOMPARE(info.kind, Kind::Task);
    QCOMPARE(info.thread, u"main thread"_s);
    QCOMPARE(info.id, inside->id);
    QVERIFY(info.threadId != 0);
    goOn.set();
    QVERIFY(waitFor(task));
    QVERIFY(named(u"work"_s).isEmpty());
}

void tst_CallInfo::cancelsATaskByNumber()
{
    const auto work = []() -> Task<> { co_await sleep(1h); };
    const auto task = startTask({ .name = u"sleeper"_s }, work);
    const quint64 id = infoOf(u"sleeper"_s).id;
    QVERIFY(cancelCall(id));
    QVERIFY(isCanceledInTime(task));
    QVERIFY(!cancelCall(id));
}

void tst_CallInfo::tellsWhatAPortalRuns()
{
    Blocker blocker;
    Gate begun;
    const auto call = [&blocker] { return toThread({ .name = u"inside"_s }, blocker.function()); };
    const auto task = [&begun]() -> Task<> {
        begun.open();
        co_await sleep(1h);
    };
    EndlessFuture endless;
    const auto future = [&endless, &begun] {
        begun.open();
        return endless.future();
    };
    const auto portalCalls = [] {
        QList<CallInfo> calls = callsSnapshot();
        calls.removeIf([](const CallInfo &info) { return info.kind != Kind::PortalCall; });
        return calls;
    };
    auto portal = startBlockingPortal();
    const QList<QFuture<void>> started{ portal.startTaskSoon(call), portal.startTaskSoon(task) };
    const QFuture<int> foreign = portal.startTaskSoon(future);
    QVERIFY(blocker.hasStarted());
    begun.pass(2);
    QVERIFY(spinUntil([&] { return portalCalls().size() == 3; }));
    for (const CallInfo &info : portalCalls()) {
        QVERIFY(info.isRunning());
        QVERIFY(info.threadId != 0);
        QVERIFY(cancelCall(info.id));
    }
    blocker.releaseAll();
    QVERIFY(spinUntil([&] { return portalCalls().isEmpty(); }));
    for (const QFuture<void> &ended : started)
        QVERIFY(finishes(ended));
    QVERIFY(finishes(foreign));
}

void tst_CallInfo::knowsSinceWhen()
{
    CapacityLimiter one(1);
    Blocker blocker;
    const auto before = toThread({ .limiter = &one, .name = u"before"_s }, blocker.function());
    QVERIFY(blocker.hasStarted());
    const auto firstLook = CallInfo::Clock::now();
    CallInfo info = infoOf(u"before"_s);
    QVERIFY(info.sinceEarlier);
    QVERIFY(info.runningSince >= firstLook);
    QCOMPARE(info.queuedSince, CallInfo::Clock::time_point());
    QVERIFY(info.seconds() >= 0);
    QCOMPARE(infoOf(u"before"_s).runningSince, info.runningSince);

    const CallsWatch watch;
    const auto made = CallInfo::Clock::now();
    const auto watched = toThread({ .limiter = &one, .name = u"watched"_s }, blocker.function());
    info = infoOf(u"watched"_s);
    QVERIFY(!info.sinceEarlier);
    QVERIFY(info.queuedSince >= made && info.queuedSince <= CallInfo::Clock::now());
    QCOMPARE(info.runningSince, CallInfo::Clock::time_point());
    blocker.release();
    QVERIFY(blocker.hasStarted());
    const CallInfo running = infoOf(u"watched"_s);
    QVERIFY(!running.sinceEarlier);
    QCOMPARE(running.queuedSince, info.queuedSince);
    QVERIFY(running.runningSince >= info.queuedSince);
    blocker.releaseAll();
    QVERIFY(waitFor(before));
    QVERIFY(waitFor(watched));
}

void tst_CallInfo::isReadAsAGadget()
{
    CallInfo info;
    info.name = u"x"_s;
    info.state = State::WaitsForRoom;
    info.progress = { 1, 2, u"half"_s };
    const QMetaObject &meta = CallInfo::staticMetaObject;
    const auto read = [&](const char *name) {
        return meta.property(meta.indexOfProperty(name)).readOnGadget(&info);
    };
    QCOMPARE(read("name"), QVariant(u"x"_s));
    QCOMPARE(read("stateText"), QVariant(u"waits for room"_s));
    QCOMPARE(read("progress"), QVariant(0.5));
    QCOMPARE(read("progressText"), QVariant(u"half"_s));
    QCOMPARE(read("running"), QVariant(true));
    QCOMPARE(read("seconds"), QVariant(-1.0));
    const QMetaEnum states = meta.enumerator(meta.indexOfEnumerator("State"));
    for (int i = 0; i < states.keyCount(); ++i) {
        info.state = State(states.value(i));
        QVERIFY(!info.stateText().isEmpty());
    }
}

void tst_CallInfo::looksWhileCallsComeAndGo()
{
    CapacityLimiter few(2);
    few.setName(u"few"_s);
    std::atomic<bool> isOver{ false };
    std::atomic<int> looks{ 0 };
    const auto look = [&] {
        const CallsWatch watch;
        while (!isOver.load()) {
            for (const CallInfo &info : callsSnapshot()) {
                if (info.id % 7 == 0)
                    cancelCall(info.id);
            }
            few.setName(QString::number(looks.fetch_add(1)));
        }
    };
    std::thread one(look);
    std::thread other(look);
    QList<PendingCall<QString>> calls;
    for (int i = 0; i < 2000; ++i) {
        calls.append(toThread({ .limiter = &few, .name = QString::number(i) }, [i] {
            reportProgress(i, 2000, QString::number(i));
            return QString::number(i);
        }));
        if (i % 100 == 0)
            QCoreApplication::processEvents();
    }
    bool areAllEnded = true;
    for (const auto &call : calls)
        areAllEnded &= waitFor(call);
    isOver.store(true);
    one.join();
    other.join();
    QVERIFY(areAllEnded);
    QVERIFY(looks.load() > 0);
    for (int i = 0; i < calls.size(); ++i) {
        if (!calls.at(i).isCanceled())
            QCOMPARE(resultOf(calls.at(i)), QString::number(i));
    }
}

QTEST_GUILESS_MAIN(tst_CallInfo)
#include "tst_callinfo.moc"
