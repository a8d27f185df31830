// SPDX-License-Identifier: MIT
#include "promise.h"

#include "promises_p.h"
#include "taskerror_p.h"
#include "warning_p.h"

#include <qferry/errors.h>

#include <QtQml/qqml.h>

namespace QFerry::Detail {

class CallPromise::State
{
public:
    State(QJSEngine *engine, const QObject *object, const CallPtr &call)
        : m_call(std::make_shared<CallPtr>(call))
        , deferred(engine, [call = m_call] { cancel(*call, {}); })
        , m_connection(QObject::connect(object, &QObject::destroyed, engine, [call] {
            cancel(call, QStringLiteral("the object that had promised it was destroyed"));
        }))
    {}
    ~State()
    {
        QObject::disconnect(m_connection);
        m_call->reset();
    }
    Q_DISABLE_COPY_MOVE(State)

private:
    static void cancel(const CallPtr &call, const QString &reason)
    {
        if (call)
            call->cancel(reason);
    }

    const std::shared_ptr<CallPtr> m_call; // which the promise, that may live on, need not keep

public:
    const Deferred deferred;

private:
    const QMetaObject::Connection m_connection;
};

CallPromise::CallPromise(const QObject *object, CallPtr call)
{
    QJSEngine *engine = object ? qjsEngine(object) : nullptr;
    if (!engine) {
        call->cancel({});
        throw InvalidUseError(
                QStringLiteral("promise() was given an object that QML does not know. Call it in a "
                               "function that QML calls, with the object whose function that is"));
    }
    d = std::make_shared<State>(engine, object, call);
}

QObject *CallPromise::engine() const
{
    return d->deferred.engine();
}

QJSValue CallPromise::promise() const
{
    return d->deferred.promise();
}

void CallPromise::resolve(const QVariant &value) const
{
    d->deferred.resolve(value);
}

void CallPromise::reject(const std::exception_ptr &error) const
{
    const TaskError known = TaskError::of(error);
    d->deferred.reject(known);
    const auto warnIfUnhandled = [state = d, known] {
        if (!state->deferred.isRejectionHandled())
            warn(nullptr, QStringLiteral("A promise was rejected and nobody handled its error: %1: "
                                         "%2")
                                  .arg(known.name, known.message));
    };
    if (QJSEngine *engine = d->deferred.engine()) // once scripts had their chance to
        QMetaObject::invokeMethod(engine, warnIfUnhandled, Qt::QueuedConnection);
}

void CallPromise::rejectCanceled() const
{
    d->deferred.reject(TaskError::canceled());
}

} // namespace QFerry::Detail
