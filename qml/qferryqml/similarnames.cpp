// SPDX-License-Identifier: MIT
#include "similarnames_p.h"

#include <QtCore/qlist.h>

#include <algorithm>
#include <numeric>

namespace QFerry::Detail {

namespace {

/// How many letters have to be inserted, removed or replaced to make one of the other.
qsizetype distance(const QString &a, const QString &b)
{
    QList<qsizetype> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (qsizetype i = 0; i < a.size(); ++i) {
        qsizetype diagonal = std::exchange(row[0], i + 1);
        for (qsizetype j = 0; j < b.size(); ++j) {
            const qsizetype replaced = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = std::min({ replaced, row[j] + 1, diagonal + 1 });
        }
    }
    return row.last();
}

bool isLike(const QString &wrong, const QString &name)
{
    const QString a = wrong.toLower();
    const QString b = name.toLower();
    return distance(a, b) <= qMax(b.size() / 3, qsizetype(1))
           || (a.size() > 2 && (b.contains(a) || a.contains(b)));
}

QString quoted(const QStringList &names)
{
    return QStringLiteral("\"%1\"").arg(names.join(QStringLiteral("\" or \"")));
}

} // namespace

QString didYouMean(const QString &wrong, const QStringList &names)
{
    QStringList like;
    std::copy_if(names.begin(), names.end(), std::back_inserter(like),
                 [&wrong](const QString &name) { return isLike(wrong, name); });
    if (!like.isEmpty() && like.size() <= 3)
        return QStringLiteral(" (did you mean %1?)").arg(quoted(like));
    if (!names.isEmpty() && names.size() <= 5)
        return QStringLiteral(" (there is %1)").arg(quoted(names));
    return {};
}

} // namespace QFerry::Detail
