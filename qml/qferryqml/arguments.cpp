// SPDX-License-Identifier: MIT
#include "arguments_p.h"

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

QVariantList convertArguments(const QString &name, const QList<QMetaType> &parameters, const QVariantList &args)
{
    if (args.size() != parameters.size()) {
        throw InvalidUseError(QStringLiteral("%1 takes %2 argument(s), and was given %3")
                                      .arg(signatureText(name, parameters))
                                      .arg(parameters.size())
                                      .arg(args.size()));
    }
    QVariantList values;
    for (qsizetype i = 0; i < args.size(); ++i) {
        QVariant value = args[i];
        if (parameters[i] != QMetaType::fromType<QVariant>() && !value.convert(parameters[i])) {
            throw InvalidUseError(QStringLiteral("%1 cannot make a %2 of its argument %3")
                                          .arg(signatureText(name, parameters), QString::fromUtf8(parameters[i].name()))
                                          .arg(i + 1));
        }
        values << value;
    }
    return values;
}

} // namespace QFerry::Detail
