// SPDX-License-Identifier: MIT
// Runs tst_*.qml, with tasks for them to start.
#include "gate.h"

#include <qferryqml/errordetails.h>
#include <qferryqml/imageprovider.h>
#include <qferryqml/registertask.h>

#include <qferry/sleep.h>
#include <qferry/task.h>
#include <qferry/tothread.h>

#include <QtCore/qdeadlinetimer.h>
#include <QtCore/qscopeguard.h>
#include <QtCore/qsortfilterproxymodel.h>
#include <QtCore/qthread.h>
#include <QtQml/qqmlcontext.h>
#include <QtQml/qqmlengine.h>
#include <QtQuickTest/quicktest.h>

#include <map>

using namespace Testing;

namespace {

/// Gates by name, that tasks wait at and tests open.
class Gates : public QObject
{
    Q_OBJECT
public:
    Q_INVOKABLE void open(const QString &name) { at(name)->open(); }

    std::shared_ptr<Gate> at(const QString &name)
    {
        const std::lock_guard lock(m_mutex);
        auto &gate = m_gates[name];
        if (!gate)
            gate = std::make_shared<Gate>();
        return gate;
    }

private:
    std::mutex m_mutex;
    std::map<QString, std::shared_ptr<Gate>> m_gates;
};

/// What has happened in workers, by name.
class Events : public QObject
{
    Q_OBJECT
public:
    Q_INVOKABLE int count(const QString &name) const
    {
        const std::lock_guard lock(m_mutex);
        const auto it = m_counts.find(name);
        return it == m_counts.end() ? 0 : it->second;
    }
    void add(const QString &name)
    {
        const std::lock_guard lock(m_mutex);
        ++m_counts[name];
    }

private:
    mutable std::mutex m_mutex;
    std::map<QString, int> m_counts;
};

/// Tells tests of warnings.
class Warnings : public QObject
{
    Q_OBJECT
public:
    ~Warnings() override
    {
        if (s_current)
            qInstallMessageHandler(s_previous);
    }

    /// Begins to count, after Qt Test has begun to handle messages.
    Q_INVOKABLE void watch()
    {
        if (std::exchange(s_current, this))
            return;
        s_previous = qInstallMessageHandler(&Warnings::handle);
    }
    /// How many warnings contain the texts.
    Q_INVOKABLE int count(const QString &text, const QString &other = {}) const
    {
        const std::lock_guard lock(s_mutex);
        return int(m_texts.filter(text).filter(other).size());
    }

private:
    static void handle(QtMsgType type, const QMessageLogContext &context, const QString &message)
    {
        if (type == QtWarningMsg) {
            const std::lock_guard lock(s_mutex);
            s_current->m_texts << message;
        }
        s_previous(type, context, message);
    }

    static inline std::mutex s_mutex;
    static inline Warnings *s_current = nullptr;
    static inline QtMessageHandler s_previous = nullptr;
    QStringList m_texts;
};

/// Stands between a model and a view.
class Filters : public QObject
{
    Q_OBJECT
public:
    Q_INVOKABLE QAbstractItemModel *make(QAbstractItemModel *model, const QString &pattern)
    {
        auto *filter = new QSortFilterProxyModel(model);
        filter->setFilterRegularExpression(pattern);
        filter->setSourceModel(model);
        return filter;
    }
    Q_INVOKABLE void change(QAbstractItemModel *filter, const QString &pattern)
    {
        static_cast<QSortFilterProxyModel *>(filter)->setFilterRegularExpression(pattern);
    }
};

class Calculator : public QObject
{
    Q_OBJECT
    Q_CLASSINFO("QFerry.ThreadSafe", "add")
public:
    Q_INVOKABLE int add(int a, int b) const { return a + b; }
    Q_INVOKABLE int unsafe() const { return 0; }
};

struct Unknown
{
    int number = 0;
};

/// What an application's functions return to QML as it is.
class Futures : public QObject
{
    Q_OBJECT
public:
    Q_INVOKABLE QFerry::PendingCall<QString> call(const QString &text) const
    {
        return QFerry::toThread([text] { return text; });
    }
    Q_INVOKABLE QFuture<int> future(int number) const
    {
        return QFerry::toThread([number] { return number; }).future();
    }
    Q_INVOKABLE QFerry::PendingCall<void> failing() const
    {
        return QFerry::toThread([] { throw std::runtime_error("f-broken"); });
    }
    Q_INVOKABLE QFerry::PendingCall<void> endless() const { return QFerry::startTask(&waitLong); }
    Q_INVOKABLE QFuture<Unknown> unknown() const { return {}; }
    Q_INVOKABLE Unknown value() const { return { 5 }; }
    Q_INVOKABLE bool isValue(const Unknown &other) const { return other.number == 5; }

private:
    static QFerry::Task<> waitLong() { co_await QFerry::sleep(watchdog); }
};

/// An error that carries more than a message.
struct StatusError : std::runtime_error, QFerry::ErrorDetails
{
    explicit StatusError(int status)
        : std::runtime_error("refused")
        , ErrorDetails({ { QStringLiteral("status"), status },
                         { QStringLiteral("hosts"), QStringList{ QStringLiteral("a") } } })
    {}
};

/// "QVariantList: 1,2"
QString describe(const QVariant &value)
{
    QStringList items;
    if (value.typeId() == QMetaType::QByteArray) {
        for (const char byte : value.toByteArray())
            items << QString::number(int(byte));
    } else {
        for (const QVariant &item : value.toList())
            items << (item.canConvert<QVariantList>() ? describe(item) : item.toString());
    }
    return QString::fromUtf8(value.typeName()) + QStringLiteral(": ") + items.join(u',');
}

void waitUntilCanceled()
{
    const QDeadlineTimer deadline(watchdog);
    while (!deadline.hasExpired()) {
        QFerry::checkCanceled();
        QThread::yieldCurrentThread();
    }
    throw std::runtime_error("nobody canceled this call in time");
}

QFerry::Task<int> addSoon(int a, int b)
{
    co_await QFerry::checkpoint();
    if (a < 0)
        throw std::out_of_range("less than nothing");
    co_return a + b;
}

QFerry::Task<> severalSoon(QPromise<int> &promise, int count)
{
    promise.setProgressRange(0, count);
    for (int i = 0; i < count; ++i) {
        co_await QFerry::checkpoint();
        promise.addResult(10 * i);
        promise.setProgressValueAndText(i + 1, QString::number(i));
    }
}

QFerry::Task<> sleepLong()
{
    co_await QFerry::sleep(watchdog);
    throw std::runtime_error("nobody canceled this task in time");
}

QFerry::Task<bool> isInEnginesThread()
{
    co_return QThread::currentThread() == qApp->thread();
}

class Setup : public QObject
{
    Q_OBJECT
public slots:
    void applicationAvailable()
    {
        using QFerry::registerTask;
        registerTask("add", [](int a, int b) { return a + b; });
        registerTask("echo", [](const QVariant &value) { return value; });
        registerTask("describe", &describe);
        registerTask("join", [](int a, int b, int c, int d, int e, int f, int g, int h) {
            QString joined;
            for (const int digit : { a, b, c, d, e, f, g, h })
                joined += QString::number(digit);
            return joined;
        });
        registerTask("fail",
                     [](const QString &why) { throw std::runtime_error(why.toStdString()); });
        registerTask("picture", [this](const QString &text, QSize size) {
            m_events.add(text);
            QImage image(size.isValid() ? size : QSize(3, 2), QImage::Format_RGB32);
            image.fill(Qt::green);
            return image;
        });
        registerTask("endlessPicture", [this](const QString &name) {
            m_events.add(name);
            const auto farewell =
                    qScopeGuard([&] { m_events.add(name + QStringLiteral(" ended")); });
            waitUntilCanceled();
            return QImage();
        });
        registerTask("refuse", [](int status) { throw StatusError(status); });
        registerTask("pass", [this](const QString &gate) {
            m_gates.at(gate)->pass();
            return gate;
        });
        registerTask("waitUntilCanceled", &waitUntilCanceled);
        registerTask("count", [](int end) {
            for (int i = 1; i <= end; ++i)
                QFerry::reportProgress(i, end, QString::number(i));
        });
        registerTask("unknownProgress", [this](const QString &gate) {
            QFerry::reportProgress(5, 0, QStringLiteral("five"));
            m_gates.at(gate)->pass();
        });
        registerTask("several", [](QPromise<int> &promise, int count) {
            promise.setProgressRange(0, count);
            for (int i = 0; i < count; ++i) {
                promise.addResult(10 * i);
                promise.setProgressValueAndText(i + 1, QString::number(i));
            }
        });
        registerTask("addSoon", &addSoon);
        registerTask("addInWorker", [](int a, int b) {
            return QFerry::toThread([a, b] {
                QFerry::reportProgress(1, 2, QStringLiteral("half"));
                return a + b;
            });
        });
        registerTask("addInFuture", [](int a, int b) {
            return QFerry::toThread([a, b] { return a + b; }).future();
        });
        registerTask("severalSoon", &severalSoon);
        registerTask("sleepLong", &sleepLong);
        registerTask("isInEnginesThread", &isInEnginesThread);
        registerTask("numbers", [](QFerry::Yield<int> &yield) { yield(1); });
        registerTask("numbersTo", [](QFerry::Yield<int> &yield, int end) {
            for (int i = 0; i < end; ++i)
                yield(i);
        });
    }
    void qmlEngineAvailable(QQmlEngine *engine)
    {
        engine->rootContext()->setContextProperty(QStringLiteral("gates"), &m_gates);
        engine->rootContext()->setContextProperty(QStringLiteral("warnings"), &m_warnings);
        engine->rootContext()->setContextProperty(QStringLiteral("calculator"), &m_calculator);
        engine->rootContext()->setContextProperty(QStringLiteral("filters"), &m_filters);
        engine->rootContext()->setContextProperty(QStringLiteral("futures"), &m_futures);
        engine->rootContext()->setContextProperty(QStringLiteral("events"), &m_events);
        engine->addImageProvider(QStringLiteral("qferry"), new QFerry::ImageProvider);
    }

private:
    Gates m_gates;
    Warnings m_warnings;
    Calculator m_calculator;
    Filters m_filters;
    Futures m_futures;
    Events m_events;
};

} // namespace

QUICK_TEST_MAIN_WITH_SETUP(qmltests, Setup)
#include "qmltests.moc"
