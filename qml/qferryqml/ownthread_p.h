// SPDX-License-Identifier: MIT
// Where objects that tell of runs through their thread's event loop may be used.
#pragma once

#include <QtCore/qstring.h>

QT_BEGIN_NAMESPACE
class QObject;
QT_END_NAMESPACE

namespace QFerry::Detail {

/// Throws InvalidUseError in another thread than the object lives in.
void requireOwnThread(const QObject *object, const QString &function);

/// What is wrong with an object of that type in the running thread: empty if that has a loop.
QString whyNoLoop(const QString &type);

} // namespace QFerry::Detail
