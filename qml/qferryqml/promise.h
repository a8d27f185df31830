// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/task.h>
#include <qferryqml/global.h>

#include <QtCore/qvariant.h>
#include <QtQml/qjsvalue.h>

#include <exception>
#include <memory>

namespace QFerry {

namespace Detail {

/// A promise of QML that a call settles, which its object's end cancels. In the engine's thread.
class QFERRYQML_EXPORT CallPromise
{
public:
    /// Throws InvalidUseError if QML does not know the object.
    CallPromise(const QObject *object, CallPtr call);

    QObject *engine() const;
    QJSValue promise() const;
    void resolve(const QVariant &value) const;
    void reject(const std::exception_ptr &error) const;
    void rejectCanceled() const;

private:
    class State;
    std::shared_ptr<State> d;
};

} // namespace Detail

/**
 * A Promise for QML, of what a function of an object does asynchronously (a Task, PendingCall,
 * QFuture or awaitable):
 *
 *     Q_INVOKABLE QJSValue load(const QString &path)
 *     {
 *         return QFerry::promise(this, readAndParse(path));
 *     }
 *
 *     backend.load(path).then(rows => { … }, error => { … }) // in QML
 *
 * It is resolved with the result as QVariant has it, and rejected with an Error whose name is that
 * of the error's type, or "CanceledError". Destroying the object cancels the operation. An error
 * that nobody handles is logged.
 *
 * To be called in the object's thread, by a function that QML has called. Throws InvalidUseError if
 * QML does not know the object.
 */
template <typename A>
requires Detail::Asynchronous<A> QJSValue promise(const QObject *object, A operation)
{
    using T = Detail::SettledType<A>;
    const PendingCall<T> call = toPendingCall(std::move(operation));
    const Detail::CallPromise promised(object, Detail::orCanceled(call.core()));
    const auto settled = [&] {
        if constexpr (std::is_void_v<T>)
            return call.then(promised.engine(), [promised] { promised.resolve({}); });
        else
            return call.then(promised.engine(), [promised](const T &value) {
                promised.resolve(QVariant::fromValue(value));
            });
    }();
    settled.onFailed(promised.engine(),
                     [promised](const std::exception_ptr &error) { promised.reject(error); })
            .onCanceled(promised.engine(), [promised] { promised.rejectCanceled(); });
    return promised.promise();
}

} // namespace QFerry
