// SPDX-License-Identifier: MIT
// The snippets of docs/qml.md and docs/qml-reference.md: compiled, run, and compared with their
// texts.
#include "testing.h"

#include <qferry/task.h>
#include <qferry/tothread.h>
#include <qferryqml/errordetails.h>
#include <qferryqml/imageprovider.h>
#include <qferryqml/methodguard.h>
#include <qferryqml/promise.h>
#include <qferryqml/registeredtask.h>
#include <qferryqml/registertask.h>

#include <QtCore/qcryptographichash.h>
#include <QtCore/qfile.h>
#include <QtCore/qregularexpression.h>
#include <QtCore/qtemporarydir.h>
#include <QtGui/qimagereader.h>
#include <QtQml/qjsvalue.h>
#include <QtQml/qqmlcomponent.h>
#include <QtQml/qqmlengine.h>

using namespace Testing;
using namespace Qt::StringLiterals;

static QString hashFile(const QString &path) // runs in a worker
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw std::runtime_error(file.errorString().toStdString());
    QCryptographicHash hash(QCryptographicHash::Sha256);
    while (!file.atEnd()) {
        QFerry::checkCanceled();
        hash.addData(file.read(1 << 20));
        QFerry::reportProgress(file.pos(), file.size());
    }
    return QString::fromLatin1(hash.result().toHex());
}

static void registerTasks() // to be called in main()
{
    QFerry::registerTask("hashFile", &hashFile);
}

static QFerry::Task<bool> areEqual(QString one, QString other) // runs in the engine's thread
{
    auto first = QFerry::toThread(&hashFile, one);
    const QString second = co_await QFerry::toThread(&hashFile, other);
    co_return second == co_await first;
}

static void registerAsyncTasks()
{
    QFerry::registerTask("areEqual", &areEqual);
}

class Index : public QObject
{
    Q_OBJECT
    Q_CLASSINFO("QFerry.ThreadSafe", "search")

public:
    Q_INVOKABLE QStringList search(const QString &word) const; // runs in a worker, and may be canceled

private:
    QStringList m_lines;
    QFerry::MethodGuard m_guard{ this }; // the last member, which is destroyed first
};

QStringList Index::search(const QString &word) const
{
    QStringList found;
    for (const QString &line : m_lines) {
        QFerry::checkCanceled();
        if (line.contains(word))
            found << line;
    }
    return found;
}

class Backend : public QObject
{
    Q_OBJECT

public:
    Q_INVOKABLE QJSValue lineCount(const QString &path)
    {
        return QFerry::promise(this, countLines(path));
    }

private:
    QFerry::Task<int> countLines(QString path);
};

QFerry::Task<int> Backend::countLines(QString path)
{
    co_return co_await QFerry::toThread([&] {
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly))
            throw std::runtime_error(file.errorString().toStdString());
        return int(file.readAll().count('\n'));
    });
}

static QImage thumbnail(const QString &path, const QSize &sourceSize) // runs in a worker
{
    QImageReader reader(path);
    if (sourceSize.isValid())
        reader.setScaledSize(reader.size().scaled(sourceSize, Qt::KeepAspectRatio));
    const QImage image = reader.read();
    if (image.isNull())
        throw std::runtime_error(reader.errorString().toStdString());
    return image;
}

static void provideImages(QQmlEngine *engine)
{
    QFerry::registerTask("thumbnail", &thumbnail);
    engine->addImageProvider("qferry", new QFerry::ImageProvider);
}

struct HttpError : std::runtime_error, QFerry::ErrorDetails
{
    explicit HttpError(int status)
        : std::runtime_error("The server refused"), ErrorDetails({ { "status", status } })
    {}
};

class tst_QmlSnippets : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase();
    void pagesShowTheCodeOfThisTest_data();
    void pagesShowTheCodeOfThisTest();
    void snippetsOfQmlCompile_data();
    void snippetsOfQmlCompile();
    void labelShowsADigest();
    void labelShowsWhyThereIsNone();
    void filesAreCompared();
    void linesAreCounted();
    void filesAreComparedAtTheSameTime();
    void filesAreComparedByACoroutine();

private:
    QString fileWith(const QByteArray &content);
    QJSValue comparison(const QString &one, const QString &other);

    const QTemporaryDir m_folder;
    QQmlEngine m_engine;
    std::unique_ptr<QObject> m_label;
};

static QString read(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw std::runtime_error(file.errorString().toStdString());
    return QString::fromUtf8(file.readAll());
}

/// A page's blocks of a language.
static QStringList blocks(const QString &language, const QString &page = u"qml.md"_s)
{
    const QRegularExpression block(u"^```%1\n(.*?)^```$"_s.arg(language),
                                   QRegularExpression::MultilineOption
                                           | QRegularExpression::DotMatchesEverythingOption);
    QStringList found;
    for (const auto &match : block.globalMatch(read(QStringLiteral(QFERRY_PAGES) + page)))
        found << match.captured(1);
    return found;
}

QString tst_QmlSnippets::fileWith(const QByteArray &content)
{
    const QString path = m_folder.filePath(QString::fromLatin1(
            QCryptographicHash::hash(content, QCryptographicHash::Md5).toHex()));
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
        throw std::runtime_error("cannot write");
    return path;
}

void tst_QmlSnippets::initTestCase()
{
    registerTasks();
    registerAsyncTasks();
    provideImages(&m_engine);
    QFerry::registerTask("fetch", [](const QString &) { throw HttpError(404); });
    QQmlComponent component(&m_engine);
    component.setData(blocks(u"qml"_s).value(0).toUtf8(), QUrl(u"qml.md"_s));
    m_label.reset(component.create());
    QVERIFY2(m_label, qPrintable(component.errorString()));
}

void tst_QmlSnippets::pagesShowTheCodeOfThisTest_data()
{
    QTest::addColumn<int>("count");
    QTest::newRow("qml.md") << 4;
    QTest::newRow("qml-reference.md") << 2;
}

void tst_QmlSnippets::pagesShowTheCodeOfThisTest()
{
    QFETCH(const int, count);
    const QStringList shown = blocks(u"cpp"_s, QString::fromUtf8(QTest::currentDataTag()));
    QCOMPARE(shown.size(), count);
    for (QString code : shown) {
        code.remove(u"#include <qferryqml/imageprovider.h>"_s);
        QVERIFY(read(QStringLiteral(QFERRY_THIS_TEST)).simplified().contains(code.simplified()));
    }
}

void tst_QmlSnippets::snippetsOfQmlCompile_data()
{
    QTest::addColumn<QString>("code");
    for (const QString &page : { u"qml.md"_s, u"qml-reference.md"_s }) {
        int number = 0;
        for (const QString &code : blocks(u"qml"_s, page))
            QTest::addRow("%s %d", qPrintable(page), ++number) << code;
    }
}

void tst_QmlSnippets::snippetsOfQmlCompile()
{
    QFETCH(QString, code);
    if (!code.contains(u"import "))
        code.prepend(u"import QtQuick\nimport QFerry\n");
    QQmlComponent component(&m_engine);
    component.setData(code.toUtf8(), QUrl(u"snippet.qml"_s));
    QVERIFY2(component.isReady(), qPrintable(component.errorString()));
}

void tst_QmlSnippets::labelShowsADigest()
{
    const QByteArray content(5'000'000, 'x');
    m_label->setProperty("file", fileWith(content));
    const QString digest = QString::fromLatin1(
            QCryptographicHash::hash(content, QCryptographicHash::Sha256).toHex());
    QVERIFY(spinUntil([&] { return m_label->property("text") == digest; }));
}

void tst_QmlSnippets::labelShowsWhyThereIsNone()
{
    m_label->setProperty("file", u":/there/is/no/such/file"_s);
    QVERIFY(spinUntil(
            [&] { return m_label->property("text").toString().contains(u"No such file"_s); }));
}

/// An object that gets the value of areEqual().
QJSValue tst_QmlSnippets::comparison(const QString &one, const QString &other)
{
    QVariant promise;
    QMetaObject::invokeMethod(m_label.get(), "areEqual", Q_RETURN_ARG(QVariant, promise),
                              Q_ARG(QVariant, one), Q_ARG(QVariant, other));
    const QJSValue follow = m_engine.evaluate(
            u"(function(promise) { const end = {}; promise.then(v => end.value = v); return end })"_s);
    return follow.call({ promise.value<QJSValue>() });
}

static bool hasValue(const QJSValue &comparison, bool value)
{
    return spinUntil([&] { return comparison.hasProperty(u"value"_s); })
           && comparison.property(u"value"_s).toBool() == value;
}

void tst_QmlSnippets::filesAreCompared()
{
    const QString one = fileWith("one");
    const QString two = fileWith("two");
    QVERIFY(hasValue(comparison(one, one), true));
    QVERIFY(hasValue(comparison(one, two), false));
}

void tst_QmlSnippets::linesAreCounted()
{
    m_engine.globalObject().setProperty(u"backend"_s, m_engine.newQObject(new Backend));
    m_engine.globalObject().setProperty(u"file"_s, fileWith("one\ntwo\n"));
    m_engine.evaluate(u"var count = -1; backend.lineCount(file).then(n => { count = n })"_s);
    QVERIFY(spinUntil([&] { return m_engine.globalObject().property(u"count"_s).toInt() == 2; }));
}

void tst_QmlSnippets::filesAreComparedAtTheSameTime()
{
    const QString one = fileWith("one");
    const QString two = fileWith("two");
    const QJSValue different = comparison(one, two);
    const QJSValue same = comparison(two, two);
    const QJSValue differentToo = comparison(two, one);
    QVERIFY(hasValue(different, false));
    QVERIFY(hasValue(same, true));
    QVERIFY(hasValue(differentToo, false));
}

void tst_QmlSnippets::filesAreComparedByACoroutine()
{
    const QString one = fileWith("one");
    const auto task = QFerry::RegisteredTask::named(u"areEqual"_s);
    QCOMPARE(resultOf(task.call({ one, one })), QVariant(true));
    QCOMPARE(resultOf(task.call({ one, fileWith("two") })), QVariant(false));
}

QTEST_MAIN(tst_QmlSnippets)
#include "tst_qmlsnippets.moc"
