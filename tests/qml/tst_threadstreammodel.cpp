// SPDX-License-Identifier: MIT
#include "testing.h"

#include <qferryqml/registertask.h>
#include <qferryqml/threadstreammodel.h>

#include <QtCore/qpointer.h>
#include <QtQml/qqmlcomponent.h>
#include <QtQml/qqmlengine.h>
#include <QtTest/qabstractitemmodeltester.h>
#include <QtTest/qsignalspy.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

struct Point
{
    Q_GADGET
    Q_PROPERTY(int x MEMBER x)
    Q_PROPERTY(int y MEMBER y)

public:
    int x = 0;
    int y = 0;

    bool operator==(const Point &) const = default;
};

class Person : public QObject
{
    Q_OBJECT
    Q_PROPERTY(QString name MEMBER name)
    Q_PROPERTY(int age MEMBER age)

public:
    Person(const QString &theName, int theAge) : name(theName), age(theAge)
    {
        moveToThread(QCoreApplication::instance()->thread());
    }

    QString name;
    int age = 0;
};

namespace {

/// A generator that is registered while this lives, and a model of it.
class Rows
{
public:
    template <typename F>
    explicit Rows(F &&generator) : m_model(new ThreadStreamModel)
    {
        registerTask(u"rows"_s, std::forward<F>(generator));
        m_model->setTask(u"rows"_s);
        m_tester.emplace(m_model.get(), QAbstractItemModelTester::FailureReportingMode::QtTest);
        m_tester->setUseFetchMore(false);
        QObject::connect(m_model.get(), &QAbstractItemModel::rowsInserted, m_model.get(),
                         [this] { m_insertions << m_time.elapsed(); });
        m_time.start();
    }
    ~Rows() { unregisterTask(u"rows"_s); }
    Q_DISABLE_COPY_MOVE(Rows)

    ThreadStreamModel *operator->() const { return m_model.get(); }
    ThreadStreamModel *model() const { return m_model.get(); }
    void destroy()
    {
        m_tester.reset();
        m_model.reset();
    }
    /// When rows were inserted, in ms.
    const QList<qint64> &insertions() const { return m_insertions; }

    bool end()
    {
        return spinUntil([this] { return !m_model->isRunning(); });
    }
    bool haveCount(int count)
    {
        return spinUntil([this, count] { return m_model->count() >= count; });
    }
    QVariantList items() const
    {
        QVariantList items;
        for (int row = 0; row < m_model->count(); ++row)
            items << m_model->get(row);
        return items;
    }
    QVariant value(int row, const QByteArray &role) const
    {
        const int key = m_model->roleNames().key(role, -1);
        return key < 0 ? QVariant() : m_model->data(m_model->index(row), key);
    }

private:
    std::unique_ptr<ThreadStreamModel> m_model;
    std::optional<QAbstractItemModelTester> m_tester;
    QElapsedTimer m_time;
    QList<qint64> m_insertions;
};

QVariantList numbers(int count)
{
    QVariantList numbers;
    for (int i = 0; i < count; ++i)
        numbers << i;
    return numbers;
}

/// Yields the numbers from 0 on, and tells when it has ended, however that came.
class Counter
{
public:
    explicit Counter(int count = std::numeric_limits<int>::max()) : m_count(count) {}

    auto generator() const
    {
        return [shared = m_shared, count = m_count](Yield<int> &yield) {
            struct End
            {
                Shared &shared;
                ~End() { shared.ended.open(); }
            } const end{ *shared };
            for (int i = 0; i < count; ++i) {
                shared->made = i + 1;
                yield(i);
            }
        };
    }
    /// How many it has made, the one that waits to be taken among them.
    int made() const { return m_shared->made; }
    bool ends() const { return m_shared->ended.tryPass(); }

private:
    struct Shared
    {
        std::atomic<int> made = 0;
        Gate ended;
    };
    const std::shared_ptr<Shared> m_shared = std::make_shared<Shared>();
    const int m_count;
};

void failAfterThree(Yield<int> &yield)
{
    for (int i = 0; i < 3; ++i)
        yield(i);
    throw std::runtime_error("the tape is torn");
}

} // namespace

class tst_ThreadStreamModel : public QObject
{
    Q_OBJECT

private slots:
    void rowsAreTheItemsInOrder();
    void rolesOfRows_data();
    void rolesOfRows();
    void rolesCanBeChosen();
    void modelDataIsShownIfThereAreNoRoles();
    void anotherKindOfRowsResetsTheRoles();
    void argumentsReachTheGenerator();
    void batchesKeepTheirDistance();
    void generatorWaitsForTheModel();
    void viewSetsThePace_data();
    void viewSetsThePace();
    void onlyAPacedModelCanFetchMore();
    void errorComesBehindTheRows();
    void whatCannotStartFails_data();
    void whatCannotStartFails();
    void unheardErrorIsLogged();
    void startForgetsTheError();
    void cancelKeepsTheRows();
    void clearRemovesTheRows();
    void startBeginsAnew();
    void destroyedWhileRunning_data();
    void destroyedWhileRunning();
    void handlerMayDoAnything_data();
    void handlerMayDoAnything();
    void objectsAreDeletedWithTheirRows();
    void objectsWithAParentAreNotDeleted();
    void objectOfAnotherThreadIsRefused();
    void propertiesTellOfTheirChanges();
    void usedFromQml();
    void outlivesItsEngine();
};

void tst_ThreadStreamModel::rowsAreTheItemsInOrder()
{
    Rows rows(Counter(5000).generator());
    QSignalSpy running(rows.model(), &ThreadStreamModel::runningChanged);
    QSignalSpy finished(rows.model(), &ThreadStreamModel::finished);
    rows->start();
    QVERIFY(rows->isRunning());
    QCOMPARE(rows->count(), 0);
    QVERIFY(rows.end());
    QCOMPARE(rows.items(), numbers(5000));
    QCOMPARE(running.count(), 2);
    QCOMPARE(finished.count(), 1);
    QVERIFY(!rows->error().isValid());
    QVERIFY(!rows->get(5000).isValid());
    QVERIFY(!rows->get(-1).isValid());
}

void tst_ThreadStreamModel::rolesOfRows_data()
{
    QTest::addColumn<std::function<void(Yield<QVariant> &)>>("generator");
    QTest::addColumn<QByteArrayList>("roles");
    QTest::addColumn<QVariantList>("values");
    const auto row = [](const char *name, const QByteArrayList &roles, const QVariantList &values,
                        auto make) {
        QTest::newRow(name) << std::function([make](Yield<QVariant> &yield) {
            yield(QVariant::fromValue(make()));
        }) << roles << values;
    };
    row("map", { "age", "name" }, { 36, u"Ada"_s }, [] {
        return QVariantMap{ { u"name"_s, u"Ada"_s }, { u"age"_s, 36 }, { u"modelData"_s, 0 } };
    });
    row("hash", { "age", "name" }, { 36, u"Ada"_s }, [] {
        return QVariantHash{ { u"name"_s, u"Ada"_s }, { u"age"_s, 36 } };
    });
    row("gadget", { "x", "y" }, { 3, 4 }, [] { return Point{ 3, 4 }; });
    row("object", { "name", "age" }, { u"Ada"_s, 36 }, [] { return new Person(u"Ada"_s, 36); });
    row("shared object", { "name", "age" }, { u"Ada"_s, 36 },
        [] { return QSharedPointer<Person>::create(u"Ada"_s, 36); });
    row("string", {}, {}, [] { return u"Ada"_s; });
    row("nothing", {}, {}, [] { return QVariant(); });
    row("no object", {}, {}, [] { return static_cast<Person *>(nullptr); });
}

void tst_ThreadStreamModel::rolesOfRows()
{
    QFETCH(const std::function<void(Yield<QVariant> &)>, generator);
    QFETCH(const QByteArrayList, roles);
    QFETCH(const QVariantList, values);
    Rows rows(generator);
    rows->start();
    QVERIFY(rows.end());
    QCOMPARE(rows->count(), 1);
    QCOMPARE(rows->roleNames().size(), roles.size() + 1);
    for (qsizetype i = 0; i < roles.size(); ++i)
        QCOMPARE(rows.value(0, roles[i]), values[i]);
    QCOMPARE(rows.value(0, "modelData"), rows->get(0));
}

void tst_ThreadStreamModel::rolesCanBeChosen()
{
    Rows rows([](Yield<Point> &yield) { yield({ 3, 4 }); });
    rows->setRoles({ u"y"_s, u"z"_s });
    const QHash<int, QByteArray> roleNames = rows->roleNames();
    QCOMPARE(roleNames.size(), 3);
    QSignalSpy reset(rows.model(), &QAbstractItemModel::modelReset);
    rows->start();
    QVERIFY(rows.end());
    QCOMPARE(reset.count(), 0);
    QCOMPARE(rows->roleNames(), roleNames);
    QCOMPARE(rows.value(0, "y"), 4);
    QVERIFY(!rows.value(0, "z").isValid());

    rows->setRoles({});
    QCOMPARE(reset.count(), 1);
    QCOMPARE(rows.value(0, "x"), 3);
}

void tst_ThreadStreamModel::modelDataIsShownIfThereAreNoRoles()
{
    Rows rows(Counter(1).generator());
    rows->start();
    QVERIFY(rows.end());
    QCOMPARE(rows->index(0).data(), 0);
}

void tst_ThreadStreamModel::anotherKindOfRowsResetsTheRoles()
{
    Rows rows([](Yield<QVariant> &yield, bool pointed) {
        yield(pointed ? QVariant::fromValue(Point{ 3, 4 })
                      : QVariantMap{ { u"name"_s, u"Ada"_s } });
    });
    rows->setArgs({ true });
    rows->start();
    QVERIFY(rows.end());
    QCOMPARE(rows.value(0, "x"), 3);
    rows->setArgs({ false });
    rows->start();
    QVERIFY(rows.end());
    QCOMPARE(rows.value(0, "name"), u"Ada"_s);
    QVERIFY(!rows.value(0, "x").isValid());
}

void tst_ThreadStreamModel::argumentsReachTheGenerator()
{
    Rows rows([](Yield<QString> &yield, const QString &text, int count) {
        for (int i = 0; i < count; ++i)
            yield(text);
    });
    rows->setArgs({ u"a"_s, u"2"_s });
    rows->start();
    QVERIFY(rows.end());
    QCOMPARE(rows.items(), QVariantList({ u"a"_s, u"a"_s }));
}

void tst_ThreadStreamModel::batchesKeepTheirDistance()
{
    Rows rows(Counter(20'000).generator());
    rows->setBatchInterval(5);
    rows->start();
    QVERIFY(rows.end());
    QCOMPARE(rows->count(), 20'000);
    // One at once, and one for each interval; timers may fire a little early.
    QVERIFY(rows.insertions().size() <= rows.insertions().last() / 4 + 2);
}

void tst_ThreadStreamModel::generatorWaitsForTheModel()
{
    Gate full;
    const auto made = std::make_shared<std::atomic<int>>(0);
    Rows rows([made, &full](Yield<int> &yield) {
        for (int i = 0; i < 100; ++i) {
            if (i == 8)
                full.open();
            *made = i + 1;
            yield(i);
        }
    });
    rows->setCapacity(8);
    rows->start();
    QVERIFY(full.tryPass());     // and this loop does not turn
    QVERIFY(*made <= 8 + 8 + 1); // those asked for by start(), those that wait, one in its hand
    QVERIFY(rows.end());
    QCOMPARE(rows->count(), 100);
}

void tst_ThreadStreamModel::viewSetsThePace_data()
{
    QTest::addColumn<int>("prefetch");
    QTest::newRow("nothing in advance") << 0;
    QTest::newRow("one row in advance") << 1;
    QTest::newRow("ten rows in advance") << 10;
}

void tst_ThreadStreamModel::viewSetsThePace()
{
    QFETCH(const int, prefetch);
    const int ahead = qMax(prefetch, 1);
    const Counter counter(100);
    Rows rows(counter.generator());
    rows->setPrefetch(prefetch);
    rows->setBatchInterval(0);
    rows->start();
    while (rows->isRunning()) {
        QVERIFY(spinUntil([&] { return !rows->isRunning() || rows->canFetchMore({}); }));
        const int count = rows->count();
        rows->get(count - 1); // as a delegate of its view would
        QVERIFY(counter.made() <= count + ahead + 1); // that one waits in the generator's hand
        QCoreApplication::processEvents();
        QCOMPARE(rows->count(), count);
        rows->fetchMore({});
        QVERIFY(!rows->canFetchMore({}));
    }
    QCOMPARE(rows.items(), numbers(100));
    QVERIFY(rows.insertions().size() >= 100 / (ahead + 1));
}

void tst_ThreadStreamModel::onlyAPacedModelCanFetchMore()
{
    const Counter counter;
    Rows rows(counter.generator());
    rows->setPrefetch(2);
    QVERIFY(!rows->canFetchMore({}));
    rows->start();
    QVERIFY(spinUntil([&] { return rows->canFetchMore({}); }));
    QVERIFY(!rows->canFetchMore(rows->index(0)));
    rows->cancel();
    QVERIFY(!rows->canFetchMore({}));
    QVERIFY(counter.ends());

    rows->setPrefetch(-1);
    rows->start();
    QVERIFY(rows.haveCount(1));
    QVERIFY(!rows->canFetchMore({}));
    rows->cancel();
    QVERIFY(counter.ends());
}

void tst_ThreadStreamModel::errorComesBehindTheRows()
{
    Rows rows(&failAfterThree);
    int rowsBefore = -1;
    QObject::connect(rows.model(), &ThreadStreamModel::failed, rows.model(),
                     [&] { rowsBefore = rows->count(); });
    QSignalSpy finished(rows.model(), &ThreadStreamModel::finished);
    rows->start();
    QVERIFY(rows.end());
    QCOMPARE(rowsBefore, 3);
    QCOMPARE(rows->errorString(), u"the tape is torn"_s);
    QCOMPARE(rows->error().toMap().value(u"message"_s), u"the tape is torn"_s);
    QCOMPARE(finished.count(), 0);
}

void tst_ThreadStreamModel::whatCannotStartFails_data()
{
    QTest::addColumn<QString>("task");
    QTest::addColumn<QVariantList>("args");
    QTest::addColumn<QString>("message");
    QTest::newRow("no such task") << u"row"_s << QVariantList() << u"no task called \"row\""_s;
    QTest::newRow("wrong argument") << u"rows"_s << QVariantList{ u"many"_s } << u"rows(int)"_s;
    QTest::newRow("no generator") << u"notRows"_s << QVariantList() << u"no generator"_s;
}

void tst_ThreadStreamModel::whatCannotStartFails()
{
    QFETCH(const QString, task);
    QFETCH(const QVariantList, args);
    QFETCH(const QString, message);
    Rows rows([](Yield<int> &, int) {});
    registerTask("notRows", [] { return 1; });
    const auto cleanup = qScopeGuard([] { unregisterTask(u"notRows"_s); });
    QSignalSpy failed(rows.model(), &ThreadStreamModel::failed);
    rows->setTask(task);
    rows->setArgs(args);
    rows->start();
    QVERIFY(!rows->isRunning());
    QCOMPARE(failed.count(), 1);
    QVERIFY2(rows->errorString().contains(message), qPrintable(rows->errorString()));
}

void tst_ThreadStreamModel::unheardErrorIsLogged()
{
    Rows rows(&failAfterThree);
    {
        const QFerryMessages messages;
        rows->start();
        QVERIFY(rows.end());
        QCOMPARE(messages.count(), 1);
        QVERIFY(messages.all().first().contains(u"the tape is torn"_s));
    }
    QObject::connect(rows.model(), &ThreadStreamModel::errorChanged, rows.model(), [] {});
    const QFerryMessages messages;
    rows->start();
    QVERIFY(rows.end());
    QCOMPARE(messages.count(), 0);
}

void tst_ThreadStreamModel::startForgetsTheError()
{
    Rows rows(&failAfterThree);
    QSignalSpy failed(rows.model(), &ThreadStreamModel::failed);
    rows->start();
    QVERIFY(rows.end());
    QVERIFY(rows->error().isValid());
    rows->start();
    QVERIFY(!rows->error().isValid());
    QVERIFY(rows->errorString().isEmpty());
    QVERIFY(rows.end());
    QCOMPARE(failed.count(), 2);
}

void tst_ThreadStreamModel::cancelKeepsTheRows()
{
    const Counter counter;
    Rows rows(counter.generator());
    QSignalSpy canceled(rows.model(), &ThreadStreamModel::canceled);
    rows->start();
    QVERIFY(rows.haveCount(1));
    rows->cancel();
    QVERIFY(!rows->isRunning());
    QVERIFY(counter.ends());
    const int count = rows->count();
    QVERIFY(count >= 1);
    QCoreApplication::processEvents();
    QCOMPARE(rows.items(), numbers(count));
    rows->cancel();
    QCOMPARE(canceled.count(), 1);
    QVERIFY(!rows->error().isValid());
}

void tst_ThreadStreamModel::clearRemovesTheRows()
{
    const Counter counter;
    Rows rows(counter.generator());
    rows->start();
    QVERIFY(rows.haveCount(1));
    QSignalSpy counted(rows.model(), &ThreadStreamModel::countChanged);
    rows->clear();
    QVERIFY(!rows->isRunning());
    QCOMPARE(rows->count(), 0);
    QVERIFY(counted.count() >= 1);
    QVERIFY(counter.ends());
    QCoreApplication::processEvents();
    QCOMPARE(rows->count(), 0);
}

void tst_ThreadStreamModel::startBeginsAnew()
{
    const Counter counter;
    Rows rows(counter.generator());
    QSignalSpy running(rows.model(), &ThreadStreamModel::runningChanged);
    rows->start();
    QVERIFY(rows.haveCount(1));
    rows->start();
    QCOMPARE(rows->count(), 0);
    QVERIFY(rows->isRunning());
    QVERIFY(counter.ends());
    QVERIFY(rows.haveCount(1));
    QCOMPARE(rows->get(0), 0);
    QCOMPARE(running.count(), 1);
}

void tst_ThreadStreamModel::destroyedWhileRunning_data()
{
    QTest::addColumn<int>("prefetch");
    QTest::newRow("while rows come") << -1;
    QTest::newRow("while the generator waits") << 3;
}

void tst_ThreadStreamModel::destroyedWhileRunning()
{
    QFETCH(const int, prefetch);
    const Counter counter;
    Rows rows(counter.generator());
    rows->setPrefetch(prefetch);
    rows->start();
    QVERIFY(rows.haveCount(1));
    rows.destroy();
    QVERIFY(counter.ends());
}

void tst_ThreadStreamModel::handlerMayDoAnything_data()
{
    QTest::addColumn<std::function<void(ThreadStreamModel *)>>("handler");
    using Handler = std::function<void(ThreadStreamModel *)>;
    QTest::newRow("cancel") << Handler(&ThreadStreamModel::cancel);
    QTest::newRow("clear") << Handler(&ThreadStreamModel::clear);
    QTest::newRow("start") << Handler(&ThreadStreamModel::start);
    QTest::newRow("run an event loop") << Handler([](ThreadStreamModel *model) {
        const int count = model->count();
        QVERIFY(spinUntil([&] { return model->count() > count; }));
    });
}

void tst_ThreadStreamModel::handlerMayDoAnything()
{
    QFETCH(const std::function<void(ThreadStreamModel *)>, handler);
    const Counter counter;
    Rows rows(counter.generator());
    rows->setBatchInterval(1);
    bool isHandled = false;
    QObject::connect(rows.model(), &ThreadStreamModel::countChanged, rows.model(), [&] {
        if (!std::exchange(isHandled, true))
            handler(rows.model());
    });
    rows->start();
    QVERIFY(spinUntil([&] { return isHandled; }));
    QCOMPARE(rows.items(), numbers(rows->count()));
    rows->start();
    QVERIFY(rows.haveCount(1));
    rows->cancel();
    QCOMPARE(rows.items(), numbers(rows->count()));
    QVERIFY(counter.ends());
}

void tst_ThreadStreamModel::objectsAreDeletedWithTheirRows()
{
    Rows rows([](Yield<QVariant> &yield) {
        yield(QVariant::fromValue(new Person(u"Ada"_s, 36)));
        yield(QVariant::fromValue(QSharedPointer<Person>::create(u"Grace"_s, 85)));
    });
    QList<QPointer<QObject>> objects;
    const auto fill = [&] {
        rows->start();
        QVERIFY(rows.end());
        QCOMPARE(rows->count(), 2);
        objects = { rows->get(0).value<QObject *>(), rows->get(1).value<QObject *>() };
        QVERIFY(objects[0] && objects[1]);
    };
    fill();
    rows->clear();
    QVERIFY(spinUntil([&] { return !objects[0] && !objects[1]; }));
    fill();
    rows.destroy();
    QVERIFY(!objects[0] && !objects[1]);
}

void tst_ThreadStreamModel::objectsWithAParentAreNotDeleted()
{
    QObject parent;
    Person person(u"Ada"_s, 36);
    person.setParent(&parent);
    Rows rows([&](Yield<Person *> &yield) { yield(&person); });
    rows->start();
    QVERIFY(rows.end());
    QCOMPARE(rows.value(0, "name"), u"Ada"_s);
    rows.destroy();
    person.setParent(nullptr);
}

void tst_ThreadStreamModel::objectOfAnotherThreadIsRefused()
{
    LoopThread other;
    Person person(u"Ada"_s, 36);
    person.moveToThread(&other);
    Rows rows([&](Yield<Person *> &yield) { yield(&person); });
    QSignalSpy failed(rows.model(), &ThreadStreamModel::failed);
    rows->start();
    QVERIFY(rows.end());
    QCOMPARE(failed.count(), 1);
    QCOMPARE(rows->count(), 0);
    QVERIFY(rows->errorString().contains(u"moveToThread()"_s));
    other.call([&] { person.moveToThread(QCoreApplication::instance()->thread()); });
}

void tst_ThreadStreamModel::propertiesTellOfTheirChanges()
{
    ThreadStreamModel model;
    const auto isTold = [&model](auto signal, auto setter, auto value) {
        QSignalSpy spy(&model, signal);
        (model.*setter)(value);
        (model.*setter)(value);
        return spy.count() == 1;
    };
    using Model = ThreadStreamModel;
    QVERIFY(isTold(&Model::taskChanged, &Model::setTask, u"rows"_s));
    QVERIFY(isTold(&Model::capacityChanged, &Model::setCapacity, 7));
    QVERIFY(isTold(&Model::prefetchChanged, &Model::setPrefetch, 7));
    QVERIFY(isTold(&Model::batchIntervalChanged, &Model::setBatchInterval, 7));
    QVERIFY(isTold(&Model::rolesChanged, &Model::setRoles, QStringList{ u"x"_s }));
    model.setCapacity(0);
    QCOMPARE(model.capacity(), 1);
    model.setPrefetch(-2);
    QCOMPARE(model.prefetch(), -1);
}

static std::unique_ptr<QObject> createFromQml(QQmlEngine &engine, const QByteArray &text)
{
    QQmlComponent component(&engine);
    component.setData("import QtQml\nimport QFerry\n" + text, {});
    std::unique_ptr<QObject> object(component.create());
    if (!object)
        qWarning("%s", qPrintable(component.errorString()));
    return object;
}

void tst_ThreadStreamModel::usedFromQml()
{
    Rows rows([](Yield<QVariantMap> &yield, const QStringList &names) {
        for (const QString &name : names)
            yield({ { u"name"_s, name } });
    });
    QQmlEngine engine;
    const auto object = createFromQml(engine, R"(QtObject {
        id: root
        property string all
        property bool done: false
        property var stream: ThreadStreamModel {
            task: "rows"
            args: [["Ada", "Grace"]]
            batchInterval: 0
            onFinished: root.done = true
        }
        property var view: Instantiator {
            model: root.stream
            delegate: QtObject { required property string name }
            onObjectAdded: (index, object) => root.all += index + object.name
        }
        Component.onCompleted: stream.start()
    })");
    QVERIFY(object);
    QVERIFY(spinUntil([&] { return object->property("done").toBool(); }));
    QCOMPARE(object->property("all"), u"0Ada1Grace"_s);
}

void tst_ThreadStreamModel::outlivesItsEngine()
{
    const Counter counter;
    Rows rows(counter.generator());
    auto engine = std::make_unique<QQmlEngine>();
    const auto object = createFromQml(
            *engine, "ThreadStreamModel { task: 'rows'; Component.onCompleted: start() }");
    QVERIFY(object);
    engine.reset();
    auto *model = qobject_cast<ThreadStreamModel *>(object.get());
    QVERIFY(model);
    QVERIFY(spinUntil([&] { return model->count() > 0; }));
    model->cancel();
    QVERIFY(counter.ends());
}

QTEST_GUILESS_MAIN(tst_ThreadStreamModel)
#include "tst_threadstreammodel.moc"
