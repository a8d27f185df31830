// SPDX-License-Identifier: MIT
// What MethodCall throws, in the thread that calls.
#include "methodcall.h"

namespace QFerry::Detail {

void throwDeadObject()
{
    throw InvalidUseError(QStringLiteral("The object whose member function was to be called is "
                                         "gone, or the pointer to it is null. "
                                         "See to it that it lives until the call has ended"));
}

void throwNothingToCall()
{
    throw InvalidUseError(QStringLiteral("An empty function was wrapped: a null pointer or an "
                                         "empty std::function. Wrap a function"));
}

} // namespace QFerry::Detail
