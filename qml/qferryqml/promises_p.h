// SPDX-License-Identifier: MIT
// The promises of scripts, which *.mjs make, as C++ has them. In the engine's thread.
#pragma once

#include <QtCore/qpointer.h>
#include <QtQml/qjsengine.h>
#include <QtQml/qjsvalue.h>

#include <functional>

namespace QFerry::Detail {

struct TaskError;

/// A JavaScript promise that C++ settles. In the engine's thread.
class Deferred
{
public:
    /// No promise: settling it does nothing.
    Deferred() = default;
    /// Its cancel() calls that function, which may come when it is settled, too.
    Deferred(QJSEngine *engine, std::function<void()> cancel);

    bool isValid() const { return !m_engine.isNull(); }
    QJSEngine *engine() const { return m_engine; }
    QJSValue promise() const { return m_deferred.property(QStringLiteral("promise")); }
    /// Whether somebody would hear of a rejection.
    bool isRejectionHandled() const;
    /// Has a rejection that nobody handles logged, with the place of the script that is running:
    /// "A task failed".
    void reportUnhandled(const QString &what) const;

    /// The value becomes one of JavaScript when a handler first takes it.
    void resolve(const QVariant &value) const;
    void reject(const TaskError &error) const;
    /// The same, but through the event loop: while objects are being destroyed no script may run.
    void rejectLater(const TaskError &error) const;

private:
    QPointer<QJSEngine> m_engine;
    QJSValue m_deferred;
};

/// What a function of qferry.mjs returns, or what it throws, as an Error.
QJSValue callScript(QJSEngine *engine, const QString &function, const QJSValueList &args);

} // namespace QFerry::Detail
