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

QString whyRefused(const QVariant &value)
{
    const QString name = QString::fromUtf8(value.metaType().name());
    if (name.contains(u"QFuture<") || name.contains(u"PendingCall<"))
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

QJSValue promiseOfVariant(const QObject *object, const QVariant &value)
{
    static std::once_flag once;
    std::call_once(once, &registerUsualTypes);
    const PromiseMaker maker = Types::instance().find(value.metaType());
    if (!maker)
        throw InvalidUseError(whyRefused(value));
    return maker(object, value);
}

} // namespace QFerry::Detail
