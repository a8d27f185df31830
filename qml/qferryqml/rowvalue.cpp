// SPDX-License-Identifier: MIT
#include "rowvalue_p.h"

#include <QtCore/qmetaobject.h>
#include <QtCore/qobject.h>

#include <algorithm>

namespace QFerry::Detail {

namespace {

template <typename Map>
const Map *mapOf(const QVariant &value)
{
    const bool isMap = value.metaType() == QMetaType::fromType<Map>();
    return isMap ? static_cast<const Map *>(value.constData()) : nullptr;
}

template <typename Map>
QByteArrayList utf8Keys(const Map &map)
{
    QByteArrayList keys;
    for (auto it = map.keyBegin(); it != map.keyEnd(); ++it)
        keys << it->toUtf8();
    std::sort(keys.begin(), keys.end()); // a hash has no order
    return keys;
}

const QMetaObject *gadgetOf(const QVariant &value)
{
    const bool isGadget = value.metaType().flags() & QMetaType::IsGadget;
    return isGadget ? value.metaType().metaObject() : nullptr;
}

QByteArrayList propertiesOf(const QMetaObject *metaObject, int first)
{
    QByteArrayList keys;
    for (int i = first; i < metaObject->propertyCount(); ++i)
        keys << metaObject->property(i).name();
    return keys;
}

} // namespace

bool isPlainPointer(const QVariant &value)
{
    return value.metaType().flags() & QMetaType::PointerToQObject;
}

QObject *objectOf(const QVariant &value)
{
    constexpr auto pointers = QMetaType::PointerToQObject | QMetaType::SharedPointerToQObject
                              | QMetaType::WeakPointerToQObject
                              | QMetaType::TrackingPointerToQObject;
    return value.metaType().flags() & pointers ? value.value<QObject *>() : nullptr;
}

QByteArrayList keysOf(const QVariant &value)
{
    if (const auto *map = mapOf<QVariantMap>(value))
        return utf8Keys(*map);
    if (const auto *hash = mapOf<QVariantHash>(value))
        return utf8Keys(*hash);
    if (const QMetaObject *gadget = gadgetOf(value))
        return propertiesOf(gadget, 0);
    if (const QObject *object = objectOf(value)) {
        constexpr int behindObjectName = 1;
        return propertiesOf(object->metaObject(), behindObjectName);
    }
    return {};
}

QVariant valueOf(const QVariant &value, const QByteArray &key)
{
    if (const auto *map = mapOf<QVariantMap>(value))
        return map->value(QString::fromUtf8(key));
    if (const auto *hash = mapOf<QVariantHash>(value))
        return hash->value(QString::fromUtf8(key));
    if (const QMetaObject *gadget = gadgetOf(value)) {
        const int property = gadget->indexOfProperty(key.constData());
        return property < 0 ? QVariant()
                            : gadget->property(property).readOnGadget(value.constData());
    }
    if (const QObject *object = objectOf(value))
        return object->property(key.constData());
    return {};
}

} // namespace QFerry::Detail
