// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qstringlist.h>

namespace QFerry::Detail {

/// For an error message: ", did you mean "this" or "that"?" of the names that are like `wrong`,
/// else ", only "these"" if there are few, else nothing.
QString didYouMean(const QString &wrong, const QStringList &names);

} // namespace QFerry::Detail
