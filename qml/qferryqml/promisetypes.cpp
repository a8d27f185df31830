// SPDX-License-Identifier: MIT
#include "promisetypes_p.h"

#include "promise.h"

#include <qferry/errors.h>

#include <QtCore/qurl.h>

#include <map>
#include <mutex>

namespace QFerry::Detail {

namespace {

template <typename... T>
void registerTypesOf()
{
    (registerPromiseType<PendingCall<T>>(), ...);
    (registerPromiseType<QFuture<T>>(), ...);
}

/// Those that need not be registered.
void registerUsualTypes()
{
    registerTypesOf<void, bool, int, qint64, double, QString, QStringList, QByteArray, QUrl,
                    QVariant, QVariantList, QVariantMap>();
}

class Types
{
public:
    static Types &instance()
    {
        static auto *const types = new Types; // engines may outlive what static destructors end
        return *types;
    }

    void add(QMetaType type, const PromiseMaker &maker)
    {
        const std::lock_guard lock(m_mutex);
        m_makers[type.id()] = maker;
    }
    PromiseMaker find(QMetaType type) const
    {
        const std::lock_guard lock(m_mutex);
        const auto it = m_makers.find(type.id());
        return it == m_makers.end() ? PromiseMaker() : it->second;
    }

private:
    mutable std::mutex m_mutex;
    std::map<int, PromiseMaker> m_makers;
};

PromiseMaker makerOf(QMetaType type)
{
    static std::once_flag once;
    std::call_once(once, &registerUsualTypes);
    return Types::instance().find(type);
}

QString whyRefused(const QVariant &value)
{
    const QString name = QString::fromUtf8(value.metaType().name());
    if (isPromiseType(value.metaType()))
        return QStringLiteral("QFerry.promise() does not know %1. Call "
                              "QFerry::registerPromiseType<%1>() in main()")
                .arg(name);
    return QStringLiteral(
                   "QFerry.promise() takes a QFuture or a PendingCall%1. A Task cannot be copied "
                   "into a script: let the function return QFerry::promise(this, task)")
            .arg(value.isValid() ? QStringLiteral(", and was given a %1").arg(name) : QString());
}

} // namespace

void addPromiseType(QMetaType type, PromiseMaker maker)
{
    Types::instance().add(type, maker);
}

bool isPromiseType(QMetaType type)
{
    const QByteArrayView name = type.name();
    return name.startsWith("QFuture<") || name.startsWith("QFerry::PendingCall<") || makerOf(type);
}

QJSValue promiseOfVariant(const QObject *object, const QVariant &value)
{
    const PromiseMaker maker = makerOf(value.metaType());
    if (!maker)
        throw InvalidUseError(whyRefused(value));
    return maker(object, value);
}

} // namespace QFerry::Detail
