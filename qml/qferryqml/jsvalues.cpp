// SPDX-License-Identifier: MIT
#include "jsvalues_p.h"

#include <qferry/errors.h>

#include <QtCore/qsequentialiterable.h>
#include <QtQml/qjsvalue.h>
#include <QtQml/qjsvalueiterator.h>
#include <QtQml/qqmllist.h>

namespace QFerry::Detail {

namespace {

[[noreturn]] void refuse(const QString &what, const QString &why)
{
    throw InvalidUseError(QStringLiteral("%1 cannot go to a worker: %2").arg(what, why));
}

[[noreturn]] void refuseObject(const QString &what)
{
    refuse(what,
           QStringLiteral("it belongs to its thread. Pass the values that the task needs of it"));
}

/// What has no form but the one in its engine.
void refuseEngineBound(const QJSValue &value)
{
    const QString inEngine =
            QStringLiteral("it runs in its QML engine alone. Tasks are C++ functions");
    if (value.isCallable() || value.isQMetaObject())
        refuse(QStringLiteral("a JavaScript function"), inEngine);
    if (value.isQObject())
        refuseObject(QStringLiteral("a QObject"));
    const QString type = value.property(QStringLiteral("constructor"))
                                 .property(QStringLiteral("name"))
                                 .toString();
    for (const char *const bound : { "Map", "Set", "WeakMap", "WeakSet", "Promise" }) {
        if (type == QLatin1String(bound)) {
            refuse(QStringLiteral("a JavaScript %1").arg(type),
                   QStringLiteral("there is no such thing in C++. Pass an array, or an object with "
                                  "properties"));
        }
    }
}

class Detacher
{
public:
    QVariant detached(const QVariant &value)
    {
        const Level level(m_depth);
        const QMetaType type = value.metaType();
        if (type == QMetaType::fromType<QJSValue>())
            return detachedScript(*static_cast<const QJSValue *>(value.constData()));
        if (type == QMetaType::fromType<QVariantList>())
            return detachedList(*static_cast<const QVariantList *>(value.constData()));
        if (type == QMetaType::fromType<QVariantMap>())
            return detachedMap(*static_cast<const QVariantMap *>(value.constData()));
        if (type == QMetaType::fromType<QVariantHash>())
            return detachedMap(*static_cast<const QVariantHash *>(value.constData()));
        if (isOfObjects(type))
            refuseObject(QStringLiteral("a %1").arg(QString::fromUtf8(type.name())));
        return value;
    }

private:
    struct Level
    {
        explicit Level(int &counted) : depth(counted)
        {
            if (++depth > 100) {
                --depth;
                refuse(QStringLiteral("This value"),
                       QStringLiteral("it contains itself, or is nested too deeply"));
            }
        }
        ~Level() { --depth; }
        Q_DISABLE_COPY_MOVE(Level)
        int &depth;
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

    QVariant detachedScript(const QJSValue &value)
    {
        if (value.isUndefined())
            return {};
        if (value.isNull())
            return QVariant::fromValue(nullptr);
        if (value.isBool() || value.isNumber() || value.isString())
            return value.toVariant();
        if (!value.isObject())
            refuse(QStringLiteral("a JavaScript symbol"),
                   QStringLiteral("it means something in its QML engine alone"));
        refuseEngineBound(value);
        if (value.isError())
            return value.toString();
        if (value.isArray())
            return detachedArray(value);
        const QVariant native = value.toVariant(QJSValue::RetainJSObjects);
        if (native.metaType() != QMetaType::fromType<QJSValue>())
            return detached(native); // a date, a value of a C++ type
        return detachedProperties(value);
    }

    QVariant detachedArray(const QJSValue &array)
    {
        QVariantList list;
        const quint32 length = array.property(QStringLiteral("length")).toUInt();
        for (quint32 i = 0; i < length; ++i)
            list << detached(QVariant::fromValue(array.property(i)));
        return list;
    }

    QVariant detachedProperties(const QJSValue &object)
    {
        QVariantMap map;
        QJSValueIterator it(object);
        while (it.next())
            map.insert(it.name(), detached(QVariant::fromValue(it.value())));
        return map;
    }

    QVariant detachedList(const QVariantList &list)
    {
        QVariantList result;
        result.reserve(list.size());
        for (const QVariant &value : list)
            result << detached(value);
        return result;
    }

    template <typename Map>
    QVariant detachedMap(Map map)
    {
        for (QVariant &value : map)
            value = detached(value);
        return map;
    }

    int m_depth = 0;
};

} // namespace

QVariant detached(const QVariant &value)
{
    return Detacher().detached(value);
}

} // namespace QFerry::Detail
