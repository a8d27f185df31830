// SPDX-License-Identifier: MIT
#include "conversion_p.h"

#include <qferry/errors.h>

#include <QtCore/qassociativeiterable.h>
#include <QtCore/qmetaobject.h>
#include <QtCore/qsequentialiterable.h>
#include <QtCore/qstringlist.h>

#include <cmath>
#include <limits>
#include <optional>

namespace QFerry::Detail {

namespace {

QString nameOf(QMetaType type)
{
    return QString::fromUtf8(type.name());
}

QString quoted(const QString &text)
{
    return QStringLiteral("\"%1\"").arg(text);
}

/// "the QString "abc"", for messages.
QString shown(const QVariant &value)
{
    if (!value.isValid())
        return QStringLiteral("undefined");
    if (value.metaType() == QMetaType::fromType<std::nullptr_t>())
        return QStringLiteral("null");
    constexpr qsizetype most = 40;
    QString text = value.toString();
    if (text.size() > most)
        text = text.left(most) + QStringLiteral("...");
    if (value.metaType() == QMetaType::fromType<QString>())
        return QStringLiteral("the string \"%1\"").arg(text);
    return text.isEmpty() ? QStringLiteral("a %1").arg(nameOf(value.metaType())) : text;
}

[[noreturn]] void refuse(const QVariant &value, QMetaType type)
{
    throw InvalidUseError(QStringLiteral("%1 is no %2").arg(shown(value), nameOf(type)));
}

/// Converts a piece of something bigger. Where that is, in words, is asked only if it is refused.
template <typename Where>
QVariant convertedPiece(const QVariant &value, QMetaType type, Where &&where)
{
    try {
        return converted(value, type);
    } catch (const InvalidUseError &error) {
        throw InvalidUseError(QStringLiteral("in %1: %2").arg(where(), error.message()));
    }
}

// --- Numbers

template <typename T>
bool isInRange(const QVariant &value)
{
    if (value.metaType() == QMetaType::fromType<qulonglong>()
        || value.metaType() == QMetaType::fromType<ulong>())
        return std::in_range<T>(value.toULongLong());
    return std::in_range<T>(value.toLongLong());
}

/// Whether a whole number has a place in a type of integers; an empty optional for other types.
std::optional<bool> isInRangeOf(const QVariant &value, QMetaType type)
{
    switch (type.id()) {
    case QMetaType::SChar:
        return isInRange<signed char>(value);
    case QMetaType::UChar:
        return isInRange<uchar>(value);
    case QMetaType::Short:
        return isInRange<short>(value);
    case QMetaType::UShort:
        return isInRange<ushort>(value);
    case QMetaType::Int:
        return isInRange<int>(value);
    case QMetaType::UInt:
        return isInRange<uint>(value);
    case QMetaType::Long:
        return isInRange<long>(value);
    case QMetaType::ULong:
        return isInRange<ulong>(value);
    case QMetaType::LongLong:
        return isInRange<qlonglong>(value);
    case QMetaType::ULongLong:
        return isInRange<qulonglong>(value);
    default:
        return {};
    }
}

/// A number that is whole, as an integer; what it is else, as it is.
QVariant asWhole(const QVariant &value)
{
    if (value.metaType() == QMetaType::fromType<double>()
        || value.metaType() == QMetaType::fromType<float>()) {
        const double number = value.toDouble();
        constexpr double end = 9223372036854775808.0; // 2^63
        if (std::trunc(number) == number && number >= -end && number < end)
            return qlonglong(number);
        if (std::trunc(number) == number && number >= end && number < 2 * end)
            return qulonglong(number);
    } else if (value.metaType() == QMetaType::fromType<QString>()) {
        bool isWhole = false;
        if (const qlonglong number = value.toString().toLongLong(&isWhole); isWhole)
            return number;
        if (const qulonglong number = value.toString().toULongLong(&isWhole); isWhole)
            return number;
    }
    return value;
}

bool isInteger(QMetaType type)
{
    return isInRangeOf(QVariant(0), type).has_value();
}

QVariant convertedInteger(const QVariant &value, QMetaType type)
{
    QVariant whole = asWhole(value);
    const bool isBool = whole.metaType() == QMetaType::fromType<bool>();
    if ((!isInteger(whole.metaType()) && !isBool) || !*isInRangeOf(whole, type)
        || !whole.convert(type))
        refuse(value, type);
    return whole;
}

/// Of numbers 0 and 1 alone, and of text only what says so: any other is as likely a mistake.
QVariant convertedBool(const QVariant &value)
{
    const QMetaType type = value.metaType();
    const QString text = type == QMetaType::fromType<QString>()
                                         || type == QMetaType::fromType<QByteArray>()
                                 ? value.toString()
                                 : QString();
    if (text == QLatin1String("true") || text == QLatin1String("false"))
        return text == QLatin1String("true");
    const QVariant number = asWhole(value);
    if (!isInteger(number.metaType()) || number.toULongLong() > 1)
        refuse(value, QMetaType::fromType<bool>());
    return number.toBool();
}

/// A float has fewer digits, as is to be expected; but a large number must not become infinite.
QVariant convertedFloat(const QVariant &value)
{
    QVariant number = value;
    if (!number.convert(QMetaType::fromType<double>()))
        refuse(value, QMetaType::fromType<float>());
    const double exact = number.toDouble();
    if (std::isfinite(exact) && std::abs(exact) > std::numeric_limits<float>::max())
        refuse(value, QMetaType::fromType<float>());
    return float(exact);
}

// --- Containers

QVariant convertedSequence(const QVariant &value, QMetaType type)
{
    const auto source = value.value<QSequentialIterable>();
    QVariant result(type);
    auto target = result.view<QSequentialIterable>();
    const QMetaType itemType = target.valueMetaType();
    qsizetype position = 0;
    const auto where = [&position] { return QStringLiteral("element %1").arg(position); };
    for (const QVariant &item : source) {
        ++position;
        target.addValue(convertedPiece(item, itemType, where));
    }
    return result;
}

QVariant convertedAssociation(const QVariant &value, QMetaType type)
{
    QVariant result(type);
    auto target = result.view<QAssociativeIterable>();
    const QMetaAssociation association = target.metaContainer();
    const QVariantMap source = value.toMap();
    for (auto it = source.begin(); it != source.end(); ++it) {
        const auto where = [&it] { return quoted(it.key()); };
        target.setValue(convertedPiece(it.key(), association.keyMetaType(), where),
                        convertedPiece(it.value(), association.mappedMetaType(), where));
    }
    return result;
}

QVariant convertedGadget(const QVariantMap &map, QMetaType type)
{
    QVariant result(type);
    const QMetaObject *gadget = type.metaObject();
    for (auto it = map.begin(); it != map.end(); ++it) {
        const QMetaProperty property =
                gadget->property(gadget->indexOfProperty(it.key().toUtf8().constData()));
        if (!property.isWritable())
            throw InvalidUseError(QStringLiteral("%1 has no property %2 to be set")
                                          .arg(nameOf(type), quoted(it.key())));
        property.writeOnGadget(result.data(),
                               convertedPiece(it.value(), property.metaType(),
                                              [&it] { return quoted(it.key()); }));
    }
    return result;
}

bool isSequence(const QVariant &value)
{
    return value.metaType() != QMetaType::fromType<QString>()
           && value.metaType() != QMetaType::fromType<QByteArray>()
           && value.canView<QSequentialIterable>();
}

bool isMap(const QVariant &value)
{
    return value.metaType() == QMetaType::fromType<QVariantMap>();
}

} // namespace

QVariant converted(const QVariant &value, QMetaType type)
{
    if (value.metaType() == type || type == QMetaType::fromType<QVariant>())
        return value;
    const bool isNull = value.metaType() == QMetaType::fromType<std::nullptr_t>();
    const bool isNumber =
            type == QMetaType::fromType<double>() || type == QMetaType::fromType<float>();
    if (!value.isValid()
        || (isNull && (isNumber || isInteger(type) || type == QMetaType::fromType<bool>())))
        refuse(value, type);
    if (isInteger(type))
        return convertedInteger(value, type);
    if (type == QMetaType::fromType<bool>())
        return convertedBool(value);
    if (type == QMetaType::fromType<float>())
        return convertedFloat(value);
    if (type.flags().testFlag(QMetaType::IsEnumeration)
        && value.metaType() != QMetaType::fromType<QString>()) {
        QVariant number = convertedInteger(value, QMetaType::fromType<qlonglong>());
        return number.convert(type) ? number : (refuse(value, type), QVariant());
    }
    QVariant result = value;
    const QVariant empty(type);
    if (isSequence(value) && isSequence(empty))
        return convertedSequence(value, type);
    if (isMap(value) && empty.canView<QAssociativeIterable>())
        return convertedAssociation(value, type);
    if (isMap(value) && type.flags().testFlag(QMetaType::IsGadget) && type.metaObject())
        return convertedGadget(value.toMap(), type);
    if (!result.convert(type))
        refuse(value, type);
    return result;
}

} // namespace QFerry::Detail
