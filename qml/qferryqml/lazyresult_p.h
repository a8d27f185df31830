// SPDX-License-Identifier: MIT
// A result on its way to JavaScript, before anybody has asked for it. In the engine's thread.
#pragma once

#include <QtCore/qobjectdefs.h>
#include <QtCore/qpointer.h>
#include <QtCore/qvariant.h>
#include <QtQml/qjsengine.h>

namespace QFerry::Detail {

/// Known to promises.mjs as an object that has read().
class LazyResult
{
    Q_GADGET
public:
    LazyResult() = default;
    LazyResult(QJSEngine *engine, const QVariant &value) : m_engine(engine), m_value(value) {}

    /// The value as one of JavaScript.
    Q_INVOKABLE QJSValue read() const
    {
        return m_engine ? m_engine->toScriptValue(m_value) : QJSValue();
    }

private:
    QPointer<QJSEngine> m_engine;
    QVariant m_value;
};

} // namespace QFerry::Detail
