// SPDX-License-Identifier: MIT
// Tasks that work for an object, or belong to a TaskScope, and end with it.
#include "cancelable.h"
#include "outside.h"

#include <QtCore/qscopeguard.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

/// An object with asynchronous functions.
class Worker : public QObject
{
    Q_OBJECT
public:
    Task<int> answer()
    {
        const Counted guard;
        co_await checkpoint();
        m_steps->append(QStringLiteral("went on"));
        co_return 42;
    }
    Task<> die()
    {
        delete this;
        m_steps->append(QStringLiteral("runs on")); // as any function would
        co_await checkpoint();
        m_steps->append(QStringLiteral("went on"));
    }
    Task<int> waitForAnswer()
    {
        const Counted guard;
        co_return co_await answer();
    }
    static inline QStringList *m_steps = nullptr;
};

Task<int> free(Worker &worker)
{
    const Counted guard;
    co_return co_await worker.answer();
}

} // namespace

class tst_TaskObjects : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_steps.clear();
        Worker::m_steps = &m_steps;
    }

    void memberEndsWithItsObject();
    void whoAwaitsAMemberGetsAnError();
    void functionOfAnObjectReferenceEndsWithIt();
    void memberOfADeadObjectNeverBegins();
    void taskStartedForAnObjectEndsWithIt();
    void objectThatDeletesItselfRunsToTheNextAwait();
    void objectThatDiesInAnotherThread();
    void manyObjectsDieWhileTheirTasksEnd();
    void scopeEndsItsTasksWhileTheOwnerIsWhole();
    void scopeDestroysWhatAwaitsAgain();
    void scopeDoesNotWaitForAWorker();
    void scopeEndsDeepTasks();
    void taskMayDestroyItsScope();
    void whatATaskCapturedMayDestroyItsScope();
    void bodiesEndBeforeWhatTheyReferTo_data();
    void bodiesEndBeforeWhatTheyReferTo();
    void bodyMayDestroyTheScopeItIsIn();
    void scopeIsCanceledAndGoesOn();
    void scopeBelongsToItsThread();
    void unbegunTasksOfAScopeNeverRun();

private:
    QStringList m_steps;
};

void tst_TaskObjects::memberEndsWithItsObject()
{
    auto worker = std::make_unique<Worker>();
    const auto call = worker->waitForAnswer().start();
    QCOMPARE(Counted::alive(), 2);
    worker.reset();
    QCOMPARE(Counted::alive(), 0);
    QVERIFY(call.isCanceled());
    QCoreApplication::processEvents();
    QVERIFY(m_steps.isEmpty());
}

void tst_TaskObjects::whoAwaitsAMemberGetsAnError()
{
    auto worker = std::make_unique<Worker>();
    bool isTold = false;
    const auto outer = [&]() -> Task<int> {
        const Counted guard;
        try {
            co_return co_await worker->waitForAnswer();
        } catch (const CanceledError &) {
            isTold = true;
        }
        co_return co_await toThread([] { return 7; }); // not canceled itself
    };
    const auto call = outer().start();
    worker.reset();
    QVERIFY(!isTold); // through the loop
    QCOMPARE(Counted::alive(), 1);
    QCOMPARE(resultOf(call), 7);
    QVERIFY(isTold);
}

void tst_TaskObjects::functionOfAnObjectReferenceEndsWithIt()
{
    auto worker = std::make_unique<Worker>();
    const auto call = free(*worker).start();
    worker.reset();
    QVERIFY(call.isCanceled());
    QCOMPARE(Counted::alive(), 0);
}

void tst_TaskObjects::memberOfADeadObjectNeverBegins()
{
    auto worker = std::make_unique<Worker>();
    auto task = worker->answer();
    auto soon = worker->answer().startSoon();
    worker.reset();
    QVERIFY(std::move(task).start().isCanceled());
    QVERIFY(soon.isCanceled());
    QVERIFY(m_steps.isEmpty());
}

void tst_TaskObjects::taskStartedForAnObjectEndsWithIt()
{
    auto object = std::make_unique<QObject>();
    bool hasGoneOn = false;
    const auto run = [&hasGoneOn, guard = Counted()]() -> Task<> {
        co_await checkpoint();
        hasGoneOn = true;
    };
    const auto call = startTask(object.get(), run);
    object.reset();
    QVERIFY(call.isCanceled());
    QCoreApplication::processEvents();
    QVERIFY(!hasGoneOn);
}

void tst_TaskObjects::objectThatDeletesItselfRunsToTheNextAwait()
{
    auto *worker = new Worker;
    const auto call = worker->die().start();
    QVERIFY(isCanceledInTime(call));
    QCOMPARE(m_steps, QStringList(QStringLiteral("runs on")));
}

void tst_TaskObjects::objectThatDiesInAnotherThread()
{
    for (int round = 0; round < 200; ++round) {
        auto *object = new QObject;
        const auto run = []() -> Task<> {
            const Counted guard;
            for (;;)
                co_await checkpoint();
        };
        const auto call = startTask(object, run);
        object->moveToThread(nullptr);
        OutsideThread<void> killer([object] { delete object; });
        QVERIFY(isCanceledInTime(call));
        killer.result();
        QCOMPARE(Counted::alive(), 0);
    }
}

void tst_TaskObjects::manyObjectsDieWhileTheirTasksEnd()
{
    for (int round = 0; round < 500; ++round) {
        auto *object = new QObject;
        const auto run = []() -> Task<> { co_await checkpoint(); };
        const auto call = startTask(object, run);
        object->moveToThread(nullptr);
        OutsideThread<void> killer([object] { delete object; });
        QVERIFY(waitFor(call));
        killer.result();
    }
}

void tst_TaskObjects::scopeEndsItsTasksWhileTheOwnerIsWhole()
{
    struct Owner
    {
        Task<> work()
        {
            try {
                co_await checkpoint();
            } catch (const CanceledError &error) {
                seen = name + error.reason();
                throw;
            }
        }
        QString &seen;
        QString name = QStringLiteral("whole: ");
        TaskScope tasks{};
    };
    QString seen;
    PendingCall<void> call;
    {
        Owner owner{ seen };
        call = owner.tasks.start(owner.work());
        QCOMPARE(owner.tasks.count(), 1);
    }
    QVERIFY(call.isCanceled());
    QVERIFY(seen.startsWith(QStringLiteral("whole: ")));
}

void tst_TaskObjects::scopeDestroysWhatAwaitsAgain()
{
    int thrown = 0;
    bool hasGoneOn = false;
    const auto run = [&]() -> Task<> {
        const Counted guard;
        try {
            co_await checkpoint();
        } catch (const CanceledError &) {
            ++thrown;
        }
        co_await checkpoint();
        hasGoneOn = true;
    };
    PendingCall<void> call;
    {
        TaskScope tasks;
        call = tasks.start(run);
    }
    QVERIFY(call.isCanceled());
    QCOMPARE(thrown, 1);
    QVERIFY(!hasGoneOn);
    QCOMPARE(Counted::alive(), 0);
}

void tst_TaskObjects::scopeDoesNotWaitForAWorker()
{
    Blocker blocker;
    PendingCall<int> call;
    const auto run = [](auto fn) -> Task<int> {
        const auto inner = toThread(fn);
        co_return co_await inner;
    };
    {
        TaskScope tasks;
        call = tasks.start(run, blocker.returning(1));
        QVERIFY(blocker.hasStarted());
    }
    QVERIFY(call.isCanceled());
    blocker.release();
}

static Task<int> nest(int depth)
{
    const Counted guard;
    if (depth == 0)
        co_await checkpoint();
    else
        co_await nest(depth - 1);
    co_return depth;
}

void tst_TaskObjects::scopeEndsDeepTasks()
{
    {
        TaskScope tasks;
        tasks.start(nest(100'000));
        QCOMPARE(Counted::alive(), 100'001);
    }
    QCOMPARE(Counted::alive(), 0);
    {
        auto object = std::make_unique<QObject>();
        startTask(object.get(), &nest, 100'000);
        object.reset();
    }
    QCOMPARE(Counted::alive(), 0);
}

void tst_TaskObjects::taskMayDestroyItsScope()
{
    auto tasks = std::make_unique<TaskScope>();
    bool hasGoneOn = false;
    bool isThrown = false;
    const auto run = [&]() -> Task<> {
        co_await checkpoint();
        tasks.reset();
        try {
            co_await checkpoint();
        } catch (const CanceledError &) {
            isThrown = true;
        }
        co_await checkpoint();
        hasGoneOn = true;
    };
    const auto call = tasks->start(run);
    QVERIFY(isCanceledInTime(call));
    QVERIFY(isThrown);
    QVERIFY(!hasGoneOn);
}

namespace {

/// What a body refers to, as long as it is there.
struct Local
{
    explicit Local(bool &isAlive) : alive(isAlive) { alive = true; }
    ~Local() { alive = false; }
    Q_DISABLE_COPY_MOVE(Local)
    bool &alive;
};

/// Looks at it when it goes, as guards do, and when it goes on.
struct Body
{
    Task<> run()
    {
        const auto look = qScopeGuard([this] { hasSeenDead |= !isAlive; });
        for (;;) {
            co_await checkpoint();
            hasSeenDead |= !isAlive;
        }
    }
    bool isAlive = false;
    bool hasSeenDead = false;
};

} // namespace

void tst_TaskObjects::whatATaskCapturedMayDestroyItsScope()
{
    auto tasks = std::make_unique<TaskScope>();
    const auto waiting = tasks->start([]() -> Task<> { co_await sleep(1h); });
    const auto ending =
            tasks->start([captured = std::shared_ptr<int>(new int(0), [&tasks](int *number) {
                              delete number;
                              tasks.reset();
                          })]() -> Task<> { co_await checkpoint(); });
    QVERIFY(spinUntil([&] { return ending.isFinished(); }));
    QVERIFY(!tasks);
    QVERIFY(!ending.isCanceled());
    QVERIFY(waiting.isCanceled());
}

void tst_TaskObjects::bodiesEndBeforeWhatTheyReferTo_data()
{
    QTest::addColumn<QString>("form");
    QTest::addColumn<bool>("objectDies");
    for (const QString &form :
         { QStringLiteral("failAfter"), QStringLiteral("shielded"), QStringLiteral("withScope"),
           QStringLiteral("whenAll"), QStringLiteral("taskGroup"), QStringLiteral("inline") }) {
        QTest::addRow("%s, the scope goes", qPrintable(form)) << form << false;
        QTest::addRow("%s, the object dies", qPrintable(form)) << form << true;
    }
}

void tst_TaskObjects::bodiesEndBeforeWhatTheyReferTo()
{
    QFETCH(QString, form);
    QFETCH(bool, objectDies);
    Body body;
    const auto run = [&](QObject &) -> Task<> {
        const Local local(body.isAlive);
        const auto inner = [&] { return body.run(); };
        CancelScope scope;
        if (form == u"failAfter") {
            co_await failAfter(1h, inner);
        } else if (form == u"shielded") {
            co_await shielded(inner);
        } else if (form == u"withScope") {
            co_await withScope(scope, inner);
        } else if (form == u"whenAll") {
            co_await whenAll(body.run(), body.run());
        } else if (form == u"taskGroup") {
            const auto start = [&](TaskGroup &group) -> Task<> {
                group.startSoon(body.run());
                co_await body.run();
            };
            co_await taskGroup(start);
        } else {
            co_await inner();
        }
    };
    auto object = std::make_unique<QObject>();
    auto tasks = std::make_unique<TaskScope>();
    const auto call = objectDies ? startTask(object.get(), run, std::ref(*object))
                                 : tasks->start(run, std::ref(*object));
    for (int i = 0; i < 10; ++i)
        QCoreApplication::processEvents();
    QVERIFY(body.isAlive);
    if (objectDies)
        object.reset();
    else
        tasks.reset();
    QVERIFY(call.isCanceled());
    QVERIFY(!body.isAlive);
    QVERIFY(!body.hasSeenDead);
    for (int i = 0; i < 10; ++i)
        QCoreApplication::processEvents();
    QVERIFY(!body.hasSeenDead);
}

void tst_TaskObjects::bodyMayDestroyTheScopeItIsIn()
{
    auto tasks = std::make_unique<TaskScope>();
    bool isAlive = false;
    bool hasSeenDead = false;
    bool goesOn = false;
    const auto run = [&]() -> Task<> {
        const Local local(isAlive);
        const auto inner = [&]() -> Task<> {
            const auto look = qScopeGuard([&] { hasSeenDead |= !isAlive; });
            co_await checkpoint();
            tasks.reset();
            hasSeenDead |= !isAlive; // the outer one waits until this ends
            co_await checkpoint();
            goesOn = true;
        };
        co_await failAfter(1h, inner);
        goesOn = true;
    };
    const auto call = tasks->start(run);
    QVERIFY(isCanceledInTime(call));
    QVERIFY(!isAlive);
    QVERIFY(!hasSeenDead);
    QVERIFY(!goesOn);
}

void tst_TaskObjects::scopeIsCanceledAndGoesOn()
{
    TaskScope tasks;
    const auto run = [](int turns) -> Task<int> {
        for (int i = 0; i < turns; ++i)
            co_await checkpoint();
        co_return 1;
    };
    const auto first = tasks.start(run(1));
    tasks.cancel(QStringLiteral("again"));
    const auto second = tasks.start(run(10));
    QVERIFY(isCanceledInTime(first));
    QCOMPARE(resultOf(second), 1);
    QCOMPARE(tasks.count(), 0);
}

void tst_TaskObjects::scopeBelongsToItsThread()
{
    TaskScope tasks;
    LoopThread thread;
    bool isRefused = false;
    const auto run = []() -> Task<> { co_return; };
    thread.call([&] { isRefused = throws<InvalidUseError>([&] { tasks.start(run); }); });
    QVERIFY(isRefused);
}

void tst_TaskObjects::unbegunTasksOfAScopeNeverRun()
{
    bool hasRun = false;
    const auto run = [&]() -> Task<> {
        hasRun = true;
        co_return;
    };
    PendingCall<void> call;
    {
        TaskScope tasks;
        struct Restart
        {
            ~Restart() { tasks.start(std::move(task)); }
            TaskScope &tasks;
            Task<> task;
        };
        const auto restart = [&]() -> Task<> {
            const Restart again{ tasks, run() };
            co_await checkpoint();
        };
        call = tasks.start(restart);
    }
    QVERIFY(call.isCanceled());
    QVERIFY(!hasRun);
}

QTEST_GUILESS_MAIN(tst_TaskObjects)
#include "tst_taskobjects.moc"
