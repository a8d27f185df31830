// SPDX-License-Identifier: MIT
#pragma once

#include "methodtarget_p.h"
#include "registeredtask.h"

namespace QFerry::Detail {

/// The method of the object that these arguments fit, as a task; of several, the first. Throws
/// InvalidUseError if it is not Q_INVOKABLE, or its class does not say that threads may call it, by
/// Q_CLASSINFO("QFerry.ThreadSafe", "method, other") or "*" for all that the class itself declares;
/// or if the arguments fit none. In the object's thread.
RegisteredTask taskOfMethod(const MethodTarget::Ptr &target, const QString &method,
                            const QVariantList &args);

/// The registered task, or that method: one of both is to be given. Throws InvalidUseError.
RegisteredTask taskOrMethod(const QString &task, const MethodTarget::Ptr &target,
                            const QString &method, const QVariantList &args);

} // namespace QFerry::Detail
