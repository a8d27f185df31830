// SPDX-License-Identifier: MIT
#pragma once

#include <qferryqml/capacitylimiterobject.h>

#include <QtQml/qjsvalue.h>

#include <memory>

namespace QFerry {

namespace Detail {
class PromiseHost;
} // namespace Detail

/**
 * The singleton QFerry of QML, whose functions are in QFerry.qml:
 *
 *     run(what, ...args)   a Promise of what a task makes, without an element: what is its name, or
 *                          { task, target, method, limiter, timeout, abandonOnTimeout,
 *                          abandonOnCancel, onProgress: (fraction, text) => … }
 *     promise(value)       the Promise of a QFuture or PendingCall that a function of C++ returned
 *     async([owner], function*() { … })
 *                          runs a generator as other engines run an async function: yield waits for
 *                          a promise, and throws its rejection. Runs at once up to the first yield.
 *                          Never goes on once the owner, if there is one, is destroyed
 *     all(), allSettled(), any(), race()
 *                          one Promise of a list of them, as those of JavaScript's Promise
 *     delay(ms, value)     a Promise that is resolved after that time
 *     retry(make, { count, delay, factor, maxDelay, when })
 *                          calls make(attempt) until its promise is not rejected
 *
 * Their promises have cancel(), and so have those of then(). One of several cancels them, one of
 * async() what it waits for. An error that nobody handles is logged, but for a CanceledError.
 */
class QFERRYQML_EXPORT QFerrySingleton : public QObject
{
    Q_OBJECT
    QML_NAMED_ELEMENT(QFerryBase) // QFerry.qml adds the functions
    /// The limiter of tasks that name none; 40 tokens at first. It is that of the whole process.
    Q_PROPERTY(QFerry::CapacityLimiterObject *defaultLimiter READ defaultLimiter CONSTANT FINAL)
public:
    explicit QFerrySingleton(QObject *parent = nullptr);
    ~QFerrySingleton() override;

    CapacityLimiterObject *defaultLimiter() { return &m_defaultLimiter; }

    /// What a function of qferry.mjs returns. It is called with the arguments in an array.
    Q_INVOKABLE QJSValue script(const QString &function, const QJSValue &args);

private:
    CapacityLimiterObject m_defaultLimiter;
    std::unique_ptr<Detail::PromiseHost> m_host; // once it is needed
};

} // namespace QFerry
