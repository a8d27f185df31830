// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qmetatype.h>
#include <QtCore/qvariant.h>

namespace QFerry::Detail {

/// The value as one of exactly that type (any, for QVariant): as QMetaType converts it, but for
/// what that would lose, such as 1.5 or 3000000000 for an int; lists, maps and gadgets piece by
/// piece. Throws InvalidUseError, which says what cannot be made what. The value is detached.
QVariant converted(const QVariant &value, QMetaType type);

} // namespace QFerry::Detail
