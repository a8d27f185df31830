// SPDX-License-Identifier: MIT
// Places for what comes later or goes sooner than its owner. One thread at a time.
#pragma once

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace QFerry::Detail {

/// Room for a result, which may be void.
template <typename T>
class ResultBox
{
public:
    static_assert(std::is_object_v<T> && !std::is_array_v<T> && std::is_move_constructible_v<T>,
                  "QFerry: a result must be void or a movable object");

    template <typename F, typename... Args>
    void storeResultOf(F &&f, Args &&...args)
    {
        m_value.emplace(std::invoke(std::forward<F>(f), std::forward<Args>(args)...));
    }
    template <typename U>
    void store(U &&value)
    {
        m_value.emplace(std::forward<U>(value));
    }
    void *address() { return m_value ? &*m_value : nullptr; }
    T take() { return std::move(*m_value); }

private:
    std::optional<T> m_value;
};

template <>
class ResultBox<void>
{
public:
    template <typename F, typename... Args>
    void storeResultOf(F &&f, Args &&...args)
    {
        std::invoke(std::forward<F>(f), std::forward<Args>(args)...);
    }
    void store() {}
    void *address() { return nullptr; }
    void take() {}
};

/// A function that can be destroyed before the object that holds it.
template <typename F>
class FunctionBox
{
public:
    explicit FunctionBox(F &&f) : m_function(std::move(f)) {}
    explicit FunctionBox(const F &f) : m_function(f) {}

    F &operator*() { return *m_function; }
    void reset() noexcept { m_function.reset(); }

private:
    std::optional<F> m_function;
};

} // namespace QFerry::Detail
