// SPDX-License-Identifier: MIT
// The names of functions. Any thread.
#pragma once

#include <qferry/global.h>

#include <QtCore/qstring.h>

#include <cstring>
#include <type_traits>
#include <typeinfo>

namespace QFerry::Detail {

/// A type's name, as it is written where the system knows that.
QFERRY_EXPORT QString typeName(const std::type_info &type);

/// The name to show for a function: its own where the system knows it, else the type of a function
/// object or the function that a lambda is in, else, as for a lambda that is in none, the place in
/// the source.
QFERRY_EXPORT QString functionName(const void *address, const std::type_info *type,
                                   const char *file, int line);

template <typename F>
QString functionName(const F &function, const char *file, int line)
{
    const void *address = nullptr;
    if constexpr (std::is_pointer_v<F> || std::is_member_function_pointer_v<F>) {
        static_assert(sizeof(function) >= sizeof(address));
        std::memcpy(&address, &function,
                    sizeof(address)); // of a virtual one it is an offset, which is found nowhere
        return functionName(address, nullptr, file, line);
    } else {
        return functionName(nullptr, &typeid(F), file, line);
    }
}

} // namespace QFerry::Detail
