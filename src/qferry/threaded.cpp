// SPDX-License-Identifier: MIT
#include "threaded.h"

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

qsizetype maxSizeOf(const StreamOptions &options)
{
    if (options.maxSize && *options.maxSize < 0)
        throw InvalidUseError(
                QStringLiteral("StreamOptions::maxSize must not be negative. 0 sets no bound"));
    return options.maxSize ? *options.maxSize : defaultStreamMaxSize();
}

} // namespace QFerry::Detail
