// SPDX-License-Identifier: MIT
#include "warning_p.h"

#include <QtCore/qloggingcategory.h>
#include <QtQml/qqml.h>
#include <QtQml/qqmlinfo.h>

namespace QFerry::Detail {

Q_LOGGING_CATEGORY(lcQml, "qferry")

void warn(const QObject *object, const QString &text)
{
    if (qmlContext(object))
        qmlWarning(object) << text;
    else
        qCWarning(lcQml).noquote() << text;
}

void tellError(const QString &text)
{
    qCCritical(lcQml).noquote() << text;
}

} // namespace QFerry::Detail
