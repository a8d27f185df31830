// SPDX-License-Identifier: MIT
#include "arguments_p.h"

#include "conversion_p.h"
#include "jsvalues_p.h"

#include <qferry/errors.h>

#include <QtCore/qsequentialiterable.h>
#include <QtCore/qstringlist.h>
#include <QtQml/qjsvalue.h>

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

static const RefusedArgument *refusalIn(const QVariant &value)
{
    return value.metaType() == QMetaType::fromType<RefusedArgument>()
                   ? static_cast<const RefusedArgument *>(value.constData())
                   : nullptr;
}

static QVariant plainOrRefused(const QVariant &value)
{
    try {
        return detached(value);
    } catch (const InvalidUseError &error) {
        return QVariant::fromValue(RefusedArgument{ error.message() });
    }
}

/// One by one: which of them is refused is known then.
static QVariantList argumentsIn(const QJSValue &array)
{
    QVariantList arguments;
    const int count = array.property(QStringLiteral("length")).toInt();
    arguments.reserve(count);
    for (int i = 0; i < count; ++i)
        arguments << plainOrRefused(QVariant::fromValue(array.property(quint32(i))));
    return arguments;
}

static bool isList(const QVariant &value)
{
    return value.metaType() != QMetaType::fromType<QString>()
           && value.metaType() != QMetaType::fromType<QByteArray>()
           && value.canView<QSequentialIterable>();
}

QVariantList argumentsOf(const QVariant &value)
{
    const bool isScript = value.metaType() == QMetaType::fromType<QJSValue>();
    if (isScript && value.value<QJSValue>().isArray())
        return argumentsIn(value.value<QJSValue>());
    const QVariant list = isScript ? plainOrRefused(value) : value; // of a type of C++, perhaps
    if (!isList(list))
        return { QVariant::fromValue(RefusedArgument{
                QStringLiteral("args is no list: write [ ] around the arguments"), true }) };
    QVariantList arguments;
    for (const QVariant &argument : list.value<QSequentialIterable>())
        arguments << plainOrRefused(argument);
    return arguments;
}

QVariantList convertArguments(const QString &name, const QList<QMetaType> &parameters,
                              const QVariantList &args)
{
    const QVariant first = args.value(0); // refusalIn() points into it
    if (const auto *refusal = refusalIn(first); refusal && refusal->isWholeList)
        throw InvalidUseError(refusal->why);
    if (args.size() != parameters.size()) {
        throw InvalidUseError(QStringLiteral("%1 takes %2, and was given %3")
                                      .arg(signatureText(name, parameters),
                                           countOf(parameters.size()), countOf(args.size())));
    }
    QVariantList values;
    values.reserve(args.size());
    for (qsizetype i = 0; i < args.size(); ++i) {
        try {
            if (const auto *refusal = refusalIn(args[i]))
                throw InvalidUseError(refusal->why);
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
