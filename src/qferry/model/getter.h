// SPDX-License-Identifier: MIT
// Values of rows for views, by whatever gives them. In the model's thread.
#pragma once

#include <qferry/base/callable.h>

#include <QtCore/qmetaobject.h>
#include <QtCore/qvariant.h>

#include <functional>
#include <string_view>

namespace QFerry::Detail {

template <typename T>
using RowGetter = std::function<QVariant(const T &)>;

/// As views show it: a std::string as text, an empty optional as nothing.
template <typename V>
QVariant viewValue(V &&value)
{
    using Value = std::remove_cvref_t<V>;
    if constexpr (std::is_same_v<Value, QVariant>) {
        return std::forward<V>(value);
    } else if constexpr (std::is_convertible_v<V, std::string_view>) {
        const std::string_view text(value);
        return QString::fromUtf8(text.data(), qsizetype(text.size()));
    } else if constexpr (requires {
                             value.has_value();
                             *value;
                         }) {
        return value.has_value() ? viewValue(*std::forward<V>(value)) : QVariant();
    } else {
        static_assert(isCopyable<Value>,
                      "QFerry: what a getter returns is copied by views, and this cannot be. "
                      "Return what is to be shown of it");
        return QVariant::fromValue<Value>(std::forward<V>(value));
    }
}

template <typename G, typename T>
concept GetterOf = std::is_invocable_v<const G &, const T &> && !std::is_void_v<
        std::invoke_result_t<const G &, const T &>>;

template <typename T, typename G>
RowGetter<T> rowGetter(G getter)
{
    constexpr bool isGetter = GetterOf<G, T>;
    static_assert(isGetter,
                  "QFerry: a getter is a data member, a const member function or a function of a "
                  "const row (const T &), and returns a value");
    if constexpr (isGetter)
        return [getter = std::move(getter)](const T &row) {
            return viewValue(std::invoke(getter, row));
        };
    else
        return {};
}

template <typename T>
concept HasProperties = requires
{
    {
        T::staticMetaObject
        } -> std::convertible_to<const QMetaObject &>;
};

} // namespace QFerry::Detail
