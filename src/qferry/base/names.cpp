// SPDX-License-Identifier: MIT
// How many names are told in one message. Any thread.
#include "names_p.h"

namespace QFerry::Detail {

constexpr int mostNames = 20;

QString namesText(const QStringList &names)
{
    QStringList texts;
    QStringList seen;
    for (const QString &name : names) {
        if (seen.contains(name))
            continue;
        if (seen.size() == mostNames) {
            texts.append(QStringLiteral("…"));
            break;
        }
        seen.append(name);
        const auto count = names.count(name);
        texts.append(count == 1 ? name : QStringLiteral("%1 (%2 times)").arg(name).arg(count));
    }
    return texts.join(QStringLiteral(", "));
}

} // namespace QFerry::Detail
