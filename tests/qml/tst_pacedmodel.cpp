// SPDX-License-Identifier: MIT
// ThreadStreamModel with prefetch: its rows come when they are asked for, or have to.
#include "testing.h"

#include <qferryqml/registertask.h>
#include <qferryqml/threadstreammodel.h>

#include <QtCore/qsortfilterproxymodel.h>
#include <QtTest/qsignalspy.h>

#include <thread>

using namespace QFerry;
using namespace Testing;
using namespace Qt::StringLiterals;

class tst_PacedModel : public QObject
{
    Q_OBJECT
private slots:
    void init();
    void cleanup() { unregisterTask(u"numbers"_s); }
    void eachRequestBringsSoManyRows();
    void filterThatTakesNoRowDoesNotEndThem();
    void rowThatIsSeenEndsWhatComesByItself();
    void rowsThatNobodyLooksAtWait();
    void prefetchCountsAtOnce();
    void modelBecomesPacedWhileItRuns();
    void fetchAllBringsTheRest();
    void argsOfQmlAreAList();
    void startInAnotherThreadThrows();

private:
    bool isIdle(const ThreadStreamModel &model) const;

    std::shared_ptr<std::atomic<int>> m_made;
};

void tst_PacedModel::init()
{
    m_made = std::make_shared<std::atomic<int>>(0);
    registerTask("numbers", [made = m_made](Yield<int> &yield, int end) {
        for (int i = 0; i < end; ++i) {
            *made = i + 1;
            yield(i);
        }
    });
}

static std::unique_ptr<ThreadStreamModel> makeModel(int rows, int prefetch)
{
    auto model = std::make_unique<ThreadStreamModel>();
    model->setTask(u"numbers"_s);
    model->setArgs({ rows });
    model->setPrefetch(prefetch);
    model->setBatchInterval(0);
    return model;
}

/// Whether no row comes for so long that those which come by themselves would have.
bool tst_PacedModel::isIdle(const ThreadStreamModel &model) const
{
    const int count = model.count();
    QTest::qWait(350);
    return model.count() == count;
}

void tst_PacedModel::eachRequestBringsSoManyRows()
{
    const auto model = makeModel(1000, 10);
    model->start();
    for (int request = 1; request <= 5; ++request) {
        QVERIFY(spinUntil([&] { return model->canFetchMore({}); }));
        QCOMPARE(model->count(), 10 * request);
        QVERIFY(*m_made <= model->count() + 11);
        model->fetchMore({});
    }
}

void tst_PacedModel::filterThatTakesNoRowDoesNotEndThem()
{
    const auto model = makeModel(1000, 10);
    QSortFilterProxyModel proxy;
    proxy.setFilterRegularExpression(u"^55$"_s);
    proxy.setSourceModel(model.get());
    model->start();
    QVERIFY(spinUntil([&] { return proxy.rowCount() == 1; }));
    QVERIFY(model->count() <= 70);
}

void tst_PacedModel::rowThatIsSeenEndsWhatComesByItself()
{
    const auto model = makeModel(1000, 10);
    QSortFilterProxyModel proxy;
    proxy.setFilterRegularExpression(u"5$"_s);
    proxy.setSourceModel(model.get());
    model->start();
    QVERIFY(spinUntil([&] { return proxy.rowCount() == 1 && model->canFetchMore({}); }));
    QCOMPARE(proxy.index(0, 0).data(), QVariant(5)); // as a view shows it
    QVERIFY(isIdle(*model));

    proxy.setFilterRegularExpression(u"^45$"_s); // and now nothing is shown
    QVERIFY(proxy.canFetchMore({}));
    proxy.fetchMore({});
    QVERIFY(spinUntil([&] { return proxy.rowCount() == 1; }));
}

void tst_PacedModel::rowsThatNobodyLooksAtWait()
{
    const auto model = makeModel(1000, 10);
    model->start();
    QVERIFY(spinUntil([&] { return model->canFetchMore({}); }));
    QVERIFY(isIdle(*model));
}

void tst_PacedModel::prefetchCountsAtOnce()
{
    const auto model = makeModel(1000, 1);
    model->start();
    QVERIFY(spinUntil([&] { return model->canFetchMore({}); }));
    QCOMPARE(model->count(), 1);
    model->setPrefetch(50);
    model->fetchMore({});
    QVERIFY(spinUntil([&] { return model->canFetchMore({}); }));
    QCOMPARE(model->count(), 51);
    model->setPrefetch(-1);
    QVERIFY(!model->canFetchMore({}));
    QVERIFY(spinUntil([&] { return !model->isRunning(); }));
    QCOMPARE(model->count(), 1000);
}

void tst_PacedModel::modelBecomesPacedWhileItRuns()
{
    const auto model = makeModel(std::numeric_limits<int>::max(), -1);
    model->start();
    QVERIFY(spinUntil([&] { return model->count() > 0; }));
    model->setPrefetch(5);
    QVERIFY(spinUntil([&] { return model->canFetchMore({}); }));
    QVERIFY(spinUntil([&, seen = -1]() mutable {
        QTest::qWait(50); // what was asked for before comes, perhaps
        return std::exchange(seen, model->count()) == model->count();
    }));
    const int count = model->count();
    model->fetchMore({});
    QVERIFY(spinUntil([&] { return model->canFetchMore({}); }));
    QCOMPARE(model->count(), count + 5);
}

void tst_PacedModel::fetchAllBringsTheRest()
{
    const auto model = makeModel(1000, 10);
    QSignalSpy finished(model.get(), &ThreadStreamModel::finished);
    model->fetchAll(); // of no run
    model->start();
    QVERIFY(spinUntil([&] { return model->canFetchMore({}); }));
    model->fetchAll();
    QVERIFY(!model->canFetchMore({}));
    QVERIFY(spinUntil([&] { return finished.count() == 1; }));
    QCOMPARE(model->count(), 1000);
    QCOMPARE(model->prefetch(), 10);

    model->start();
    QVERIFY(spinUntil([&] { return model->canFetchMore({}); }));
    QCOMPARE(model->count(), 10);
}

void tst_PacedModel::argsOfQmlAreAList()
{
    const auto model = makeModel(1, -1);
    QSignalSpy failed(model.get(), &ThreadStreamModel::failed);
    model->setProperty("args", u"one"_s);
    model->start();
    QCOMPARE(failed.count(), 1);
    QVERIFY(model->errorString().contains(u"args is no list"_s));
    model->setProperty("args", QVariantList{ 2 });
    QCOMPARE(model->args(), QVariantList{ 2 });
    model->start();
    QVERIFY(spinUntil([&] { return !model->isRunning(); }));
    QCOMPARE(model->count(), 2);
}

void tst_PacedModel::startInAnotherThreadThrows()
{
    const auto model = makeModel(1, -1);
    std::thread([&model] { QVERIFY_EXCEPTION_THROWN(model->start(), InvalidUseError); }).join();
    QVERIFY(!model->isRunning());
}

QTEST_GUILESS_MAIN(tst_PacedModel)
#include "tst_pacedmodel.moc"
