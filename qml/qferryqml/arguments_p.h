// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qlist.h>
#include <QtCore/qmetatype.h>
#include <QtCore/qvariant.h>

namespace QFerry::Detail {

/// "hashFile(QString, int)"
QString signatureText(const QString &name, const QList<QMetaType> &parameters);

/// What stands in a list of arguments for one that cannot go to a worker.
struct RefusedArgument
{
    QString why;
    bool isWholeList = false; // there is no list at all
};

/// The arguments that a value of QML is a list of, each plain, or refused: convertArguments() will
/// say so. In the thread of the value's engine.
QVariantList argumentsOf(const QVariant &value);

/// The values as values of exactly these types, that may leave the engine's thread. Throws
/// InvalidUseError. In the thread of the values' engine.
QVariantList convertArguments(const QString &name, const QList<QMetaType> &parameters,
                              const QVariantList &args);

} // namespace QFerry::Detail

Q_DECLARE_METATYPE(QFerry::Detail::RefusedArgument)
