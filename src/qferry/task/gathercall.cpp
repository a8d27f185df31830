// SPDX-License-Identifier: MIT
// What whenAny() says of no calls.
#include "gathercall.h"

namespace QFerry::Detail {

void throwNothingToWaitFor()
{
    throw InvalidUseError(QStringLiteral("whenAny() was given no calls: the first of none never "
                                         "comes. Look before you call it"));
}

} // namespace QFerry::Detail
