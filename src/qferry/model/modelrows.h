// SPDX-License-Identifier: MIT
// Rows of a known type, with or without keys. In the model's thread.
#pragma once

#include <qferry/model/keytable.h>

#include <concepts>
#include <functional>
#include <memory>
#include <optional>

namespace QFerry::Detail {

template <typename T, typename Key>
struct ModelRowOf final : ModelRow
{
    explicit ModelRowOf(T &&item) : value(std::move(item)) {}
    T value;
    std::optional<Key> key; // that it is found by
};

template <typename T>
struct ModelRowOf<T, void> final : ModelRow
{
    explicit ModelRowOf(T &&item) : value(std::move(item)) {}
    T value;
};

/// Whether == tells of all that differs. A container says that it can whatever it holds.
template <typename T>
constexpr bool isComparable = std::equality_comparable<T>;
template <typename T>
requires(!std::same_as<typename T::value_type, T>) constexpr bool isComparable<T> =
        std::equality_comparable<T> && isComparable<typename T::value_type>;

/// Surely: else it is taken for different.
template <typename T>
bool areEqual(const T &a, const T &b)
{
    if constexpr (isComparable<T>)
        return a == b;
    else
        return false;
}

/// Another value for a row. Rows need no assignment.
template <typename T>
void replaceValue(T &value, T &&next) noexcept
{
    std::destroy_at(&value);
    std::construct_at(&value, std::move(next));
}

/// Which row has which key.
template <typename T, typename Key>
class RowKeys
{
public:
    using Row = ModelRowOf<T, Key>;

    explicit RowKeys(std::function<Key(const T &)> getter) : m_getter(std::move(getter)) {}

    Row *find(const Key &key) const { return static_cast<Row *>(m_table.find(key)); }
    Row *find(const Row &like) const { return like.key ? find(*like.key) : nullptr; }
    /// What the getter says; it may throw. The row is not found by it yet.
    void assign(Row &row) const { row.key = m_getter(row.value); }
    void enter(Row &row)
    {
        if (row.key)
            m_table.insert(*row.key, &row);
    }
    void leave(Row &row)
    {
        if (row.key)
            m_table.remove(*row.key);
    }
    /// The row gets the key of another one, which is none.
    void rename(Row &row, Row &next)
    {
        if (row.key == next.key)
            return;
        leave(row);
        row.key = std::move(next.key);
        enter(row);
    }

private:
    std::function<Key(const T &)> m_getter;
    KeyTable<Key> m_table;
};

template <typename T>
class RowKeys<T, void>
{};

} // namespace QFerry::Detail
