// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/task/taskcall.h>
#include <qferry/taskname.h>

namespace QFerry {

/**
 * The return type of an asynchronous function:
 *
 *     QFerry::Task<int> Window::load(QString path)
 *     {
 *         const Rows rows = co_await QFerry::toThread(&readRows, path);
 *         m_view->show(rows);
 *         co_return rows.count();
 *     }
 *
 * Calling the function runs nothing. It begins when it is awaited, in the task of who awaits it,
 * or when it is start()ed, as a task of its own, which its handle cancels. A task never changes its
 * thread, whatever it awaits, and has an event loop there (start() gives a call that has failed
 * with NoEventLoopError).
 *
 * co_await takes a Task, PendingCall, QFuture, and other libraries' awaitables. Context variables
 * and the current scope go with the task; what it sets stays in it.
 *
 * If the task, or the scope that it is in, is canceled, what it awaits is, and co_await throws
 * CanceledError once that has ended: so [&] in co_await toThread([&] { … }) is safe. It throws
 * again at the next co_await. A canceled QFuture is not waited for; what is not this library's is
 * (\sa abandonOnCancel()). If the task's loop ends, or its TaskScope, it is left at once.
 *
 * A member function of a QObject, or a function whose first parameter is a reference to one, works
 * for that object: when it is destroyed, the function never goes on, and all that it has is
 * destroyed with it; who awaited it gets CanceledError. What must run before has a TaskScope.
 *
 * With g++ before 13, what is inside of a co_await expression must not capture, or hold, by value
 * what has a destructor: the compiler destroys it twice. Use [&], toThread(fn, args...), or name
 * the function or the call first.
 */
template <typename T = void>
class [[nodiscard]] Task
{
public:
    using promise_type = Detail::TaskPromise<T>;
    using ResultType = T;

    Task(Task &&other) noexcept : m_promise(std::exchange(other.m_promise, nullptr)) {}
    Task &operator=(Task &&other) noexcept
    {
        Task old(std::move(*this));
        m_promise = std::exchange(other.m_promise, nullptr);
        return *this;
    }
    ~Task()
    {
        if (m_promise)
            Detail::dropUnbegun(release());
    }

    /// Whether it can still be awaited or started.
    bool isValid() const { return m_promise; }

    /// Starts it as a task of this thread, in the current scope: runs until it first waits.
    PendingCall<T> start() && { return launch({}); }
    /// The same in the loop's next turn. One that is canceled before never runs.
    PendingCall<T> startSoon() && { return launch({ .when = Detail::TaskLaunch::When::Soon }); }

    /// For other libraries' coroutines: starts it as a task of its own.
    auto operator co_await() // of an lvalue, too: QCoro asks that
    {
        return Detail::CallAwaiter<T>(toPendingCall(std::move(*this)).core());
    }
    friend PendingCall<T> toPendingCall(Task task)
    {
        return task.launch({ .when = Detail::TaskLaunch::When::Awaited });
    }

    // internal
    PendingCall<T> launch(const Detail::TaskLaunch &options)
    {
        return launchAs(new Detail::TaskCall<T>, options);
    }
    PendingCall<T> launchAs(Detail::TaskCall<T> *call, const Detail::TaskLaunch &options)
    {
        PendingCall<T> handle{ Detail::CallPtr(call) };
        if (!m_promise)
            return PendingCall<T>(Detail::canceledCall());
        call->start(*std::exchange(m_promise, nullptr), options);
        return handle;
    }
    Detail::ChildWait<T> awaitedIn(Detail::TaskFrame &)
    {
        promise_type *promise = m_promise;
        return Detail::ChildWait<T>(promise ? release() : nullptr, promise);
    }

private:
    friend promise_type;
    explicit Task(promise_type &promise) : m_promise(&promise)
    {
        promise.handle = std::coroutine_handle<promise_type>::from_promise(promise);
    }
    std::coroutine_handle<> release() { return std::exchange(m_promise, nullptr)->handle; }

    promise_type *m_promise; // null once it has begun
};

template <typename T>
constexpr bool Detail::isTask<Task<T>> = true;

inline Task<void> Detail::TaskPromise<void>::get_return_object()
{
    return Task<void>(*this);
}

/// Starts fn(args...) as a task of this thread: runs it until it first waits. fn, what it captured
/// and the arguments live as long as the task, so it may take them by reference.
template <typename F, typename... Args>
requires Detail::StartsTask<F, Args...>
auto startTask(F &&fn, Args &&...args)
{
    return Detail::launchFunction({}, std::forward<F>(fn), std::forward<Args>(args)...);
}
template <typename F, typename... Args>
requires Detail::StartsTask<F, Args...>
auto startTask(const TaskOptions &options, F &&fn, Args &&...args)
{
    return Detail::launchFunction(Detail::TaskLaunch().with(options), std::forward<F>(fn),
                                  std::forward<Args>(args)...);
}
/// The same for an object of this thread: the task ends when that is destroyed.
template <std::derived_from<QObject> O, typename F, typename... Args>
requires Detail::StartsTask<F, Args...>
auto startTask(O *object, F &&fn, Args &&...args)
{
    return Detail::launchFunction({ .object = object }, std::forward<F>(fn),
                                  std::forward<Args>(args)...);
}
template <std::derived_from<QObject> O, typename F, typename... Args>
requires Detail::StartsTask<F, Args...>
auto startTask(O *object, const TaskOptions &options, F &&fn, Args &&...args)
{
    return Detail::launchFunction(Detail::TaskLaunch{ .object = object }.with(options),
                                  std::forward<F>(fn), std::forward<Args>(args)...);
}
/// With anything else, the compiler says what is wrong.
template <typename F, typename... Args>
requires(!Detail::StartsTask<F, Args...> && !Detail::comesBeforeFunction<F>) void startTask(
        F &&, Args &&...)
{
    static_assert(Detail::never<F>,
                  "QFerry: startTask(fn, args...) takes a function that returns a Task, and "
                  "arguments that fit it, which are copied");
}

/// co_await checkpoint(), in a Task: lets the loop have a turn. Throws CanceledError if the scope is
/// canceled.
inline Detail::Checkpoint checkpoint()
{
    return {};
}

} // namespace QFerry
