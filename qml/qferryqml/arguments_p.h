// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qlist.h>
#include <QtCore/qmetatype.h>
#include <QtCore/qvariant.h>

namespace QFerry::Detail {

/// "hashFile(QString, int)"
QString signatureText(const QString &name, const QList<QMetaType> &parameters);

/// The values as values of exactly these types, that may leave the engine's thread. Throws
/// InvalidUseError. In the thread of the values' engine.
QVariantList convertArguments(const QString &name, const QList<QMetaType> &parameters,
                              const QVariantList &args);

} // namespace QFerry::Detail
