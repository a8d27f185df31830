// SPDX-License-Identifier: MIT
#include "taskerror_p.h"

#include "errordetails.h"

#include <qferry/base/functionname.h>
#include <qferry/errors.h>

namespace QFerry {

ErrorDetails::~ErrorDetails() = default;

namespace Detail {

static QString nameOf(const std::exception &error)
{
    const QString name = typeName(typeid(error));
    const QLatin1String ours("QFerry::");
    return name.startsWith(ours) ? name.mid(ours.size()) : name;
}

TaskError TaskError::of(const std::exception_ptr &error)
{
    try {
        std::rethrow_exception(error);
    } catch (const std::exception &e) {
        const auto *detailed = dynamic_cast<const ErrorDetails *>(&e);
        return { nameOf(e), QString::fromUtf8(e.what()),
                 detailed ? detailed->details() : QVariantMap() };
    } catch (...) {
        return { QStringLiteral("unknown"),
                 QStringLiteral("something that is no std::exception was thrown"),
                 {} };
    }
}

TaskError TaskError::canceled(const QString &reason)
{
    return of(std::make_exception_ptr(CanceledError(reason)));
}

QVariantMap TaskError::toMap() const
{
    QVariantMap map{ { QStringLiteral("name"), name }, { QStringLiteral("message"), message } };
    if (!details.isEmpty())
        map.insert(QStringLiteral("details"), details);
    return map;
}

} // namespace Detail

} // namespace QFerry
