// SPDX-License-Identifier: MIT
// The calls that toThread() makes: what is not template. Any thread enters.
#include "functioncall.h"

namespace QFerry::Detail {

std::exception_ptr emptyFunctionError()
{
    return std::make_exception_ptr(
            InvalidUseError(QStringLiteral("toThread() was given an empty function: a null pointer "
                                           "or an empty std::function. Pass a function")));
}

} // namespace QFerry::Detail
