// SPDX-License-Identifier: MIT
// Models that streams fill: how their runs begin, wait for views, and end.
#include "models.h"

#include <QtCore/qsortfilterproxymodel.h>
#include <QtTest/qsignalspy.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace {

struct MoveOnlyRow
{
    std::unique_ptr<int> number;
    int value() const { return *number; }
};

/// Yields the numbers from 0 on, and tells when it has ended, however that came.
class Counter
{
public:
    Stream<int> stream(qsizetype maxSize = 16) const
    {
        const auto generator = [shared = m_shared](Yield<int> &yield) {
            struct End
            {
                Shared &shared;
                ~End() { shared.ended.open(); }
            } const end{ *shared };
            for (int i = 0;; ++i) {
                shared->made = i + 1;
                yield(i);
            }
        };
        return threadedIterable(generator, { .maxSize = maxSize })();
    }
    int made() const { return m_shared->made; }
    bool ends() const { return m_shared->ended.tryPass(); }

private:
    struct Shared
    {
        std::atomic<int> made = 0;
        Gate ended;
    };
    const std::shared_ptr<Shared> m_shared = std::make_shared<Shared>();
};

void reportAndFail(Yield<int> &yield)
{
    reportProgress(1, 4, u"one"_s);
    for (int i = 0; i < 3; ++i)
        yield(i);
    throw std::runtime_error("the tape is torn");
}

} // namespace

class tst_StreamModel : public QObject
{
    Q_OBJECT

private slots:
    void rowsAreTheItemsInOrder();
    void itemsNeedNotBeCopied();
    void batchesKeepTheirDistance();
    void errorComesBehindTheRows();
    void unheardErrorIsLogged();
    void cancelKeepsTheRows();
    void startBeginsAnew();
    void oldRowsStayUntilNewOnesCome();
    void oldRowsGoIfNoneCome();
    void oldRowsStayIfTheRunFails();
    void destroyedWhileRunning();
    void movedToAnotherThread();
    void slotMayDoAnything_data();
    void slotMayDoAnything();
    void loopInASlotKeepsRowsBack();
    void viewSetsThePace();
    void filterThatTakesFewRows_data();
    void filterThatTakesFewRows();
    void fetchAllEndsThePace();
    void coroutineFillsAModel();
    void millionRows();
};

void tst_StreamModel::rowsAreTheItemsInOrder()
{
    Numbers model;
    const Told told(model);
    QSignalSpy running(&model, &StreamModelBase::runningChanged);
    QSignalSpy finished(&model, &StreamModelBase::finished);
    QCOMPARE(model.status(), StreamModelBase::Null);
    model.start(numbers(5000));
    QCOMPARE(model.status(), StreamModelBase::Queued);
    QVERIFY(hasEnded(model));
    QCOMPARE(model.status(), StreamModelBase::Ready);
    QCOMPARE(model.count(), 5000);
    for (int row = 0; row < model.count(); ++row)
        QCOMPARE(model.at(row), row);
    QCOMPARE(running.count(), 2);
    QCOMPARE(finished.count(), 1);
    QVERIFY(!model.exception());
    model.start({});
    QVERIFY(hasEnded(model));
    QCOMPARE(model.count(), 0);
}

void tst_StreamModel::itemsNeedNotBeCopied()
{
    StreamModel<MoveOnlyRow> model({ { u"number"_s, &MoveOnlyRow::value } });
    model.setPrefetch(2);
    model.start(threadedIterable([](Yield<MoveOnlyRow> &yield) {
        for (int i = 0; i < 5; ++i)
            yield({ std::make_unique<int>(i) });
    })());
    QVERIFY(spinUntil([&] { return model.canFetchMore({}); }));
    QCOMPARE(model.count(), 2);
    model.fetchAll();
    QVERIFY(hasEnded(model));
    QCOMPARE(namesOf(model).join(u' '), u"0 1 2 3 4"_s);
    QVERIFY(!model.roleNames().values().contains("modelData"));
    model.set(0, { std::make_unique<int>(7) });
    QCOMPARE(model.index(0).data(), 7);
}

void tst_StreamModel::batchesKeepTheirDistance()
{
    Numbers model;
    QElapsedTimer time;
    time.start();
    QList<qint64> insertions;
    QObject::connect(&model, &QAbstractItemModel::rowsInserted, &model,
                     [&] { insertions << time.elapsed(); });
    model.setBatchInterval(5ms);
    model.start(numbers(20'000));
    QVERIFY(hasEnded(model));
    QCOMPARE(model.count(), 20'000);
    // One at once, and one for each interval; timers may fire a little early.
    QVERIFY(insertions.size() <= insertions.last() / 4 + 2);
}

void tst_StreamModel::errorComesBehindTheRows()
{
    Numbers model;
    QStringList heard;
    QObject::connect(&model, &StreamModelBase::errorOccurred, &model, [&](const QString &message) {
        heard << message + QString::number(model.count());
    });
    QSignalSpy finished(&model, &StreamModelBase::finished);
    model.start(threadedIterable(&reportAndFail)());
    QVERIFY(hasEnded(model));
    QCOMPARE(heard, QStringList{ u"the tape is torn3"_s });
    QCOMPARE(model.status(), StreamModelBase::Error);
    QCOMPARE(model.errorString(), u"the tape is torn"_s);
    QVERIFY(model.exception());
    QCOMPARE(model.progress(), 0.25);
    QCOMPARE(model.progressText(), u"one"_s);
    QCOMPARE(finished.count(), 0);
    model.start(numbers(1));
    QVERIFY(!model.exception());
    QCOMPARE(model.progress(), -1);
    QVERIFY(hasEnded(model));
    QCOMPARE(model.status(), StreamModelBase::Ready);
}

void tst_StreamModel::unheardErrorIsLogged()
{
    Numbers model;
    const QFerryMessages messages;
    model.start(threadedIterable(&reportAndFail)());
    QVERIFY(hasEnded(model));
    QCOMPARE(messages.count(), 1);
    QVERIFY(messages.all().first().contains(u"the tape is torn"_s));
    QObject::connect(&model, &StreamModelBase::statusChanged, &model, [] {});
    model.start(threadedIterable(&reportAndFail)());
    QVERIFY(hasEnded(model));
    QCOMPARE(messages.count(), 1);
}

void tst_StreamModel::cancelKeepsTheRows()
{
    const Counter counter;
    Numbers model;
    const Told told(model);
    QSignalSpy canceled(&model, &StreamModelBase::canceled);
    model.start(counter.stream());
    QVERIFY(spinUntil([&] { return model.count() > 0; }));
    QCOMPARE(model.status(), StreamModelBase::Running);
    model.cancel();
    QCOMPARE(model.status(), StreamModelBase::Canceled);
    QVERIFY(counter.ends());
    const int count = model.count();
    QCoreApplication::processEvents();
    QCOMPARE(model.count(), count);
    for (int row = 0; row < count; ++row)
        QCOMPARE(model.at(row), row);
    model.cancel();
    QCOMPARE(canceled.count(), 1);
}

void tst_StreamModel::startBeginsAnew()
{
    const Counter counter;
    Numbers model;
    const Told told(model);
    QSignalSpy running(&model, &StreamModelBase::runningChanged);
    model.start(counter.stream());
    QVERIFY(spinUntil([&] { return model.count() > 0; }));
    model.start(numbers(3));
    QCOMPARE(model.count(), 0);
    QVERIFY(counter.ends());
    QVERIFY(hasEnded(model));
    QCOMPARE(rowsOf(model), (std::vector{ 0, 1, 2 }));
    QCOMPARE(running.count(), 2);
}

void tst_StreamModel::oldRowsStayUntilNewOnesCome()
{
    Entries model(entryColumns());
    KeyedEntries keyed(&Entry::name, entryColumns());
    const Told told(model);
    Told toldOfKeyed(keyed);
    const std::vector<Entry> old{ { u"a"_s, 1 }, { u"b"_s, 1 } };
    const std::vector<Entry> next{ { u"b"_s, 1 }, { u"c"_s, 1 } };
    const auto both = [&](auto &&f) {
        f(model);
        f(keyed);
    };
    both([&](auto &each) {
        each.setKeepRows(true);
        each.append(old);
        (void)toldOfKeyed.words();
        bool wasEmpty = false;
        QObject::connect(&each, &StreamModelBase::countChanged, &each,
                         [&] { wasEmpty |= each.count() == 0; });
        each.start(streamOf(next));
        QCOMPARE(rowsOf(each), old);
        QVERIFY(hasEnded(each));
        QCOMPARE(rowsOf(each), next);
        QVERIFY(!wasEmpty);
        QObject::disconnect(&each, &StreamModelBase::countChanged, &each, nullptr);
    });
    QCOMPARE(toldOfKeyed.words(), u"remove 0-0, insert 1-1"_s);
}

void tst_StreamModel::oldRowsGoIfNoneCome()
{
    Numbers model;
    const Told told(model);
    model.setKeepRows(true);
    model.append(1);
    model.start(numbers(0));
    QCOMPARE(model.count(), 1);
    QVERIFY(hasEnded(model));
    QCOMPARE(model.count(), 0);
}

void tst_StreamModel::oldRowsStayIfTheRunFails()
{
    Numbers model;
    model.setKeepRows(true);
    model.append(1);
    QObject::connect(&model, &StreamModelBase::errorOccurred, &model, [] {});
    model.start(threadedIterable([](Yield<int> &) { throw std::runtime_error("no disk"); })());
    QVERIFY(hasEnded(model));
    QCOMPARE(rowsOf(model), (std::vector{ 1 }));
    model.append(2); // behind them, not in their place
    QCOMPARE(rowsOf(model), (std::vector{ 1, 2 }));
    model.start(Counter().stream());
    model.cancel();
    QVERIFY(model.count() >= 1);
}

void tst_StreamModel::destroyedWhileRunning()
{
    const Counter counter;
    auto model = std::make_unique<Numbers>();
    model->start(counter.stream());
    QVERIFY(spinUntil([&] { return model->count() > 0; }));
    model.reset();
    QVERIFY(counter.ends());

    const Counter waiting;
    model = std::make_unique<Numbers>();
    model->setPrefetch(3);
    model->start(waiting.stream());
    QVERIFY(spinUntil([&] { return model->canFetchMore({}); }));
    model.reset();
    QVERIFY(waiting.ends());
}

void tst_StreamModel::movedToAnotherThread()
{
    const Counter counter;
    LoopThread other;
    auto model = std::make_unique<Numbers>();
    Gate told;
    QString message;
    QObject::connect(model.get(), &StreamModelBase::errorOccurred, model.get(),
                     [&](const QString &text) {
                         message = text;
                         told.open();
                     });
    model->start(counter.stream());
    QVERIFY(spinUntil([&] { return model->count() > 0; }));
    model->moveToThread(&other);
    QVERIFY(spinUntil([&] { return told.tryPass(1, 0ms); }));
    QVERIFY(message.contains(u"moved to another thread"_s));
    QVERIFY(counter.ends());
    other.call([&] { model.reset(); });
}

void tst_StreamModel::slotMayDoAnything_data()
{
    QTest::addColumn<bool>("hearsOfRows");
    QTest::addColumn<std::function<void(Numbers &)>>("slot");
    using Slot = std::function<void(Numbers &)>;
    const auto row = [](const QByteArray &name, const Slot &slot) {
        QTest::newRow(name + " when counted") << false << slot;
        QTest::newRow(name + " when inserted") << true << slot;
    };
    row("cancel", [](Numbers &model) { model.cancel(); });
    row("clear", [](Numbers &model) { model.clear(); });
    row("start", [](Numbers &model) { model.start(numbers(10)); });
    row("append", [](Numbers &model) { model.append(-1); });
    row("remove", [](Numbers &model) { model.removeAt(0); });
    row("turn the loop", [](Numbers &) { QCoreApplication::processEvents(); });
}

void tst_StreamModel::slotMayDoAnything()
{
    QFETCH(const bool, hearsOfRows);
    QFETCH(const std::function<void(Numbers &)>, slot);
    const Counter counter;
    Numbers model;
    QSortFilterProxyModel proxy;
    bool isHandled = false;
    const auto handle = [&] {
        if (!std::exchange(isHandled, true))
            slot(model);
    };
    if (hearsOfRows) // before the proxy does
        QObject::connect(&model, &QAbstractItemModel::rowsInserted, &model, handle);
    else
        QObject::connect(&model, &StreamModelBase::countChanged, &model, handle);
    proxy.setSourceModel(&model);
    const Told told(model);
    const Told toldOfProxy(proxy);
    model.setBatchInterval(1ms);
    model.start(counter.stream());
    QVERIFY(spinUntil([&] { return isHandled; }));
    QCOMPARE(proxy.rowCount(), model.count());
    model.start(counter.stream());
    QVERIFY(spinUntil([&] { return model.count() > 0; }));
    model.cancel();
    QCOMPARE(proxy.rowCount(), model.count());
    for (int row = 0; row < model.count(); ++row)
        QCOMPARE(model.at(row), row);
    QVERIFY(counter.ends());
}

void tst_StreamModel::loopInASlotKeepsRowsBack()
{
    const Counter counter;
    Numbers model;
    const Told told(model);
    model.setBatchInterval(0ms);
    int made = -1;
    QObject::connect(&model, &QAbstractItemModel::rowsInserted, &model, [&] {
        if (made >= 0)
            return;
        made = counter.made();
        const int count = model.count();
        QVERIFY(spinUntil([&] { return counter.made() > made; })); // and it waits soon
        for (int i = 0; i < 20; ++i)
            QCoreApplication::processEvents();
        QCOMPARE(model.count(), count);
    });
    model.start(counter.stream(4));
    QVERIFY(spinUntil([&] { return model.count() > 1000; }));
    model.cancel();
    for (int row = 0; row < model.count(); ++row)
        QCOMPARE(model.at(row), row);
    QVERIFY(counter.ends());
}

void tst_StreamModel::viewSetsThePace()
{
    const Counter counter;
    Numbers model;
    const Told told(model);
    model.setPrefetch(10);
    model.setBatchInterval(0ms);
    QVERIFY(!model.canFetchMore({}));
    model.start(counter.stream(10));
    for (int count = 10; count <= 50; count += 10) {
        QVERIFY(spinUntil([&] { return model.canFetchMore({}); }));
        QCOMPARE(model.count(), count);
        (void)model.index(count - 1).data();       // as a view looks at them
        QVERIFY(counter.made() <= count + 10 + 1); // that one waits in the generator's hand
        QCoreApplication::processEvents();
        QCOMPARE(model.count(), count);
        QVERIFY(!model.canFetchMore(model.index(0)));
        model.fetchMore({});
        QVERIFY(!model.canFetchMore({}));
    }
    model.setPrefetch(-1); // counts at once
    QVERIFY(spinUntil([&] { return model.count() > 200; }));
    model.cancel();
    QVERIFY(counter.ends());
}

void tst_StreamModel::filterThatTakesFewRows_data()
{
    QTest::addColumn<bool>("isKnown");
    QTest::newRow("a proxy that the model knows") << true;
    QTest::newRow("one that it does not know") << false;
}

void tst_StreamModel::filterThatTakesFewRows()
{
    QFETCH(const bool, isKnown);
    Numbers model;
    QSortFilterProxyModel proxy;
    proxy.setSourceModel(&model);
    proxy.setFilterRegularExpression(u"^39$"_s); // of the fourth batch
    if (isKnown)
        model.setProxy(&proxy);
    model.setPrefetch(10);
    model.setBatchInterval(0ms);
    const Told told(model);
    const Told toldOfProxy(proxy);
    QCoreApplication::processEvents(); // the testers begin by a look at all rows, as a view would
    model.start(numbers(1'000'000));
    QVERIFY(spinUntil([&] { return proxy.rowCount() == 1; }));
    QVERIFY(spinUntil([&] { return proxy.canFetchMore({}); }));
    QCOMPARE(model.count(), 40);
    if (isKnown) { // while what a view has asked for is on its way
        proxy.fetchMore({});
        QVERIFY(!proxy.canFetchMore({}));
    }
    proxy.setFilterRegularExpression(u"^79$"_s);
    if (!isKnown) // a view that has room
        proxy.fetchMore({});
    QVERIFY(spinUntil([&] { return proxy.rowCount() == 1; }));
    model.cancel();
    QCOMPARE(proxy.index(0, 0).data(), 79);
}

void tst_StreamModel::fetchAllEndsThePace()
{
    Numbers model;
    model.setPrefetch(1);
    model.start(numbers(2000));
    QVERIFY(spinUntil([&] { return model.canFetchMore({}); }));
    model.fetchAll();
    QVERIFY(hasEnded(model));
    QCOMPARE(model.count(), 2000);
}

void tst_StreamModel::coroutineFillsAModel()
{
    const auto generator = []() -> AsyncGenerator<int> {
        for (int i = 0; i < 5; ++i)
            co_yield i;
    };
    Numbers model;
    model.start(toStream(generator()));
    QVERIFY(hasEnded(model));
    QCOMPARE(rowsOf(model), (std::vector{ 0, 1, 2, 3, 4 }));
}

void tst_StreamModel::millionRows()
{
    constexpr int million = 1'000'000;
    StreamModel<int, int> model(std::identity{});
    QSortFilterProxyModel proxy;
    proxy.setSourceModel(&model);
    int insertions = 0;
    QObject::connect(&model, &QAbstractItemModel::rowsInserted, &model, [&] { ++insertions; });
    model.start(numbers(million, 65536));
    for (int count = 0; model.isRunning(); count = model.count())
        QVERIFY(spinUntil([&] { return !model.isRunning() || model.count() > count; }));
    QCOMPARE(model.count(), million);
    QCOMPARE(proxy.rowCount(), million);
    QVERIFY(insertions < million / 100);
    for (int row = 0; row < million; row += 9973)
        QCOMPARE(proxy.index(row, 0).data(), row);
    for (int i = 0; i < 20; ++i)
        QVERIFY(model.remove(i * 1000));
    QCOMPARE(model.rowOf(million - 1), million - 21);
    QCOMPARE(proxy.rowCount(), million - 20);
}

QTEST_GUILESS_MAIN(tst_StreamModel)
#include "tst_streammodel.moc"
