// SPDX-License-Identifier: MIT
#pragma once

#include "registeredtask.h"

#include <QtCore/qobject.h>

#include <memory>
#include <mutex>

namespace QFerry::Detail {

/// An object whose methods workers call: whether it lives. (Its destructor has begun before this
/// knows; who destroys an object while its methods run has to see to that, as with any object that
/// threads share.)
class MethodTarget
{
public:
    using Ptr = std::shared_ptr<MethodTarget>;

    /// In the object's thread.
    static Ptr of(QObject *object);
    ~MethodTarget();
    Q_DISABLE_COPY_MOVE(MethodTarget)

    /// Any thread; null once it is gone.
    QObject *object() const;

private:
    explicit MethodTarget(QObject *object) : m_object(object) {}

    mutable std::mutex m_mutex;
    QObject *m_object; // guarded by the mutex
    QMetaObject::Connection m_death;
};

/// The method of the object that these arguments fit, as a task; of several, the first. Throws
/// InvalidUseError if it is not Q_INVOKABLE, or its class does not say that threads may call it, by
/// Q_CLASSINFO("QFerry.ThreadSafe", "method, other") or "*" for all that the class itself declares;
/// or if the arguments fit none. In the object's thread.
RegisteredTask taskOfMethod(const MethodTarget::Ptr &target, const QString &method,
                            const QVariantList &args);

} // namespace QFerry::Detail
