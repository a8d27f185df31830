// SPDX-License-Identifier: MIT
// Names in messages. Any thread.
#pragma once

#include <QtCore/qstringlist.h>

namespace QFerry::Detail {

/// What a call, or a task, is called where it has no name.
inline QString shownName(const QString &name, const char *unnamed = "unnamed call")
{
    return name.isEmpty() ? QString::fromLatin1(unnamed) : name;
}

/// For a message: equal names once, with their number; of very many the first ones.
QString namesText(const QStringList &names);

} // namespace QFerry::Detail
