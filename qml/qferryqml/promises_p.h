// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qpointer.h>
#include <QtQml/qjsengine.h>
#include <QtQml/qjsvalue.h>

namespace QFerry::Detail {

struct TaskError;

/// A JavaScript promise that C++ settles. In the engine's thread.
class Deferred
{
public:
    /// No promise: settling it does nothing.
    Deferred() = default;
    explicit Deferred(QJSEngine *engine);

    bool isValid() const { return !m_engine.isNull(); }
    QJSEngine *engine() const { return m_engine; }
    QJSValue promise() const { return m_deferred.property(QStringLiteral("promise")); }
    /// Whether somebody would hear of a rejection.
    bool isRejectionHandled() const;

    /// The value becomes one of JavaScript when a handler first takes it.
    void resolve(const QVariant &value) const;
    void reject(const TaskError &error) const;
    /// The same, but through the event loop: while objects are being destroyed no script may run.
    void rejectLater(const TaskError &error) const;

private:
    QPointer<QJSEngine> m_engine;
    QJSValue m_deferred;
};

/// QFerry.async()
QJSValue runGenerator(QJSEngine *engine, const QJSValue &generatorFunction);

} // namespace QFerry::Detail
