// SPDX-License-Identifier: MIT
#include "jsvalues_p.h"

#include <qferry/errors.h>

#include <QtCore/qdatetime.h>
#include <QtCore/qendian.h>
#include <QtCore/qsequentialiterable.h>
#include <QtQml/qjsvalue.h>
#include <QtQml/qjsvalueiterator.h>
#include <QtQml/qqmllist.h>

#include <algorithm>

namespace QFerry::Detail {

namespace {

/// How many values may stand in one, and how deep.
constexpr int mostParts = 1'000'000;
constexpr int mostLevels = 100;

[[noreturn]] void refuse(const QString &what, const QString &why)
{
    throw InvalidUseError(QStringLiteral("%1 cannot go to a worker: %2").arg(what, why));
}

[[noreturn]] void refuseObject(const QString &what)
{
    refuse(what,
           QStringLiteral("it belongs to its thread. Pass the values that the task needs of it"));
}

[[noreturn]] void refuseForeign(const QString &what)
{
    refuse(what,
           QStringLiteral("there is no such thing in C++. Pass an array, or an object with "
                          "properties"));
}

QString classOf(const QJSValue &object)
{
    return object.property(QStringLiteral("constructor"))
            .property(QStringLiteral("name"))
            .toString();
}

/// What has no form but the one in its engine.
void refuseEngineBound(const QJSValue &value)
{
    if (value.isCallable() || value.isQMetaObject())
        refuse(QStringLiteral("a JavaScript function"),
               QStringLiteral("it runs in its QML engine alone. Tasks are C++ functions"));
    if (value.isQObject())
        refuseObject(QStringLiteral("a QObject"));
}

/// The same of objects of the language that properties are not all of.
void refuseForeignClass(const QJSValue &value)
{
    if (value.property(QStringLiteral("next")).isCallable())
        refuseForeign(QStringLiteral("a JavaScript generator"));
    const QString type = classOf(value);
    for (const char *const bound : { "Map", "Set", "WeakMap", "WeakSet", "Promise", "Number",
                                     "String", "Boolean" }) {
        if (type == QLatin1String(bound))
            refuseForeign(QStringLiteral("a JavaScript %1").arg(type));
    }
}

/// Whether it is an array of numbers that look at an ArrayBuffer.
bool isTypedArray(const QJSValue &value)
{
    return value.property(QStringLiteral("BYTES_PER_ELEMENT")).isNumber()
           && value.property(QStringLiteral("byteOffset")).isNumber();
}

QByteArray bytesOf(const QJSValue &typedArray)
{
    const QByteArray buffer =
            typedArray.property(QStringLiteral("buffer")).toVariant().toByteArray();
    return buffer.mid(typedArray.property(QStringLiteral("byteOffset")).toInt(),
                      typedArray.property(QStringLiteral("byteLength")).toInt());
}

template <typename T>
QVariant numbersIn(const QByteArray &bytes)
{
    using Number = std::conditional_t<std::is_floating_point_v<T>, double,
                                      std::conditional_t<std::is_signed_v<T>, int, uint>>;
    QVariantList numbers;
    numbers.reserve(bytes.size() / qsizetype(sizeof(T)));
    for (qsizetype at = 0; at < bytes.size(); at += qsizetype(sizeof(T)))
        numbers << QVariant(Number(qFromUnaligned<T>(bytes.constData() + at)));
    return numbers;
}

/// Bytes of a Uint8Array; of others a list of numbers.
QVariant detachedTypedArray(const QJSValue &array)
{
    const QByteArray bytes = bytesOf(array);
    const QString type = classOf(array);
    if (type == QLatin1String("Int8Array"))
        return numbersIn<qint8>(bytes);
    if (type == QLatin1String("Int16Array"))
        return numbersIn<qint16>(bytes);
    if (type == QLatin1String("Uint16Array"))
        return numbersIn<quint16>(bytes);
    if (type == QLatin1String("Int32Array"))
        return numbersIn<qint32>(bytes);
    if (type == QLatin1String("Uint32Array"))
        return numbersIn<quint32>(bytes);
    if (type == QLatin1String("Float32Array"))
        return numbersIn<float>(bytes);
    if (type == QLatin1String("Float64Array"))
        return numbersIn<double>(bytes);
    return bytes;
}

/// Where in a value something is refused: said behind the fact.
template <typename Piece, typename Where>
QVariant inPiece(Piece &&piece, Where &&where)
{
    try {
        return piece();
    } catch (const InvalidUseError &error) {
        throw InvalidUseError(QStringLiteral("in %1: %2").arg(where(), error.message()));
    }
}

/// Whether the value is of the usual types, and nothing in it is anything else.
bool isPlain(const QVariant &value, int &parts, int levels)
{
    const auto isPlainPiece = [&](const QVariant &piece) {
        return isPlain(piece, parts, levels - 1);
    };
    if (--parts < 0 || levels == 0)
        return false;
    switch (value.typeId()) {
    case QMetaType::QVariantList: {
        const auto &list = *static_cast<const QVariantList *>(value.constData());
        return std::all_of(list.begin(), list.end(), isPlainPiece);
    }
    case QMetaType::QVariantMap: {
        const auto &map = *static_cast<const QVariantMap *>(value.constData());
        return std::all_of(map.begin(), map.end(), isPlainPiece);
    }
    case QMetaType::Bool:
    case QMetaType::Int:
    case QMetaType::UInt:
    case QMetaType::LongLong:
    case QMetaType::Double:
    case QMetaType::QString:
    case QMetaType::QByteArray:
        return true;
    default:
        return false;
    }
}

/// Makes one value, and those in it, plain.
class Detacher
{
public:
    QVariant detached(const QVariant &value)
    {
        const QMetaType type = value.metaType();
        if (type == QMetaType::fromType<QJSValue>())
            return detachedScript(*static_cast<const QJSValue *>(value.constData()));
        const Level level(*this);
        if (type == QMetaType::fromType<QVariantList>())
            return detachedList(*static_cast<const QVariantList *>(value.constData()));
        if (type == QMetaType::fromType<QVariantMap>())
            return detachedMap(*static_cast<const QVariantMap *>(value.constData()));
        if (type == QMetaType::fromType<QVariantHash>())
            return detachedMap(*static_cast<const QVariantHash *>(value.constData()));
        if (isOfObjects(type))
            refuseObject(QStringLiteral("a %1").arg(QString::fromUtf8(type.name())));
        if (type == QMetaType::fromType<QDateTime>() && !value.toDateTime().isValid())
            refuse(QStringLiteral("an invalid date"), QStringLiteral("it is none"));
        return value;
    }

    QVariant detachedScript(const QJSValue &value)
    {
        const Level level(*this);
        if (value.isUndefined())
            return {};
        if (value.isNull())
            return QVariant::fromValue(nullptr);
        if (value.isBool() || value.isNumber() || value.isString())
            return value.toVariant();
        if (!value.isObject())
            refuse(QStringLiteral("a JavaScript symbol"),
                   QStringLiteral("it means something in its QML engine alone"));
        if (value.isArray())
            return detachedArray(value);
        refuseEngineBound(value);
        const QJSValue prototype = value.prototype();
        if (!value.isVariant() && prototype.strictlyEquals(m_plainPrototype)) {
            if (QVariantMap map = detachedProperties(value); !map.isEmpty())
                return map;
        } // else it may be a type, or a singleton: nobody's properties are their own
        refuseForeignClass(value);
        if (value.isError())
            return value.toString();
        if (isTypedArray(value))
            return detachedTypedArray(value);
        const QVariant native = value.toVariant(QJSValue::RetainJSObjects);
        if (native.metaType() != QMetaType::fromType<QJSValue>())
            return detached(native); // a date, a value of a C++ type
        if (prototype.prototype().isNull())
            m_plainPrototype = prototype;
        return detachedProperties(value);
    }

private:
    /// One value more: within what is bearable for the thread of the engine, which waits. (A few
    /// objects that share others can stand for more values than there is time for.)
    struct Level
    {
        explicit Level(Detacher &owner) : detacher(owner)
        {
            if (detacher.m_depth == mostLevels)
                refuse(QStringLiteral("This value"),
                       QStringLiteral("it contains itself, or is nested too deeply"));
            if (++detacher.m_count > mostParts)
                refuse(QStringLiteral("This value"),
                       QStringLiteral("it has more than a million parts. Pass them as text or "
                                      "bytes"));
            ++detacher.m_depth;
        }
        ~Level() { --detacher.m_depth; }
        Q_DISABLE_COPY_MOVE(Level)
        Detacher &detacher;
    };

    static bool isOfObjects(QMetaType type)
    {
        if (type.flags().testFlag(QMetaType::PointerToQObject)
            || type == QMetaType::fromType<QQmlListReference>())
            return true;
        // A QList<SomeObject *>: an empty one tells.
        if (!QMetaType::canView(type, QMetaType::fromType<QSequentialIterable>()))
            return false;
        const QVariant empty(type);
        return empty.value<QSequentialIterable>().valueMetaType().flags().testFlag(
                QMetaType::PointerToQObject);
    }

    QVariant detachedArray(const QJSValue &array)
    {
        QVariantList list;
        const quint32 length = array.property(QStringLiteral("length")).toUInt();
        for (quint32 i = 0; i < length; ++i)
            list << inPiece([&] { return detachedScript(array.property(i)); },
                            [&] { return elementText(i); });
        return list;
    }

    QVariantMap detachedProperties(const QJSValue &object)
    {
        QVariantMap map;
        QJSValueIterator it(object);
        while (it.next())
            map.insert(it.name(), inPiece([&] { return detachedScript(it.value()); },
                                          [&] { return propertyText(it.name()); }));
        return map;
    }

    QVariant detachedList(const QVariantList &list)
    {
        QVariantList result;
        result.reserve(list.size());
        for (const QVariant &value : list)
            result << inPiece([&] { return detached(value); },
                              [&] { return elementText(result.size()); });
        return result;
    }

    template <typename Map>
    QVariant detachedMap(Map map)
    {
        for (auto it = map.begin(); it != map.end(); ++it)
            it.value() = inPiece([&] { return detached(it.value()); },
                                 [&] { return propertyText(it.key()); });
        return map;
    }

    static QString elementText(qsizetype index)
    {
        return QStringLiteral("element %1").arg(index + 1);
    }
    static QString propertyText(const QString &name) { return QStringLiteral("\"%1\"").arg(name); }

    QJSValue m_plainPrototype; // of what was made by { }: most objects are, and need no closer look
    int m_depth = 0;
    int m_count = 0;
};

} // namespace

QVariant detached(const QVariant &value)
{
    int parts = mostParts;
    return isPlain(value, parts, mostLevels) ? value : Detacher().detached(value);
}

} // namespace QFerry::Detail
