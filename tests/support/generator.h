// SPDX-License-Identifier: MIT
#pragma once

#include <coroutine>
#include <exception>
#include <iterator>
#include <memory>
#include <utility>

namespace Testing {

/// The smallest coroutine generator that a program may bring along: a range that can be walked
/// once.
template <typename T>
class Generator
{
public:
    struct promise_type
    {
        Generator get_return_object()
        {
            return Generator(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        std::suspend_always yield_value(T &value)
        {
            current = std::addressof(value);
            return {};
        }
        std::suspend_always yield_value(T &&value) { return yield_value(value); }
        void return_void() {}
        void unhandled_exception() { throw; }

        T *current = nullptr;
    };

    class Iterator
    {
    public:
        using value_type = T;
        using difference_type = std::ptrdiff_t;

        Iterator() = default;
        explicit Iterator(std::coroutine_handle<promise_type> handle) : m_handle(handle) {}
        T &operator*() const { return *m_handle.promise().current; }
        Iterator &operator++()
        {
            m_handle.resume();
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(std::default_sentinel_t) const { return m_handle.done(); }

    private:
        std::coroutine_handle<promise_type> m_handle;
    };

    Generator(Generator &&other) noexcept : m_handle(std::exchange(other.m_handle, nullptr)) {}
    ~Generator()
    {
        if (m_handle)
            m_handle.destroy();
    }

    Iterator begin()
    {
        m_handle.resume();
        return Iterator(m_handle);
    }
    std::default_sentinel_t end() const { return {}; }

private:
    explicit Generator(std::coroutine_handle<promise_type> handle) : m_handle(handle) {}

    std::coroutine_handle<promise_type> m_handle;
};

} // namespace Testing
