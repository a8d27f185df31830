// SPDX-License-Identifier: MIT
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace Testing {

/// The smallest lazy task type that a program may bring along: it begins when it is awaited.
template <typename T>
class LazyTask
{
public:
    struct promise_type;
    using Handle = std::coroutine_handle<promise_type>;

    struct Return
    {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(Handle handle) noexcept
        {
            return handle.promise().waiting;
        }
        void await_resume() noexcept {}
    };
    struct promise_type
    {
        LazyTask get_return_object() { return LazyTask(Handle::from_promise(*this)); }
        std::suspend_always initial_suspend() noexcept { return {}; }
        Return final_suspend() noexcept { return {}; }
        void return_value(T result) { value = std::move(result); }
        void unhandled_exception() { error = std::current_exception(); }

        std::optional<T> value;
        std::exception_ptr error;
        std::coroutine_handle<> waiting;
    };

    LazyTask(LazyTask &&other) noexcept : m_handle(std::exchange(other.m_handle, nullptr)) {}
    ~LazyTask()
    {
        if (m_handle)
            m_handle.destroy();
    }

    bool await_ready() const { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting)
    {
        m_handle.promise().waiting = waiting;
        return m_handle;
    }
    T await_resume()
    {
        if (m_handle.promise().error)
            std::rethrow_exception(m_handle.promise().error);
        return std::move(*m_handle.promise().value);
    }

private:
    explicit LazyTask(Handle handle) : m_handle(handle) {}

    Handle m_handle;
};

} // namespace Testing
