// SPDX-License-Identifier: MIT
// What is said where a function is given and there is nothing to call. Any thread.
#pragma once

#include <qferry/base/callable.h>
#include <qferry/global.h>

#include <exception>

namespace QFerry::Detail {

/// InvalidUseError. what: how its message begins, as in "A handler is empty".
[[nodiscard]] QFERRY_EXPORT std::exception_ptr emptyFunctionError(const char *what);
/// api: what of the API was given it.
[[noreturn]] QFERRY_EXPORT void throwEmptyFunction(const char *api);

/// Throws InvalidUseError if fn, which was given to that function of the API, is empty.
template <typename F>
void requireFunction(const F &fn, const char *api)
{
    if (Q_UNLIKELY(isNullCallable(fn)))
        throwEmptyFunction(api);
}

} // namespace QFerry::Detail
