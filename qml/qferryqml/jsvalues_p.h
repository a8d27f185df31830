// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qvariant.h>

namespace QFerry::Detail {

/// The value as another thread may have it: what is of a QML engine becomes lists, maps and plain
/// values. Throws InvalidUseError, which says what of it and why, if that cannot be: for functions,
/// QObjects and the like. In the engine's thread.
QVariant detached(const QVariant &value);

} // namespace QFerry::Detail
