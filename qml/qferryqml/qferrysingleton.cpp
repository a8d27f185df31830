// SPDX-License-Identifier: MIT
#include "qferrysingleton.h"

#include "promises_p.h"

#include <QtQml/qqml.h>

namespace QFerry {

QFerrySingleton::QFerrySingleton(QObject *parent)
    : QObject(parent), m_defaultLimiter(&defaultThreadLimiter())
{}

QJSValue QFerrySingleton::async(const QJSValue &generatorFunction)
{
    QJSEngine *engine = qjsEngine(this);
    const QJSValue promise = Detail::runGenerator(engine, generatorFunction);
    if (promise.isError())
        engine->throwError(promise);
    return promise;
}

} // namespace QFerry
