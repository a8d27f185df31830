// SPDX-License-Identifier: MIT
#include "taskerror_p.h"

#include <qferry/base/functionname.h>
#include <qferry/errors.h>

namespace QFerry::Detail {

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
        return { nameOf(e), QString::fromUtf8(e.what()) };
    } catch (...) {
        return { QStringLiteral("unknown"),
                 QStringLiteral("something that is no std::exception was thrown") };
    }
}

TaskError TaskError::canceled(const QString &reason)
{
    return of(std::make_exception_ptr(CanceledError(reason)));
}

QVariantMap TaskError::toMap() const
{
    return { { QStringLiteral("name"), name }, { QStringLiteral("message"), message } };
}

} // namespace QFerry::Detail
