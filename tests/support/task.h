// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace Testing {

/// The smallest task type that a program may bring along: it is awaitable, and ends with its
/// handle. Initial says whether it starts at once or when it is awaited.
template <typename T, typename Initial>
class BasicTask
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
        BasicTask get_return_object() { return BasicTask(Handle::from_promise(*this)); }
        Initial initial_suspend() noexcept { return {}; }
        Return final_suspend() noexcept { return {}; }
        void return_value(T result) { value = std::move(result); }
        void unhandled_exception() { error = std::current_exception(); }

        std::optional<T> value;
        std::exception_ptr error;
        std::coroutine_handle<> waiting = std::noop_coroutine();
    };

    BasicTask(BasicTask &&other) noexcept : m_handle(std::exchange(other.m_handle, nullptr)) {}
    ~BasicTask()
    {
        if (m_handle)
            m_handle.destroy();
    }

    [[nodiscard]] bool isDone() const { return m_handle.done(); }
    /// The value, or the error thrown, of a task that is done.
    T take() { return await_resume(); }

    bool await_ready() const { return isDone(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting)
    {
        m_handle.promise().waiting = waiting;
        if constexpr (std::same_as<Initial, std::suspend_always>)
            return m_handle; // it begins now
        else
            return std::noop_coroutine();
    }
    T await_resume()
    {
        if (m_handle.promise().error)
            std::rethrow_exception(m_handle.promise().error);
        return std::move(*m_handle.promise().value);
    }

private:
    explicit BasicTask(Handle handle) : m_handle(handle) {}

    Handle m_handle;
};

template <typename T>
using EagerTask = BasicTask<T, std::suspend_never>;
template <typename T>
using LazyTask = BasicTask<T, std::suspend_always>;

} // namespace Testing
