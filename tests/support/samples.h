// SPDX-License-Identifier: MIT
#pragma once

#include "counted.h"

#include <QtCore/qstring.h>

#include <memory>
#include <optional>

namespace Testing {

/// A value of each kind of type that a call can have as its result.
template <typename T>
struct Sample;

template <>
struct Sample<void>
{
    static void make() {}
    static bool matches() { return true; }
};

template <>
struct Sample<int>
{
    static int make() { return 42; }
    static bool matches(const int &value) { return value == 42; }
};

template <>
struct Sample<QString>
{
    static QString make() { return QStringLiteral("forty-two"); }
    static bool matches(const QString &value) { return value == make(); }
};

template <>
struct Sample<CopyOnly>
{
    static CopyOnly make() { return CopyOnly(42); }
    static bool matches(const CopyOnly &value) { return value.value == 42; }
};

template <>
struct Sample<MoveOnly>
{
    static MoveOnly make() { return std::make_unique<int>(42); }
    static bool matches(const MoveOnly &value) { return value && *value == 42; }
};

/// Calls f.operator()<T>() for void, int, QString, a type that copies where others move, and one
/// that only moves.
template <typename F>
void forEachResultType(F &&f)
{
    f.template operator()<void>();
    f.template operator()<int>();
    f.template operator()<QString>();
    f.template operator()<CopyOnly>();
    f.template operator()<MoveOnly>();
}

/// A handler for PendingCall<T>::then() that notes whether it got the sample.
template <typename T>
auto noteSample(std::optional<bool> &matched)
{
    if constexpr (std::is_void_v<T>)
        return [&matched] { matched = true; };
    else
        return [&matched](T value) { matched = Sample<T>::matches(value); };
}

} // namespace Testing
