// SPDX-License-Identifier: MIT
// QML that is compiled ahead, by qmlcachegen, as qt_add_qml_module() does it unless told otherwise.
#include "testing.h"

#include <qferryqml/registertask.h>

#include <QtQml/qqmlcomponent.h>
#include <QtQml/qqmlengine.h>

using namespace QFerry;
using namespace Testing;
using namespace Qt::StringLiterals;

class tst_Compiled : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase();
    void init();
    void bindingsFollowATask();
    void bindingsFollowAFailure();
    void figuresOfLimitersAreThere();
    void modelHasItsRows();
    void startTakesWhatItIsGiven();

private:
    bool becomes(const char *property, const QVariant &value) const
    {
        return spinUntil([&] { return m_page->property(property) == value; });
    }

    QQmlEngine m_engine;
    std::unique_ptr<QObject> m_page;
};

void tst_Compiled::initTestCase()
{
    registerTask("add", [](int a, int b) {
        if (a < 0)
            throw std::out_of_range("less than nothing");
        return a + b;
    });
    registerTask("rows", [](Yield<int> &yield, int end) {
        for (int i = 0; i < end; ++i)
            yield(i);
    });
    registerTask("typeName",
                 [](const QVariant &value) { return QString::fromUtf8(value.typeName()); });
}

void tst_Compiled::init()
{
    QQmlComponent component(&m_engine, QUrl(u"qrc:/Compiled/Page.qml"_s));
    m_page.reset(component.create());
    QVERIFY2(m_page, qPrintable(component.errorString()));
}

void tst_Compiled::bindingsFollowATask()
{
    QVERIFY(becomes("sum", 3));
    QVERIFY(becomes("shown", u"= 3"_s));
    QVERIFY(becomes("last", 3));
    int sum = 0;
    QMetaObject::invokeMethod(m_page.get(), "swap", Q_RETURN_ARG(int, sum), Q_ARG(int, 20),
                              Q_ARG(int, 22));
    QCOMPARE(sum, 42);
    QVERIFY(becomes("sum", 42));
    QVERIFY(becomes("isEnded", true));
    QCOMPARE(m_page->property("hasFailed"), QVariant(false));
}

void tst_Compiled::bindingsFollowAFailure()
{
    m_page->setProperty("a", -1);
    QVERIFY(becomes("hasFailed", true));
    QCOMPARE(m_page->property("why"), QVariant(u"less than nothing"_s));
    QCOMPARE(m_page->property("progress"), QVariant(0.0));
}

void tst_Compiled::figuresOfLimitersAreThere()
{
    QCOMPARE(m_page->property("tokens"), QVariant(42));
}

void tst_Compiled::modelHasItsRows()
{
    auto *rows = m_page->property("rows").value<QObject *>();
    QMetaObject::invokeMethod(rows, "start");
    QVERIFY(becomes("rowCount", 3));
}

void tst_Compiled::startTakesWhatItIsGiven()
{
    const auto types = [this] { return m_page->property("types").toStringList(); };
    for (const char *function : { "typeOfBytes", "typeOfUndefined", "typeOfTooMuch",
                                  "typeInGenerator" })
        QMetaObject::invokeMethod(m_page.get(), function);
    QVERIFY(spinUntil([&] { return types().size() == 4; }));
    QStringList sorted = types();
    sorted.sort();
    QCOMPARE(sorted, (QStringList{ u""_s, u"InvalidUseError"_s, u"QByteArray"_s,
                                   u"QVariantList"_s }));
}

QTEST_GUILESS_MAIN(tst_Compiled)
#include "tst_compiled.moc"
