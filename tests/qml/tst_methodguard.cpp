// SPDX-License-Identifier: MIT
// Objects that are destroyed while their methods run in workers.
#include "cancelable.h"

#include <qferryqml/methodguard.h>
#include <qferryqml/threadtask.h>

#include <QtCore/qscopeguard.h>
#include <QtTest/qsignalspy.h>

#include <memory>
#include <optional>

using namespace QFerry;
using namespace Testing;
using namespace Qt::StringLiterals;

namespace {

/// What a test knows of methods that run.
struct Stage
{
    Gate running;
    Gate goOn;
    Gate ended;
    std::atomic<bool> isMemberThere = false; // when the method ended
    std::atomic<bool> hasLoopFinished = false;
};

class Index : public QObject
{
    Q_OBJECT
    Q_CLASSINFO("QFerry.ThreadSafe", "*")
public:
    explicit Index(std::shared_ptr<Stage> stage) : m_stage(std::move(stage)) {}
    ~Index() override { m_words.clear(); }

    Q_INVOKABLE QString search()
    {
        const auto stage = m_stage; // which lives longer than this
        const auto end = qScopeGuard([&] {
            stage->isMemberThere = m_words.value(0) == u"ferry"_s;
            stage->ended.open();
        });
        stage->running.open();
        runUntilCanceled();
        return {};
    }
    Q_INVOKABLE void askLoop()
    {
        m_stage->running.open();
        m_stage->goOn.pass();
        try {
            fromThread([] {});
        } catch (const LoopFinishedError &) {
            m_stage->hasLoopFinished = true;
        }
    }
    Q_INVOKABLE void stay()
    {
        const auto stage = m_stage;
        stage->running.open();
        stage->goOn.pass();
        stage->ended.open();
    }
    Q_INVOKABLE void destroyItself() { delete this; }
    Q_INVOKABLE int answer() const { return 42; }

protected:
    const std::shared_ptr<Stage> m_stage;
    QStringList m_words{ u"ferry"_s };
};

class GuardedIndex : public Index
{
    Q_OBJECT
    Q_CLASSINFO("QFerry.ThreadSafe", "search, askLoop, stay, destroyItself, answer")
public:
    using Index::Index;

private:
    MethodGuard m_guard{ this };
};

void start(ThreadTask &task, QObject *target, const QString &method)
{
    task.setTarget(target);
    task.setMethod(method);
    task.start();
}

bool hasEnded(const ThreadTask &task)
{
    return spinUntil([&task] { return !task.isRunning(); });
}

} // namespace

class tst_MethodGuard : public QObject
{
    Q_OBJECT
private slots:
    void init() { m_stage = std::make_shared<Stage>(); }
    void destroyingCancelsTheMethodAndWaitsForIt();
    void destroyingWaitsForAnAbandonedMethod();
    void destroyingWithItsTaskWaitsForTheMethod();
    void methodThatWaitsForTheLoopIsReleased();
    void queuedRunOfAGuardedObjectFails();
    void finishedGuardLetsNoMethodBegin();
    void deathInsideAMethodIsTold_data();
    void deathInsideAMethodIsTold();
    void methodThatDestroysItsObjectIsTold_data();
    void methodThatDestroysItsObjectIsTold();
    void disconnectedObjectIsNotCalledAfterItsDeath();
    void newObjectInTheSamePlaceIsAnotherTarget();

private:
    std::shared_ptr<Stage> m_stage;
};

void tst_MethodGuard::destroyingCancelsTheMethodAndWaitsForIt()
{
    auto index = std::make_unique<GuardedIndex>(m_stage);
    ThreadTask task;
    start(task, index.get(), u"search"_s);
    m_stage->running.pass();
    index.reset();
    QVERIFY(m_stage->ended.tryPass(1, std::chrono::milliseconds(0)));
    QVERIFY(m_stage->isMemberThere);
    QVERIFY(hasEnded(task));
    QCOMPARE(task.status(), ThreadTask::Canceled);
}

void tst_MethodGuard::destroyingWaitsForAnAbandonedMethod()
{
    auto index = std::make_unique<GuardedIndex>(m_stage);
    ThreadTask task;
    task.setAbandonOnCancel(true);
    start(task, index.get(), u"search"_s);
    m_stage->running.pass();
    task.cancel();
    index.reset();
    QVERIFY(m_stage->ended.tryPass(1, std::chrono::milliseconds(0)));
    QVERIFY(m_stage->isMemberThere);
}

/// As when a page is closed.
void tst_MethodGuard::destroyingWithItsTaskWaitsForTheMethod()
{
    auto page = std::make_unique<QObject>();
    auto *task = new ThreadTask(page.get());
    auto *index = new GuardedIndex(m_stage);
    index->setParent(page.get());
    start(*task, index, u"search"_s);
    m_stage->running.pass();
    page.reset();
    QVERIFY(m_stage->ended.tryPass(1, std::chrono::milliseconds(0)));
    QVERIFY(m_stage->isMemberThere);
}

void tst_MethodGuard::methodThatWaitsForTheLoopIsReleased()
{
    auto index = std::make_unique<GuardedIndex>(m_stage);
    ThreadTask task;
    start(task, index.get(), u"askLoop"_s);
    m_stage->running.pass();
    m_stage->goOn.open();
    index.reset();
    QVERIFY(m_stage->hasLoopFinished);
    QVERIFY(hasEnded(task));
}

void tst_MethodGuard::queuedRunOfAGuardedObjectFails()
{
    auto index = std::make_unique<GuardedIndex>(m_stage);
    CapacityLimiterObject limiter;
    limiter.setTotalTokens(0);
    ThreadTask task;
    task.setLimiter(&limiter);
    start(task, index.get(), u"answer"_s);
    index.reset();
    limiter.setTotalTokens(1);
    QVERIFY(hasEnded(task));
    QVERIFY(task.errorString().contains(u"was destroyed"_s));
}

void tst_MethodGuard::finishedGuardLetsNoMethodBegin()
{
    Index index(m_stage);
    MethodGuard guard(&index);
    ThreadTask task;
    start(task, &index, u"answer"_s);
    QVERIFY(hasEnded(task));
    QCOMPARE(task.result(), QVariant(42));
    guard.finish();
    guard.finish();
    task.start();
    QVERIFY(hasEnded(task));
    QCOMPARE(task.status(), ThreadTask::Error);
}

void tst_MethodGuard::deathInsideAMethodIsTold_data()
{
    QTest::addColumn<bool>("isDisconnected");
    QTest::newRow("at once") << false;
    QTest::newRow("when the method returns") << true;
}

void tst_MethodGuard::deathInsideAMethodIsTold()
{
    QFETCH(const bool, isDisconnected);
    const QFerryMessages messages;
    auto index = std::make_unique<Index>(m_stage);
    ThreadTask task;
    start(task, index.get(), u"stay"_s);
    m_stage->running.pass();
    if (isDisconnected)
        index->disconnect();
    index.reset();
    QCOMPARE(messages.count(), isDisconnected ? 0 : 1);
    m_stage->goOn.open();
    QVERIFY(hasEnded(task));
    QCOMPARE(messages.count(), 1);
    QVERIFY(messages.all().first().contains(u"Index.stay() runs in a worker"_s));
    QVERIFY(messages.all().first().contains(u"MethodGuard"_s));
}

void tst_MethodGuard::methodThatDestroysItsObjectIsTold_data()
{
    QTest::addColumn<bool>("isGuarded");
    QTest::newRow("unguarded") << false;
    QTest::newRow("guarded") << true;
}

void tst_MethodGuard::methodThatDestroysItsObjectIsTold()
{
    QFETCH(const bool, isGuarded);
    const QFerryMessages messages;
    auto *index = isGuarded ? new GuardedIndex(m_stage) : new Index(m_stage);
    ThreadTask task;
    start(task, index, u"destroyItself"_s);
    QVERIFY(hasEnded(task));
    QCOMPARE(messages.count(), 1);
    QVERIFY(messages.all().first().contains(u"destroyItself() runs in a worker"_s));
}

void tst_MethodGuard::disconnectedObjectIsNotCalledAfterItsDeath()
{
    auto index = std::make_unique<Index>(m_stage);
    CapacityLimiterObject limiter;
    limiter.setTotalTokens(0);
    ThreadTask task;
    task.setLimiter(&limiter);
    start(task, index.get(), u"answer"_s);
    index->disconnect();
    index.reset();
    limiter.setTotalTokens(1);
    QVERIFY(hasEnded(task));
    QVERIFY(task.errorString().contains(u"was destroyed"_s));
}

void tst_MethodGuard::newObjectInTheSamePlaceIsAnotherTarget()
{
    std::optional<Index> place(m_stage);
    CapacityLimiterObject limiter;
    limiter.setTotalTokens(0);
    ThreadTask old;
    old.setLimiter(&limiter);
    start(old, &*place, u"answer"_s);
    place->disconnect();
    place.emplace(m_stage);

    ThreadTask task;
    start(task, &*place, u"answer"_s);
    QVERIFY(hasEnded(task));
    QCOMPARE(task.result(), QVariant(42));
    limiter.setTotalTokens(1);
    QVERIFY(hasEnded(old));
    QVERIFY(old.errorString().contains(u"was destroyed"_s));
}

QTEST_GUILESS_MAIN(tst_MethodGuard)
#include "tst_methodguard.moc"
