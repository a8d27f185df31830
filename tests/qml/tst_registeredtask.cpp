// SPDX-License-Identifier: MIT
// Functions by name: what can be registered, and what becomes of the arguments.
#include "testing.h"

#include <qferryqml/registeredtask.h>
#include <qferryqml/registertask.h>

#include <QtCore/qhash.h>
#include <QtCore/qurl.h>
#include <QtQml/qjsengine.h>
#include <QtQml/qqmllist.h>

#include <list>

using namespace QFerry;
using namespace Testing;
using namespace Qt::StringLiterals;

namespace {

/// Registered as long as it lives.
class Registered
{
public:
    template <typename F>
    Registered(const QString &name, F &&fn) : m_name(name)
    {
        registerTask(name, std::forward<F>(fn));
    }
    ~Registered() { unregisterTask(m_name); }
    Q_DISABLE_COPY_MOVE(Registered)

private:
    const QString m_name;
};

struct Point
{
    Q_GADGET
    Q_PROPERTY(int x MEMBER x)
    Q_PROPERTY(double y MEMBER y)
    Q_PROPERTY(QString text READ text)
public:
    QString text() const { return QStringLiteral("%1;%2").arg(x).arg(y); }
    int x = 0;
    double y = 0;
};

int add(int a, int b)
{
    return a + b;
}

QString describe(const QVariant &value)
{
    return QString::fromUtf8(value.typeName());
}

QVariant resultOfTask(const QString &name, const QVariantList &args)
{
    return resultOf(RegisteredTask::named(name).call(args));
}

/// The message of the error that convert() throws; empty if it throws none.
QString complaint(const QString &name, const QVariantList &args)
{
    try {
        (void)RegisteredTask::named(name).convert(args);
    } catch (const InvalidUseError &error) {
        return error.message();
    }
    return {};
}

/// What a function with one parameter of type T gets of the value.
template <typename T>
T received(const QVariant &value)
{
    const Registered task(u"take"_s, [](T taken) { return QVariant::fromValue(taken); });
    return resultOfTask(u"take"_s, { value }).template value<T>();
}
template <typename T>
QString refusal(const QVariant &value)
{
    const Registered task(u"take"_s, [](const T &) {});
    return complaint(u"take"_s, { value });
}

QVariant script(QJSEngine &engine, const QString &code)
{
    const QJSValue value = engine.evaluate(u"(%1)"_s.arg(code));
    if (value.isError())
        throw std::runtime_error(value.toString().toStdString());
    return QVariant::fromValue(value);
}

} // namespace

class tst_RegisteredTask : public QObject
{
    Q_OBJECT
private slots:
    void functionsOfAllKindsRun();
    void functionObjectsAreCopiedForEachRun();
    void resultsOfAllKindsArrive();
    void progressIsReported();
    void errorKeepsItsType();
    void promiseFunctionGivesItsFirstResult();
    void promiseFunctionWithoutResultFails();
    void canceledPromiseFunctionSeesIt();
    void generatorsStream();
    void generatorIsNeverFurtherAhead();
    void generatorEndsWithItsStream();
    void functionAndGeneratorAreToldApart();
    void signatureShowsTheTypes();

    void unknownNameIsToldWithSimilarOnes();
    void nameIsTakenOnce();
    void nullFunctionAndEmptyNameAreRefused();
    void wrongCountShowsTheSignature();
    void numbersAreNotCut_data();
    void numbersAreNotCut();
    void numbersFit();
    void numbersAtTheirLimitsFit();
    void boolsAreMadeOfWhatSaysSo();
    void undefinedAndNullAreNoNumbers();
    void enumsAreMadeOfNumbersAndNames();
    void listsAreConvertedPieceByPiece();
    void mapsAreConvertedPieceByPiece();
    void gadgetsAreMadeOfMaps();
    void usualConversionsWork();

    void scriptValuesBecomePlainOnes();
    void scriptFunctionsAreRefused_data();
    void scriptFunctionsAreRefused();
    void refusalNamesThePlace();
    void valueOfTooManyPartsIsRefused();
    void selfContainedValueIsRefused();
    void objectsAreRefused();
};

void tst_RegisteredTask::functionsOfAllKindsRun()
{
    struct Doubler
    {
        int operator()(int value) const { return 2 * value; }
        static int half(int value) noexcept { return value / 2; }
    };
    const Registered a(u"free"_s, &add);
    const Registered b(u"lambda"_s, [base = 10](int value) { return base + value; });
    const Registered c(u"static"_s, &Doubler::half);
    const Registered d(u"functor"_s, Doubler());
    const Registered e(u"std"_s, std::function<int(int)>(Doubler()));
    const Registered f(u"none"_s, [] { return QThread::currentThread() != qApp->thread(); });

    QCOMPARE(resultOfTask(u"free"_s, { 1, 2 }), QVariant(3));
    QCOMPARE(resultOfTask(u"lambda"_s, { 1 }), QVariant(11));
    QCOMPARE(resultOfTask(u"static"_s, { 4 }), QVariant(2));
    QCOMPARE(resultOfTask(u"functor"_s, { 4 }), QVariant(8));
    QCOMPARE(resultOfTask(u"std"_s, { 4 }), QVariant(8));
    QCOMPARE(resultOfTask(u"none"_s, {}), QVariant(true));
}

void tst_RegisteredTask::functionObjectsAreCopiedForEachRun()
{
    const Registered counting(u"count"_s, [runs = 0]() mutable { return ++runs; });
    QCOMPARE(resultOfTask(u"count"_s, {}), QVariant(1));
    QCOMPARE(resultOfTask(u"count"_s, {}), QVariant(1));
}

void tst_RegisteredTask::resultsOfAllKindsArrive()
{
    const Registered a(u"nothing"_s, [] {});
    const Registered b(u"variant"_s, [] { return QVariant(7); });
    const Registered c(u"gadget"_s, [] { return Point{ 1, 2 }; });
    const Registered d(u"list"_s, [] { return QList<int>{ 1, 2 }; });

    QCOMPARE(resultOfTask(u"nothing"_s, {}), QVariant());
    QCOMPARE(resultOfTask(u"variant"_s, {}), QVariant(7));
    QCOMPARE(resultOfTask(u"gadget"_s, {}).value<Point>().text(), u"1;2"_s);
    QCOMPARE(resultOfTask(u"list"_s, {}).value<QList<int>>(), (QList<int>{ 1, 2 }));
    QCOMPARE(RegisteredTask::named(u"list"_s).resultType(), QMetaType::fromType<QList<int>>());
    QCOMPARE(RegisteredTask::named(u"nothing"_s).resultType(), QMetaType::fromType<void>());
}

void tst_RegisteredTask::progressIsReported()
{
    const Registered task(u"half"_s, [] {
        reportProgress(1, 2, u"half"_s);
        return 0;
    });
    const auto call = RegisteredTask::named(u"half"_s).call({});
    QList<Progress> reports;
    call.onProgress(this, [&reports](const Progress &progress) { reports << progress; });
    resultOf(call);
    QCOMPARE(reports.last(), (Progress{ 1, 2, u"half"_s }));
}

void tst_RegisteredTask::errorKeepsItsType()
{
    const Registered task(u"broken"_s, [] { throw std::out_of_range("too far"); });
    QVERIFY_EXCEPTION_THROWN(resultOfTask(u"broken"_s, {}), std::out_of_range);
}

void tst_RegisteredTask::promiseFunctionGivesItsFirstResult()
{
    const Registered several(u"several"_s, [](QPromise<int> &promise, int first) {
        promise.addResult(first);
        promise.addResult(first + 1);
    });
    const Registered nothing(u"void"_s,
                             [](QPromise<void> &promise) { promise.setProgressValue(0); });

    QCOMPARE(resultOfTask(u"several"_s, { 5 }), QVariant(5));
    QCOMPARE(resultOfTask(u"void"_s, {}), QVariant());
    QCOMPARE(RegisteredTask::named(u"several"_s).signature(), u"several(int)"_s);
}

void tst_RegisteredTask::promiseFunctionWithoutResultFails()
{
    const Registered none(u"empty"_s, [](QPromise<int> &) {});
    QVERIFY_EXCEPTION_THROWN(resultOfTask(u"empty"_s, {}), InvalidUseError);
}

void tst_RegisteredTask::canceledPromiseFunctionSeesIt()
{
    const auto running = std::make_shared<Gate>();
    const Registered task(u"endless"_s, [running](QPromise<int> &promise) {
        running->open();
        const QDeadlineTimer deadline(watchdog);
        while (!promise.isCanceled() && !deadline.hasExpired())
            QThread::yieldCurrentThread();
    });
    const auto call = RegisteredTask::named(u"endless"_s).call({});
    running->pass();
    call.cancel();
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
}

void tst_RegisteredTask::generatorsStream()
{
    const Registered a(u"yielding"_s, [](Yield<int> &yield, int end) {
        for (int i = 0; i < end; ++i)
            yield(i);
    });
    const Registered b(u"variants"_s, [](Yield<QVariant> &yield) { yield(u"one"_s); });
    for (const QString &name : { u"yielding"_s, u"variants"_s })
        QVERIFY(RegisteredTask::named(name).isGenerator());

    auto numbers = RegisteredTask::named(u"yielding"_s).stream({ 3 });
    std::vector<QVariant> items;
    resultOf(numbers.forEach(this, [&items](const QVariant &item) { items.push_back(item); }));
    QCOMPARE(items, (std::vector<QVariant>{ 0, 1, 2 }));

    auto variants = RegisteredTask::named(u"variants"_s).stream({});
    QCOMPARE(resultOf(variants.nextBatch()), (std::vector<QVariant>{ u"one"_s }));
    QVERIFY(resultOf(variants.nextBatch()).empty());
}

void tst_RegisteredTask::generatorIsNeverFurtherAhead()
{
    const auto made = std::make_shared<std::atomic<int>>(0);
    const auto ended = std::make_shared<Gate>();
    const Registered task(u"counting"_s, [made, ended](Yield<int> &yield) {
        for (int i = 0; i < 100; ++i) {
            ++*made;
            yield(i);
        }
        ended->open();
    });
    auto stream = RegisteredTask::named(u"counting"_s).stream({}, { .maxSize = 4 });
    int taken = 0;
    while (taken < 100) {
        const auto batch = resultOf(stream.nextBatch(2));
        taken += int(batch.size());
        QVERIFY(batch.size() <= 2);
        QVERIFY(*made <= taken + 5); // four that wait, and one at the door
    }
    ended->pass();
    QVERIFY(resultOf(stream.nextBatch()).empty());
}

void tst_RegisteredTask::generatorEndsWithItsStream()
{
    const auto gone = std::make_shared<Gate>();
    struct Farewell
    {
        std::shared_ptr<Gate> gate;
        ~Farewell() { gate->open(); }
    };
    const Registered task(u"endless"_s, [gone](Yield<int> &yield) {
        const Farewell farewell{ gone };
        for (int i = 0;; ++i)
            yield(i);
    });
    {
        auto stream = RegisteredTask::named(u"endless"_s).stream({}, { .maxSize = 2 });
        QCOMPARE(resultOf(stream.nextBatch(1)).size(), size_t(1));
    }
    gone->pass();
}

void tst_RegisteredTask::functionAndGeneratorAreToldApart()
{
    const Registered a(u"function"_s, &add);
    const Registered b(u"generator"_s, [](Yield<int> &) {});
    QVERIFY(!RegisteredTask::named(u"function"_s).isGenerator());
    QVERIFY_EXCEPTION_THROWN(RegisteredTask::named(u"generator"_s).call({}), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN((void)RegisteredTask::named(u"function"_s).stream({ 1, 2 }),
                             InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(RegisteredTask().call({}), InvalidUseError);
    QVERIFY(!RegisteredTask().isValid());
}

void tst_RegisteredTask::signatureShowsTheTypes()
{
    const Registered task(u"many"_s,
                          [](const QString &, int, QList<double>, const QVariantMap &) {});
    QCOMPARE(RegisteredTask::named(u"many"_s).signature(),
             u"many(QString, int, QList<double>, QVariantMap)"_s);
}

void tst_RegisteredTask::unknownNameIsToldWithSimilarOnes()
{
    const Registered a(u"hashFile"_s, &add);
    const Registered b(u"readLines"_s, &add);
    const auto complaintOf = [](const QString &name) {
        try {
            (void)RegisteredTask::named(name);
        } catch (const InvalidUseError &error) {
            return error.message();
        }
        return QString();
    };
    QVERIFY(complaintOf(u"hashfile"_s).contains(u"did you mean \"hashFile\"?"_s));
    QVERIFY(complaintOf(u"hashFiles"_s).contains(u"did you mean \"hashFile\"?"_s));
    QVERIFY(complaintOf(u"zzz"_s).contains(u"\"hashFile\" or \"readLines\""_s));
    QVERIFY(complaintOf(u"zzz"_s).contains(u"registerTask"_s));
    QCOMPARE(RegisteredTask::names(), (QStringList{ u"hashFile"_s, u"readLines"_s }));
}

void tst_RegisteredTask::nameIsTakenOnce()
{
    {
        const Registered task(u"once"_s, &add);
        QVERIFY_EXCEPTION_THROWN(registerTask("once", &add), InvalidUseError);
    }
    QVERIFY(!unregisterTask(u"once"_s));
    registerTask("once", &add);
    QVERIFY(unregisterTask(u"once"_s));
}

void tst_RegisteredTask::nullFunctionAndEmptyNameAreRefused()
{
    QVERIFY_EXCEPTION_THROWN(registerTask("", &add), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(registerTask("null", static_cast<int (*)(int)>(nullptr)),
                             InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(registerTask("null", std::function<int()>()), InvalidUseError);
    QVERIFY(RegisteredTask::names().isEmpty());
}

void tst_RegisteredTask::wrongCountShowsTheSignature()
{
    const Registered task(u"add"_s, &add);
    QCOMPARE(complaint(u"add"_s, { 1 }),
             u"add(int, int) takes 2 arguments, and was given 1 argument"_s);
    QCOMPARE(complaint(u"add"_s, {}),
             u"add(int, int) takes 2 arguments, and was given no arguments"_s);
    QCOMPARE(complaint(u"add"_s, { 1, u"x"_s }),
             u"Argument 2 of add(int, int) does not fit: the string \"x\" is no int"_s);
}

void tst_RegisteredTask::numbersAreNotCut_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::newRow("fraction") << QVariant(1.5);
    QTest::newRow("too large") << QVariant(3e9);
    QTest::newRow("far too large") << QVariant(1e30);
    QTest::newRow("not a number") << QVariant(qQNaN());
    QTest::newRow("infinite") << QVariant(qInf());
    QTest::newRow("string of a fraction") << QVariant(u"1.5"_s);
    QTest::newRow("large string") << QVariant(u"3000000000"_s);
    QTest::newRow("empty string") << QVariant(u""_s);
    QTest::newRow("list") << QVariant(QVariantList{ 1 });
}

void tst_RegisteredTask::numbersAreNotCut()
{
    QFETCH(const QVariant, value);
    QVERIFY(!refusal<int>(value).isEmpty());
    QVERIFY(refusal<int>(value).contains(u"take(int)"_s));
}

void tst_RegisteredTask::numbersFit()
{
    QCOMPARE(received<int>(2.0), 2);
    QCOMPARE(received<int>(u"-12"_s), -12);
    QCOMPARE(received<int>(true), 1);
    QCOMPARE(received<qint64>(3e9), 3'000'000'000);
    QCOMPARE(received<quint64>(u"18446744073709551615"_s), ~quint64(0));
    QCOMPARE(received<quint8>(255), quint8(255));
    QVERIFY(!refusal<quint8>(256).isEmpty());
    QVERIFY(!refusal<quint8>(-1).isEmpty());
    QVERIFY(!refusal<uint>(-1.0).isEmpty());
    QVERIFY(!refusal<qint64>(QVariant(~quint64(0))).isEmpty());
    QCOMPARE(received<double>(1), 1.0);
    QCOMPARE(received<double>(u"1.5"_s), 1.5);
    QVERIFY(!refusal<double>(u"x"_s).isEmpty());
}

void tst_RegisteredTask::numbersAtTheirLimitsFit()
{
    constexpr double end = 9223372036854775808.0; // 2^63
    QCOMPARE(received<qint64>(-end), std::numeric_limits<qint64>::min());
    QVERIFY(!refusal<qint64>(end).isEmpty());
    QVERIFY(!refusal<qint64>(-1.5 * end).isEmpty());
    QCOMPARE(received<quint64>(end), quint64(1) << 63);
    QCOMPARE(received<quint64>(1.5 * end), quint64(3) << 62);
    QVERIFY(!refusal<quint64>(2 * end).isEmpty());
    QCOMPARE(received<int>(-2147483648.0), std::numeric_limits<int>::min());
    QVERIFY(!refusal<int>(2147483648.0).isEmpty());
    QCOMPARE(received<float>(0.1), 0.1f);
    QCOMPARE(received<float>(qInf()), float(qInf()));
    QVERIFY(!refusal<float>(1e300).isEmpty());
}

void tst_RegisteredTask::boolsAreMadeOfWhatSaysSo()
{
    for (const QVariant &yes : { QVariant(true), QVariant(1), QVariant(1.0), QVariant(u"true"_s) })
        QCOMPARE(received<bool>(yes), true);
    for (const QVariant &no : { QVariant(false), QVariant(0), QVariant(u"false"_s) })
        QCOMPARE(received<bool>(no), false);
    for (const QVariant &neither : { QVariant(u"no"_s), QVariant(u""_s), QVariant(2), QVariant(-1),
                                     QVariant(0.5), QVariant(QByteArray("x")),
                                     QVariant(QVariantList{ true }) })
        QVERIFY2(refusal<bool>(neither).contains(u"is no bool"_s), qPrintable(refusal<bool>(neither)));
}

void tst_RegisteredTask::undefinedAndNullAreNoNumbers()
{
    const QVariant null = QVariant::fromValue(nullptr);
    QVERIFY(refusal<int>(QVariant()).contains(u"undefined"_s));
    QVERIFY(refusal<QString>(QVariant()).contains(u"undefined"_s));
    QVERIFY(refusal<int>(null).contains(u"null"_s));
    QVERIFY(refusal<double>(null).contains(u"null"_s));
    QVERIFY(refusal<bool>(null).contains(u"null"_s));
    QVERIFY(received<QString>(null).isNull());
    QVERIFY(!received<QVariant>(QVariant()).isValid());
}

void tst_RegisteredTask::enumsAreMadeOfNumbersAndNames()
{
    QCOMPARE(received<Qt::Orientation>(2.0), Qt::Vertical);
    QCOMPARE(received<Qt::Orientation>(u"Horizontal"_s), Qt::Horizontal);
    QVERIFY(!refusal<Qt::Orientation>(1.5).isEmpty());
    QVERIFY(!refusal<Qt::Orientation>(u"Diagonal"_s).isEmpty());
}

void tst_RegisteredTask::listsAreConvertedPieceByPiece()
{
    QCOMPARE(received<QList<int>>(QVariantList{ 1, 2.0, u"3"_s }), (QList<int>{ 1, 2, 3 }));
    QCOMPARE(received<QStringList>(QVariantList{ u"a"_s, 1 }), (QStringList{ u"a"_s, u"1"_s }));
    QCOMPARE(received<std::vector<double>>(QVariantList{ 1, 2.5 }),
             (std::vector<double>{ 1, 2.5 }));
    QCOMPARE(received<QList<QList<int>>>(QVariantList{ QVariantList{ 1 }, QVariantList{} }),
             (QList<QList<int>>{ { 1 }, {} }));
    QCOMPARE(received<QVariantList>(QStringList{ u"a"_s }), (QVariantList{ u"a"_s }));
    QVERIFY(refusal<QList<int>>(QVariantList{ 1, 1.5 }).contains(u"element 2: 1.5 is no int"_s));
    QVERIFY(!refusal<QList<int>>(1).isEmpty());
    QVERIFY(!refusal<QList<int>>(u"123"_s).isEmpty());
}

void tst_RegisteredTask::mapsAreConvertedPieceByPiece()
{
    const QVariantMap map{ { u"a"_s, 1.0 }, { u"b"_s, 2 } };
    QCOMPARE((received<QMap<QString, int>>(map)),
             (QMap<QString, int>{ { u"a"_s, 1 }, { u"b"_s, 2 } }));
    QCOMPARE((received<QHash<QString, double>>(map)),
             (QHash<QString, double>{ { u"a"_s, 1 }, { u"b"_s, 2 } }));
    QVERIFY((refusal<QMap<QString, int>>(QVariantMap{ { u"a"_s, 1.5 } }))
                    .contains(u"in \"a\": 1.5 is no int"_s));
}

void tst_RegisteredTask::gadgetsAreMadeOfMaps()
{
    QCOMPARE(received<Point>(QVariantMap{ { u"x"_s, 3.0 }, { u"y"_s, 1.5 } }).text(), u"3;1.5"_s);
    QCOMPARE(received<Point>(QVariant::fromValue(Point{ 1, 2 })).text(), u"1;2"_s);
    QVERIFY(refusal<Point>(QVariantMap{ { u"z"_s, 1 } })
                    .contains(u"Point has no property \"z\""_s));
    QVERIFY(refusal<Point>(QVariantMap{ { u"text"_s, 1 } }).contains(u"\"text\""_s));
    QVERIFY(refusal<Point>(QVariantMap{ { u"x"_s, 1.5 } }).contains(u"in \"x\": 1.5 is no int"_s));
}

void tst_RegisteredTask::usualConversionsWork()
{
    QCOMPARE(received<QUrl>(u"file:///a"_s), QUrl(u"file:///a"_s));
    QCOMPARE(received<QString>(QUrl(u"file:///a"_s)), u"file:///a"_s);
    QCOMPARE(received<QString>(5), u"5"_s);
    QCOMPARE(received<QByteArray>(u"abc"_s), QByteArray("abc"));
    QVERIFY(!refusal<QByteArray>(QVariantMap()).isEmpty());
}

void tst_RegisteredTask::scriptValuesBecomePlainOnes()
{
    QJSEngine engine;
    const QVariant value = script(
            engine,
            u"{ list: [1, 'two', [true]], when: new Date(0), bytes: new ArrayBuffer(2), nothing: null }"_s);
    const auto map = received<QVariantMap>(value);
    QCOMPARE(map.value(u"list"_s), QVariant(QVariantList{ 1, u"two"_s, QVariantList{ true } }));
    QCOMPARE(map.value(u"when"_s).typeId(), int(QMetaType::QDateTime));
    QCOMPARE(map.value(u"bytes"_s), QVariant(QByteArray(2, '\0')));
    QVERIFY(map.value(u"nothing"_s).isNull());

    QCOMPARE(received<QList<int>>(script(engine, u"[1, 2]"_s)), (QList<int>{ 1, 2 }));
    QCOMPARE(received<Point>(script(engine, u"{ x: 1, y: 2 }"_s)).text(), u"1;2"_s);
    QCOMPARE(received<int>(script(engine, u"7"_s)), 7);
    const Registered task(u"describe"_s, &describe);
    QCOMPARE(resultOfTask(u"describe"_s, { script(engine, u"[{}]"_s) }),
             QVariant(u"QVariantList"_s));
}

void tst_RegisteredTask::scriptFunctionsAreRefused_data()
{
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("word");
    QTest::newRow("function") << u"function() {}"_s << u"function"_s;
    QTest::newRow("in a list") << u"[1, () => 1]"_s << u"function"_s;
    QTest::newRow("in an object") << u"{ a: { b: function() {} } }"_s << u"function"_s;
    QTest::newRow("class") << u"class A {}"_s << u"function"_s;
    QTest::newRow("symbol") << u"Symbol('s')"_s << u"symbol"_s;
    QTest::newRow("map") << u"new Map([[1, 2]])"_s << u"Map"_s;
    QTest::newRow("promise") << u"Promise.resolve(1)"_s << u"Promise"_s;
    QTest::newRow("generator") << u"(function*() {})()"_s << u"generator"_s;
    QTest::newRow("invalid date") << u"new Date(NaN)"_s << u"invalid date"_s;
}

void tst_RegisteredTask::scriptFunctionsAreRefused()
{
    QFETCH(const QString, code);
    QFETCH(const QString, word);
    QJSEngine engine;
    const QVariant value = script(engine, code);
    const QString why = refusal<QVariant>(value);
    QVERIFY2(why.contains(u"take(QVariant)"_s) && why.contains(word)
                     && why.contains(u"cannot go to a worker"_s),
             qPrintable(why));
    QVERIFY(!refusal<QVariantList>(QVariantList{ value }).isEmpty());
    QVERIFY(!refusal<QVariantMap>(QVariantMap{ { u"a"_s, value } }).isEmpty());
}

void tst_RegisteredTask::refusalNamesThePlace()
{
    QJSEngine engine;
    const QString why = refusal<QVariant>(script(engine, u"{ a: [{ b: 1 }, { c: [() => 1] }] }"_s));
    QVERIFY2(why.contains(u"in \"a\": in element 2: in \"c\": in element 1: a JavaScript"_s),
             qPrintable(why));
    const QVariant function = script(engine, u"() => 1"_s);
    QVERIFY(refusal<QVariant>(QVariantMap{ { u"a"_s, QVariantList{ function } } })
                    .contains(u"in \"a\": in element 1: a JavaScript"_s));
    QVERIFY(refusal<QVariant>(QVariantHash{ { u"a"_s, function } }).contains(u"in \"a\": a Java"_s));
}

void tst_RegisteredTask::valueOfTooManyPartsIsRefused()
{
    QVariant value;
    for (int i = 0; i < 40; ++i)
        value = QVariantMap{ { u"a"_s, value }, { u"b"_s, value } };
    QVERIFY(refusal<QVariant>(value).contains(u"more than a million"_s));
}

void tst_RegisteredTask::selfContainedValueIsRefused()
{
    QJSEngine engine;
    QVERIFY(refusal<QVariant>(
                    script(engine, u"(function() { const a = []; a.push(a); return a })()"_s))
                    .contains(u"contains itself"_s));
}

void tst_RegisteredTask::objectsAreRefused()
{
    QJSEngine engine;
    QObject object;
    QJSEngine::setObjectOwnership(&object, QJSEngine::CppOwnership);
    const QVariant pointer = QVariant::fromValue(&object);
    for (const QVariant &value :
         { pointer, QVariant::fromValue(engine.newQObject(&object)),
           QVariant(QVariantList{ pointer }), QVariant::fromValue(QList<QObject *>{ &object }),
           QVariant::fromValue(QQmlListReference()) }) {
        const QString why = refusal<QVariant>(value);
        QVERIFY2(why.contains(u"belongs to its thread"_s), qPrintable(why));
    }
}

QTEST_GUILESS_MAIN(tst_RegisteredTask)
#include "tst_registeredtask.moc"
