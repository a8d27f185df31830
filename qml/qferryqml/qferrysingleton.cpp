// SPDX-License-Identifier: MIT
#include "qferrysingleton.h"

#include "promisehost_p.h"
#include "promises_p.h"

#include <QtQml/qqml.h>

namespace QFerry {

QFerrySingleton::QFerrySingleton(QObject *parent)
    : QObject(parent), m_defaultLimiter(&defaultThreadLimiter())
{}

QFerrySingleton::~QFerrySingleton() = default;

QJSValue QFerrySingleton::script(const QString &function, const QJSValue &args)
{
    QJSEngine *engine = qjsEngine(this);
    if (!m_host) {
        m_host = std::make_unique<Detail::PromiseHost>(engine);
        QJSEngine::setObjectOwnership(m_host.get(), QJSEngine::CppOwnership);
    }
    QJSValueList all{ engine->newQObject(m_host.get()) };
    const int count = args.property(QStringLiteral("length")).toInt();
    for (int i = 0; i < count; ++i)
        all << args.property(quint32(i));
    const QJSValue result = Detail::callScript(engine, function, all);
    if (result.isError())
        engine->throwError(result);
    return result;
}

} // namespace QFerry
