// SPDX-License-Identifier: MIT
// Names in messages. Any thread.
#pragma once

#include <QtCore/qstringlist.h>

namespace QFerry::Detail {

/// What a call is called where it has no name.
inline QString shownName(const QString &name)
{
    return name.isEmpty() ? QStringLiteral("unnamed call") : name;
}

/// For a message: equal names once, with their number; of very many the first ones.
QString namesText(const QStringList &names);

} // namespace QFerry::Detail
