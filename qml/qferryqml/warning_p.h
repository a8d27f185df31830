// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qstring.h>

QT_BEGIN_NAMESPACE
class QObject;
QT_END_NAMESPACE

namespace QFerry::Detail {

/// Logs a warning about an object: with its place in the QML file, if it has one.
void warn(const QObject *object, const QString &text);

/// Logs a critical message. Any thread.
void tellError(const QString &text);

} // namespace QFerry::Detail
