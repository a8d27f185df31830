// SPDX-License-Identifier: MIT
#pragma once

#include <qferryqml/capacitylimiterobject.h>

#include <QtQml/qjsvalue.h>

namespace QFerry {

/// The singleton QFerry of QML.
class QFERRYQML_EXPORT QFerrySingleton : public QObject
{
    Q_OBJECT
    QML_NAMED_ELEMENT(QFerry)
    QML_SINGLETON
    /// The limiter of tasks that name none; 40 tokens at first. It is that of the whole process.
    Q_PROPERTY(QFerry::CapacityLimiterObject *defaultLimiter READ defaultLimiter CONSTANT FINAL)
public:
    explicit QFerrySingleton(QObject *parent = nullptr);

    CapacityLimiterObject *defaultLimiter() { return &m_defaultLimiter; }

    /**
     * Runs a generator as other engines run an async function, with yield for await:
     *
     *     QFerry.async(function*() {
     *         try {
     *             const digest = yield hashing.start(file);
     *             label.text = digest;
     *         } catch (error) {
     *             label.text = error.message;
     *         }
     *     })
     *
     * It runs at once, up to the first yield, which waits for a promise (or takes another value as
     * it is). A rejection is thrown out of the yield. Returns a Promise of what the generator
     * returns; it is rejected with what the generator throws, which is logged if nobody handles it.
     */
    Q_INVOKABLE QJSValue async(const QJSValue &generatorFunction);

private:
    CapacityLimiterObject m_defaultLimiter;
};

} // namespace QFerry
