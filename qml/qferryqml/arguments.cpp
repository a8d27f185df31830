// SPDX-License-Identifier: MIT
#include "arguments_p.h"

#include "conversion_p.h"
#include "jsvalues_p.h"

#include <qferry/errors.h>

#include <QtCore/qstringlist.h>

namespace QFerry::Detail {

QString signatureText(const QString &name, const QList<QMetaType> &parameters)
{
    QStringList types;
    for (const QMetaType type : parameters)
        types << QString::fromUtf8(type.name());
    return QStringLiteral("%1(%2)").arg(name, types.join(QStringLiteral(", ")));
}

static QString countOf(qsizetype count)
{
    if (count == 0)
        return QStringLiteral("no arguments");
    return count == 1 ? QStringLiteral("1 argument") : QStringLiteral("%1 arguments").arg(count);
}

QVariantList convertArguments(const QString &name, const QList<QMetaType> &parameters,
                              const QVariantList &args)
{
    if (args.size() != parameters.size()) {
        throw InvalidUseError(QStringLiteral("%1 takes %2, and was given %3")
                                      .arg(signatureText(name, parameters),
                                           countOf(parameters.size()), countOf(args.size())));
    }
    QVariantList values;
    values.reserve(args.size());
    for (qsizetype i = 0; i < args.size(); ++i) {
        try {
            values << converted(detached(args[i]), parameters[i]);
        } catch (const InvalidUseError &error) {
            throw InvalidUseError(QStringLiteral("Argument %1 of %2 does not fit: %3")
                                          .arg(i + 1)
                                          .arg(signatureText(name, parameters), error.message()));
        }
    }
    return values;
}

} // namespace QFerry::Detail
