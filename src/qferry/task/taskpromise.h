// SPDX-License-Identifier: MIT
// The promises of tasks' coroutines, and what can be awaited in them. The task's thread.
#pragma once

#include <qferry/call/awaitable.h>
#include <qferry/pendingcall.h>
#include <qferry/task/callwait.h>
#include <qferry/task/checkpoint.h>
#include <qferry/task/foreignwait.h>

#include <optional>

namespace QFerry {

template <typename T>
class Task;

namespace Detail {

/// Said here, as clang asks while Task is incomplete.
template <typename T>
struct AsyncTraits<Task<T>>
{
    static constexpr bool isAsync = true;
    using Value = T;
};

template <typename T>
class TaskPromise;

/// co_await of a Task: runs it here, in the task that awaits it.
template <typename T>
class ChildWait
{
public:
    ChildWait(std::coroutine_handle<> frame, TaskPromise<T> *promise)
        : m_slot(frame), m_promise(promise)
    {}

    bool await_ready()
    {
        if (m_slot && m_promise->isDead())
            m_slot.destroy();
        return !m_slot;
    }
    template <typename P>
    void await_suspend(std::coroutine_handle<P> coroutine) noexcept
    {
        TaskFrame &parent = coroutine.promise();
        m_promise->join(parent.task(), &parent, &m_slot);
        parent.task()->enter(*m_promise);
    }
    T await_resume()
    {
        if (!m_slot)
            throwGone();
        if (m_promise->error)
            std::rethrow_exception(m_promise->error);
        if constexpr (!std::is_void_v<T>)
            return std::move(*m_promise->value);
    }

private:
    [[noreturn]] void throwGone()
    {
        if (m_slot.error)
            std::rethrow_exception(m_slot.error);
        throw CanceledError();
    }

    FrameSlot m_slot;
    TaskPromise<T> *const m_promise;
};

template <typename A>
concept CallLike = requires(const A &call)
{
    []<typename T>(const PendingCall<T> &) {}(call);
};

template <typename A>
concept TellsHow = requires(A &awaited, TaskFrame &frame)
{
    awaited.awaitedIn(frame);
};
template <typename A>
concept NeverAwaited =
        !Asynchronous<A> && !TellsHow<A> && !std::same_as<std::remove_cvref_t<A>, Checkpoint>;

/// What can be awaited in a task.
class AwaitingFrame : public TaskFrame
{
public:
    template <typename T>
    ChildWait<T> await_transform(Task<T> &&task)
    {
        return task.awaitedIn(*this);
    }
    template <typename T>
    ChildWait<T> await_transform(Task<T> &task)
    {
        static_assert(
                never<T>,
                "QFerry: a Task is awaited once, and not an lvalue: co_await std::move(task)");
        return task.awaitedIn(*this);
    }
    template <typename T>
    CallWait<T> await_transform(const PendingCall<T> &call)
    {
        return CallWait<T>(call.core());
    }
    template <typename T>
    CallWait<T> await_transform(const QFuture<T> &future)
    {
        return CallWait<T>(toPendingCall(future).core());
    }
    /// Of what tells how it is awaited in a task.
    template <TellsHow A>
    auto await_transform(A &awaited)
    {
        return awaited.awaitedIn(*this);
    }
    CheckpointWait await_transform(Checkpoint) { return {}; }
    template <Awaitable A>
    requires(!CallLike<A>) ForeignWait<A> await_transform(A &&awaitable)
    {
        return ForeignWait<A>(std::forward<A>(awaitable));
    }

    /// Of what cannot be awaited: the compiler says so.
    template <typename A>
    requires NeverAwaited<A> std::suspend_never await_transform(A &&)
    {
        static_assert(never<A>,
                      "QFerry: in a Task, co_await takes a Task, a PendingCall, a QFuture, or what "
                      "another library says is awaitable, and this is none of them");
        return {};
    }

    AwaitingFrame() = default;
    /// Of a member function of an object, or of one that takes it first: works for it. (The form
    /// of the parameters fits all compilers, which differ in what they pass.)
    template <ObjectReference O, typename... Args>
    explicit AwaitingFrame(O &object, Args &&...)
    {
        workFor(std::addressof(object));
    }

protected:
    ~AwaitingFrame() = default;
};

template <typename T>
class TaskPromise final : public AwaitingFrame
{
public:
    using AwaitingFrame::AwaitingFrame;

    Task<T> get_return_object() { return Task<T>(*this); }
    template <typename U = T>
    requires std::convertible_to<U, T>
    void return_value(U &&result) { value.emplace(std::forward<U>(result)); }

    std::optional<T> value;
};

template <>
class TaskPromise<void> final : public AwaitingFrame
{
public:
    using AwaitingFrame::AwaitingFrame;

    Task<void> get_return_object();
    void return_void() noexcept {}
};

} // namespace Detail
} // namespace QFerry
