// SPDX-License-Identifier: MIT
// Groups of tasks: how they begin, fail, are canceled and end.
#include "cancelable.h"
#include "outside.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

constexpr TaskGroupOptions goOn{ .onFailure = CallGroup::OnFailure::GoOn };

Task<> nothing()
{
    co_return;
}
Task<> turns(int count)
{
    for (int i = 0; i < count; ++i)
        co_await checkpoint();
}
Task<> failAfterTurns(int count, const char *what = "broken")
{
    co_await turns(count);
    throw std::runtime_error(what);
}
Task<> endless()
{
    EndlessFuture future;
    co_await future.future();
}
/// Notes how it ends.
Task<> waitForCancel(QStringList &log, QString name)
{
    try {
        co_await endless();
    } catch (const CanceledError &error) {
        log << name + QStringLiteral(": ") + error.reason();
        throw;
    }
}

QString whatOf(const std::exception_ptr &error)
{
    try {
        std::rethrow_exception(error);
    } catch (const std::exception &e) {
        return QString::fromUtf8(e.what());
    }
}

/// Runs the body as a group of a task of its own.
template <typename... Args>
auto startGroup(Args &&...args)
{
    return taskGroup(std::forward<Args>(args)...).start();
}

} // namespace

class tst_TaskGroup : public QObject
{
    Q_OBJECT

private slots:
    void endsWhenBodyAndTasksHave();
    void bodysResultIsReturned();
    void bodyRunsInTheTaskThatAwaits();
    void tasksStartTasks();
    void manyTasksRun();
    void functionsAndArgumentsLiveAsLongAsTheirTasks();
    void tasksAreNamedAndHaveTheirHandles();
    void firstErrorCancelsTheOthers();
    void errorsWaitForTheLastTask();
    void furtherErrorsAreLoggedOnce();
    void whoAsksForErrorsHasSeenThem();
    void errorOfTheBodyCancelsTheTasks();
    void taskThatIsCanceledFailsNothing();
    void bodyThatIsCanceledIsCanceled();
    void cancelEndsItWithoutAnError();
    void cancelReachesTheBody();
    void cancelLeavesABodyWithoutItsResult();
    void cancelFromOutsideReachesAllAndIsThrown();
    void cleanupIsWaitedFor();
    void whatComesInTimeIsNotLostToACancel();
    void nothingBeginsInACanceledGroup();
    void endedGroupTakesNoTask();
    void groupStaysInItsThread();
    void callsAreMembersToo();
    void errorsOfCallsFromOtherThreadsAreTheGroups();
    void supervisorGoesOn();
    void supervisorEndsWithItsBody();
    void startGivesTheValue();
    void errorBeforeTheStartIsTheStartersAlone();
    void taskThatDoesNotStartIsAnInvalidUse();
    void errorAfterTheStartIsTheGroups();
    void cancelingAStartCancelsItsTask();
    void groupsNest();
    void doomEndsTheTasksOfAGroup();
    void deadObjectEndsTheTasksOfItsGroup();
};

void tst_TaskGroup::endsWhenBodyAndTasksHave()
{
    int ended = 0;
    const auto task = [&](int count) -> Task<> {
        co_await turns(count);
        ++ended;
    };
    const auto group = startGroup([&](TaskGroup &g) -> Task<> {
        g.startSoon(task(3));
        g.startSoon(task, 20);
        [&] { QCOMPARE(g.count(), 2); }();
        co_await turns(5);
    });
    resultOf(group);
    QCOMPARE(ended, 2);
    resultOf(startGroup([](TaskGroup &) { return nothing(); }));
}

void tst_TaskGroup::bodysResultIsReturned()
{
    const auto group = startGroup([](TaskGroup &g) -> Task<MoveOnly> {
        g.startSoon(turns(3));
        co_return std::make_unique<int>(42);
    });
    QCOMPARE(*resultOf(group), 42);
}

void tst_TaskGroup::bodyRunsInTheTaskThatAwaits()
{
    static ContextVar<int> number("number", 0);
    const auto outer = []() -> Task<int> {
        CancelScope scope;
        number.set(1);
        co_await taskGroup([&](TaskGroup &g) -> Task<> {
            g.startSoon([]() -> Task<> {
                number.set(number.get() + 5); // the task's own
                co_return;
            });
            number.set(number.get() + 1);
            co_return;
        });
        co_return number.get();
    };
    QCOMPARE(resultOf(outer().start()), 2);
}

void tst_TaskGroup::tasksStartTasks()
{
    int ended = 0;
    std::function<Task<>(TaskGroup, int)> tree = [&](TaskGroup group, int depth) -> Task<> {
        co_await checkpoint();
        for (int i = 0; depth > 0 && i < 2; ++i)
            group.startSoon(tree(group, depth - 1));
        ++ended;
    };
    resultOf(startGroup([&](TaskGroup &g) { return tree(g, 6); }));
    QCOMPARE(ended, 127);
}

void tst_TaskGroup::manyTasksRun()
{
    constexpr int tasks = 10'000;
    int begun = 0;
    int canceled = 0;
    const auto task = [&]() -> Task<> {
        ++begun;
        try {
            co_await endless();
        } catch (const CanceledError &) {
            ++canceled;
        }
    };
    resultOf(startGroup([&](TaskGroup &g) -> Task<> {
        for (int i = 0; i < tasks; ++i)
            g.startSoon(task);
        while (begun < tasks)
            co_await checkpoint();
        [&] { QCOMPARE(g.count(), tasks); }();
        g.cancel();
    }));
    QCOMPARE(canceled, tasks);
}

void tst_TaskGroup::functionsAndArgumentsLiveAsLongAsTheirTasks()
{
    QString got;
    const auto group = startGroup([&](TaskGroup &g) -> Task<> {
        const QString text = QStringLiteral("kept");
        g.startSoon(
                [&got, own = text](const QString &argument) -> Task<> {
                    co_await turns(3);
                    got = own + argument;
                },
                text);
        co_return;
    });
    resultOf(group);
    QCOMPARE(got, QStringLiteral("keptkept"));
}

void tst_TaskGroup::tasksAreNamedAndHaveTheirHandles()
{
    QString name;
    const auto group = startGroup([&](TaskGroup &g) -> Task<> {
        const auto handle = g.startSoon({ .name = QStringLiteral("poll") }, []() -> Task<QString> {
            co_await turns(2);
            co_return currentTaskName();
        });
        name = co_await handle;
    });
    resultOf(group);
    QCOMPARE(name, QStringLiteral("poll"));
}

void tst_TaskGroup::firstErrorCancelsTheOthers()
{
    QStringList log;
    const auto group = startGroup([&](TaskGroup &g) -> Task<> {
        g.startSoon(waitForCancel(log, QStringLiteral("task")));
        g.startSoon(failAfterTurns(3));
        co_await waitForCancel(log, QStringLiteral("body"));
    });
    QVERIFY(failsWith<std::runtime_error>(group));
    log.sort();
    QCOMPARE(log, (QStringList{ QStringLiteral("body: another task of its group has failed"),
                                QStringLiteral("task: another task of its group has failed") }));
}

void tst_TaskGroup::errorsWaitForTheLastTask()
{
    Blocker blocker;
    bool isCanceled = false;
    const auto group = startGroup([&](TaskGroup &g) -> Task<> {
        g.startSoon([&]() -> Task<> { co_await toThread(blocker.function()); });
        co_await toThread([&] { return blocker.hasStarted(); });
        g.startSoon(failAfterTurns(1));
        try {
            co_await endless();
        } catch (const CanceledError &) {
            isCanceled = true;
        }
    });
    QVERIFY(spinUntil([&] { return isCanceled; }));
    for (int i = 0; i < 20; ++i)
        QCoreApplication::processEvents();
    QVERIFY(!group.isFinished());
    blocker.releaseAll();
    QVERIFY(failsWith<std::runtime_error>(group));
}

void tst_TaskGroup::furtherErrorsAreLoggedOnce()
{
    const QFerryMessages messages;
    const auto failsAtItsEnd = [](const char *what) -> Task<> {
        try {
            co_await endless();
        } catch (const CanceledError &) {
        }
        throw std::runtime_error(what);
    };
    {
        const auto group = startGroup([&](TaskGroup &g) -> Task<> {
            g.startSoon(failsAtItsEnd("second"));
            const auto handled = g.startSoon(failsAtItsEnd("third"));
            handled.onFailed(this, [] {});
            co_await turns(2);
            throw std::logic_error("first");
        });
        QVERIFY(failsWith<std::logic_error>(group));
    }
    QCOMPARE(messages.count(), 1);
    QVERIFY(messages.all().first().contains(QStringLiteral("second")));
}

void tst_TaskGroup::whoAsksForErrorsHasSeenThem()
{
    const QFerryMessages messages;
    QList<std::exception_ptr> errors;
    {
        const auto group = startGroup(goOn, [&](TaskGroup &g) -> Task<> {
            g.startSoon(failAfterTurns(2, "late"));
            g.startSoon(failAfterTurns(1, "early"));
            co_await turns(10);
            errors = g.errors();
        });
        resultOf(group);
    }
    QCOMPARE(errors.size(), 2);
    QCOMPARE(whatOf(errors[0]), QStringLiteral("early"));
    QCOMPARE(whatOf(errors[1]), QStringLiteral("late"));
    QCOMPARE(messages.all(), QStringList());
}

void tst_TaskGroup::errorOfTheBodyCancelsTheTasks()
{
    for (const TaskGroupOptions options : { TaskGroupOptions(), goOn }) {
        QStringList log;
        const auto group = startGroup(options, [&](TaskGroup &g) -> Task<int> {
            g.startSoon(waitForCancel(log, QStringLiteral("task")));
            co_await failAfterTurns(3);
            co_return 1;
        });
        QVERIFY(failsWith<std::runtime_error>(group));
        QCOMPARE(log.size(), 1);
    }
}

void tst_TaskGroup::taskThatIsCanceledFailsNothing()
{
    const auto group = startGroup([&](TaskGroup &g) -> Task<int> {
        const auto task = g.startSoon(turns(1000));
        g.startSoon([]() -> Task<> {
            throw CanceledError();
            co_return;
        });
        co_await turns(2);
        task.cancel();
        co_await turns(2);
        co_return g.isCanceled() ? 1 : 42;
    });
    QCOMPARE(resultOf(group), 42);
}

void tst_TaskGroup::bodyThatIsCanceledIsCanceled()
{
    QStringList log;
    const auto group = startGroup([&](TaskGroup &g) -> Task<> {
        g.startSoon(waitForCancel(log, QStringLiteral("task")));
        co_await turns(3);
        throw CanceledError(QStringLiteral("no more"));
    });
    QVERIFY(isCanceledInTime(group));
    QCOMPARE(log, QStringList(QStringLiteral("task: the body of its group was canceled")));
}

void tst_TaskGroup::cancelEndsItWithoutAnError()
{
    QStringList log;
    const auto outer = [&]() -> Task<int> {
        co_await taskGroup([&](TaskGroup &g) -> Task<> {
            g.startSoon(waitForCancel(log, QStringLiteral("task")));
            co_await turns(3);
            g.cancel(QStringLiteral("enough"));
        });
        co_await checkpoint(); // the task itself is not canceled
        co_return 42;
    };
    QCOMPARE(resultOf(outer().start()), 42);
    QCOMPARE(log, QStringList(QStringLiteral("task: enough")));
}

void tst_TaskGroup::cancelReachesTheBody()
{
    QStringList log;
    resultOf(startGroup([&](TaskGroup &g) -> Task<> {
        g.startSoon(
                [](TaskGroup group) -> Task<> {
                    co_await turns(3);
                    group.cancel(QStringLiteral("enough"));
                },
                g);
        co_await waitForCancel(log, QStringLiteral("body"));
    }));
    QCOMPARE(log, QStringList(QStringLiteral("body: enough")));
}

void tst_TaskGroup::cancelLeavesABodyWithoutItsResult()
{
    QString reason;
    const auto outer = [&]() -> Task<int> {
        try {
            co_return co_await taskGroup([&](TaskGroup &g) -> Task<int> {
                g.cancel(QStringLiteral("enough"));
                co_await checkpoint();
                co_return 1;
            });
        } catch (const CanceledError &error) {
            reason = error.reason();
        }
        co_return co_await taskGroup([&](TaskGroup &g) -> Task<int> {
            g.cancel();
            co_return 42;
        });
    };
    QCOMPARE(resultOf(outer().start()), 42);
    QCOMPARE(reason, QStringLiteral("enough"));
}

void tst_TaskGroup::cancelFromOutsideReachesAllAndIsThrown()
{
    QStringList log;
    QString reason;
    CancelScope scope;
    const auto outer = [&]() -> Task<> {
        try {
            const EnterScope entered(scope);
            co_await taskGroup([&](TaskGroup &g) -> Task<> {
                g.startSoon(waitForCancel(log, QStringLiteral("task")));
                g.add(toThread([&] { runUntilCanceled(); }));
                co_return;
            });
        } catch (const CanceledError &error) {
            reason = error.reason();
        }
    };
    const auto call = outer().start();
    QCoreApplication::processEvents();
    scope.cancel(QStringLiteral("outside"));
    resultOf(call);
    QCOMPARE(log, QStringList(QStringLiteral("task: outside")));
    QCOMPARE(reason, QStringLiteral("outside"));
}

void tst_TaskGroup::cleanupIsWaitedFor()
{
    bool isClean = false;
    const auto cleaning = [&]() -> Task<> {
        try {
            co_await endless();
        } catch (const CanceledError &) {
            isClean = false;
        }
        CancelScope shield;
        shield.setShielded(true);
        const EnterScope entered(shield);
        co_await turns(20);
        isClean = true;
    };
    const auto call = startGroup([&](TaskGroup &g) -> Task<> {
        g.startSoon(cleaning);
        co_return;
    });
    QCoreApplication::processEvents();
    call.cancel();
    QVERIFY(isCanceledInTime(call));
    QVERIFY(isClean);
}

void tst_TaskGroup::whatComesInTimeIsNotLostToACancel()
{
    CancelScope scope;
    const auto outer = [&]() -> Task<MoveOnly> {
        const EnterScope entered(scope);
        co_return co_await taskGroup([&](TaskGroup &g) -> Task<MoveOnly> {
            g.startSoon([&]() -> Task<> {
                co_await turns(2);
                QTimer::singleShot(0, &scope, [&] { scope.cancel(); });
            });
            co_return std::make_unique<int>(42);
        });
    };
    QCOMPARE(*resultOf(outer().start()), 42);
}

void tst_TaskGroup::nothingBeginsInACanceledGroup()
{
    bool hasRun = false;
    const auto task = [&]() -> Task<> {
        hasRun = true;
        co_return;
    };
    const auto group = startGroup([&](TaskGroup &g) -> Task<bool> {
        const auto before = g.startSoon(task);
        g.cancel();
        const auto after = g.startSoon(task);
        const auto started = g.start([&](TaskStatus<int> &) { return task(); });
        const bool areCanceled = after.isCanceled() && started.isCanceled();
        EndlessFuture future;
        const auto added = g.add(toPendingCall(future.future()));
        co_return areCanceled &&added.isCanceled();
    });
    QVERIFY(resultOf(group));
    QVERIFY(!hasRun);
}

void tst_TaskGroup::endedGroupTakesNoTask()
{
    std::optional<TaskGroup> kept;
    resultOf(startGroup([&](TaskGroup &g) -> Task<> {
        kept = g;
        co_return;
    }));
    QVERIFY(throws<InvalidUseError>([&] { kept->startSoon(&nothing); }));
    QVERIFY(throws<InvalidUseError>([&] { kept->add(toThread([] {})); }));
    QCOMPARE(kept->count(), 0);
    kept->cancel();
}

void tst_TaskGroup::groupStaysInItsThread()
{
    const auto group = startGroup([&](TaskGroup &g) -> Task<bool> {
        const auto use = [&] { return throws<InvalidUseError>([&] { g.startSoon(&nothing); }); };
        co_return co_await toThread(use);
    });
    QVERIFY(resultOf(group));
}

void tst_TaskGroup::callsAreMembersToo()
{
    Gate running;
    QStringList log;
    const auto group = startGroup([&](TaskGroup &g) -> Task<> {
        g.add(toThread(openAndRunUntilCanceled(running)));
        g.startSoon(waitForCancel(log, QStringLiteral("task")));
        co_await toThread([&] { running.pass(); });
        co_await checkpoint(); // by now the task has begun
        g.cancel(QStringLiteral("enough"));
    });
    resultOf(group);
    QCOMPARE(log.size(), 1);
}

void tst_TaskGroup::errorsOfCallsFromOtherThreadsAreTheGroups()
{
    QStringList log;
    const auto group = startGroup([&](TaskGroup &g) -> Task<> {
        g.add(toThread([] { throw std::logic_error("in a worker"); }));
        g.startSoon(waitForCancel(log, QStringLiteral("task")));
        co_await waitForCancel(log, QStringLiteral("body"));
    });
    QVERIFY(failsWith<std::logic_error>(group));
    QVERIFY(log.contains(QStringLiteral("body: another task of its group has failed")));
}

void tst_TaskGroup::supervisorGoesOn()
{
    const QFerryMessages messages;
    {
        bool hasGoneOn = false;
        const auto group = startGroup(goOn, [&](TaskGroup &g) -> Task<int> {
            g.startSoon(failAfterTurns(1));
            g.startSoon([&]() -> Task<> {
                co_await turns(10);
                hasGoneOn = true;
            });
            co_return 42;
        });
        QCOMPARE(resultOf(group), 42);
        QVERIFY(hasGoneOn);
    }
    QCOMPARE(messages.count(), 1);
}

void tst_TaskGroup::supervisorEndsWithItsBody()
{
    const QFerryMessages messages;
    {
        const auto group = startGroup(goOn, [&](TaskGroup &g) -> Task<> {
            g.startSoon(failAfterTurns(1));
            co_await turns(10);
            throw std::logic_error("the body");
        });
        QVERIFY(failsWith<std::logic_error>(group));
    }
    QCOMPARE(messages.count(), 1);
}

void tst_TaskGroup::startGivesTheValue()
{
    const auto server = [](TaskStatus<int> &status, const QString &name) -> Task<> {
        co_await turns(2);
        status.started(int(name.size()));
        co_await endless();
    };
    const auto plain = [](TaskStatus<void> &status) -> Task<> {
        status.started();
        co_return;
    };
    const auto group = startGroup([&](TaskGroup &g) -> Task<int> {
        const int size = co_await g.start(server, QStringLiteral("four"));
        co_await g.start(plain);
        g.cancel();
        co_return size;
    });
    QCOMPARE(resultOf(group), 4);
}

void tst_TaskGroup::errorBeforeTheStartIsTheStartersAlone()
{
    const auto server = [](TaskStatus<int> &, int fails) -> Task<> {
        co_await failAfterTurns(fails);
    };
    const QFerryMessages messages;
    {
        const auto group = startGroup([&](TaskGroup &g) -> Task<bool> {
            bool hasThrown = false;
            try {
                co_await g.start(server, 2);
            } catch (const std::runtime_error &) {
                hasThrown = true;
            }
            co_await checkpoint();
            co_return hasThrown && !g.isCanceled() && g.errors().isEmpty();
        });
        QVERIFY(resultOf(group));
    }
    QCOMPARE(messages.all(), QStringList());
}

void tst_TaskGroup::taskThatDoesNotStartIsAnInvalidUse()
{
    const auto server = [](TaskStatus<int> &) -> Task<> { co_await turns(2); };
    const auto group = startGroup(
            [&](TaskGroup &g) -> Task<> { co_await g.start(server); }); // the body's error, then
    QVERIFY(failsWith<InvalidUseError>(group));
}

void tst_TaskGroup::errorAfterTheStartIsTheGroups()
{
    const QFerryMessages messages;
    {
        const auto server = [](TaskStatus<void> &status) -> Task<> {
            status.started();
            co_await failAfterTurns(2);
        };
        QStringList log;
        const auto group = startGroup([&](TaskGroup &g) -> Task<> {
            co_await g.start(server);
            co_await waitForCancel(log, QStringLiteral("body"));
        });
        QVERIFY(failsWith<std::runtime_error>(group));
        QCOMPARE(log.size(), 1);
    }
    QCOMPARE(messages.all(), QStringList());
}

void tst_TaskGroup::cancelingAStartCancelsItsTask()
{
    QStringList log;
    const auto server = [&](TaskStatus<int> &) {
        return waitForCancel(log, QStringLiteral("task"));
    };
    const auto group = startGroup([&](TaskGroup &g) -> Task<bool> {
        const auto start = g.start(server);
        const auto other = g.startSoon(turns(20));
        co_await turns(2);
        start.cancel();
        co_await other;
        co_return start.isCanceled() && !g.isCanceled();
    });
    QVERIFY(resultOf(group));
    QCOMPARE(log.size(), 1);
}

void tst_TaskGroup::groupsNest()
{
    QStringList log;
    const auto group = startGroup([&](TaskGroup &outer) -> Task<QString> {
        outer.startSoon(waitForCancel(log, QStringLiteral("outer")));
        QString error;
        try {
            co_await taskGroup([&](TaskGroup &inner) -> Task<> {
                inner.startSoon(waitForCancel(log, QStringLiteral("inner")));
                co_await failAfterTurns(2);
            });
        } catch (const std::runtime_error &e) {
            error = QString::fromUtf8(e.what());
        }
        co_await turns(2);
        log << QStringLiteral("went on");
        outer.cancel();
        co_return error;
    });
    QCOMPARE(resultOf(group), QStringLiteral("broken"));
    QCOMPARE(log.size(), 3);
    QCOMPARE(log[1], QStringLiteral("went on"));
}

void tst_TaskGroup::doomEndsTheTasksOfAGroup()
{
    QStringList log;
    {
        TaskScope tasks;
        tasks.start(taskGroup([&](TaskGroup &g) -> Task<> {
            g.startSoon(waitForCancel(log, QStringLiteral("task")));
            co_await waitForCancel(log, QStringLiteral("body"));
        }));
        for (int i = 0; i < 10; ++i)
            QCoreApplication::processEvents();
        QVERIFY(log.isEmpty());
    }
    log.sort();
    QCOMPARE(log.size(), 2);
    QVERIFY(log[0].startsWith(QStringLiteral("body: ")));
    QVERIFY(log[1].startsWith(QStringLiteral("task: ")));
}

void tst_TaskGroup::deadObjectEndsTheTasksOfItsGroup()
{
    auto *object = new QObject;
    QStringList log;
    const auto call = startTask(object, [&]() -> Task<> {
        co_await taskGroup([&](TaskGroup &g) -> Task<> {
            g.startSoon(waitForCancel(log, QStringLiteral("task")));
            co_await endless();
        });
    });
    for (int i = 0; i < 10; ++i)
        QCoreApplication::processEvents();
    delete object;
    QCOMPARE(log.size(), 1);
    QVERIFY(isCanceledInTime(call));
}

QTEST_GUILESS_MAIN(tst_TaskGroup)
#include "tst_taskgroup.moc"
