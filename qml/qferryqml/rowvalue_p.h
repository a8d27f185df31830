// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qbytearraylist.h>
#include <QtCore/qvariant.h>

namespace QFerry::Detail {

/// The object that the value is a pointer, or a shared pointer, to; null if it is none.
QObject *objectOf(const QVariant &value);

/// Whether the value is a plain pointer to an object: nobody else deletes that.
bool isPlainPointer(const QVariant &value);

/// What the value has: a map's keys, the properties of a gadget or object, or nothing.
QByteArrayList keysOf(const QVariant &value);

/// One of them; invalid if it has no such.
QVariant valueOf(const QVariant &value, const QByteArray &key);

} // namespace QFerry::Detail
