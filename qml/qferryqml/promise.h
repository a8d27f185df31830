// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/task.h>
#include <qferryqml/global.h>

#include <QtCore/qmetatype.h>
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

/// Makes the promise of a value of its type.
using PromiseMaker = QJSValue (*)(const QObject *object, const QVariant &value);
QFERRYQML_EXPORT void addPromiseType(QMetaType type, PromiseMaker maker);

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
 * of the error's type, or "CanceledError". Its cancel(), or destroying the object, cancels the
 * operation. An error that nobody handles is logged.
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

/**
 * Lets QFerry.promise(), and yield in QFerry.async(), take values of that type, a QFuture<T> or
 * PendingCall<T>, which a function of the application has returned to QML as they are:
 *
 *     Q_INVOKABLE QFuture<Rows> load(const QString &path);
 *
 *     QFerry::registerPromiseType<QFuture<Rows>>(); // in main()
 *
 *     QFerry.promise(backend.load(path)).then(rows => { … }) // in QML
 *
 * The usual types are known: void, bool, int, qint64, double, QString, QStringList, QByteArray,
 * QUrl, QVariant, QVariantList and QVariantMap. The end of the engine cancels what was promised.
 * What cannot be copied, a Task among it, cannot be returned to QML: see promise(). Any thread.
 */
template <typename A>
requires Detail::Asynchronous<A> && std::copy_constructible<A> && std::default_initializable<A>
void registerPromiseType()
{
    Detail::addPromiseType(QMetaType::fromType<A>(),
                           [](const QObject *object, const QVariant &value) {
                               return promise(object, value.value<A>());
                           });
}

} // namespace QFerry
