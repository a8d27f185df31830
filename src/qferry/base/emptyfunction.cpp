// SPDX-License-Identifier: MIT
// The one text of all those errors.
#include "emptyfunction.h"

#include <qferry/errors.h>

namespace QFerry::Detail {

std::exception_ptr emptyFunctionError(const char *what)
{
    return std::make_exception_ptr(InvalidUseError(
            QLatin1String(what)
            + QStringLiteral(": a null pointer or an empty std::function. Pass a function")));
}

void throwEmptyFunction(const char *api)
{
    const QByteArray what = QByteArray(api) + " was given an empty function";
    std::rethrow_exception(emptyFunctionError(what.constData()));
}

} // namespace QFerry::Detail
