// SPDX-License-Identifier: MIT
#include "runrequest_p.h"

#include "capacitylimiterobject.h"
#include "objectmethod_p.h"
#include "similarnames_p.h"

#include <QtQml/qjsvalueiterator.h>

namespace QFerry::Detail {

namespace {

/// Reads the object property by property, each of which must be of its kind.
class Reader
{
public:
    explicit Reader(const QJSValue &what) : m_what(what) { refuseOthers(); }

    QString text(const QString &name) const
    {
        const QJSValue value = m_what.property(name);
        require(value.isUndefined() || value.isString(), name, QStringLiteral("a string"));
        return value.isString() ? value.toString() : QString();
    }
    bool flag(const QString &name) const
    {
        const QJSValue value = m_what.property(name);
        require(value.isUndefined() || value.isBool(), name, QStringLiteral("true or false"));
        return value.toBool();
    }
    int milliseconds(const QString &name) const
    {
        const QJSValue value = m_what.property(name);
        const bool isInteger = value.isNumber() && value.toNumber() == value.toInt();
        require(value.isUndefined() || (isInteger && value.toInt() >= 0), name,
                QStringLiteral("a whole number of milliseconds, not negative"));
        return value.toInt();
    }
    QObject *object(const QString &name) const
    {
        const QJSValue value = m_what.property(name);
        require(value.isUndefined() || value.isNull() || value.toQObject(), name,
                QStringLiteral("an object that is there"));
        return value.toQObject();
    }
    CapacityLimiterObject *limiter(const QString &name) const
    {
        QObject *object = this->object(name);
        auto *limiter = qobject_cast<CapacityLimiterObject *>(object);
        require(!object || limiter, name, QStringLiteral("a CapacityLimiter"));
        return limiter;
    }
    QJSValue function(const QString &name) const
    {
        const QJSValue value = m_what.property(name);
        require(value.isUndefined() || value.isCallable(), name, QStringLiteral("a function"));
        return value;
    }

private:
    void refuseOthers() const
    {
        static const QStringList known{
            QStringLiteral("task"),
            QStringLiteral("target"),
            QStringLiteral("method"),
            QStringLiteral("limiter"),
            QStringLiteral("timeout"),
            QStringLiteral("abandonOnTimeout"),
            QStringLiteral("abandonOnCancel"),
            QStringLiteral("onProgress"),
        };
        for (QJSValueIterator it(m_what); it.next();) {
            if (!known.contains(it.name()))
                throw InvalidUseError(QStringLiteral("QFerry.run() has no option \"%1\"%2")
                                              .arg(it.name(), didYouMean(it.name(), known)));
        }
    }
    static void require(bool isSo, const QString &name, const QString &what)
    {
        if (!isSo)
            throw InvalidUseError(
                    QStringLiteral("The option \"%1\" of QFerry.run() is %2").arg(name, what));
    }

    const QJSValue m_what;
};

} // namespace

RunRequest RunRequest::of(const QJSValue &what, const QVariantList &args)
{
    if (what.isString())
        return { RegisteredTask::named(what.toString()), {}, 0, {} };
    if (!what.isObject() || what.isQObject() || what.isCallable())
        throw InvalidUseError(QStringLiteral(
                "QFerry.run() takes the name of a task, or an object such as { task: \"name\", "
                "timeout: 500 }"));
    const Reader reader(what);
    QObject *target = reader.object(QStringLiteral("target"));
    RunRequest request;
    request.task = taskOrMethod(reader.text(QStringLiteral("task")),
                                target ? MethodTarget::of(target) : nullptr,
                                reader.text(QStringLiteral("method")), args);
    if (const auto *limiter = reader.limiter(QStringLiteral("limiter")))
        request.options.limiter = limiter->limiter();
    if (const int timeout = reader.milliseconds(QStringLiteral("timeout"))) {
        request.options.timeout = std::chrono::milliseconds(timeout);
        if (reader.flag(QStringLiteral("abandonOnTimeout")))
            request.abandonAfter = timeout;
    }
    request.options.abandonOnCancel = reader.flag(QStringLiteral("abandonOnCancel"));
    request.onProgress = reader.function(QStringLiteral("onProgress"));
    return request;
}

} // namespace QFerry::Detail
