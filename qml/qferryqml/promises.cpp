// SPDX-License-Identifier: MIT
#include "promises_p.h"

#include "canceler_p.h"
#include "lazyresult_p.h"
#include "taskerror_p.h"

#include <QtCore/qmetaobject.h>

namespace QFerry::Detail {

/// What a module exports; the engine keeps it from the first time on.
static QJSValue exported(QJSEngine *engine, const QString &file, const QString &name)
{
    const QJSValue module =
            engine->importModule(QStringLiteral(":/qt-project.org/imports/QFerry/") + file);
    Q_ASSERT_X(!module.isError(), "QFerry", qPrintable(module.toString()));
    return module.property(name);
}

Deferred::Deferred(QJSEngine *engine, std::function<void()> cancel)
    : m_engine(engine)
    , m_deferred(exported(engine, QStringLiteral("promises.mjs"), QStringLiteral("deferred"))
                         .call({ engine->toScriptValue(Canceler(std::move(cancel))) }))
{}

bool Deferred::isRejectionHandled() const
{
    return m_deferred.property(QStringLiteral("failure"))
            .property(QStringLiteral("isHandled"))
            .toBool();
}

void Deferred::reportUnhandled(const QString &what) const
{
    m_deferred.property(QStringLiteral("report")).call({ what });
}

void Deferred::resolve(const QVariant &value) const
{
    if (m_engine)
        m_deferred.property(QStringLiteral("resolve"))
                .call({ m_engine->toScriptValue(LazyResult(m_engine, value)) });
}

void Deferred::reject(const TaskError &error) const
{
    if (m_engine)
        m_deferred.property(QStringLiteral("fail"))
                .call({ error.name, error.message,
                        error.details.isEmpty() ? QJSValue()
                                                : m_engine->toScriptValue(error.details) });
}

void Deferred::rejectLater(const TaskError &error) const
{
    if (m_engine)
        QMetaObject::invokeMethod(
                m_engine, [self = *this, error] { self.reject(error); }, Qt::QueuedConnection);
}

QJSValue callScript(QJSEngine *engine, const QString &function, const QJSValueList &args)
{
    return exported(engine, QStringLiteral("qferry.mjs"), function).call(args);
}

} // namespace QFerry::Detail
