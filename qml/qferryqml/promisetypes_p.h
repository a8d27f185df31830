// SPDX-License-Identifier: MIT
// The types of C++ that QFerry.promise() knows. Any thread.
#pragma once

#include <QtCore/qvariant.h>
#include <QtQml/qjsvalue.h>

namespace QFerry::Detail {

/// Whether values of that type are futures or calls, registered or not.
bool isPromiseType(QMetaType type);
/// The promise of a QFuture or PendingCall, that the object makes. Throws InvalidUseError for other
/// values, and if its type is not registered. In the thread of the object's engine.
QJSValue promiseOfVariant(const QObject *object, const QVariant &value);

} // namespace QFerry::Detail
