// SPDX-License-Identifier: MIT
#include "promises_p.h"

#include "lazyresult_p.h"
#include "taskerror_p.h"

#include <QtCore/qmetaobject.h>

namespace QFerry::Detail {

/// What promises.mjs exports; the engine keeps it from the first time on.
static QJSValue exported(QJSEngine *engine, const char *name)
{
    const QJSValue module =
            engine->importModule(QStringLiteral(":/qt-project.org/imports/QFerry/promises.mjs"));
    Q_ASSERT_X(!module.isError(), "QFerry", qPrintable(module.toString()));
    return module.property(QLatin1String(name));
}

Deferred::Deferred(QJSEngine *engine)
    : m_engine(engine), m_deferred(exported(engine, "deferred").call())
{}

bool Deferred::isRejectionHandled() const
{
    return m_deferred.property(QStringLiteral("failure"))
            .property(QStringLiteral("isHandled"))
            .toBool();
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
        m_deferred.property(QStringLiteral("fail")).call({ error.name, error.message });
}

void Deferred::rejectLater(const TaskError &error) const
{
    if (m_engine)
        QMetaObject::invokeMethod(
                m_engine, [self = *this, error] { self.reject(error); }, Qt::QueuedConnection);
}

QJSValue runGenerator(QJSEngine *engine, const QJSValue &generatorFunction)
{
    return exported(engine, "async").call({ generatorFunction });
}

} // namespace QFerry::Detail
